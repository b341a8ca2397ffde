"""Single issues: by URL, by id, moved, deleted, and what is none."""

from __future__ import annotations

import json

import pytest

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync.model import Gone, NotMine, Ticket, TicketRef
from tmi_issue_sync.sandbox.wire import Reply

from .loopback import GITHUB, GOOD, REPO, Room, Scripted, draft, marker, open_tracker, serving


def test_a_renamed_repository_is_still_read(room: Room) -> None:
    made = room.tracker.create(draft())
    room.site.rename_repo(REPO, "example/risks")
    [ticket] = room.tracker.changed(None).tickets
    assert ticket.project == "example/risks"
    got = room.tracker.get(made.url)
    assert isinstance(got, Ticket)
    assert got.number == "example/risks#1"


def test_a_moved_ticket_is_followed(room: Room) -> None:
    made = room.tracker.create(draft())
    room.site.add_repo("example/other")
    room.site.transfer(1, "example/other")
    got = room.tracker.get(made.url)
    assert isinstance(got, Ticket)
    assert (got.project, got.url, got.marker) == ("example/other", f"{room.url}/example/other/issues/1", marker())
    assert room.tracker.get(got.ref) == got
    assert room.tracker.changed(None).tickets == ()


def test_a_deleted_ticket_is_gone(room: Room) -> None:
    made = room.tracker.create(draft())
    room.site.delete(1)
    assert isinstance(room.tracker.get(made.url), Gone)
    assert isinstance(room.tracker.get(made.ref), Gone)
    assert isinstance(room.tracker.get(f"{room.url}/{REPO}/issues/99"), Gone)
    assert isinstance(room.tracker.get(f"{room.url}/no/where/issues/1"), Gone)


def test_a_ticket_of_a_repository_that_keeps_no_issues_is_not_called_gone(room: Room) -> None:
    made = room.tracker.create(draft())
    room.site.add_repo("example/other")
    room.site.transfer(1, "example/other")
    room.site.set_repo(has_issues=False)
    with pytest.raises(Denied, match=rf"{REPO}#1 can't be seen: issues are switched off .*Switch them on"):
        room.tracker.get(made.url)
    other = room.connect(repo="example/other")
    with pytest.raises(Denied, match="switched off in example/threats"):
        other.get(made.url)
    assert isinstance(other.get(f"{room.url}/example/other/issues/1"), Ticket)


def test_a_ticket_of_a_repository_out_of_sight(room: Room) -> None:
    made = room.tracker.create(draft())
    room.site.add_repo("example/other")
    token = room.site.add_user("guest", repos=["example/other"])
    with pytest.raises(Denied, match="shows nothing"):
        room.connect(token).get(made.url)
    assert isinstance(room.connect(token, repo="example/other").get(made.url), Gone)


@pytest.mark.parametrize(
    "path", ["/", f"/{REPO}", f"/{REPO}/pull/1", f"/{REPO}/issues/1/2", f"/{REPO}/issues/01", "/a/../issues/1"]
)
def test_what_is_no_issue_of_this_github(room: Room, path: str) -> None:
    assert isinstance(room.tracker.get(f"{room.url}{path}"), NotMine)
    assert not room.log.requests()


@pytest.mark.parametrize(
    "url", [f"https://github.com/{REPO}/issues/1", f"http://127.0.0.1:1/{REPO}/issues/1", "n/a", "", "http://[x"]
)
def test_what_is_on_another_host(room: Room, url: str) -> None:
    assert isinstance(room.tracker.get(url), NotMine)
    assert not room.log.requests()


def test_reads_by_url(room: Room) -> None:
    made = room.tracker.create(draft())
    for url in (f"{made.url}?a=b#c", f" {made.url}/ ", made.url.replace("http:", "HTTP:")):
        got = room.tracker.get(url)
        assert isinstance(got, Ticket)
        assert got.ref == made.ref
    room.site.add_pull()
    assert isinstance(room.tracker.get(f"{room.url}/{REPO}/issues/2"), NotMine)
    assert isinstance(room.connect().get(made.ref), NotMine)
    assert isinstance(room.tracker.get(TicketRef("github", "github.com", made.ref.id)), NotMine)


def test_a_page_in_html_is_no_missing_issue() -> None:
    app = Scripted(lambda request: Reply(404, "<h1>Not here</h1>", content_type="text/html"))
    with serving(app) as url, pytest.raises(Unavailable):
        open_tracker(url).get(f"{url}/{REPO}/issues/1")
    forbidden = Scripted(lambda request: Reply(403, GITHUB))
    with serving(forbidden) as url:
        assert isinstance(open_tracker(url).get(f"{url}/someone/else/issues/1"), Gone)
        with pytest.raises(Denied):
            open_tracker(url).get(f"{url}/{REPO}/issues/1")
    limited = Scripted(lambda request: Reply(403, GITHUB, {"Retry-After": "5"}))
    with serving(limited) as url, pytest.raises(Unavailable):
        open_tracker(url).get(f"{url}/someone/else/issues/1")


def test_a_ghost_made_it() -> None:
    with serving(Scripted(lambda request: Reply(200, json.dumps(GOOD | {"user": None})))) as url:
        got = open_tracker(url).get(f"{url}/{REPO}/issues/1")
    assert isinstance(got, Ticket)
    assert got.author == "ghost"
