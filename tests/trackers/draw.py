"""Schedules of faults for a real adapter, drawn from a seed: a lost create, and what makes it worse."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from trackers.room import LAG, LATE, SETTLE

DAY = 90_000.0
LOST = ("drop-after", "fin-after", "truncate", "status-after", "late", "late", "dies-after")
"""The ticket is there, or will be, and nobody said so."""
REFUSED = ("drop-before", "status-before", "limit", "html", "dies-before")
"""There is none, which the client may not know."""
STATUS = (500, 502, 503, 504)
DISK = ("lose", "lose with lock", "copy", "copy", "put copy back", "put copy back", "restart", "restart")


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault: at which request of which kind from now on. `x`: a status, or the seconds of what is late."""

    at: str
    """`create`, `read` or `link`."""
    nth: int
    kind: str
    x: float = 0.0

    def __str__(self) -> str:
        return f"{self.kind} at {self.at} {self.nth}" + (f" ({self.x:g})" if self.x else "")


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens."""

    what: str
    x: float = 0.0
    strikes: tuple[Strike, ...] = ()

    def __str__(self) -> str:
        return " ".join([self.what, *([f"{self.x:g}"] if self.x else []), *map(str, self.strikes)])


@dataclass(frozen=True, slots=True)
class Schedule:
    threats: int
    new_install: bool
    events: tuple[Event, ...]


def draw(seed: str) -> Schedule:
    """The schedule of a seed: the same on every machine."""
    rng = random.Random(seed)
    return Schedule(rng.choice((1, 2, 3)), rng.random() < 0.8, tuple(_events(rng)))


def _events(rng: random.Random) -> Iterator[Event]:
    if rng.random() < 0.5:
        yield Event("pass", strikes=_unlinkable(rng))
        yield _wait(rng)
        yield Event("adds")
    if rng.random() < 0.5:
        yield Event("copy")
    yield Event("lag", x=rng.choice((0.0, LAG / 2, LAG - 1, LAG - 1)))
    yield Event("pass", strikes=(_create(rng), *_unlinkable(rng), *_chaos(rng)))
    for _ in range(rng.randint(2, 4)):
        if rng.random() < 0.6:
            yield Event(rng.choice(DISK))
        if rng.random() < 0.3:
            yield Event("adds")
        if rng.random() < 0.85:
            yield _wait(rng)
        yield Event("pass", strikes=_chaos(rng))


def _wait(rng: random.Random) -> Event:
    """Around the moments that matter."""
    if rng.random() < 0.05:
        return Event("wait", DAY)
    marks = (1.0, LAG, LATE, LATE + LAG + 10, LATE + LAG + 10, SETTLE)
    return Event("wait", max(1.0, rng.choice(marks) * rng.choice((0.3, 0.6, 1.0, 1.0)) + rng.choice((-6, 1, 6))))


def _create(rng: random.Random) -> Strike:
    kind = rng.choice(LOST if rng.random() < 0.75 else REFUSED)
    x = {"late": rng.choice((1.0, LATE / 2, LATE - 2)), "limit": rng.choice((1.0, 30.0, 120.0))}
    return Strike("create", rng.choice((1, 1, 1, 2)), kind, x.get(kind, float(rng.choice(STATUS))))


def _chaos(rng: random.Random) -> tuple[Strike, ...]:
    found = []
    if rng.random() < 0.6:
        found.append(_create(rng))
    if rng.random() < 0.3:
        kind = rng.choice(("drop-before", "status-before", "truncate", "html", "limit"))
        x = 30.0 if kind == "limit" else float(rng.choice(STATUS))
        found.append(Strike("read", rng.choice((1, 1, 2, 3, 5)), kind, x))
    if rng.random() < 0.2:
        found.append(Strike("link", 1, rng.choice(("drop-before", "drop-after", "status-before")), 503.0))
    return tuple(found)


def _unlinkable(rng: random.Random) -> tuple[Strike, ...]:
    """TMI takes no links for a while, so that the ledger alone knows the tickets."""
    if rng.random() < 0.5:
        return ()
    return tuple(Strike("link", 1, "status-before", 503.0) for _ in range(3))
