"""docs/adapters.md says what is so."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from pathlib import Path
from typing import Any

from tmi_issue_sync.testing import CHECKS, Harness, SandboxHarness
from tmi_issue_sync.tracker import GROUP, Adapter, Tracker

PAGE = (Path(__file__).parents[2] / "docs" / "adapters.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def verbs(kind: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}


def test_the_small_adapter_is_one() -> None:
    adapter_code, harness_code = blocks("python")
    names: dict[str, Any] = {"__name__": "board"}
    exec(compile(adapter_code, "board", "exec", dont_inherit=True), names)
    adapter = names["adapter"]
    assert isinstance(adapter, Adapter)
    options, target = adapter.options(url="https://board.example.com", token="invented"), adapter.target(board="b")
    assert adapter.key(options, target).host in adapter.traits(options).hosts
    tracker = adapter.connect(options, (target,))
    assert verbs(Tracker) <= verbs(type(tracker))
    assert {node.name for node in ast.parse(harness_code).body if isinstance(node, ast.ClassDef)} == {
        "BoardHarness",
        "TestBoard",
    }


def test_the_entry_point_is_of_our_group() -> None:
    [text] = blocks("toml")
    assert tomllib.loads(text)["project"]["entry-points"] == {GROUP: {"board": "board:adapter"}}


def test_every_verb_of_a_harness_is_told() -> None:
    told = set(re.findall(r"`(\w+)`", PAGE))
    own = {"loaded", "set_up", "traits"}
    assert verbs(Harness) - own <= told
    marked = {name for line in PAGE.splitlines() if line.startswith("| ●") for name in re.findall(r"`(\w+)`", line)}
    assert marked | {"build"} == set(SandboxHarness.__abstractmethods__)


def test_checks_are_named_as_they_are() -> None:
    names = {check.__name__ for check in CHECKS}
    assert len(names) == len(CHECKS) > 50
    assert set(re.findall(r"-k (\w+)", PAGE)) <= names
    modules = {check.__module__.rpartition(".")[2] for check in CHECKS}
    assert modules <= set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
