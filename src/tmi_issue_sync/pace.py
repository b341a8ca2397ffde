"""How long TMI or a tracker is left alone after it failed: doubling, never long, forgotten at the first success."""

from __future__ import annotations

from .config_tables import SyncOptions

LONGEST = 900.0
"""Seconds. A server that is back is noticed within this time and one interval."""


class Pace:
    """Failures in a row, by name."""

    def __init__(self, options: SyncOptions) -> None:
        self._step = 60.0 if options.cron else options.every
        self._failures: dict[str, int] = {}

    def failed(self, name: str) -> float:
        """One more failure; gives the seconds in which nobody asks again: none at first, then doubling.

        Half an interval less than that, so that the clock's pass at its end does ask.
        """
        count = self._failures[name] = self._failures.get(name, 0) + 1
        return min(LONGEST, self._step * (2.0 ** min(count - 1, 30) - 0.5)) if count > 1 else 0.0

    def well(self, name: str) -> None:
        self._failures.pop(name, None)
