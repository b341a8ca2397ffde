"""docs/exactly-once.md shows commands that are real, and all of them."""

from __future__ import annotations

import importlib
import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "exactly-once.md").read_text(encoding="utf-8")
PROVE = (ROOT / "prove").read_text(encoding="utf-8")
ROOMS = dict(re.findall(r"^    (\w+)\) room=([\w.]+) ", PROVE, re.MULTILINE)) | {"": "proof.runner"}
SHOWN = sorted(set(re.findall(r"^\$ \./prove ?([a-z]*)(.*)$", PAGE, re.MULTILINE)))


def test_the_page_shows_every_command() -> None:
    assert os.access(ROOT / "prove", os.X_OK)
    assert {name for name, _ in SHOWN} == set(ROOMS)


@pytest.mark.parametrize(("name", "options"), SHOWN)
def test_its_commands_and_options_are_real(name: str, options: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        importlib.import_module(ROOMS[name]).main(["--help"])
    told = capsys.readouterr().out
    assert [option for option in re.findall(r"--[\w-]+", options) if option not in told] == []


def test_the_mutations_that_it_counts_are_those_that_there_are() -> None:
    names = {path.stem for path in (ROOT / "tests" / "proof" / "mutants").glob("*.patch")}
    table = (ROOT / "tests" / "proof" / "MUTANTS.md").read_text(encoding="utf-8")
    assert all(f"\n{len(names)} of {len(names)} caught.\n" in page for page in (PAGE, table))
    rows = table.splitlines()
    assert {row.split(" | ")[0].removeprefix("| ") for row in rows if "`tests/" in row} == names
