"""A share of all single faults and of all pairs; `./prove --full` takes every one, of every kind, at every step."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from proof.exhaustive import Case, Fault, pairs, played, run, singles, steps

STRIDE = 31
"""One pair in so many: a prime, so that it keeps no step with the kinds of faults."""
SINGLES = list(singles(full=True))
PAIRS = list(pairs(full=False))


def _played(some: Iterable[tuple[Fault, ...]]) -> list[tuple[int, str, str]]:
    return played([Case(number, faults) for number, faults in enumerate(some)]).broken


def test_the_pass_has_every_step_of_the_protocol() -> None:
    trace = steps()[0]
    assert [trace.count(call) for call in ("create", "write", "prepare", "witness")] == [3, 3, 3, 3]
    assert trace[trace.index("create") - 2 :][:4] == ("commit", "witness", "create", "commit")


def test_single_faults_keep_every_promise() -> None:
    """One of each kind, and a share of all."""
    firsts = {fault.kind: fault for fault in reversed(SINGLES)}
    assert _played((fault,) for fault in {*firsts.values(), *SINGLES[::4]}) == []


def test_pairs_of_faults_keep_every_promise() -> None:
    assert _played(PAIRS[::STRIDE]) == []


def test_the_same_on_a_disk_that_syncs(tmp_path: Path) -> None:
    """The others run on a file in memory, where there is such a place."""
    for number, fault in list(enumerate(SINGLES))[::40]:
        assert run(Case(number, (fault,)), tmp_path).broken == []


def test_how_many_there_are() -> None:
    """A step or a fault that vanished would make the proof smaller without a word."""
    assert len(SINGLES) > 200
    assert len(PAIRS) > 1500
