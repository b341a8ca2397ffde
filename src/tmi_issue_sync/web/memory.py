"""What the passes said, kept for the page: the last word about each threat, and how the last pass went."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ..errors import SyncError, TmiDenied
from ..model import Threat
from ..plan import Decision, Kind
from ..report import Outcome, Report
from ..state import Passed

KEPT = 10
"""Passes whose calls are remembered; the page shows so many."""


@dataclass(frozen=True, slots=True)
class Word:
    """What the last pass that looked at a threat said of it."""

    name: str
    model_id: str
    model: str
    severity: str
    status: str
    kind: Kind
    wants: bool
    """A wait or a budget stands before its ticket."""
    reason: str
    failed: bool
    until: datetime | None
    """When a wait is over, where that can be told."""
    tracker: str
    """The name in the config of where it goes; empty where it goes nowhere."""


@dataclass(frozen=True, slots=True)
class Said:
    """Everything at one moment; never changed after it was handed out."""

    calls: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Of the last passes, by their ids: what was asked of each service."""

    passes: int = 0
    """How many have ended: what was put together before is old when it grows."""
    words: Mapping[str, Word] = field(default_factory=dict)
    last: datetime | None = None
    """When the last pass ended, whole or woken."""
    failed: Exception | None = None
    """Why the last pass failed as a whole."""
    alerts: tuple[SyncError, ...] = ()
    """What else was wrong in it."""
    notes: tuple[str, ...] = ()
    approval: int = 0
    """How many first tickets wait for a person's word."""
    refused: bool = False
    """TMI lets us write nothing, and tickets wait for that."""
    open: bool = True
    """Whether any tracker took tickets in the last pass."""


class Memory:
    """Told by the worker's thread, read by any other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said = Said()

    def said(self) -> Said:
        with self._lock:
            return self._said

    def told(self, passed: Passed) -> None:
        """One more pass has ended. Only words are kept of it: threats' texts are large."""
        before, report = self.said(), passed.report
        now = replace(before, passes=before.passes + 1, last=passed.ended, failed=passed.error, alerts=())
        if run_id := report.run_id if report else passed.run_id:
            now = replace(now, calls=dict([*before.calls.items(), (run_id, passed.calls)][-KEPT:]))
        if report is not None:
            now = replace(
                now,
                words=_merged(before.words, passed),
                alerts=tuple(report.alerts),
                notes=tuple(report.notes),
                approval=report.approval,
                refused=_refused(report),
                open=not report.looked or report.looked > len(report.closed),
            )
        with self._lock:
            self._said = now


def _refused(report: Report) -> bool:
    """One model that we may not write in is its owner's matter; nothing written at all is ours."""
    denied = any(isinstance(alert, TmiDenied) for alert in report.alerts)
    return denied and report.wanting > 0 and not report.changed


def _merged(before: Mapping[str, Word], passed: Passed) -> dict[str, Word]:
    """A woken pass speaks for its models alone."""
    models = passed.scope.models
    kept = {key: word for key, word in before.items() if passed.scope.woken and word.model_id not in models}
    return kept | dict(_words(passed))


def _words(passed: Passed) -> Iterator[tuple[str, Word]]:
    if passed.report is None:
        return
    outcomes = {outcome.decision.threat.id: outcome for outcome in passed.report.outcomes}
    for decision in passed.report.decisions:
        yield decision.threat.id, _word(decision, outcomes.get(decision.threat.id), passed.ended)


def _word(decision: Decision, outcome: Outcome | None, at: datetime) -> Word:
    threat: Threat = decision.threat
    seconds = outcome.waits if outcome else decision.seconds
    error = outcome.error if outcome else None
    return Word(
        name=threat.name[:256],
        model_id=threat.model.id,
        model=threat.model.name[:256],
        severity="whole model" if threat.whole_model else str(threat.severity),
        status=threat.status,
        kind=decision.kind,
        wants=decision.wants,
        reason=str(error) if error else outcome.text if outcome else decision.reason,
        failed=error is not None,
        until=at + timedelta(seconds=seconds) if seconds is not None else None,
        tracker=decision.to.tracker if decision.to else "",
    )
