"""What the service says of itself: frozen values that any thread may read at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .report import Report
from .standing import SessionStanding
from .sync import Scope


@dataclass(frozen=True, slots=True)
class Passed:
    """One pass that ended, whole or woken, well or not."""

    started: datetime
    ended: datetime
    scope: Scope
    """With `woken`: it looked at these models only, because somebody said that they changed."""
    report: Report | None
    """None where the pass failed as a whole."""
    error: Exception | None = None
    """Why it did: a SyncError, or a bug."""
    calls: Mapping[str, int] = field(default_factory=dict)
    """Requests to `tmi`, and operations asked of each tracker by its name in the config."""
    run_id: str = ""
    """Its name in the ledger; empty where it came to none."""


@dataclass(frozen=True, slots=True)
class State:
    """The service at one moment. Times are UTC, for display."""

    started: datetime
    """Of this process."""
    running: datetime | None = None
    """A pass runs since then."""
    passed: Passed | None = None
    """The last pass that ended."""
    next_run: datetime | None = None
    """Of the clock, back-off included; None while a first one has not been planned, and at the end."""
    stopping: bool = False
    closed: Mapping[str, str] = field(default_factory=dict)
    """`tmi`, or a tracker project as text: why it is left alone, and for how long."""
    session: SessionStanding | None = None
    """As the last pass found it; None before, and where TMI needs no session."""
