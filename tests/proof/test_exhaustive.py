"""A share of all faults and all pairs; `./prove --full --family` takes every one, of every kind, at every step."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from proof.exhaustive import FAMILY, TERMS, Case, Fault, pairs, played, run, seconds, singles, steps
from proof.world import Terms

STRIDE = 31
"""One pair in so many: a prime, so that it keeps no step with the kinds of faults."""
SINGLES = list(singles(full=True))
BELOW = list(singles(full=True, terms=FAMILY))
"""The same of a pass over a threat model and two of its threats."""


def _played(some: Iterable[tuple[Fault, ...]], terms: Terms = TERMS) -> list[tuple[int, str, str]]:
    return played([Case(number, faults, terms) for number, faults in enumerate(some)]).broken


def test_the_pass_has_every_step_of_the_protocol() -> None:
    trace = steps()[0]
    assert [trace.count(call) for call in ("create", "write", "prepare")] == [3, 3, 3]
    assert trace.count("witness") == 6, "intents and offers"
    assert trace[trace.index("create") - 2 :][:4] == ("commit", "witness", "create", "commit")


def test_single_faults_keep_every_promise() -> None:
    """One of each kind, and a share of all."""
    firsts = {fault.kind: fault for fault in reversed(SINGLES)}
    assert _played((fault,) for fault in {*firsts.values(), *SINGLES[::7]}) == []


def test_pairs_of_faults_keep_every_promise() -> None:
    every = list(pairs(full=False))
    assert len(every) > 1500
    assert _played(every[::STRIDE]) == []


def test_a_models_ticket_and_those_below_it_keep_every_promise() -> None:
    assert steps((), FAMILY)[0].count("nest") == 2
    firsts = {fault.kind: fault for fault in reversed(BELOW)}
    assert _played(((fault,) for fault in firsts.values()), FAMILY) == []
    for first in BELOW[1::60]:
        assert (
            _played([(first, second) for second in [*seconds(first, full=False, terms=FAMILY)][::9]], FAMILY) == []
        )


def test_the_same_on_a_disk_that_syncs(tmp_path: Path) -> None:
    """The others run on a file in memory, where there is such a place."""
    for number, fault in list(enumerate(SINGLES))[::40]:
        assert run(Case(number, (fault,)), tmp_path).broken == []


def test_how_many_there_are() -> None:
    """A step or a fault that vanished would make the proof smaller without a word."""
    assert len(SINGLES) > 200
    assert len(BELOW) > 250
