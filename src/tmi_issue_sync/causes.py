"""What people are told: one message when a cause begins, one when it is over, and never a storm. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from .errors import SyncError, TmiDenied, TmiError, Unavailable
from .plan import Kind
from .report import Report
from .standing import SessionStanding
from .state import Passed
from .sweep import SecondInstance

AGAIN = timedelta(hours=1)
"""A cause that comes back sooner than this after it was told is told later."""
FORGOTTEN = timedelta(days=1)
"""A cause that nobody saw over, and that comes back after so long, is told again."""
TRIES = 2
"""So often a message is begun whose end was never heard of: a hook that takes this process down is no storm."""
LOGIN, SESSION, TMI, DENIED, PASS = "login", "session", "tmi", "tmi denied", "pass"
PARKED, INSTANCES, APPROVAL = "parked", "instances", "approval"
HEALED = {
    LOGIN: "logged in to TMI again",
    SESSION: "logged in to TMI anew",
    TMI: "TMI answers again",
    DENIED: "TMI took what we wrote",
    PASS: "passes come to their end again",
    PARKED: "no threat is parked or blocked any more",
    INSTANCES: "no second tmi-issue-sync is seen any more",
    APPROVAL: "the first run waits no more",
}
"""What is said when it is over; of a target, what was wrong with it."""
_LOGIN = "Run: tmi-issue-sync login"
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a person is needed. In fixed words: no threat's text and no server's words go out."""

    text: str
    todo: str
    patient: bool = False
    """It may pass by itself: two passes in a row must see it."""


@dataclass(frozen=True, slots=True)
class Memo:
    """What is remembered of one cause."""

    since: datetime
    text: str = ""
    seen: int = 0
    """Passes in a row that saw it."""
    told: bool = False
    last: datetime = _ANY_TIME
    """When something was last said of it."""
    tries: int = 0
    """Messages begun since then of which it is not known whether they arrived."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message about one cause."""

    cause: str
    over: bool
    text: str
    todo: str
    since: datetime


def causes(passed: Passed, session: Mapping[str, Cause]) -> dict[str, Cause]:
    """All that a person should know after this pass; `session` is what its file says."""
    found = dict(session)
    if passed.error is not None:
        found |= _of_error(passed.error, LOGIN in session)
    elif passed.report is not None:
        found |= _of_report(passed.report, LOGIN in session)
    return found


def of_session(found: SessionStanding | None) -> dict[str, Cause]:
    """What the session's file says; None where TMI needs no session."""
    if found is None or not found.soon:
        return {}
    text = found.words.removesuffix(_LOGIN).rstrip(" .")
    return {SESSION if found.ends else LOGIN: Cause(text, _LOGIN)}


def wrote(passed: Passed) -> bool:
    """Whether TMI took a write in this pass."""
    outcomes = passed.report.outcomes if passed.report else []
    return any(outcome.wrote and outcome.error is None for outcome in outcomes)


def _of_error(error: Exception, login: bool) -> dict[str, Cause]:
    if isinstance(error, TmiDenied):
        return {} if login else {DENIED: _DENIED}
    if isinstance(error, TmiError):
        return {
            TMI: Cause("TMI can't be reached or is out of order: nothing is made or linked", _LOG, patient=True)
        }
    why = str(error) if isinstance(error, SyncError) else f"a bug ({type(error).__name__})"
    return {PASS: Cause(f"the pass failed: {why}", _LOG)}


def _of_report(report: Report, login: bool) -> dict[str, Cause]:
    found = {}
    for key, error in report.closed.items():
        if isinstance(error, Unavailable):
            text = f"{key} can't be reached: nothing is made there"
            found[f"target {key}"] = Cause(text, _LOG, patient=True)
        else:
            found[f"target {key}"] = Cause(f"{key} is closed: nothing is made there", "Run: tmi-issue-sync check")
    if any(isinstance(alert, TmiDenied) for alert in report.alerts) and not login:
        found[DENIED] = _DENIED
    if any(isinstance(alert, SecondInstance) for alert in report.alerts):
        found[INSTANCES] = Cause("a second tmi-issue-sync makes tickets for this TMI", "Stop one of them.")
    counts = report.counts()
    if stuck := counts[Kind.PARKED] + counts[Kind.BLOCKED]:
        what = "threat is" if stuck == 1 else "threats are"
        found[PARKED] = Cause(f"{stuck} {what} parked or blocked", "Run: tmi-issue-sync status")
    if report.approval:
        text = f"the first run would make {report.approval} tickets and waits for a person's word"
        found[APPROVAL] = Cause(text, "Look at tmi-issue-sync plan, then start with --yes.")
    return found


_LOG = "See the log."
_DENIED = Cause("TMI refuses to let us read or write, some models or all", "Run: tmi-issue-sync check")


def told(
    memory: Mapping[str, Memo], found: Mapping[str, Cause], *, whole: bool, wrote: bool = True, now: datetime
) -> tuple[dict[str, Memo], list[Message]]:
    """What to remember once all is said, and what to say.

    Only a `whole` pass proves that a cause is over, and only one that `wrote` that TMI lets us write.
    """
    kept: dict[str, Memo] = {}
    messages: list[Message] = []
    for name, cause in found.items():
        memo = memory.get(name, Memo(now))
        due = not memo.told or (not memo.seen and abs(now - memo.last) >= FORGOTTEN)
        memo = replace(memo, since=memo.since if memo.seen else now, text=cause.text, seen=memo.seen + 1)
        if due and memo.seen >= 1 + cause.patient and abs(now - memo.last) >= AGAIN:
            messages += [Message(name, False, cause.text, cause.todo, memo.since)] if memo.tries < TRIES else []
            memo = replace(memo, told=True, last=now, tries=0)
        kept[name] = memo
    for name, memo in memory.items():
        if name in found:
            continue
        if not (whole or name in (LOGIN, SESSION)):
            kept[name] = memo
        elif name == DENIED and not wrote:
            kept[name] = replace(memo, seen=0)
        elif memo.told:
            messages += [] if memo.tries >= TRIES or _became_worse(name, found) else [_over(name, memo)]
            kept[name] = Memo(now, last=now)
        elif abs(now - memo.last) < AGAIN:
            kept[name] = replace(memo, seen=0)
    return kept, messages


def _became_worse(name: str, found: Mapping[str, Cause]) -> bool:
    """A session that is over does not end soon any more."""
    return name == SESSION and LOGIN in found


def _over(name: str, memo: Memo) -> Message:
    return Message(name, True, f"over: {HEALED.get(name, memo.text)}", "", memo.since)
