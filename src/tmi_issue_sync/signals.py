"""SIGTERM and SIGINT, heard by a thread of their own; the end comes by a deadline whatever hangs."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

import structlog

_log = structlog.get_logger()
DEADLINE = 9.0
"""Seconds from a signal to the end, whatever is in hand."""
GRACE = 0.5
"""Seconds for the main thread to put its terminal in order after a second signal."""
_HEARD = (signal.SIGTERM, signal.SIGINT)
PULSE = 0.1
"""Seconds between two nudges."""
_NUDGE = signal.SIGURG
"""Sent to the main thread so that it runs its handlers, whatever it waits for; says nothing itself.

Again and again, for it does nothing where the main thread is just about to wait."""


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """Python's own handler; the thread does the work."""


class Signals:
    """While it is entered, in the main thread, a signal is heard at once.

    The kernel may give a signal to any thread, and Python runs its handlers in the main one only: where that waits
    for a lock, it sleeps on. So a thread waits for the byte that the interpreter writes whoever got the signal
    (`signal.set_wakeup_fd`). It ends the process a moment after a second one, and at the deadline: the ledger is
    made for it.
    """

    def __init__(
        self, heard: Callable[[int], int], handler: Callable[[int, FrameType | None], None] = _nothing
    ) -> None:
        """`heard` is told of the first signal and gives the exit code for an end by the deadline."""
        self._heard = heard
        self._handler = handler

    def __enter__(self) -> Self:
        self._ear, self._mouth = socket.socketpair()
        self._mouth.setblocking(False)
        threading.Thread(target=self._listen, name="signals", daemon=True).start()
        self._mouth_before = signal.set_wakeup_fd(self._mouth.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._handler) for number in _HEARD}
        self._before[_NUDGE] = signal.signal(_NUDGE, _nothing)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._mouth_before)
        self._mouth.close()

    def _listen(self) -> None:
        with self._ear:
            if not (first := self._next(None)):
                return
            code = self._heard(first)
            again = self._next(DEADLINE)
            if again is None:
                _log.warning(
                    "the ticket in hand takes too long: ending now; the next start finds out what came of it"
                )
                os._exit(code)
            if again and self._next(GRACE) != 0:
                os._exit(128 + again)

    def _next(self, seconds: float | None) -> int | None:
        """The next signal within so many seconds, or None; 0 where we were left. Who waits for a time nudges."""
        end = None if seconds is None else time.monotonic() + seconds
        self._ear.settimeout(None if seconds is None else min(seconds, PULSE))
        while True:
            try:
                heard = self._ear.recv(1)
            except TimeoutError:
                if end is not None and time.monotonic() >= end:
                    return None
                signal.pthread_kill(threading.main_thread().ident or 0, _NUDGE)
                continue
            if not heard or heard[0] != _NUDGE:
                return heard[0] if heard else 0
