"""Passes without a scheduler: one, or one after the other until nothing waits for time alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType

from .clock import Clock
from .report import Report
from .signals import Signals
from .sync import Scope

WAIT_MAX = 3600.0
"""Waiting for the next pass ends after this many seconds in all, whatever still waits."""
REST = (0.05, 30.0)
"""Seconds between two passes at the least: doubled from the first to the second while passes change nothing."""


def passes(
    one: Callable[[], Report],
    clock: Clock,
    *,
    wait: bool,
    after: Callable[[Report], None],
    pausing: Callable[[float, float], None],
    sleep: Callable[[float], None],
    enough: Callable[[], bool] = lambda: False,
) -> Report:
    """Run `one`, with `wait` again and again; gives the last report.

    `after` is told of each pass; `pausing` how long the next one waits, and for how long there is patience.
    `enough` is asked after each pass and each `sleep`.
    """
    until, (rest, rest_max) = clock.monotonic() + WAIT_MAX, REST
    while True:
        report = one()
        after(report)
        left = until - clock.monotonic()
        if not wait or report.waits is None or report.approval or enough():
            return report
        pausing(report.waits, left)
        if report.waits > left:
            return report
        rest = REST[0] if report.changed else min(2 * rest, rest_max)
        sleep(max(report.waits, rest))
        if enough():
            return report


class Pilot:
    """The scope of a run; its limit counts for all passes together."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def spend(self, created: int) -> None:
        if self.scope.limit is not None:
            self.scope = replace(self.scope, limit=max(0, self.scope.limit - created))

    @property
    def spent(self) -> bool:
        return self.scope.limit == 0


class Stopper:
    """SIGTERM and SIGINT end a run after the ticket in hand; a second one, or one at a question, at once."""

    def __init__(self) -> None:
        self.signal = 0
        self._stop = threading.Event()
        self._handled = 0
        self._asking = False

    def stopped(self) -> bool:
        return self.signal != 0

    def pause(self, seconds: float) -> None:
        """Wait, unless a signal comes."""
        self._stop.wait(seconds)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """A person is asked, nothing is in hand."""
        self._asking = True
        try:
            yield
        finally:
            self._asking = False

    def installed(self) -> Signals:
        """To be entered while it should stop anything."""
        return Signals(self._heard, self._in_main)

    def _heard(self, number: int) -> int:
        self.signal = number
        self._stop.set()
        return 128 + number

    def _in_main(self, _number: int, _frame: FrameType | None) -> None:
        self._handled += 1
        if self._handled > 1 or self._asking:
            raise KeyboardInterrupt
