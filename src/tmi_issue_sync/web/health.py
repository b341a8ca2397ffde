"""Whether the service does its work, and why not: for probes that nobody signed in, so in plain words alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ..errors import LedgerError, NeedsPerson, SyncError, TmiDenied, TmiError
from ..schedule import AHEAD
from ..state import State
from .memory import Said

OVERDUE = timedelta(minutes=10)
"""So late may a pass begin; longer, and the clock has stopped."""


def unready(state: State, said: Said, ledger: LedgerError | None, session_over: bool) -> list[str]:
    """Why the service can't make and link tickets now; empty where it can."""
    return list(_reasons(state, said, ledger, session_over))


def _reasons(state: State, said: Said, ledger: LedgerError | None, session_over: bool) -> Iterator[str]:
    if state.stopping:
        yield "stopping"
    if ledger is not None:
        yield "the ledger can't be read"
    if said.passes == 0:
        yield "no pass has ended yet"
    elif said.failed is not None:
        yield _words(said.failed)
    elif said.approval:
        yield "the first tickets wait for a person's word"
    elif said.refused:
        yield _words(TmiDenied(""))
    elif not said.open:
        yield "no tracker takes tickets now"
    if session_over:
        yield "nobody is logged in to TMI"
    now = datetime.now(UTC)
    late = state.next_run is not None and now - state.next_run > OVERDUE
    if late and state.running is None:
        yield "the next pass is overdue"
    if said.last is not None and said.last - now > AHEAD:
        yield "this machine's clock was set back"


def _words(error: Exception) -> str:
    """An error's own words may name hosts and paths; these don't."""
    match error:
        case LedgerError():
            return "the ledger can't be used"
        case NeedsPerson() | TmiDenied():
            return "TMI refuses us: a person must act"
        case TmiError():
            return "TMI does not answer as it should"
        case SyncError():
            return "the last pass failed"
    return "a bug ended the last pass"
