"""Every way in which the real command is killed here, as data: the tests run some of them, `./prove kills` all."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from process import command, killed
from rig import Rig
from tmi_issue_sync.sync import Scope

Where = dict[str, Any]
FIRST = {"tmi": 17, "github": 9}
"""How many requests each side gets in a first pass over three threats; held by a test."""
SECOND = {"tmi": 11, "github": 5}
"""The same of a pass that follows one which made the first ticket."""
CREATE: Where = {"site": "github", "method": "POST", "path": r"/issues$"}
LINK: Where = {"site": "tmi", "method": "PUT", "path": "/threats/"}
PHASES: dict[str, Where] = {
    "reading": {"site": "tmi", "method": "GET", "path": r"/threats$"},
    "looking": {"site": "github", "method": "GET", "path": r"/issues$"},
    "checking": {"site": "github", "method": "GET", "path": r"/repos/example/threats$"},
    "creating": CREATE,
    "preparing": {"site": "tmi", "method": "GET", "path": r"/threats/"},
    "linking": LINK,
}
LOST_ANSWERS = ("drop-after", "late", "stall", "status-after")
WITHIN = 0.2
"""Seconds after its first request in which a process is killed at random: a pass takes about so long."""
DEADLINE = 10.0
"""Seconds in which a process must end after SIGTERM."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One way; `strike` gives how many processes were killed. The world's ledger has settled before."""

    kind: str
    name: str
    strike: Callable[[Rig], int]

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"


def points(counts: dict[str, int]) -> Iterator[tuple[str, Where]]:
    """The nth request to each side, whatever it asks."""
    for site, count in counts.items():
        for nth in range(1, count + 1):
            yield f"{site} {nth}", {"site": site, "method": None, "path": ".", "nth": nth}


def at_requests() -> Iterator[Kill]:
    """At each request of a first pass, before it is carried out and after."""
    for name, where in points(FIRST):
        for when in ("before", "after"):
            yield Kill(f"at each request, {when} it is carried out", name, at(when, where))


def losing_the_ledger() -> Iterator[Kill]:
    """At each request of a second pass; then the ledger is deleted or replaced by an older copy."""
    for name, where in (("the create", CREATE), *points(SECOND)):
        for lost in ("deleted", "replaced by an older copy"):
            yield Kill(f"at each request, the ledger {lost}", name, _losing(lost, where))


def losing_answers() -> Iterator[Kill]:
    """The answer to the second create is lost in some way; at the third the process is killed."""
    for fault in LOST_ANSWERS:
        yield Kill("at a create, after another's answer was lost", fault, _answer_lost(fault))


def at_random(count: int) -> Iterator[Kill]:
    """At any time of a pass, and again."""
    for seed in range(count):
        yield Kill("at random times, twice each", str(seed), _random(seed))


def terminated() -> Iterator[Kill]:
    """SIGTERM in each phase, of a single pass and of the service."""
    for phase, where in PHASES.items():
        for name, words in (("once", ("sync", "--once")), ("service", ("sync",))):
            yield Kill("SIGTERM in each phase", f"{phase}, {name}", _terminated(where, words))


def at(when: str, where: Where) -> Callable[[Rig], int]:
    """At one request, `before` it is carried out or `after`."""

    def strike(world: Rig) -> int:
        killed(world, when, **where)
        return 1

    return strike


def _losing(lost: str, where: Where) -> Callable[[Rig], int]:
    def strike(world: Rig) -> int:
        world.run(Scope(limit=1))
        copy = world.state / "copy.db"
        shutil.copy(world.ledger_path, copy)
        killed(world, "after", **where)
        if lost == "deleted":
            world.ledger_path.unlink()
        else:
            shutil.copy(copy, world.ledger_path)
        world.new_install = False
        return 1

    return strike


def _answer_lost(fault: str) -> Callable[[Rig], int]:
    def strike(world: Rig) -> int:
        world.strike(fault, nth=2, status=502, seconds=0.3)
        killed(world, "after", **CREATE, nth=3)
        return 1

    return strike


def _random(seed: int) -> Callable[[Rig], int]:
    chance = random.Random(seed)

    def strike(world: Rig) -> int:
        return sum(_one_at_random(world, chance.uniform(0.0, WITHIN)) for _ in range(2))

    return strike


def _one_at_random(world: Rig, seconds: float) -> bool:
    """Kill it this long after its first request. Whether it had not ended by itself before."""
    before = len(world.log.entries)
    with command(world) as process:
        while len(world.log.entries) == before and not _ended(process, 0.005):
            pass
        _ended(process, seconds)
        process.kill()
        process.communicate()
    return process.returncode == -signal.SIGKILL


def _ended(process: subprocess.Popen[bytes], within: float) -> bool:
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        return False
    return True


def _terminated(where: Where, words: tuple[str, ...]) -> Callable[[Rig], int]:
    def strike(world: Rig) -> int:
        pid: list[int] = []
        world.strike("call-after", **where, action=lambda: os.kill(pid[0], signal.SIGTERM))
        with command(world, *words) as process:
            pid.append(process.pid)
            _, errors = process.communicate(timeout=DEADLINE)
        assert b"Traceback" not in errors
        assert len(world.made()) <= 2  # the ticket in hand at most, after the signal came
        return 1

    return strike
