"""Schedules drawn from a seed: half of them plain chaos, half on a dangerous road with chaos beside it."""

from __future__ import annotations

import random
from collections.abc import Iterator

from .faults import KINDS, Strike
from .people import IN_TMI, IN_TRACKERS, PEOPLE
from .schedule import DAY, Event, Schedule
from .world import Terms

MACHINE = ("reboot", "lose", "lose", "copy", "copy", "put copy back", "put copy back", "lose under it", "rename")
HANDS = ("skip", "retry", "retry", "new ticket", "new ticket")
LAGS = (5.0, 5.0, 60.0, 120.0, 600.0)
DOUBTS = ("cut-after", "cut-late", "lost-after", "late", "500-after", "nonsense-after", "sleep-cut", "lost-before")
TWISTS = (
    *("lose", "lose", "put copy back", "put copy back", "reboot", "config", "wall clock", "blind", "moves ticket"),
    "shuts out",
    *(
        "deletes",
        "restores",
        "says n/a",
        "unlinks",
        "edits",
        "links elsewhere",
        "new ticket",
        "lag",
        "lose under it",
    ),
    *("closes", "clones", "deletes ticket"),
)


def draw(seed: int) -> Schedule:
    """The schedule of a seed: the same on every machine."""
    rng = random.Random(seed)
    terms = _terms(rng)
    if rng.random() < 0.5:
        quiet_people = rng.random() < 0.4
        events = [_event(rng, terms, quiet_people) for _ in range(rng.randint(5, 18))]
    else:
        road = rng.choice((_road, _road, _road, _road, _road, _lies, _undone))
        events = list(road(rng, terms))
    return Schedule(terms, tuple(events))


def _terms(rng: random.Random) -> Terms:
    return Terms(
        threats=rng.choice((1, 2, 3, 3)),
        models=rng.choice((1, 1, 2)),
        lag=rng.choice(LAGS),
        new_ids=rng.random() < 0.5,
        own_only=rng.random() < 0.5,
        confidential=rng.random() < 0.15,
        kept=rng.random() < 0.3,
        closes=rng.random() < 0.5,
        new_install=rng.random() < 0.7,
        dated=rng.random() > 0.08,
        parents=rng.random() < 0.35,
        nests=rng.random() < 0.5,
        beyond=rng.choice((2.0, 4.0)) if rng.random() < 0.08 else 1.0,
    )


def _wait(rng: random.Random, terms: Terms) -> Event:
    """Around the moments that matter: a lag, a late commit, a horizon, a settling, a day."""
    lag, late, wait = terms.lag, terms.late, terms.wait
    horizon = late + lag + 10
    marks = (1.0, 30.0, lag, lag + 10, late, horizon, horizon, wait + horizon, late + 2 * lag + 10, 61.0, 700.0)
    if rng.random() < 0.1:
        return Event("wait", x=DAY)
    return Event(
        "wait", x=round(max(1.0, rng.choice(marks) * rng.choice((0.5, 1.0, 1.0)) + rng.choice((-6, 1, 6))), 1)
    )


# -- a dangerous road --------------------------------------------------------------------------------------


def _road(rng: random.Random, terms: Terms) -> Iterator[Event]:
    """A create whose outcome is lost, an index that lags, and something that makes it worse."""
    if rng.random() < 0.6:
        yield Event("pass", strikes=_unlinkable(rng))
        yield _wait(rng, terms)
    if rng.random() < 0.5:
        yield Event("copy")
    yield Event("lag", x=rng.choice((0.0, 0.5, 0.98, 0.98, 0.98)))
    if rng.random() < 0.2:
        yield Event("adds")
        yield Event("wait", x=61.0)
    doubt = Strike("create", rng.randrange(2), rng.choice(DOUBTS), rng.choice((1.0, 60.0, 100.0, 119.0)))
    yield Event("pass", strikes=(doubt, *_unlinkable(rng), *_unnested(rng), *_cut(rng, 0.2)))
    for _ in range(rng.randint(1, 5)):
        for _ in range(rng.choice((0, 1, 1, 2))):
            yield _twist(rng)
        if rng.random() < 0.7:
            yield _wait(rng, terms)
        yield Event("pass", strikes=(*_cut(rng, 0.2), *_searching(rng)))


def _searching(rng: random.Random) -> tuple[Strike, ...]:
    """What is asked only when a doubt ends, a link vanished or two tickets are there seldom meets a fault else."""
    if rng.random() < 0.7:
        return ()
    call = rng.choice(("find", "find", "get", "close"))
    return tuple(Strike(call, nth, rng.choice(KINDS[call])) for nth in (0, 1))


def _lies(rng: random.Random, terms: Terms) -> Iterator[Event]:
    """Lists go blind while a create is in doubt, and see again when it is too late (protocol Lo6)."""
    yield Event("pass")
    yield Event("adds")
    yield Event("wait", x=max(61.0, terms.lag + 15))
    yield Event("pass", strikes=(Strike("create", 0, rng.choice(DOUBTS), 60.0), *_unlinkable(rng)))
    lie = rng.choice(("blind", "shuts out"))
    yield Event(lie, rng.choice((0, 0, 1)))
    for _ in range(rng.randint(1, 3)):
        yield _wait(rng, terms)
        yield Event("pass", strikes=_cut(rng, 0.2))
    yield Event("wait", x=terms.late + 2 * terms.lag + 20)
    yield Event("pass")
    yield Event(lie, 0)
    yield Event("pass")


def _undone(rng: random.Random, terms: Terms) -> Iterator[Event]:
    """A person takes the link away again and again, or a page that was open too long does (protocol Li3)."""
    yield Event("pass")
    whose = rng.choice((0, 0, 1, 3))
    for _ in range(rng.randint(1, 6)):
        yield Event("unlinks", whose, round(rng.random(), 2))
        yield _wait(rng, terms)
        yield Event("pass", strikes=(_strike(rng),) if rng.random() < 0.2 else ())
        yield Event("pass")


def _twist(rng: random.Random) -> Event:
    what = rng.choice(TWISTS)
    x = rng.choice((-DAY * 10, -3600.0, 3600.0, DAY * 10)) if what == "wall clock" else round(rng.random(), 2)
    return Event(what, rng.randrange(5), x)


def _unlinkable(rng: random.Random) -> tuple[Strike, ...]:
    """TMI takes no links for a while, so that the ledger alone knows the tickets."""
    if rng.random() < 0.6:
        return ()
    return tuple(Strike("write", n, rng.choice(("lost-before", "blip", "late")), 20.0) for n in range(3))


def _unnested(rng: random.Random) -> tuple[Strike, ...]:
    """The tracker does not say that a ticket stands below another now."""
    if rng.random() < 0.7:
        return ()
    return tuple(Strike("nest", nth, rng.choice(KINDS["nest"])) for nth in (0, 1))


def _cut(rng: random.Random, share: float) -> tuple[Strike, ...]:
    if rng.random() >= share:
        return ()
    return (Strike("any", rng.randrange(40), rng.choice(("cut-before", "cut-after"))),)


# -- plain chaos -------------------------------------------------------------------------------------------


def _event(rng: random.Random, terms: Terms, quiet_people: bool) -> Event:
    n, x, dice = rng.randrange(5), round(rng.random(), 2), rng.random()
    if dice < 0.45:
        return Event("pass", strikes=tuple(_strike(rng) for _ in range(rng.choice((0, 1, 1, 2, 3)))))
    if dice < 0.65:
        return _wait(rng, terms)
    if dice < 0.72:
        return Event("lag", n, x)
    if dice < 0.80:
        return Event(rng.choice(MACHINE), n, x)
    if dice < 0.85:
        return Event("config", n, x)
    if dice < 0.87:
        return Event("wall clock", x=rng.choice((-DAY * 10, -3600.0, 3600.0, DAY * 10)))
    if dice < 0.90:
        return Event(rng.choice(HANDS), n)
    if quiet_people:
        return Event("edits", n, x)
    return Event(rng.choice(tuple(IN_TMI) if dice < 0.95 else tuple(IN_TRACKERS)), n, x)


def _strike(rng: random.Random) -> Strike:
    dice, x = rng.random(), round(rng.choice((1.0, 29.0, 60.0, 119.0, rng.uniform(0, 120))), 1)
    if dice < 0.45:
        return Strike("create", rng.randrange(3), rng.choice(KINDS["create"]), x)
    if dice < 0.65:
        return Strike("any", rng.randrange(50), rng.choice(("cut-before", "cut-after")))
    if dice < 0.88:
        call = rng.choice(tuple(KINDS))
        return Strike(call, rng.choice((0, 0, 1, 2, 5)), rng.choice(KINDS[call]), x)
    return Strike(
        "any", rng.randrange(50), f"person:{rng.choice(tuple(PEOPLE))}", round(rng.random(), 2), rng.randrange(5)
    )
