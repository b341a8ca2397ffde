"""Checks of `changed` and `find`: what is there is shown, and what is shown is all of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from tmi_issue_sync.errors import TrackerError
from tmi_issue_sync.model import Look, Ticket
from tmi_issue_sync.testing.contract import connect, demand, error_of, one
from tmi_issue_sync.testing.drafts import draft, marker
from tmi_issue_sync.testing.harness import Harness, Trouble

MANY = 250
"""More than two pages of any tracker that has pages of 100."""
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
BROKEN = (Trouble.HTML, Trouble.ERROR_BEFORE, Trouble.DROP_BEFORE, Trouble.TRUNCATED, Trouble.NONSENSE_AFTER)


def a_ticket_is_found_by_its_marker(harness: Harness) -> None:
    """`find` shows the tickets of one threat, with all of their marker, and nothing for a threat without one."""
    tracker = connect(harness)
    made, _ = tracker.create(draft(harness)), tracker.create(draft(harness, "t-2"))
    look = tracker.find(marker())
    demand([each.ref for each in look.tickets] == [made.ref], f"find shows the one ticket of a threat: {look}")
    found = look.tickets[0].marker
    demand(found == marker(), f"a hit shows its whole marker, `create` too: {marker()}; it shows {found}")
    demand(not tracker.find(marker("t-9")).tickets, "find shows nothing for a threat that has no ticket")


def a_new_ticket_is_in_the_next_list(harness: Harness) -> None:
    """`changed` since before a create shows it; what `create` said of it was true."""
    tracker, start = connect(harness), harness.now() - MINUTE
    made = tracker.create(draft(harness))
    shown = one(tracker.changed(start), made)
    if shown is None:
        raise AssertionError("a new ticket is among those changed since before it was made")
    same = (shown.marker, shown.url, shown.number, shown.author, shown.project, shown.open)
    told = (made.marker, made.url, made.number, made.author, made.project, made.open)
    demand(same == told, f"a list tells of a ticket what create told: {told}; it tells {same}")
    later = made.created_at <= shown.created_at + SECOND
    demand(later, f"create may not date a ticket later than it is: {made.created_at}, then {shown.created_at}")


def a_lagging_list_says_nothing_false(harness: Harness) -> None:
    """While lists lag `as_of` is still the tracker's Date; after `lag` everything older is shown."""
    tracker, lag = connect(harness), harness.traits().lag
    first = _dated(tracker.changed(None), harness, "changed")
    harness.lag(lag)
    made = tracker.create(draft(harness))
    _dated(tracker.find(marker()), harness, "find")
    harness.advance(lag + 10)
    demand(one(tracker.find(marker()), made), f"a ticket older than lag ({lag:g} s) is found")
    since = first - timedelta(seconds=lag + 10)
    demand(one(tracker.changed(since), made), f"a ticket older than lag ({lag:g} s) is listed")


def as_of_is_the_date_of_the_first_page(harness: Harness) -> None:
    """What changes while the pages are read is looked for again: `as_of` is not later than the first of them."""
    harness.fill(MANY)
    tracker = connect(harness)
    for name in ("changed", "find"):
        start = harness.now()
        harness.between_pages(partial(harness.advance, 3600))
        look = tracker.changed(None) if name == "changed" else tracker.find(marker("fill-000000"))
        at = _dated(look, harness, name, start)
        demand(at < start + 30 * MINUTE, f"as_of of {name} is the Date of the first page; {at} is later")


def many_tickets_are_all_listed(harness: Harness) -> None:
    """Every page, whatever was asked for: everything, or all that changed lately."""
    start = harness.now() - MINUTE
    harness.fill(MANY)
    tracker = connect(harness)
    for name, since in (("None", None), ("since", start)):
        shown = {_threat(each) for each in tracker.changed(since).tickets}
        missing = sorted({f"fill-{number:06}" for number in range(MANY)} - shown)
        demand(not missing, f"changed({name}) shows all of {MANY}; {len(missing)} are missing: {missing[:3]}")


def a_ticket_that_goes_while_pages_are_read_hides_none(harness: Harness) -> None:
    """Where pages are offsets, a deletion on one page pulls a ticket of the next one over to it (Lo8)."""
    start = harness.now() - MINUTE
    harness.fill(MANY)
    tracker = connect(harness)
    for since in (None, start):
        quiet = sorted(tracker.changed(since).tickets, key=_threat)
        harness.between_pages(partial(harness.delete, quiet[0]))
        _shows(tracker.changed(since), quiet[1:], "a list that a deletion shifts")


def a_list_that_breaks_off_is_no_list(harness: Harness) -> None:
    """All pages, or an error: half a list would be taken for the whole."""
    start = harness.now() - MINUTE
    harness.fill(MANY)
    tracker = connect(harness)
    for since in (None, start):
        quiet = tracker.changed(since).tickets
        for trouble in BROKEN:
            harness.between_pages(partial(harness.fault, trouble, everywhere=True))
            try:
                look = tracker.changed(since)
            except TrackerError:
                continue
            finally:
                harness.calm()
            _shows(look, quiet, f"a list whose later pages meet this: {trouble.words}")


def an_answer_that_makes_no_sense_is_no_look(harness: Harness) -> None:
    """An empty list must be a true one: a sign-in page, an error and half an answer are none."""
    tracker = connect(harness)
    tracker.create(draft(harness))
    tracker.changed(None)
    for trouble in (*BROKEN, Trouble.REFUSED):
        harness.fault(trouble, everywhere=True)
        words = f"where {trouble.words} nothing could be seen, so nothing may be answered"
        error_of(f"changed(None): {words}", tracker.changed, None)
        error_of(f"changed(since): {words}", tracker.changed, harness.now() - MINUTE)
        error_of(f"find: {words}", tracker.find, marker())
        harness.calm()


def a_closed_ticket_counts(harness: Harness) -> None:
    """A closed ticket is a ticket: lists and searches show it, and say that it is closed."""
    tracker = connect(harness)
    made = tracker.create(draft(harness))
    harness.close(made)
    since = harness.now() - MINUTE
    looks = {"changed(None)": tracker.changed(None), "changed(since)": tracker.changed(since)}
    for name, look in (looks | {"find": tracker.find(marker())}).items():
        shown = one(look, made)
        demand(shown, f"{name} shows closed tickets, too: a closed one forbids another")
        demand(shown is not None and not shown.open, f"{name} says of a closed ticket that it is closed")


def an_old_ticket_that_changed_is_listed(harness: Harness) -> None:
    """`changed` is about the last change, not about the creation."""
    tracker = connect(harness)
    renamed, closed = tracker.create(draft(harness)), tracker.create(draft(harness, "t-2"))
    harness.advance(30 * 86_400)
    harness.rename(renamed)
    harness.close(closed)
    look = tracker.changed(harness.now() - MINUTE)
    demand(one(look, renamed), "an old ticket that a person has just edited has changed")
    demand(one(look, closed), "an old ticket that a person has just closed has changed")


def a_server_clock_ahead_loses_nothing(harness: Harness) -> None:
    """The tracker's clock is an hour ahead of ours: only the tracker's counts."""
    _skewed(harness, 3600)


def a_server_clock_behind_loses_nothing(harness: Harness) -> None:
    """The tracker's clock is an hour behind ours: only the tracker's counts."""
    _skewed(harness, -3600)


def two_tickets_of_one_threat_are_both_shown(harness: Harness) -> None:
    """More than one is a legal answer: the sweep needs them all. Generations share the word."""
    tracker = connect(harness)
    later = replace(marker(create="beef"), generation=3)
    refs = {tracker.create(draft(harness)).ref, tracker.create(draft(harness)).ref}
    refs.add(tracker.create(draft(harness, marker=later)).ref)
    for name, look in (("find", tracker.find(marker())), ("changed", tracker.changed(None))):
        shown = {each.ref for each in look.tickets}
        demand(shown == refs, f"{name} shows every ticket of a threat: {sorted(refs)}; it shows {sorted(shown)}")


def a_clone_shows_who_made_it(harness: Harness) -> None:
    """A person's copy of our ticket carries our marker, `create` too: its author tells them apart."""
    tracker = connect(harness)
    made = tracker.create(draft(harness))
    harness.clone(made)
    for name, look in (("find", tracker.find(marker())), ("changed(None)", tracker.changed(None))):
        copies = [each for each in look.tickets if each.ref != made.ref]
        demand(len(copies) == 1, f"{name} shows what anybody made with our marker; it shows {look.tickets}")
        demand(copies[0].author != look.account, f"{name} tells the true author of a clone, not {look.account}")
        demand(copies[0].marker == marker(), f"{name} shows the marker as it is in the clone: {copies[0].marker}")


def a_quoted_marker_is_no_hit(harness: Harness) -> None:
    """A hit counts once its block verifies: a threat's text may quote the word or the whole block of another."""
    tracker, other = connect(harness), marker("t-2")
    quoted = f"{other.block()}\n\nSee {other.word}:\n\n    {other.block()}\n\n{other.block()}"
    made = tracker.create(draft(harness, body=quoted, title=f"Like {other.word}"))
    demand(made.marker == marker(), f"a text that quotes a marker keeps its own: {marker()}; it has {made.marker}")
    found = tracker.find(other).tickets
    demand(not found, f"a ticket that quotes another threat's marker is not that threat's; find shows {found}")


def _skewed(harness: Harness, seconds: float) -> None:
    harness.advance(seconds)
    tracker = connect(harness)
    at = _dated(tracker.changed(None), harness, "changed")
    made = tracker.create(draft(harness))
    since = at - timedelta(seconds=harness.traits().lag + 10)
    words = "a list since the last one's as_of shows what was made after it, whatever our own clock says"
    demand(one(tracker.changed(since), made), words)


def _dated(look: Look, harness: Harness, name: str, start: datetime | None = None) -> datetime:
    """The look's date, which is the server's and of this very moment."""
    if look.as_of is None:
        raise AssertionError(f"as_of of {name} is the tracker's Date, and this one sends it")
    now, earliest = harness.now(), (start or harness.now()) - 10 * SECOND
    so = earliest <= look.as_of <= now
    demand(
        so,
        f"as_of of {name} is the tracker's own Date: from {earliest} to {now}; it is {look.as_of}",
    )
    return look.as_of


def _shows(look: Look, tickets: Iterable[Ticket], what: str) -> None:
    """All of these and more."""
    missing = {each.ref for each in tickets} - {each.ref for each in look.tickets}
    demand(not missing, f"{what} is complete, or it is an error; {len(missing)} tickets are missing")


def _threat(ticket: Ticket) -> str:
    return ticket.marker.threat_id if ticket.marker else ""


CHECKS = (
    a_ticket_is_found_by_its_marker,
    a_new_ticket_is_in_the_next_list,
    a_lagging_list_says_nothing_false,
    as_of_is_the_date_of_the_first_page,
    many_tickets_are_all_listed,
    a_ticket_that_goes_while_pages_are_read_hides_none,
    a_list_that_breaks_off_is_no_list,
    an_answer_that_makes_no_sense_is_no_look,
    a_closed_ticket_counts,
    an_old_ticket_that_changed_is_listed,
    a_server_clock_ahead_loses_nothing,
    a_server_clock_behind_loses_nothing,
    two_tickets_of_one_threat_are_both_shown,
    a_clone_shows_who_made_it,
    a_quoted_marker_is_no_hit,
)
