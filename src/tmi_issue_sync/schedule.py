"""When passes run, and in which thread: what apscheduler has to know."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from typing import Any

from apscheduler.executors.pool import BasePoolExecutor
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from .config_tables import SyncOptions
from .errors import ConfigError


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


class Worker(BasePoolExecutor):  # type: ignore[misc]  # apscheduler has no types
    """Runs jobs in a thread that outlives the scheduler: the ledger is closed in it."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        super().__init__(pool)

    def shutdown(self, wait: bool = True) -> None:
        """The pool is shut down by its owner."""
