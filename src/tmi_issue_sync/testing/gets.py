"""Checks of `get`: one ticket, as it is now and where it is now."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from tmi_issue_sync.errors import TrackerError
from tmi_issue_sync.model import Gone, NotMine, Ticket
from tmi_issue_sync.testing.contract import connect, demand, error_of, known
from tmi_issue_sync.testing.drafts import draft, marker
from tmi_issue_sync.testing.harness import Harness
from tmi_issue_sync.testing.looks import BROKEN


def a_ticket_is_read_by_id_and_by_url(harness: Harness) -> None:
    """Both ways lead to the same ticket, for this process and, by its URL, for the next one."""
    tracker = connect(harness)
    made = tracker.create(draft(harness))
    again = connect(harness)
    for how, got in {
        "by its id": tracker.get(made.ref),
        "by its URL": tracker.get(made.url),
        "by its URL in another process": again.get(made.url),
    }.items():
        shown = known(got, f"a ticket that exists is read {how}")
        demand(shown.ref == made.ref, f"read {how} a ticket keeps its identity {made.ref}; it is {shown.ref}")
        demand(shown.marker == marker(), f"read {how} a ticket shows its marker; it shows {shown.marker}")
        demand(shown.url == made.url, f"read {how} a ticket has the same URL {made.url}; it has {shown.url}")
        demand(shown.author == made.author and shown.open, f"read {how} a new ticket is ours and open: {shown}")
    stranger = connect(harness).get(made.ref)
    demand(not isinstance(stranger, Gone), f"an id that can't be read is NotMine; {stranger} would mean deleted")


def an_url_is_read_as_people_copy_it(harness: Harness) -> None:
    """A query and a fragment (a place on the page, a mail's mark) name the same ticket."""
    tracker = connect(harness)
    made = tracker.create(draft(harness))
    url = f"{made.url}?from=mail#comment-1"
    shown = known(tracker.get(url), f"a ticket is read by {url}")
    demand(shown.ref == made.ref, f"{url} leads to the ticket {made.ref}; it leads to {shown.ref}")


def a_closed_ticket_is_read_as_closed(harness: Harness) -> None:
    """The state is that of now, not that of the creation."""
    tracker = connect(harness)
    made = tracker.create(draft(harness))
    harness.close(made)
    for ref in (made.ref, made.url):
        shown = known(tracker.get(ref), "a closed ticket is read")
        demand(not shown.open, "a ticket that a person closed is read as closed")


def a_moved_ticket_is_followed(harness: Harness) -> None:
    """A move is no end: the old URL leads to the ticket at its new place, which is read by its new URL."""
    tracker = connect(harness)
    made = tracker.create(draft(harness))
    harness.move(made)
    moved = known(tracker.get(made.url), "a ticket that was moved where we see it is read by its old URL")
    demand(moved.marker == marker(), f"a moved ticket keeps its marker; it has {moved.marker}")
    demand(moved.project != made.project, f"a moved ticket shows its new project; it shows {moved.project}")
    known(tracker.get(moved.url), f"a moved ticket is read by its new URL {moved.url}")


def a_deleted_ticket_is_gone(harness: Harness) -> None:
    """Gone, not an error: the answer says that there is nothing to see."""
    tracker = connect(harness)
    made = tracker.create(draft(harness))
    harness.delete(made)
    _gone(tracker.get(made.ref), tracker.get(made.url), "deleted")


def a_hidden_ticket_is_gone(harness: Harness) -> None:
    """What our account may not see can't be told from what is deleted."""
    tracker = connect(harness)
    made = tracker.create(draft(harness))
    harness.hide(made)
    _gone(tracker.get(made.ref), tracker.get(made.url), "hidden")


def a_failed_read_is_no_gone_ticket(harness: Harness) -> None:
    """Gone must be the tracker's word; an error page is nobody's."""
    tracker = connect(harness)
    made = tracker.create(draft(harness))
    for trouble in BROKEN:
        harness.fault(trouble, everywhere=True)
        for ref in (made.ref, made.url):
            error_of(f"where {trouble.words} nothing is known of a ticket", tracker.get, ref)
        harness.calm()


def what_is_elsewhere_is_not_mine(harness: Harness) -> None:
    """Another host's tickets, and texts that are no URL, are not asked for: our credentials stay at home."""
    tracker = connect(harness)
    made = tracker.create(draft(harness))
    elsewhere = urlsplit(made.url)._replace(netloc="elsewhere.example.com").geturl()
    before = harness.requests()
    for ref in (elsewhere, replace(made.ref, host="elsewhere.example.com"), "n/a", "", "https://[", "https://x"):
        got = tracker.get(ref)
        demand(isinstance(got, NotMine), f"{ref!r} is not a ticket of this tracker: NotMine; got {got!r}")
    demand(harness.requests() == before, "what is on another host, or is no URL, is answered without a request")


def what_is_no_ticket_is_no_ticket(harness: Harness) -> None:
    """An URL of this host that names no ticket is NotMine, or Gone where only the tracker can tell."""
    tracker = connect(harness)
    home = urlsplit(tracker.create(draft(harness)).url)
    for path in ("", "/", "/about", f"{home.path}/edit/extra"):
        url = home._replace(path=path, query="", fragment="").geturl()
        try:
            got = tracker.get(url)
        except TrackerError as error:
            raise AssertionError(f"{url} names no ticket: NotMine; get raised {error}") from error
        demand(not isinstance(got, Ticket), f"{url} names no ticket: NotMine; got {got!r}")


def _gone(by_id: object, by_url: object, how: str) -> None:
    demand(isinstance(by_url, Gone), f"a ticket that is {how} is Gone by its URL; got {by_url!r}")
    demand(isinstance(by_id, Gone), f"a ticket that is {how} is Gone by its id; got {by_id!r}")


CHECKS = (
    a_ticket_is_read_by_id_and_by_url,
    an_url_is_read_as_people_copy_it,
    a_closed_ticket_is_read_as_closed,
    a_moved_ticket_is_followed,
    a_deleted_ticket_is_gone,
    a_hidden_ticket_is_gone,
    a_failed_read_is_no_gone_ticket,
    what_is_elsewhere_is_not_mine,
    what_is_no_ticket_is_no_ticket,
)
