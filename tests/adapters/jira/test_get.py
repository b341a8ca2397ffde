"""Single tickets: as they are now, moved, gone, not ours; and closing one that is one too many."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from tmi_issue_sync.errors import Denied, TrackerError, Unavailable
from tmi_issue_sync.model import Gone, NotMine, Ticket, TicketRef
from tmi_issue_sync.sandbox.wire import Reply
from tmi_issue_sync_adapters.jira.issue import place

from ..loopback import Scripted, serving
from .world import Room, draft, marker, open_tracker, row


def test_by_its_url_and_by_its_id(room: Room) -> None:
    made = room.tracker.create(draft())
    for ref in (made.ref, made.url, f"{room.url}/projects/SEC/issues/SEC-1?filter=all"):
        found = room.tracker.get(ref)
        assert isinstance(found, Ticket)
        assert (found.ref, found.number, found.marker, found.open) == (made.ref, "SEC-1", marker(), True)


SITE = urlsplit("https://example.atlassian.net")


@pytest.mark.parametrize(
    "path",
    [
        "/browse/SEC-1",
        "/browse/sec-1/",
        "/browse/SEC-1?focusedCommentId=1#comment",
        "/projects/SEC/issues/SEC-1",
        "/projects/SEC/queues/custom/7/SEC-1",
        "/jira/software/projects/SEC/issues/SEC-1",
        "/jira/software/c/projects/SEC/issues/SEC-1?jql=x",
        "/jira/software/c/projects/SEC/boards/1?selectedIssue=SEC-1",
        "/secure/RapidBoard.jspa?rapidView=1&selectedIssue=SEC-1",
        "/issues/SEC-1?jql=project",
    ],
)
def test_the_forms_of_an_url(path: str) -> None:
    assert place(f"https://EXAMPLE.atlassian.net:443{path}", SITE) == "SEC-1"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.atlassian.net/",
        "https://example.atlassian.net/browse/SEC",
        "https://example.atlassian.net/browse/SEC-0",
        "https://example.atlassian.net/rest/api/3/issue/10100",
        "https://other.atlassian.net/browse/SEC-1",
        "https://example.atlassian.net:8443/browse/SEC-1",
        "https://example.atlassian.net/boards?selectedIssue=SEC-1&selectedIssue=SEC-2",
        "ftp://example.atlassian.net/browse/SEC-1",
        "https://[/browse/SEC-1",
        "n/a",
    ],
)
def test_what_is_no_issues_url(url: str) -> None:
    assert place(url, SITE) is None
    with serving(Scripted(lambda request: Reply(500))) as base:
        assert isinstance(open_tracker(base).get(url), NotMine)


def test_a_context_path_belongs_to_the_url() -> None:
    site = urlsplit("https://example.com/jira")
    assert place("https://example.com/jira/browse/SEC-1", site) == "SEC-1"
    assert place("https://example.com/browse/SEC-1", site) is None


def test_a_moved_ticket_is_shown_where_it_is(room: Room) -> None:
    room.site.add_project("OPS")
    made = room.tracker.create(draft())
    room.site.move("SEC-1", "OPS")
    for ref in (made.ref, made.url):
        found = room.tracker.get(ref)
        assert isinstance(found, Ticket)
        assert (found.ref, found.project, found.url) == (made.ref, "OPS", room.browse("OPS-1"))


def test_a_deleted_and_a_hidden_ticket_are_gone(room: Room) -> None:
    room.site.add_project("OPS")
    first, second = room.tracker.create(draft()), room.tracker.create(draft("t-2"))
    room.site.delete("SEC-1")
    room.site.move("SEC-2", "OPS")
    room.site.add_user("bot", email="bot@example.com", projects=["SEC"])
    for ref in (first.ref, first.url, second.ref, second.url, TicketRef("jira", first.ref.host, "999999")):
        assert isinstance(room.tracker.get(ref), Gone)


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 500, 502])
def test_what_something_else_says_makes_nothing_gone(room: Room, status: int) -> None:
    made = room.tracker.create(draft())
    room.strike("status-before", method="GET", path=r"/issue/", status=status)
    with pytest.raises(TrackerError):
        room.tracker.get(made.url)


def test_an_issue_without_what_every_issue_has() -> None:
    with serving(Scripted(lambda request: Reply(200, row(created="yesterday")))) as url, pytest.raises(Unavailable):
        open_tracker(url).get(f"{url}/browse/SEC-7")


def test_another_hosts_ticket_is_not_ours(room: Room) -> None:
    assert isinstance(room.tracker.get(TicketRef("jira", "example.com", "10100")), NotMine)
    assert isinstance(room.tracker.get(TicketRef("jira", room.url.removeprefix("http://"), "../x")), NotMine)


# -- closing -----------------------------------------------------------------------------------------------


def words(room: Room) -> str:
    return f"Duplicate of {room.browse('SEC-1')}"


def facts(room: Room, key: str) -> dict[str, Any]:
    reply = room.call("GET", f"issue/{key}")
    assert reply.status == 200
    return dict(reply.body["fields"])


def test_a_duplicate_is_closed_once(room: Room) -> None:
    room.tracker.create(draft())
    loser = room.tracker.create(draft())
    for _ in range(2):
        room.tracker.close_duplicate(loser, words(room))
    found = room.tracker.get(loser.ref)
    assert isinstance(found, Ticket)
    assert not found.open
    assert len(room.log.commits("jira", "comment.created")) == 1
    assert len(room.log.commits("jira", "issue.closed")) == 1
    [link] = facts(room, "SEC-2")["issuelinks"]
    assert (link["type"]["outward"], link["outwardIssue"]["key"]) == ("duplicates", "SEC-1")
    assert not facts(room, "SEC-1")["resolution"]


def test_the_resolution_says_duplicate_where_it_is_asked_for(room: Room) -> None:
    room.site.add_project("OPS", resolution_screen=True)
    tracker = room.connect({"project": "OPS"})
    loser = tracker.create(draft(target={"project": "OPS"}))
    tracker.close_duplicate(loser, "Duplicate of another ticket.")
    assert facts(room, loser.number)["resolution"]["name"] == "Duplicate"
    assert not facts(room, loser.number)["issuelinks"]


def test_no_way_to_done_is_a_persons_matter(room: Room) -> None:
    loser = room.tracker.create(draft())
    rights = {"BROWSE_PROJECTS", "CREATE_ISSUES", "ADD_COMMENTS"}
    room.site.add_user("bot", email="bot@example.com", permissions=rights)
    with pytest.raises(Denied, match="no way leads SEC-1"):
        room.tracker.close_duplicate(loser, words(room))


def test_a_link_that_can_not_be_made_spoils_nothing(room: Room) -> None:
    room.tracker.create(draft())
    loser = room.tracker.create(draft())
    room.strike("drop-before", path="issueLink$")
    room.tracker.close_duplicate(loser, words(room))
    assert len(room.log.commits("jira", "issue.closed")) == 1
