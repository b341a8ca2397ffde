"""When passes run, and in which thread: what apscheduler has to know."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.executors.pool import BasePoolExecutor
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from .config_tables import SyncOptions
from .errors import ConfigError

LATE = 30.0
"""Seconds after which a pass that has not begun is overdue."""
AHEAD = timedelta(minutes=1)
"""A last pass so far in the future was dated by a clock that has been set back since."""


def trigger(options: SyncOptions) -> Any:
    """When passes run. Raises ConfigError for a cron line that is none."""
    jitter = int(options.jitter) or None
    if options.cron is None:
        return IntervalTrigger(seconds=max(1, int(options.every)), jitter=jitter, timezone=UTC)
    try:
        made = CronTrigger.from_crontab(options.cron, timezone=UTC)
    except ValueError as error:
        raise ConfigError(f"sync.cron: {options.cron!r} is no cron line: {error}") from error
    made.jitter = jitter
    return made


def first_after(options: SyncOptions, next_run: datetime, until: datetime) -> datetime:
    """The first of the clock's passes from then on, jitter aside; those before it do nothing."""
    when = trigger(options.model_copy(update={"jitter": 0.0}))
    while next_run < until and (later := when.get_next_fire_time(next_run, next_run + timedelta(seconds=1))):
        next_run = later
    return next_run


class Due:
    """When the next pass is due by the monotonic clock: the wall's may be set back, and apscheduler waits for it.

    One instance for a run; `longest` is the longest time between two passes, where that is known.
    """

    def __init__(self, longest: float | None) -> None:
        self._longest = longest
        self._next: datetime | None = None
        self._at = 0.0

    def late(self, next_run: datetime, now: datetime, uptime: float) -> bool:
        """Whether it should have begun long ago; `now` is the wall's time, `uptime` the monotonic clock's."""
        if next_run != self._next:
            left = (next_run - now).total_seconds()
            self._next, self._at = next_run, uptime + (left if self._longest is None else min(left, self._longest))
        return uptime > self._at + LATE


class Worker(BasePoolExecutor):  # type: ignore[misc]  # apscheduler has no types
    """Runs jobs in a thread that outlives the scheduler: the ledger is closed in it."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        super().__init__(pool)

    def shutdown(self, wait: bool = True) -> None:
        """The pool is shut down by its owner."""
