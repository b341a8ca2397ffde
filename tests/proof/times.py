"""Virtual time: the world's own, the servers' whole seconds, and this machine's clocks that may jump or stop."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

EPOCH = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class Time:
    """Seconds since the world began, and what is due later. Nothing here waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._n = 0

    def later(self, seconds: float, happens: Callable[[], object]) -> None:
        self._n += 1
        heapq.heappush(self._due, (self.now + seconds, self._n, happens))

    def advance(self, seconds: float) -> None:
        """Time passes; what falls due happens at its own moment."""
        end = self.now + seconds
        while self._due and self._due[0][0] <= end:
            at, _, happens = heapq.heappop(self._due)
            self.now = max(self.now, at)
            happens()
        self.now = end

    def moment(self, at: float | None = None) -> datetime:
        return EPOCH + timedelta(seconds=self.now if at is None else at)

    def date(self) -> datetime:
        """A server's `Date`: whole seconds, rounded down."""
        return EPOCH + timedelta(seconds=int(self.now))


class MachineClock:
    """The clocks of the machine that the daemon runs on: the product's `Clock`."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self._boot = 1
        self._booted = -1000.0
        self.offset = 0.0
        """How far the wall clock is off."""

    def now(self) -> datetime:
        return self._time.moment() + timedelta(seconds=self.offset)

    def monotonic(self) -> float:
        return self._time.now - self._booted

    def boot_id(self) -> str:
        return f"boot-{self._boot}"

    def sleep(self, seconds: float) -> None:
        self._time.advance(seconds)

    def reboot(self) -> None:
        self._boot += 1
        self._booted = self._time.now
