"""A schedule: terms, and events one after the other; drawn from a seed, carried out, shrunk and told."""

from __future__ import annotations

import random
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from . import invariants as must
from .faults import KINDS, Strike
from .machine import Machine
from .people import IN_TMI, IN_TRACKERS, PEOPLE
from .world import Terms, World

DAY = 90_000.0


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens; `n` says to which threat or tracker, `x` how much."""

    what: str
    n: int = 0
    x: float = 0.0
    strikes: tuple[Strike, ...] = ()

    def __str__(self) -> str:
        more = "".join(f"; {strike}" for strike in self.strikes)
        return f"{self.what}({self.n}, {self.x:g}){more}"


@dataclass(frozen=True, slots=True)
class Schedule:
    terms: Terms
    events: tuple[Event, ...]


# -- carried out -----------------------------------------------------------------------------------------------


def play(schedule: Schedule, place: Path | None = None, *, settle: bool = True) -> World:
    """Run it on a fresh world; `settle`: then faults stop, and every eligible threat must be linked (L1)."""
    home = Path(tempfile.mkdtemp(prefix="proof-", dir=place or _memory()))
    try:
        world = World(schedule.terms, home, strike=_meanwhile)
        machine = Machine(world)
        try:
            for event in schedule.events:
                happen(world, machine, event)
            if settle:
                calm(world, machine)
        finally:
            machine.stop()
        return world
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108


def _meanwhile(world: World, strike: Strike) -> None:
    what = strike.kind.removeprefix("person:")
    world.say("person", f"meanwhile {what} ({strike.n})")
    PEOPLE[what](world, strike.n, strike.x)


def happen(world: World, machine: Machine, event: Event) -> None:
    """One event."""
    what, n, x = event.what, event.n, event.x
    if what == "pass":
        machine.run(event.strikes)
        world.time.advance(1.0)
        return
    world.say("world" if what not in PEOPLE else "person", f"{what} ({n}, {x:g})")
    if what in PEOPLE:
        PEOPLE[what](world, n, x)
        world.points.struck[f"person {what}"] += 1
        return
    if what == "wait":
        world.time.advance(x)
        return
    world.points.struck[f"operator {what}"] += 1
    if what in ("skip", "retry", "new ticket"):
        machine.by_hand(what, world.threats.nth(n).id)
    elif what == "wall clock":
        world.clock.offset += x
    else:
        _to_machine(world, machine, what, n, x)


def _to_machine(world: World, machine: Machine, what: str, n: int, x: float) -> None:
    if what == "lose under it":
        world.disk.lose(lock=False)
        _forgotten(world)
        return
    machine.stop()
    if what == "reboot":
        world.clock.reboot()
    elif what == "lose":
        world.disk.lose(lock=x > 0.5)
        _forgotten(world)
    elif what == "copy":
        world.disk.copy()
    elif what == "put copy back":
        if world.disk.restore(n):
            _forgotten(world)
    elif what == "config":
        _configure(world, n)


def _forgotten(world: World) -> None:
    """What the ledger alone remembers is gone (protocol 10.7)."""
    world.opted_out.clear()
    world.slack += 3


CONFIGS: tuple[tuple[dict[str, str], str], ...] = (
    ({"a": "active"}, "a"),
    ({"a": "active", "b": "active"}, "a"),
    ({"a": "active", "b": "active"}, "b"),
    ({"a": "retired", "b": "active"}, "b"),
    ({"b": "active"}, "b"),
)


def _configure(world: World, n: int) -> None:
    configured, world.route = CONFIGS[n % len(CONFIGS)]
    world.configured = dict(configured)


# -- afterwards ------------------------------------------------------------------------------------------------


def calm(world: World, machine: Machine) -> None:
    """Faults stop; the operator puts the config right; a few passes later every eligible threat is linked."""
    machine.stop()
    world.say("world", "faults stop")
    for issues in world.trackers.values():
        issues.lag, issues.blind, issues.public = 0.0, False, False
    _configure(world, 1)
    terms = world.terms
    settle = terms.wait + terms.late + 2 * terms.lag + 80.0
    for pause in (0.0, settle, settle, settle, DAY, settle, settle, DAY, settle):
        world.time.advance(pause)
        machine.run()
        if pause and not any(_unlinked(world)):
            break
    for row in world.threats.rows.values():
        _excuse(world, row.id)
        world.judge("L1", must.L1(world, row))
    idle(world, machine)


def _unlinked(world: World) -> list[str]:
    for row in world.threats.rows.values():
        _excuse(world, row.id)
    return [row.id for row in world.threats.rows.values() if must.L1(world, row)]


def _excuse(world: World, threat_id: str) -> None:
    row = world.threats.rows[threat_id]
    if row.unlinked > 3:
        row.excuses.add("unlinked by hand")
    if row.lost >= 3:
        row.excuses.add("parked after three lost creates")
    if world.threats.models[row.model].confidential and not (world.terms.kept and world.route == "a"):
        row.excuses.add("confidential, and no place for it")


def idle(world: World, machine: Machine) -> None:
    """Where all is linked and nobody touched anything, a pass writes nothing and costs the minimum (L3)."""
    if any(row.excuses or row.deleted for row in world.threats.rows.values()) or world.broken:
        return
    machine.run()
    machine.run()
    world.judge("L3", must.L3(world))


# -- drawn -----------------------------------------------------------------------------------------------------

MACHINE = ("reboot", "lose", "lose", "copy", "copy", "put copy back", "put copy back", "lose under it")
HANDS = ("skip", "retry", "retry", "new ticket", "new ticket")
WAITS = (5.0, 30.0, 61.0, 120.0, 260.0, 330.0, 700.0, 1500.0, DAY)
LAGS = (5.0, 60.0, 120.0, 600.0)


def draw(seed: int) -> Schedule:
    """The schedule of a seed: the same on every machine."""
    rng = random.Random(seed)
    lag = rng.choice(LAGS)
    terms = Terms(
        threats=rng.choice((1, 2, 3, 3)),
        models=rng.choice((1, 1, 2)),
        lag=lag,
        new_ids=rng.random() < 0.5,
        own_only=rng.random() < 0.5,
        confidential=rng.random() < 0.15,
        kept=rng.random() < 0.3,
        closes=rng.random() < 0.5,
        new_install=rng.random() < 0.7,
    )
    calm_people = rng.random() < 0.4
    return Schedule(terms, tuple(_event(rng, calm_people) for _ in range(rng.randint(5, 18))))


def _event(rng: random.Random, calm_people: bool) -> Event:
    n, x, dice = rng.randrange(5), round(rng.random(), 2), rng.random()
    if dice < 0.45:
        return Event("pass", strikes=tuple(_strike(rng) for _ in range(rng.choice((0, 1, 1, 2, 3)))))
    if dice < 0.65:
        return Event("wait", x=rng.choice(WAITS))
    if dice < 0.72:
        return Event("lag", n, x)
    if dice < 0.80:
        return Event(rng.choice(MACHINE), n, x)
    if dice < 0.85:
        return Event("config", n)
    if dice < 0.87:
        return Event("wall clock", x=rng.choice((-DAY * 10, -3600.0, 3600.0, DAY * 10)))
    if dice < 0.90:
        return Event(rng.choice(HANDS), n)
    if calm_people:
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
    return Strike("any", rng.randrange(50), f"person:{rng.choice(tuple(PEOPLE))}", round(rng.random(), 2), rng.randrange(5))


def shrunk(schedule: Schedule, name: str) -> Schedule:
    """The same violation with fewer events and fewer faults: whatever can go is gone."""

    def breaks(tried: Schedule) -> bool:
        return any(broken.name == name for broken in play(tried).broken)

    changed = True
    while changed:
        changed = False
        for smaller in _smaller(schedule):
            if breaks(smaller):
                schedule, changed = smaller, True
                break
    return schedule


def _smaller(schedule: Schedule) -> list[Schedule]:
    """Everything that is one thing less: halves first, then single events, then single faults."""
    events, found = schedule.events, []
    size = len(events) // 2
    while size:
        found += [events[:at] + events[at + size :] for at in range(0, len(events), size)]
        size //= 2
    for at, event in enumerate(events):
        for n in range(len(event.strikes)):
            left = event.strikes[:n] + event.strikes[n + 1 :]
            found.append((*events[:at], replace(event, strikes=left), *events[at + 1 :]))
    plain = [replace(schedule, terms=replace(schedule.terms, **{name: value})) for name, value in
             (("threats", 1), ("models", 1), ("confidential", False)) if getattr(schedule.terms, name) != value]
    return [replace(schedule, events=each) for each in found] + plain
