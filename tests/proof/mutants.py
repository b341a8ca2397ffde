"""Tests for the tests: each rule of the protocol is taken out of the shipped code, and some test must notice.

./prove mutants [--only NAME ...] [--jobs 2]

The mutations are the patches in tests/proof/mutants; each is applied to a copy of the tree. Exit 1 if one survives.
The result goes into tests/proof/MUTANTS.md.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tmi_issue_sync.cli.show import say, table

HERE = Path(__file__).resolve().parent
TREE = HERE.parents[1]
PATCHES = HERE / "mutants"
RESULT = HERE / "MUTANTS.md"
TOLD = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)
STORIES = ("tests/sync/test_protocol.py", "tests/sync/test_truth_table.py", "tests/sync/test_two_daemons.py")
MORE = tuple(f"tests/sync/test_more_{what}.py" for what in ("stories", "links", "sweep"))
FIRST: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("adapters/", ("tests/adapters", *STORIES)),
    ("src/tmi_issue_sync/tmi/", ("tests/tmi", *STORIES)),
    ("src/tmi_issue_sync/cli/", ("tests/cli", *STORIES)),
    ("", (*STORIES, *MORE, "tests/ledger", "tests/test_clock.py")),
)
"""What is most likely to notice, by where the mutation is."""
PROOF = ("tests/proof/test_exhaustive.py", "tests/proof/test_random.py", "tests/proof/test_stateful.py")
THEN = (*PROOF, "tests/kill", "tests/tmi", "tests/cli")
LAST = ("tests/adapters", "tests/sync", "tests/ledger", "tests/rules")
PYTEST = ("-m", "pytest", "-x", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider")
PATCH = ("patch", "-p1", "--force", "--fuzz=0", "--no-backup-if-mismatch", "-i")
TRIES = 3
"""How often a test may fail over the sound tree: a machine with much else to do is slow."""
NO_TESTS = 5
BROKEN = (2, 3, 4)
"""pytest's exit codes: nothing was collected; it can't work."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One rule that is taken out."""

    name: str
    rule: str
    story: str
    tells: str
    tests: tuple[str, ...]
    """What to run first, in pytest's words; by default by the place of the mutation."""
    patch: Path

    @classmethod
    def read(cls, patch: Path) -> Mutation:
        head, _, _ = patch.read_text(encoding="utf-8").partition("\n--- ")
        said = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
        tests = tuple(shlex.split(said.get("Tests", "")))
        return cls(patch.stem, said["Rule"], said["Story"], said["Tells"], tests, patch)

    def stages(self) -> list[tuple[str, ...]]:
        where = re.findall(r"^--- a/(\S+)", self.patch.read_text(encoding="utf-8"), re.MULTILINE)
        first = next(tests for prefix, tests in FIRST if where[0].startswith(prefix))
        return [tests for tests in (self.tests, first, THEN, LAST) if tests]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one. `caught` names the test; empty: it survived."""

    mutation: Mutation
    caught: str
    seconds: float


def mutations() -> list[Mutation]:
    return [Mutation.read(path) for path in sorted(PATCHES.glob("*.patch"))]


def copied(to: Path) -> None:
    """What the tests need of the tree."""
    for name in ("src", "adapters", "tests", "docs"):
        shutil.copytree(TREE / name, to / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for name in ("pyproject.toml", "config.example.toml"):
        shutil.copy(TREE / name, to / name)


def applies(patch: Path, tree: Path, *, dry: bool = True) -> str:
    """Why the patch can't be applied there; empty where it can."""
    command = [*PATCH, str(patch), *(["--dry-run"] if dry else [])]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def tried(mutation: Mutation, sound: Path) -> Outcome:
    """Run the tests over the mutated tree until one fails that passes over the sound one."""
    began = time.monotonic()
    with TemporaryDirectory(prefix="mutant-") as place:
        tree = Path(place)
        copied(tree)
        if why := applies(mutation.patch, tree, dry=False):
            raise SystemExit(f"{mutation.name} does not apply: {why}")
        caught = next((found for stage in mutation.stages() if (found := _failed(tree, stage))), "")
    if "::" in caught and all(_failed(sound, [caught]) for _ in range(TRIES)):
        raise SystemExit(f"{caught} fails without any mutation")
    return Outcome(mutation, caught, time.monotonic() - began)


def _failed(tree: Path, tests: Sequence[str]) -> str:
    """The first test that fails; empty where all pass."""
    here = [test for test in tests if not test.startswith("tests/") or (tree / test.partition("::")[0]).exists()]
    command = [sys.executable, *PYTEST, *here]
    path = os.pathsep.join(str(tree / name) for name in ("src", "adapters"))
    try:
        done = subprocess.run(
            command, cwd=tree, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=900
        )
    except subprocess.TimeoutExpired:
        return "(hangs)"
    if done.returncode in (0, NO_TESTS):
        return ""
    if done.returncode in BROKEN:
        raise SystemExit(f"the tests can't even be collected: {done.stdout}{done.stderr}")
    told = TOLD.findall(done.stdout)
    return str(told[0]) if told else f"(exit {done.returncode})"


def written(outcomes: Sequence[Outcome]) -> str:
    """The result as a page."""
    lines = [
        "# Mutations of the protocol, and the tests that notice",
        "",
        "Written by `./prove mutants`. Each row takes one rule out of the shipped code.",
        "",
        f"{sum(bool(one.caught) for one in outcomes)} of {len(outcomes)} caught.",
        "",
        "| mutation | rule | story | what happens without it | caught by |",
        "|---|---|---|---|---|",
    ]
    for one in outcomes:
        it, by = one.mutation, f"`{one.caught}`" if one.caught else "**survived**"
        lines.append(f"| {it.name} | {it.rule} | {it.story} | {it.tells} | {by} |")
    return "\n".join([*lines, ""])


def main(given: Sequence[str] | None = None) -> int:
    """Try them, print and write the table."""
    asked = argparse.ArgumentParser(prog="./prove mutants", description=(__doc__ or "").split("\n")[0])
    asked.add_argument("--only", nargs="*", help="names of patches")
    asked.add_argument("--jobs", type=int, default=2)
    said = asked.parse_args(given)
    chosen = [each for each in mutations() if not said.only or each.name in said.only]
    outcomes = []
    with TemporaryDirectory(prefix="mutants-") as place, ThreadPoolExecutor(said.jobs) as pool:
        copied(Path(place))
        for one in pool.map(lambda each: tried(each, Path(place)), chosen):
            say(f"{one.mutation.name}: {one.caught or 'SURVIVED'} ({one.seconds:.0f} s)")
            outcomes.append(one)
    return _told(outcomes, whole=not said.only)


def _told(outcomes: Sequence[Outcome], *, whole: bool) -> int:
    rows = [(o.mutation.name, o.mutation.rule, o.caught or "SURVIVED", f"{o.seconds:.0f}") for o in outcomes]
    say()
    table(("mutation", "rule", "caught by", "seconds"), rows)
    caught = sum(bool(one.caught) for one in outcomes)
    say(f"\n{caught} of {len(outcomes)} caught.")
    if whole:
        RESULT.write_text(written(outcomes), encoding="utf-8")
    return int(caught < len(outcomes))


if __name__ == "__main__":
    sys.exit(main())
