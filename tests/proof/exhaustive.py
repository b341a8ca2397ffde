"""Every single fault and every pair of faults, at every step of a pass over three threats and of the next one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .faults import KINDS, Strike
from .schedule import Event, Schedule, play
from .tally import Tally
from .world import Terms, World

TERMS = Terms(threats=1, wait=10.0, late=20.0, lag=20.0, own_only=False)
FAMILY = replace(TERMS, parents=True, nests=True)
"""A threat model and two of its threats get tickets, one above the others."""
SECONDS = 15.0
"""What a late commit takes; a machine sleeps ten times as long."""
REDUCED: Mapping[str, tuple[str, ...]] = {
    "models": ("tmi-error",),
    "read": ("false-empty",),
    "confidential": ("tmi-error",),
    "probe": ("tmi-error",),
    "prepare": ("tmi-error",),
    "write": ("cut-after", "lost-after"),
    "check": ("503",),
    "changed": ("503", "false-empty"),
    "find": ("503", "false-empty"),
    "get": ("503", "hidden"),
    "create": ("cut-after", "cut-late", "lost-after", "late"),
    "close": ("cut-after", "lost-after"),
    "nest": ("cut-after", "lost-after"),
    "commit": ("cut-after",),
    "witness": ("cut-after",),
}
"""One fault of each family. To die before a call is to die after the last effect: that pair is here already."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Which pass (0, 1), which of its steps, what strikes."""

    run: int
    step: int
    kind: str


@dataclass(frozen=True, slots=True)
class Case:
    number: int
    faults: tuple[Fault, ...]
    terms: Terms = TERMS


def steps(faults: Sequence[Fault] = (), terms: Terms = TERMS) -> list[tuple[str, ...]]:
    """The calls and commits of both passes under these faults, in order."""
    world = play(_schedule(faults, terms), settle=False)
    return world.traces[1:]


def singles(*, full: bool, terms: Terms = TERMS) -> Iterator[Fault]:
    """Each fault that a step of the first pass can suffer."""
    yield from _at(0, steps((), terms)[0], 0, KINDS if full else REDUCED)


def _at(run: int, trace: Sequence[str], start: int, kinds: Mapping[str, tuple[str, ...]]) -> Iterator[Fault]:
    for step in range(start, len(trace)):
        for kind in kinds[trace[step]]:
            yield Fault(run, step, kind)


def pairs(*, full: bool, terms: Terms = TERMS) -> Iterator[tuple[Fault, Fault]]:
    """Each first fault with each later one, in the same pass or in the next, at the steps that it leaves."""
    for first in singles(full=full, terms=terms):
        yield from ((first, second) for second in seconds(first, full=full, terms=terms))


def seconds(first: Fault, *, full: bool, terms: Terms = TERMS) -> Iterator[Fault]:
    """What may strike after the first fault, at the steps that it leaves."""
    kinds = KINDS if full else REDUCED
    this, following = steps((first,), terms)
    yield from _at(0, this, first.step + 1, kinds)
    yield from _at(1, following, 0, kinds)


def cases(*, full: bool, terms: Terms = TERMS) -> Iterator[Case]:
    """All single faults; and all pairs, of every kind or of one kind a family."""
    firsts = ((single,) for single in singles(full=True, terms=terms))
    for number, faults in enumerate((*firsts, *pairs(full=full, terms=terms))):
        yield Case(number, faults, terms)


def _schedule(faults: Sequence[Fault], terms: Terms) -> Schedule:
    """A tracker that is known to list, three tickets to make, an index that lags; then two passes with faults."""
    runs = [
        tuple(Strike("any", fault.step, fault.kind, SECONDS) for fault in faults if fault.run == run)
        for run in (0, 1)
    ]
    passes = [Event("pass", strikes=strikes) for strikes in runs]
    if terms.parents:  # the first ticket is from before models got theirs
        new = [Event("config", x=1.0), Event("pass"), Event("config"), Event("adds"), Event("adds")]
    else:
        new = [Event("pass"), Event("adds"), Event("adds"), Event("adds")]
    new += [Event("wait", x=65.0), Event("lag", x=0.9)]
    return Schedule(terms, (*new, passes[0], Event("wait", x=5.0), passes[1]))


def run(case: Case, place: Path | None = None) -> World:
    """Both passes, then calm: every promise is checked on the way and at the end."""
    return play(_schedule(case.faults, case.terms), place)


def played(some: Sequence[Case]) -> Tally:
    tally = Tally()
    for case in some:
        tally.add(case.number, run(case))
    return tally
