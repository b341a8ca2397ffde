"""Passes without a scheduler: one, or one after the other until nothing waits for time alone."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType

import structlog

from .clock import Clock
from .report import Report
from .sync import Scope

_log = structlog.get_logger()
DEADLINE = 9.0
"""Seconds from a signal to the end, whatever is in hand."""
WAIT_MAX = 3600.0
"""Waiting for the next pass ends after this many seconds in all, whatever still waits."""


def passes(
    one: Callable[[], Report],
    clock: Clock,
    *,
    wait: bool,
    after: Callable[[Report], None],
    pausing: Callable[[float, float], None],
    enough: Callable[[], bool] = lambda: False,
) -> Report:
    """Run `one`, with `wait` again and again; gives the last report.

    `after` is told of each pass; `pausing` how long the next one waits, and for how long there is patience.
    """
    until = clock.monotonic() + WAIT_MAX
    while True:
        report = one()
        after(report)
        left = until - clock.monotonic()
        if not wait or report.waits is None or report.approval or enough():
            return report
        pausing(report.waits, left)
        if report.waits > left:
            return report
        clock.sleep(max(report.waits, 0.05))


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


def last_resort(code: int) -> threading.Timer:
    """Ends the process at the deadline, unless it is cancelled; the ledger is made for it."""

    def end() -> None:
        _log.warning("the ticket in hand takes too long: ending now; the next start finds out what came of it")
        os._exit(code)

    timer = threading.Timer(DEADLINE, end)
    timer.daemon = True
    timer.start()
    return timer


class Stopper:
    """SIGTERM and SIGINT end a run after the ticket in hand; a second one, or one between passes, at once."""

    def __init__(self) -> None:
        self.signal = 0
        self._busy = False
        self._last_resort: threading.Timer | None = None

    def stopped(self) -> bool:
        return self.signal != 0

    @contextmanager
    def busy(self) -> Iterator[None]:
        """A pass runs: it must come to the end of its ticket."""
        self._busy = True
        try:
            yield
        finally:
            self._busy = False

    @contextmanager
    def installed(self) -> Iterator[None]:
        before = {number: signal.signal(number, self._signalled) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            if self._last_resort is not None:
                self._last_resort.cancel()

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        again, self.signal = self.stopped(), number
        if again or not self._busy:
            raise KeyboardInterrupt
        self._last_resort = last_resort(128 + number)
