"""The service's passes, one by one: bounded in time, and what follows from how each of them ended."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import structlog

from .errors import LedgerError, SyncError, TmiError, Unavailable
from .model import TrackerKey
from .notify import Herald
from .pace import Pace
from .report import Report
from .standing import SessionStanding, session
from .state import Passed
from .sync import Progress, Scope, run_pass
from .tracker import Guarded
from .wiring import Wired

_log = structlog.get_logger()
UNREACHED = 69
"""The exit code of a TMI that can't be reached: time may mend it."""


@dataclass(slots=True)
class Rounds:
    """Used in the worker thread, which alone touches the ledger."""

    found: Wired
    progress: Progress
    approve: Callable[[Report], bool]
    stopping: Callable[[], bool]
    pace: Pace
    herald: Herald
    session: SessionStanding | None = None
    """None where TMI needs no session."""
    closed: dict[str, str] = field(default_factory=dict)
    """What took nothing in the last pass, and why, in words."""
    _rest_until: float = 0.0
    _reasons: dict[TrackerKey, SyncError] = field(default_factory=dict)
    """Why each closed tracker was closed at first, rests since then aside."""
    _resting: frozenset[TrackerKey] = frozenset()
    """Trackers that this pass leaves alone."""

    @property
    def rest(self) -> float:
        """Seconds for which TMI is left alone; 0 where it answered."""
        return max(0.0, self._rest_until - self.found.setup.clock.monotonic())

    @property
    def first_run(self) -> bool:
        """Nobody has agreed to this TMI's first tickets yet: a part of it must not slip through."""
        return self.found.setup.ledger.first_run()

    def run(self, scope: Scope) -> Passed:
        """One pass; never raises."""
        started, report, error, before, last = datetime.now(UTC), None, None, self._calls(), self._last_run()
        try:
            with suppress(TmiError):  # where it matters, the pass itself says what is wrong
                self.found.tmi.keep_session()
            report = self._pass(scope)
        except Exception as caught:  # noqa: BLE001 - one bad pass must not end the service
            error = caught
        calls = {name: count - before[name] for name, count in self._calls().items()}
        run_id = found if (found := self._last_run()) != last else ""
        passed = Passed(started, datetime.now(UTC), scope, report, error, calls, run_id)
        _tell(passed, [self._reasons[key] for key in self._resting & self._reasons.keys()])
        try:
            if not self.stopping():
                self._tell_people(passed)
                self._conclude(passed)
        except LedgerError as caught:
            _log.error("the ledger failed after the pass", error=str(caught))
            passed = replace(passed, error=error or caught)
        return passed

    def _last_run(self) -> str:
        """As the ledger names it; empty where it can't tell."""
        with suppress(LedgerError):
            return next((run.id for run in self.found.setup.ledger.runs(1)), "")
        return ""

    def _calls(self) -> dict[str, int]:
        """What was asked of each service so far."""
        found = {"tmi": self.found.tmi.calls}
        for site in self.found.setup.sites:
            if isinstance(site.tracker, Guarded):
                found[site.name] = found.get(site.name, 0) + site.tracker.calls
        return found

    def _pass(self, scope: Scope) -> Report:
        clock, limit = self.found.setup.clock, self.found.settings.sync.pass_limit
        until = clock.monotonic() + limit

        def stop() -> bool:
            return self.stopping() or clock.monotonic() > until

        sites, ledger = self.found.setup.sites, self.found.setup.ledger
        self._resting = frozenset(site.key for site in sites if ledger.paused(site.key))
        report = run_pass(self.found.setup, scope, progress=self.progress, approve=self.approve, stop=stop)
        self._explain(report)
        if clock.monotonic() > until:
            report.notes.append(f"the pass reached sync.pass_limit ({limit:.0f} s); the next one goes on")
        return report

    def _explain(self, report: Report) -> None:
        """A tracker that rests is closed for the reason that it had before."""
        for key, error in report.closed.items():
            reason = self._reasons.get(key, error) if key in self._resting else error
            report.alerts[:] = [reason if alert is error else alert for alert in report.alerts]
            report.closed[key] = reason
        self._reasons = dict(report.closed)

    def _tell_people(self, passed: Passed) -> None:
        self.session = session(self.found.settings.tmi, self.found.places.state, datetime.now(UTC))
        self.herald.hear(passed, self.session)

    def _conclude(self, passed: Passed) -> None:
        """Leave alone for a while what is down. One model that could not be read does not say that of TMI."""
        error = passed.error
        down = isinstance(error, TmiError) and error.exit_code == UNREACHED
        if isinstance(error, TmiError) and down and not passed.scope.woken:
            seconds = self.pace.failed("tmi")
            self._rest_until = self.found.setup.clock.monotonic() + seconds
            self.closed = {"tmi": _until(error.why, seconds)}
        elif passed.report is not None:
            self.pace.well("tmi")
            self.closed = dict(self._trackers(passed.report))
        elif not down:
            self.closed.pop("tmi", None)
            if isinstance(error, TmiError):  # an answer, though no good one
                self.pace.well("tmi")

    def _trackers(self, report: Report) -> dict[str, str]:
        """The ledger keeps a tracker's pause: no pass looks at it before that is over."""
        ledger, closed = self.found.setup.ledger, {}
        for site in self.found.setup.sites:
            error, name = report.closed.get(site.key), str(site.key)
            if error is None:
                self.pace.well(name)
                continue
            if isinstance(error, Unavailable) and not ledger.paused(site.key):
                ledger.pause(site.key, self.pace.failed(name))
            closed[name] = _until(error.why, ledger.paused(site.key))
        return closed


def herald_of(found: Wired, stopping: Callable[[], bool]) -> Herald:
    """Who tells people of its passes."""
    setup, ledger = found.setup, found.places.ledger
    stamp = ledger.with_name(f"{ledger.name}.told")
    return Herald(found.settings.notify, setup.ledger, setup.clock, setup.instance, stamp=stamp, stopping=stopping)


def heard(found: Wired, scope: Scope, stopping: Callable[[], bool], work: Callable[[], Report]) -> Report:
    """A pass without the service: what the service does for the session and for people, done once.

    Raises what `work` does, and LedgerError. A part of TMI is no ground to tell people anything.
    """

    def hear(report: Report | None, error: Exception | None) -> None:
        notify, whole = found.settings.notify, scope == Scope(limit=scope.limit)
        if whole and not stopping() and (notify.command or notify.url):
            passed = Passed(started, datetime.now(UTC), scope, report, error)
            standing = session(found.settings.tmi, found.places.state, datetime.now(UTC))
            herald_of(found, stopping).hear(passed, standing)

    started = datetime.now(UTC)
    with suppress(TmiError):
        found.tmi.keep_session()
    try:
        report = work()
    except Exception as error:
        with suppress(LedgerError):  # it has been told, and the error of the pass counts
            hear(None, error)
        raise
    hear(report, None)
    return report


def _until(why: str, seconds: float) -> str:
    return f"{why} (not before {datetime.now(UTC) + timedelta(seconds=seconds):%H:%M:%S}Z)" if seconds else why


def _tell(passed: Passed, known: Collection[SyncError]) -> None:
    match passed.error:
        case None if passed.report is not None:
            log_pass(passed.report, known)
        case SyncError() as error:
            _log.error("the pass failed", error=str(error), exit_code=error.exit_code)
        case error:
            bug = f"{type(error).__name__}: {error}"
            _log.error("a bug ended the pass", error=bug, exc_info=error if _verbose() else None)


def _verbose() -> bool:
    return logging.getLogger().isEnabledFor(logging.DEBUG)


def log_pass(report: Report, known: Collection[SyncError] = ()) -> None:
    """One line for the pass, one for each trouble; what is `known` from an earlier pass is no news."""
    counts = {kind.replace(" ", "_"): count for kind, count in report.counts().items() if count}
    bound = _log.bind(**{"pass": report.run_id})
    for outcome in report.failed:
        bound.warning("failed", threat=outcome.decision.threat.id, error=str(outcome.error))
    for alert in report.alerts:
        if any(alert is each for each in known):
            bound.info("a tracker rests", reason=str(alert))
        else:
            bound.error("trouble", error=str(alert))
    for note in report.notes:
        bound.info(note)
    if report.approval:
        bound.warning("the first run waits for a person's word: look at `plan`, then start with --yes")
    seconds = (report.ended - report.started).total_seconds() if report.ended else None
    bound.info(f"pass ended: {report.summary()}", seconds=seconds, **counts)
