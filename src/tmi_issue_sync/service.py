"""The service: the same pass by the clock, one at a time, until a signal ends it after the ticket in hand."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import Any

import structlog
from apscheduler.executors.pool import BasePoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from .config import Settings
from .config_tables import SyncOptions
from .errors import ConfigError, LedgerError, Locked, SyncError
from .once import Pilot
from .report import Report
from .sync import Progress, Scope, run_pass
from .wiring import Places, Wired, wired

_log = structlog.get_logger()
FATAL = (ConfigError, LedgerError, Locked)
"""Another pass of this process would end the same way."""


class _Stop(BaseException):
    """A signal that came while the main thread was waiting."""


def trigger(options: SyncOptions) -> Any:
    """When passes run. Raises ConfigError for a cron line that is none."""
    jitter = int(options.jitter) or None
    if options.cron is None:
        return IntervalTrigger(seconds=max(1, int(options.every)), jitter=jitter, timezone=UTC)
    try:
        made = CronTrigger.from_crontab(options.cron)
    except ValueError as error:
        raise ConfigError(f"sync.cron: {options.cron!r} is no cron line: {error}") from error
    made.jitter = jitter
    return made


class _Worker(BasePoolExecutor):  # type: ignore[misc]  # apscheduler has no types
    """Runs jobs in a thread that outlives the scheduler: the ledger is closed in it."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        super().__init__(pool)

    def shutdown(self, wait: bool = True) -> None:
        """The pool is shut down by its owner."""


class Service:
    """Passes in one worker thread, which alone touches the ledger; the main thread waits for the clock."""

    def __init__(self, scope: Scope, progress: Progress, approve: Callable[[Report], bool]) -> None:
        self._pilot = Pilot(scope)
        self._progress = progress
        self._approve = approve
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="pass")
        self._scheduler = BlockingScheduler(timezone=UTC, executors={"default": _Worker(self._pool)})
        self._fatal: SyncError | None = None

    def run(self, settings: Settings, places: Places, *, new_install: bool) -> int:
        """Serve until a signal or a mistake that only a restart mends. Raises SyncError."""
        when = trigger(settings.sync)
        opened = wired(settings, places)
        found = self._pool.submit(opened.__enter__).result()
        try:
            if new_install:
                self._pool.submit(found.setup.ledger.new_install).result()
            _log.info("serving", ledger=str(places.ledger), every=str(when), instance=found.setup.instance)
            self._loop(when, found)
        finally:
            self._pool.submit(opened.__exit__, None, None, None).result()
            self._pool.shutdown()
        if self._fatal is not None:
            raise self._fatal
        _log.info("ended")
        return 0

    def _loop(self, when: Any, found: Wired) -> None:
        self._scheduler.add_job(
            self._pass,
            when,
            args=(found,),
            next_run_time=datetime.now(UTC),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
        with self._signals():
            try:
                self._scheduler.start()
            except _Stop:
                _log.info("ending after the ticket in hand; a second signal ends at once")
                self._pool.submit(lambda: None).result()

    def _pass(self, found: Wired) -> None:
        if self._stopping.is_set():
            return
        try:
            report = run_pass(
                found.setup,
                self._pilot.scope,
                progress=self._progress,
                approve=self._approve,
                stop=self._stopping.is_set,
            )
        except FATAL as error:
            self._fatal = error
            self._scheduler.shutdown(wait=False)
        except SyncError as error:
            _log.error("the pass failed; the next one tries again", error=str(error), exit_code=error.exit_code)
        except Exception as error:  # noqa: BLE001 - one bad pass must not end the service
            _log.error("a bug ended the pass", error=f"{type(error).__name__}: {error}", exc_info=_verbose())
        else:
            self._pilot.spend(report.created)
            log_pass(report)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self._signalled) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        if self._stopping.is_set():
            os._exit(128 + number)  # the ledger is made for it: whatever was begun is found again
        self._stopping.set()
        raise _Stop


def _verbose() -> bool:
    return logging.getLogger().isEnabledFor(logging.DEBUG)


def log_pass(report: Report) -> None:
    """One line for the pass, one for each trouble."""
    counts = {kind.replace(" ", "_"): count for kind, count in report.counts().items() if count}
    bound = _log.bind(**{"pass": report.run_id})
    for outcome in report.failed:
        bound.warning("failed", threat=outcome.decision.threat.id, error=str(outcome.error))
    for alert in report.alerts:
        bound.error("trouble", error=str(alert))
    for note in report.notes:
        bound.info(note)
    if report.approval:
        bound.warning("the first run waits for a person's word: look at `plan`, then start with --yes")
    seconds = (report.ended - report.started).total_seconds() if report.ended else None
    bound.info(f"pass ended: {report.summary()}", seconds=seconds, **counts)


def serve(
    settings: Settings,
    places: Places,
    scope: Scope,
    *,
    progress: Progress,
    approve: Callable[[Report], bool],
    new_install: bool,
) -> int:
    """Run the service in this thread, which must be the main one: it takes SIGTERM and SIGINT."""
    return Service(scope, progress, approve).run(settings, places, new_install=new_install)
