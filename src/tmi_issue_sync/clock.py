"""Time as the protocol counts it: nothing that allows a create ever rests on the wall clock alone."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

_PROCESS = uuid.uuid4().hex


class Clock(Protocol):
    """The clock that is passed in. Seconds everywhere."""

    def now(self) -> datetime:
        """Wall time, aware, UTC: for display, schedules and budgets only."""
        ...

    def monotonic(self) -> float:
        """Runs on while the machine sleeps (CLOCK_BOOTTIME); comparable within one `boot_id` only."""
        ...

    def boot_id(self) -> str: ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """This machine's clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))

    def boot_id(self) -> str:
        try:
            return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        except OSError:  # no such file off Linux: then only this process can compare
            return _PROCESS

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment that can be stored and compared later: a server's `Date` (None: it sends none) and our uptime."""

    date: datetime | None
    uptime: float
    boot_id: str

    def later(self, seconds: float) -> Instant:
        date = None if self.date is None else self.date + timedelta(seconds=seconds)
        return Instant(date, self.uptime + seconds, self.boot_id)


def instant(clock: Clock, date: datetime | None) -> Instant:
    """Now, as a server dated it. Without a date only this very process may compare (protocol, time rule)."""
    return Instant(date, clock.monotonic(), clock.boot_id() if date else _PROCESS)


BACKWARDS = 60.0
"""Seconds by which a server's nodes may disagree; a `Date` further back says that one of the two was wrong."""


def elapsed(start: Instant, now: Instant) -> float | None:
    """Seconds that have surely passed: the smaller of the two clocks' answers; None where neither can tell.

    A server's clock that was set back compares with nothing: whoever waits starts again, which is the later side.
    """
    same_boot = start.boot_id == now.boot_id
    uptime = now.uptime - start.uptime
    if start.date is None or now.date is None:
        return uptime if same_boot else None
    dates = (now.date - start.date).total_seconds()
    if dates < -BACKWARDS:
        return None
    return min(dates, uptime) if same_boot else dates
