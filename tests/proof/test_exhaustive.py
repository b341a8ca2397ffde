"""Every single fault, and every pair of one kind a family, at every step; `./prove --full` takes every kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from proof.exhaustive import Case, cases, pairs, played, run, singles, steps

PARTS = 8


def test_the_pass_has_every_step_of_the_protocol() -> None:
    trace = steps()[0]
    assert [trace.count(call) for call in ("create", "write", "prepare", "witness")] == [3, 3, 3, 3]
    assert trace[trace.index("create") - 2 :][:4] == ("commit", "witness", "create", "commit")


@pytest.mark.parametrize("part", range(PARTS))
def test_every_single_fault_and_every_pair_keeps_every_promise(part: int) -> None:
    tally = played(list(cases(full=False))[part::PARTS])
    assert tally.broken == []
    assert tally.schedules > 100


def test_the_same_on_a_disk_that_syncs(tmp_path: Path) -> None:
    """Every tenth single fault: the others run on a file in memory, where there is such a place."""
    for number, single in list(enumerate(singles(full=True)))[::10]:
        assert run(Case(number, (single,)), tmp_path).broken == []


def test_how_many_there_are() -> None:
    """A step or a fault that vanished would make the proof smaller without a word."""
    assert len(list(singles(full=True))) > 200
    assert len(list(pairs(full=False))) > 1500
