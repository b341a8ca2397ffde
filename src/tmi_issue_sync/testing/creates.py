"""Checks of `create`: one request, whatever happens, and a verdict that is true."""

from __future__ import annotations

import time
from datetime import timedelta

from tmi_issue_sync.errors import TrackerError, Unavailable, Uncertain
from tmi_issue_sync.testing.contract import connect, demand, error_of, refused
from tmi_issue_sync.testing.drafts import draft, marker
from tmi_issue_sync.testing.harness import Harness, Trouble
from tmi_issue_sync.tracker import Tracker

SECOND = timedelta(seconds=1)
SHORT = 0.4
"""Seconds that a create is given where it will not be answered in time."""


def a_create_makes_one_ticket(harness: Harness) -> None:
    """One request, one ticket, and the answer tells of it."""
    start = harness.now()
    tracker = connect(harness)
    ticket = tracker.create(draft(harness))
    demand(harness.creates() == 1, f"a create is one request; {harness.creates()} arrived")
    demand(harness.made() == 1, f"a create makes one ticket; {harness.made()} were made")
    demand(ticket.marker == marker(), f"the answer carries the draft's marker; it has {ticket.marker}")
    demand(ticket.open, "a new ticket is open")
    made = start - timedelta(seconds=harness.traits().wait) - 2 * SECOND <= ticket.created_at <= harness.now()
    demand(made, f"a ticket's creation time is the tracker's: {ticket.created_at} is not within this check")
    look = tracker.changed(None)
    demand(ticket.author == look.account, f"we made it: {ticket.author!r} should be {look.account!r}")


def a_create_is_sent_once_under_every_fault(harness: Harness) -> None:
    """No retry below the adapter, and none in it: what was sent once may be a ticket already."""
    for trouble in Trouble:
        tracker, before = _tried(harness, trouble)
        _struck(harness, tracker, trouble)
        sent = harness.creates() - before
        most = 0 if trouble is Trouble.REFUSED else 1
        demand(sent <= most, f"a create is never sent again; {sent} requests arrived where {trouble.words}")
        harness.calm()


def a_verdict_on_a_lost_create_is_true(harness: Harness) -> None:
    """Surely no ticket only where the server surely made none; whatever can't be told is Uncertain."""
    for trouble in Trouble:
        tracker, _ = _tried(harness, trouble)
        made = harness.made()
        error = _struck(harness, tracker, trouble)
        harness.calm()
        demand(
            harness.made() - made == trouble.commits,
            f"the harness does not keep its word: {harness.made() - made} tickets were made where {trouble.words}",
        )
        _judged(error, trouble)


def a_create_ends_when_its_time_is_over(harness: Harness) -> None:
    """`wait` is the time for all of a create; after that the horizon begins."""
    tracker, _ = _tried(harness, Trouble.STALL)
    start = time.monotonic()
    _struck(harness, tracker, Trouble.STALL)
    took, wait = time.monotonic() - start, harness.traits().wait
    demand(took < wait + 1, f"a create ends within its wait of {wait:g} s; it took {took:.1f} s")


def a_lost_ticket_is_found(harness: Harness) -> None:
    """A ticket whose answer was lost, and one that was made after we gave up, are found by their markers."""
    for threat, trouble in (("t-1", Trouble.DROP_AFTER), ("t-2", Trouble.LATE)):
        tracker, _ = _tried(harness, trouble)
        error_of("the answer was lost", tracker.create, draft(harness, threat))
        harness.calm()
        harness.advance(harness.traits().horizon(after_errors=True))
        found = [ticket.marker for ticket in tracker.find(marker(threat)).tickets]
        demand(found == [marker(threat)], f"after the horizon find shows a ticket that was made; it shows {found}")


def a_stale_connection_loses_no_create(harness: Harness) -> None:
    """A create has a fresh connection: one that the server has closed meanwhile would make its outcome unknown."""
    tracker = connect(harness)
    tracker.changed(None)
    tracker.create(draft(harness))
    harness.restart()
    words = "a create has a connection of its own, so a server that was restarted in between loses none"
    try:
        tracker.create(draft(harness, "t-2"))
    except TrackerError as error:
        raise AssertionError(f"{words}; it failed: {error}") from error


def a_rate_limit_that_says_when_is_told(harness: Harness) -> None:
    """Refused for so many seconds: surely no ticket this time, and when to come back."""
    error = _limited(harness, 33)
    demand(error.retry_after == 33, f"the tracker said 33 s, and the verdict says {error.retry_after}")


def a_rate_limit_that_does_not_say_when_is_told(harness: Harness) -> None:
    """The same without a time: none, or one that makes sense."""
    error = _limited(harness, None)
    so = error.retry_after is None or 1 <= error.retry_after <= 3600
    demand(so, f"where the tracker does not say when, a wait of {error.retry_after} s makes no sense")


def _limited(harness: Harness, retry_after: int | None) -> Unavailable:
    tracker = connect(harness)
    tracker.changed(None)
    harness.limit(retry_after)
    words = "a create that a rate limit refused made surely no ticket this time"
    error = refused(words, (Unavailable,), tracker.create, draft(harness))
    demand(harness.creates() <= 1, f"nothing is sent again after a rate limit; {harness.creates()} creates arrived")
    return error


def _tried(harness: Harness, trouble: Trouble) -> tuple[Tracker, int]:
    """A tracker that knows who it is, so that the create is the next thing that it sends."""
    harness.wait = SHORT if trouble.hangs else type(harness).wait
    tracker = connect(harness)
    tracker.changed(None)
    before = harness.creates()
    harness.fault(trouble)
    return tracker, before


def _struck(harness: Harness, tracker: Tracker, trouble: Trouble) -> TrackerError:
    words = f"a create has no ticket to answer with where {trouble.words}"
    return error_of(words, tracker.create, draft(harness, f"t-{trouble.name}"))


def _judged(error: TrackerError, trouble: Trouble) -> None:
    told = f"it is {type(error).__name__}: {error}"
    if trouble is Trouble.REFUSED:
        demand(isinstance(error, Unavailable), f"where {trouble.words} nothing was sent: Unavailable; {told}")
    elif trouble not in (Trouble.HTML, Trouble.REDIRECT):
        demand(isinstance(error, Uncertain), f"where {trouble.words} a ticket may exist: Uncertain; {told}")
    if trouble in (Trouble.ERROR_BEFORE, Trouble.ERROR_AFTER, Trouble.BUSY_AFTER):
        fault = isinstance(error, Uncertain) and error.server_fault
        demand(fault, f"a tracker that answers 5xx shows new tickets late: server_fault; {told}")


CHECKS = (
    a_create_makes_one_ticket,
    a_create_is_sent_once_under_every_fault,
    a_verdict_on_a_lost_create_is_true,
    a_create_ends_when_its_time_is_over,
    a_lost_ticket_is_found,
    a_stale_connection_loses_no_create,
    a_rate_limit_that_says_when_is_told,
    a_rate_limit_that_does_not_say_when_is_told,
)
