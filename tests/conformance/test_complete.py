"""No built-in adapter is left out of the conformance suite."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from tmi_issue_sync.testing import Conformance, Harness
from tmi_issue_sync.tracker import installed

HERE = Path(__file__).parent
OURS = "tmi-issue-sync"


def runs(kind: type[Conformance] = Conformance) -> set[str]:
    """The adapters that have a run."""
    own = getattr(kind, "harness", None)
    found = {own.adapter} if isinstance(own, type) and issubclass(own, Harness) else set()
    return found.union(*(runs(each) for each in kind.__subclasses__()))


def left_out(built_in: set[str]) -> set[str]:
    for path in sorted(HERE.glob("test_*.py")):
        import_module(f"conformance.{path.stem}")
    return built_in - runs()


def test_every_built_in_has_its_run() -> None:
    built_in = {name for name, point in installed().items() if point.dist and point.dist.name == OURS}
    assert {"github", "jira"} <= built_in
    missing = left_out(built_in)
    assert not missing, f"no run of the conformance suite for {missing}: add tests/conformance/test_<name>.py"


def test_one_without_a_run_is_found() -> None:
    assert left_out({"github", "nobody"}) == {"nobody"}
