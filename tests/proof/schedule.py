"""A schedule: terms, and events one after the other, carried out on a fresh world."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tmi_issue_sync.report import Report

from . import invariants as must
from .faults import Strike
from .machine import Machine
from .people import PEOPLE
from .world import INSTANCE, Terms, World

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
    home = Path(tempfile.mkdtemp(prefix="proof-", dir=place or memory()))
    try:
        world = World(schedule.terms, home, strike=meanwhile)
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


def memory() -> str | None:
    """Where files never wait for a disk; None: this system has no such place."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def meanwhile(world: World, strike: Strike) -> None:
    """A person acts while a pass runs."""
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
    elif what == "rename":  # TMI got a new name; the operator kept the old one as an alias
        world.instance, world.aliases = OTHER[world.instance], frozenset({world.instance})
    elif what == "config":
        _configure(world, n, x)


def _forgotten(world: World) -> None:
    """What the ledger alone counted is gone; what `retry` took from it may be back."""
    world.slack += 3
    for row in world.threats.all():
        row.excuses |= row.forgiven


ASKED = re.compile(r"go on with: retry (\S+)")
PARKED = "parked after three lost creates"
OTHER = {INSTANCE: "https://tmi.other.example", "https://tmi.other.example": INSTANCE}
CONFIGS: tuple[tuple[dict[str, str], str], ...] = (
    ({"a": "active"}, "a"),
    ({"a": "active", "b": "active"}, "a"),
    ({"a": "active", "b": "active"}, "b"),
    ({"a": "retired", "b": "active"}, "b"),
    ({"b": "active"}, "b"),
)


def _configure(world: World, n: int, x: float = 0.0) -> None:
    """Another config; one in five says that models get no tickets."""
    configured, world.route = CONFIGS[n % len(CONFIGS)]
    world.configured = dict(configured)
    world.parents = world.terms.parents and x < 0.8


# -- afterwards ------------------------------------------------------------------------------------------------


def calm(world: World, machine: Machine) -> None:
    """Faults stop; the operator puts the config right; a few passes later every eligible threat is linked."""
    machine.stop()
    world.say("world", "faults stop")
    for issues in world.trackers.values():
        issues.lag, issues.blind, issues.shut, issues.public = 0.0, False, False, False
    _configure(world, 1)
    terms = world.terms
    settle = terms.wait + terms.late + 2 * terms.lag + 80.0
    for pause in (0.0, settle, settle, settle, DAY, settle, settle, DAY, settle):
        world.time.advance(pause)
        _obey(machine, machine.run())
        if pause and not _unlinked(world) and terms.beyond == 1 and not world.lied:
            break
    _excuse(world)
    for row in world.threats.all():
        world.judge("L1", must.L1(world, row))
        world.judge("S1 after sweep", must.S1_after_sweep(world, row))
        world.judge("F1 after all", must.F1_after_all(world, row))
    idle(world, machine)


def _obey(machine: Machine, report: Report | None) -> None:
    """A person does what an alert asks for: the first ticket of a tracker was deleted before any list showed it."""
    for alert in report.alerts if report else ():
        if asked := ASKED.search(str(alert)):
            machine.by_hand("retry", asked[1])


def _unlinked(world: World) -> list[str]:
    _excuse(world)
    return [row.id for row in world.threats.all() if must.L1(world, row)]


def _excuse(world: World) -> None:
    """What a person has to mend now, of all models first: the tickets of their threats wait for theirs."""
    for row in reversed(world.threats.all()):
        model = world.threats.models[row.model]
        if row.unlinked > 3:
            row.excuses.add("unlinked by hand")
        if any(ticket.hidden and ticket.moved for _, ticket in world.tickets(row.id)):
            row.excuses.add("called gone, and out of sight")
        if row.lost >= 3:
            row.excuses.add(PARKED)
        if model.confidential and not (world.terms.kept and world.route == "a"):
            row.excuses.add("confidential, and no place for it")
        if world.threats.parents and model.excuses & {PARKED, "rejected"}:
            row.excuses.add("its model waits for a person")


def idle(world: World, machine: Machine) -> None:
    """Where all is linked and nobody touched anything, a pass writes nothing and costs the minimum (L3)."""
    if world.terms.beyond > 1 or world.broken or any(row.excuses or row.deleted for row in world.threats.all()):
        return
    for _ in range(3):  # what the last full look showed is tidied up first: links follow tickets that moved
        machine.run()
        if "write" not in world.points.trace:
            break
    machine.run()
    world.judge("L3", must.L3(world))
