"""The service: the same pass by the clock or when woken, one at a time, until a signal ends it after the ticket."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from . import systemd
from .config import Settings
from .errors import ConfigError, LedgerError, Locked
from .pace import Pace
from .report import Report
from .rounds import Rounds, herald_of
from .schedule import Due, Worker, first_after, trigger
from .signals import Signals
from .state import Passed, State
from .sync import Progress, Scope
from .wiring import Places, wired

_log = structlog.get_logger()
FATAL = (ConfigError, LedgerError, Locked)
"""Another pass of this process would end the same way."""
GUARD = 10.0
"""Seconds between two looks at whether the clock's next pass is overdue."""
MANY = 100
"""Models woken at once that are worth a whole pass."""
STUCK = 600.0
"""Seconds beyond its limit after which a pass counts as stuck: the watchdog is left to bite."""


class Service:
    """Passes in one worker thread, which alone touches the ledger, by the scheduler's clock in another.

    The main thread waits for the end. None of apscheduler's code runs in it: that swallows what a signal's handler
    raises while a job is handed over (`_process_jobs` of 3.x).
    """

    def __init__(
        self,
        scope: Scope,
        progress: Progress,
        approve: Callable[[Report], bool],
        told: Callable[[Passed], None] = lambda _passed: None,
    ) -> None:
        """`told` hears of each pass that ended, in the worker's thread."""
        self._scope = scope
        self._progress = progress
        self._approve = approve
        self._told = told
        self._stopping = False
        self._over = threading.Event()
        """The service is to end."""
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="pass")
        self._beats = ThreadPoolExecutor(1, thread_name_prefix="beat")
        executors = {"default": Worker(self._pool), "beats": Worker(self._beats)}
        self._scheduler = BackgroundScheduler(timezone=UTC, executors=executors)
        self._lock = threading.Lock()
        self._woken: set[str | None] = set()
        self._again: frozenset[str] = frozenset()
        self._state = State(datetime.now(UTC))
        self._fatal: Exception | None = None
        self._began: float | None = None
        """When the pass that runs began, by the monotonic clock."""

    # -- from any thread, at once ----------------------------------------------------------------------------

    def state(self) -> State:
        """What the service does now."""
        job = self._scheduler.get_job("clock")
        at: datetime | None = getattr(job, "next_run_time", None)
        if at is not None and (rest := self._rounds.rest):
            at = first_after(self._rounds.found.settings.sync, at, datetime.now(UTC) + timedelta(seconds=rest))
        return replace(self._state, next_run=at, stopping=self._stopping)

    def wake(self, model_id: str | None = None) -> None:
        """Look at this model soon, or at all of them. Wake-ups gather until a pass takes them."""
        with self._lock:
            first = not self._woken
            self._woken.add(model_id if len(self._woken) < MANY else None)
        if first:
            with suppress(RuntimeError):  # ended meanwhile
                self._pool.submit(self._wake_up)

    # -- the main thread ---------------------------------------------------------------------------------------

    def run(
        self,
        settings: Settings,
        places: Places,
        *,
        new_install: bool,
        beside: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> int:
        """Serve until a signal or a mistake that only a restart mends; takes SIGTERM and SIGINT. Raises SyncError.

        `beside` is entered when the ledger is open, and left after the last ticket.
        """
        when = trigger(settings.sync)
        with Signals(self._signalled):
            opened = wired(settings, places)
            found = self._pool.submit(opened.__enter__).result()
            try:
                if new_install:
                    self._pool.submit(found.setup.ledger.new_install).result()
                pace, stopping = Pace(settings.sync), lambda: self._stopping
                herald = herald_of(found, stopping)
                self._rounds = Rounds(found, self._progress, self._approve, stopping, pace, herald)
                self._patience = settings.sync.pass_limit + STUCK
                _log.info("serving", ledger=str(places.ledger), every=str(when), instance=found.setup.instance)
                sync = settings.sync
                due = Due(sync.every + sync.jitter if sync.cron is None else None)
                with beside():
                    self._serve(when, due)
            finally:
                self._pool.submit(opened.__exit__, None, None, None).result()
                self._pool.shutdown()
                self._beats.shutdown()
        if self._fatal is not None:
            raise self._fatal
        _log.info("ended")
        return 0

    def _serve(self, when: Any, due: Due) -> None:
        options = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
        self._scheduler.add_job(self._by_clock, when, id="clock", next_run_time=datetime.now(UTC), **options)
        if (seconds := systemd.watchdog()) is not None:
            self._scheduler.add_job(self._beat, "interval", seconds=seconds / 3, executor="beats", **options)
        systemd.notify(READY=1, STATUS="serving")
        self._scheduler.start()
        while not self._over.wait(GUARD):
            job = self._scheduler.get_job("clock")
            if due.late(job.next_run_time, datetime.now(UTC), time.monotonic()):
                _log.warning("this machine's clock was set back: the next pass begins now")
                job.modify(next_run_time=datetime.now(UTC))
        if self._stopping:
            _log.info("ending after the ticket in hand; a second signal ends at once")
            systemd.notify(STOPPING=1, STATUS="ending after the ticket in hand")
        self._scheduler.shutdown()
        self._pool.submit(lambda: None).result()

    def _signalled(self, _number: int) -> int:
        self._stopping = True
        self._over.set()
        return 0

    # -- the beats' thread ---------------------------------------------------------------------------------------

    def _beat(self) -> None:
        began = self._began
        if began is None or time.monotonic() - began < self._patience:
            systemd.notify(WATCHDOG=1)
        else:
            _log.error("the pass is stuck: the service manager ends this process")

    # -- the worker's thread -------------------------------------------------------------------------------------

    def _by_clock(self) -> None:
        """A whole pass, and with it whatever was woken."""
        if not self._rounds.rest:
            self._take()
            self._pass(self._scope)

    def _wake_up(self) -> None:
        """Look at the woken models, or at all where that would not do."""
        if self._rounds.rest:  # the clock's next pass takes them
            return
        models = self._take()
        if not models:  # a whole pass took them
            return
        if None in models or self._scope.models or self._scope.threats or self._rounds.first_run:
            self._pass(self._scope)
        else:
            self._pass(replace(self._scope, models=frozenset(filter(None, models)), woken=True))

    def _take(self) -> set[str | None]:
        with self._lock:
            taken, self._woken = self._woken, set()
        return taken

    def _pass(self, scope: Scope) -> None:
        if self._stopping or self._fatal is not None:
            return
        self._state, self._began = replace(self._state, running=datetime.now(UTC)), time.monotonic()
        systemd.notify(STATUS="a pass runs")
        passed = self._rounds.run(scope)
        if passed.report is not None and scope.limit is not None:
            self._scope = replace(self._scope, limit=max(0, scope.limit - passed.report.created))
        self._began, session = None, self._rounds.session
        self._state = replace(self._state, running=None, passed=passed, closed=self._rounds.closed, session=session)
        systemd.notify(STATUS=passed.report.summary() if passed.report else f"the last pass failed: {passed.error}")
        self._look_again(passed)
        if isinstance(passed.error, FATAL):
            self._fatal = passed.error
            self._over.set()
        try:
            self._told(passed)
        except Exception as error:  # noqa: BLE001 - a page's bug must not end the passes
            _log.error("a bug after the pass", error=f"{type(error).__name__}: {error}")

    def _look_again(self, passed: Passed) -> None:
        """A threat that a woken pass left alone is looked at when its wait is over, if the clock comes later."""
        clock, waits = self._scheduler.get_job("clock"), passed.report.waits if passed.report else None
        at = datetime.now(UTC) + timedelta(seconds=max(waits or 0.0, 1.0) + 0.5)
        if not (passed.scope.woken and waits and clock and at < clock.next_run_time):
            return
        with self._lock:
            self._again |= passed.scope.models
        if self._scheduler.get_job("again") is None:
            options = {"executor": "beats", "misfire_grace_time": None}
            self._scheduler.add_job(self._wake_again, "date", run_date=at, id="again", **options)

    def _wake_again(self) -> None:
        with self._lock:
            models, self._again = self._again, frozenset()
        for model in models:
            self.wake(model)
