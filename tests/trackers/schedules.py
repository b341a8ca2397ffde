"""Random schedules of faults over the real adapters and loopback HTTP: no threat ever has two tickets.

python -m trackers.schedules [--tracker jira ...] [--count 100] [--seed 0] [--replay SEED]     (in tests/)
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import structlog

from proof.schedule import memory
from rig import model, threat
from tmi_issue_sync.errors import SyncError
from tmi_issue_sync.sandbox import facts
from tmi_issue_sync.sandbox.faults import Fault, Kind
from tmi_issue_sync.sandbox.trackers import TRACKERS
from trackers.draw import DAY, Event, Schedule, Strike, draw
from trackers.room import SETTLE, Killed, Room, writes

PAUSES = (1.0, SETTLE, SETTLE, SETTLE, DAY, SETTLE, SETTLE)
"""Between the passes once faults have stopped: by the last one all must be linked."""


@dataclass(slots=True)
class Played:
    """One schedule, carried out."""

    tracker: str
    seed: str
    broken: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    story: list[str] = field(default_factory=list)


class Play:
    """One schedule against one tracker, judged by the servers' log."""

    def __init__(self, room: Room, tracker: str, played: Played) -> None:
        self._room = room
        self._kind = TRACKERS[tracker]
        self._tracker = tracker
        self._played = played
        self._due: list[float] = []
        self._struck = 0
        self._models = 1

    def run(self, schedule: Schedule) -> str:
        """What was promised and did not hold; empty where all did."""
        if schedule.new_install:
            self._room.setup.ledger.new_install()
        for event in schedule.events:
            self._happen(event)
            if twice := self._twice():
                return twice
        return self._calm() or self._idle()

    # -- what happens ------------------------------------------------------------------------------------------

    def _happen(self, event: Event) -> None:
        room = self._room
        self._played.counts[event.what] += 1
        match event.what:
            case "pass":
                self._arm(event.strikes)
                self._pass(event)
                room.world.faults.clear()
            case "wait":
                self._wait(event.x)
                self._say(str(event))
            case "adds":
                self._models += 1
                room.world.load([model(threat(10 * self._models), n=self._models)])
                self._say("somebody adds a threat")
            case "lag":
                room.lag(event.x)
                self._say(str(event))
            case "restart":
                room.end()
                self._say("restart")
            case "copy":
                room.copy()
                self._say("copy")
            case "put copy back":
                self._say(f"put copy back: {room.restore()}")
            case _:
                room.lose(lock="lock" in event.what)
                self._say(event.what)

    def _pass(self, event: Event) -> None:
        try:
            said = self._room.run().summary()
        except Killed:
            said = "killed"
        except SyncError as error:
            said = str(error)
        struck = self._room.world.log.faults()[self._struck :]
        self._struck += len(struck)
        for fault in struck:
            self._played.counts[f"struck {fault.site if fault.site == 'tmi' else 'tracker'} {fault.kind}"] += 1
            if fault.kind == "late":
                late = [strike.x for strike in event.strikes if strike.kind == "late"]
                self._due.append(self._room.clock.offset + min(late))
        self._say(f"{event}: {said}")
        self._wait(1.0)

    def _wait(self, seconds: float) -> None:
        """Time passes; a late commit lands at its moment."""
        clock = self._room.clock
        until = clock.offset + seconds
        for due in sorted(self._due):
            if due <= until:
                clock.offset = max(clock.offset, due)
                self._due.clear()  # the sandbox lets all of them land at once, none later than it may
                self._room.land()
                self._say("late commits land")
                break
        clock.offset = max(clock.offset, until)

    def _arm(self, strikes: Sequence[Strike]) -> None:
        creates, questions = self._kind.creates, self._kind.questions
        for strike in strikes:
            match strike.at:
                case "create":
                    where = Fault(site=self._tracker, kind="drop-before", method=self._kind.method, path=creates)
                case "read" if questions == "(?!)":
                    where = Fault(site=self._tracker, kind="drop-before", method="GET")
                case "read":
                    where = Fault(site=self._tracker, kind="drop-before", path=rf"^(?!.*(?:{creates}))")
                case _:
                    where = Fault(site="tmi", kind="drop-before", method="PUT")
            self._room.world.faults.add(self._fault(strike, replace(where, nth=strike.nth)))

    def _fault(self, strike: Strike, where: Fault) -> Fault:
        match strike.kind:
            case "limit":
                return replace(where, kind="status-before", status=429, retry_after=f"{strike.x:g}")
            case "dies-before":
                return replace(where, kind="call-before", action=self._room.clock.stop)
            case "dies-after":
                return replace(where, kind="call-after", action=self._room.clock.stop)
            case "status-before" | "status-after":
                return replace(where, kind=strike.kind, status=int(strike.x))
        return replace(where, kind=cast(Kind, strike.kind), seconds=3600.0)

    def _say(self, text: str) -> None:
        self._played.story.append(f"{self._room.clock.offset:9.0f}  {text}")

    # -- what must be true -------------------------------------------------------------------------------------

    def _twice(self) -> str:
        twice = {threat_id: count for threat_id, count in self._room.tickets().items() if count > 1}
        return f"more than one ticket for {len(twice)} threats" if twice else ""

    def _calm(self) -> str:
        """Faults stop; a person takes care of what is parked; a few passes later all are linked (L1)."""
        room = self._room
        room.lag(0)
        for number, pause in enumerate(PAUSES):
            self._wait(pause)
            for entry in room.setup.ledger.entries().values():
                if entry.parked:
                    self._played.counts["parked"] += 1
                    room.setup.ledger.retry(entry.threat_id)
            self._pass(Event("pass"))
            if twice := self._twice():
                return twice
            if not (left := self._unlinked()) and number:
                self._played.counts[f"linked by pass {number + 1}"] += 1
                return ""
        return f"not linked in the end: {left}"

    def _unlinked(self) -> list[str]:
        world = self._room.world
        right = {ticket.threat_id: world.url(ticket) for ticket in facts.made(world.log)}
        return [threat_id for threat_id, link in self._room.links().items() if link != right.get(threat_id, "?")]

    def _idle(self) -> str:
        """Where all is linked, a pass writes nothing (L3)."""
        entries = self._room.told(lambda: self._pass(Event("pass")))
        sent = facts.calls(entries)[1]
        return f"an idle pass writes: {writes(entries)}" if sent or writes(entries) else ""


def play(tracker: str, seed: int, *, honest: bool = True) -> Played:
    """One schedule on a fresh world. Not `honest`: the tracker is far later than it is declared to be."""
    played = Played(tracker, f"{tracker} {seed}")
    schedule = draw(played.seed)
    models = [model(*(threat(n) for n in range(schedule.threats)))]
    with (
        tempfile.TemporaryDirectory(prefix="schedule-", dir=memory()) as place,
        Room(Path(place), (tracker,), models, honest=honest) as room,
    ):
        played.broken = Play(room, tracker, played).run(schedule)
        broke = [entry for entry in room.world.log.faults() if entry.kind in ("site-broke", "action-broke")]
        played.broken = played.broken or "".join(f"the sandbox broke: {entry.facts}" for entry in broke[:1])
        played.counts["tickets"] += sum(room.tickets().values())
        played.counts["requests"] += len(room.world.log.requests(tracker))
    return played


def main(given: Sequence[str] | None = None) -> int:
    """0: every promise held. 1: the seeds and stories of those that broke one."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    asked.add_argument("--tracker", action="append", choices=sorted(TRACKERS))
    asked.add_argument("--count", type=int, default=100)
    asked.add_argument("--seed", type=int, default=0, help="the first one")
    asked.add_argument("--replay", type=int, metavar="SEED", help="one schedule, told")
    said = asked.parse_args(given)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    first, count = (said.seed, said.count) if said.replay is None else (said.replay, 1)
    worst = 0
    for tracker in said.tracker or TRACKERS:
        began, counts, broken = time.monotonic(), Counter[str](), 0
        for seed in range(first, first + count):
            played = play(tracker, seed)
            counts += played.counts
            broken += bool(played.broken)
            if played.broken or said.replay is not None:
                print(f"\n{played.seed}: {played.broken or 'well'}", *played.story, sep="\n  ")
        told = ", ".join(f"{name} {number}" for name, number in sorted(counts.items()))
        print(
            f"{tracker}: {count} schedules, {broken} broken, {time.monotonic() - began:.0f} s; {told}", flush=True
        )
        worst |= broken
    return int(bool(worst))


if __name__ == "__main__":
    sys.exit(main())
