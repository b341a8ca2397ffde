"""What listings and reads show, and that they show all of it or raise."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest

from tmi_issue_sync.errors import Denied, TrackerError, Unavailable
from tmi_issue_sync.model import Gone, Look, NotMine, Ticket, TicketRef
from tmi_issue_sync.sandbox.wire import Reply, Request

from .loopback import REPO, Room, Scripted, draft, marker, open_tracker, serving

LIST = r"/issues$"
DENIED = {400, 401, 403, 404, 405, 410, 413, 415, 422}
GITHUB = {"message": "No.", "documentation_url": "https://docs.example.com"}


def numbers(look: Look) -> list[str]:
    return [ticket.number.partition("#")[2] for ticket in look.tickets]


def fill(room: Room, count: int) -> None:
    for n in range(count):
        room.tracker.create(draft(f"t-{n}"))


def test_a_steady_look_is_one_listing(room: Room) -> None:
    room.tracker.create(draft())
    before = len(room.log.requests())
    look = room.tracker.changed(datetime.now(UTC) - timedelta(hours=1))
    assert [ticket.marker for ticket in look.tickets] == [marker()]
    assert look.account == "bot"
    assert [entry.facts["path"] for entry in room.log.requests()[before:]] == [
        "/api/v3/user",
        f"/api/v3/repos/{REPO}/issues",
    ]
    assert dict(room.log.requests()[-1].facts["query"]).items() >= {"creator": "bot", "state": "all"}.items()
    room.tracker.changed(datetime.now(UTC))
    assert len(room.log.requests()) == before + 3


def test_a_full_look_is_two_listings(room: Room) -> None:
    room.tracker.changed(None)
    assert [
        dict(entry.facts["query"]).keys() & {"creator", "labels", "since"} for entry in room.log.requests()
    ] == [
        set(),
        {"creator"},
        {"labels"},
    ]


def test_as_of_is_the_date_of_the_first_page() -> None:
    dates = iter(["Sun, 01 Nov 2026 10:00:00 GMT", "Sun, 01 Nov 2026 10:00:05 GMT"])

    def answer(request: Request) -> Reply:
        if request.path.endswith("/user"):
            return Reply(200, {"login": "bot"}, {"Date": "Sun, 01 Nov 2026 09:00:00 GMT"})
        return Reply(200, [], {"Date": next(dates)})

    with serving(Scripted(answer)) as url:
        assert open_tracker(url).changed(None).as_of == datetime(2026, 11, 1, 10, tzinfo=UTC)


def test_since_asks_the_tracker_in_whole_seconds(room: Room) -> None:
    room.tracker.changed(datetime(2026, 11, 1, 10, 0, 7, 999_999, tzinfo=UTC))
    assert ("since", "2026-11-01T10:00:07Z") in room.log.requests()[-1].facts["query"]


def test_more_than_one_page_is_read_twice(room: Room) -> None:
    fill(room, 250)
    before = len(room.log.requests())
    look = room.tracker.changed(datetime.now(UTC) - timedelta(days=1))
    assert numbers(look) == [str(n) for n in range(1, 251)]
    assert len(room.log.requests()) == before + 1 + 3 + 3


def test_a_deletion_between_two_pages_hides_nothing(room: Room) -> None:
    fill(room, 150)
    pages = 0

    def answer(request: Request) -> Reply:
        nonlocal pages
        pages += request.path.endswith("/issues")
        if pages == 2:
            room.site.delete(1)
        return room.site(request)

    with serving(Scripted(answer)) as url:
        look = open_tracker(url, room.token).changed(datetime.now(UTC) - timedelta(days=1))
    assert {str(n) for n in range(2, 151)} <= set(numbers(look))


def test_a_full_page_without_a_link_is_not_taken_for_the_last(room: Room) -> None:
    fill(room, 130)

    def answer(request: Request) -> Reply:
        reply = room.site(request)
        reply.headers.pop("Link", None)
        return reply

    with serving(Scripted(answer)) as url:
        assert len(open_tracker(url, room.token).changed(datetime.now(UTC) - timedelta(days=1)).tickets) == 130


def test_another_authors_ticket_is_found_by_its_label(room: Room) -> None:
    room.tracker.create(draft())
    other = room.site.add_user("other")
    room.connect(other).create(draft("t-2"))
    assert numbers(room.tracker.changed(datetime.now(UTC) - timedelta(days=1))) == ["1"]
    assert sorted(numbers(room.tracker.changed(None))) == ["1", "2"]


def test_a_ticket_that_lost_its_label_is_found_by_its_author(room: Room) -> None:
    weak = room.connect(room.site.add_user("weak", push=False))
    weak.create(draft())
    assert room.made()[0].facts["labels"] == []
    assert numbers(weak.changed(None)) == ["1"]
    room.tracker.create(draft("t-2"))
    room.site.edit(2, labels=[])
    assert numbers(room.tracker.changed(None)) == ["2"]


def test_only_marked_issues_count(room: Room) -> None:
    room.tracker.create(draft())
    room.site.add_pull(body=f"x\n\n{marker().block()}")
    room.site.clone(1)
    room.tracker.create(draft("t-2"))
    room.site.edit(4, body="A person took the marker away.")
    look = room.tracker.changed(None)
    assert [(ticket.number, ticket.author) for ticket in look.tickets] == [
        (f"{REPO}#1", "bot"),
        (f"{REPO}#3", "human"),
    ]
    assert not isinstance(room.tracker.get(f"{room.url}/{REPO}/issues/4"), Gone)


def test_closed_tickets_count(room: Room) -> None:
    room.tracker.create(draft())
    room.site.close(1)
    [ticket] = room.tracker.changed(None).tickets
    assert not ticket.open


def test_a_lagging_listing_shows_nothing_and_a_read_shows_it(room: Room) -> None:
    room.site.set_lag(0.3)
    made = room.tracker.create(draft())
    assert not room.tracker.changed(None).tickets
    assert isinstance(room.tracker.get(made.url), Ticket)
    time.sleep(0.35)
    assert room.tracker.changed(None).tickets


def test_find_shows_every_ticket_of_the_threat(room: Room) -> None:
    room.tracker.create(draft())
    room.tracker.create(draft("t-2"))
    room.tracker.create(draft(marker=marker("t-1", generation=3)))
    room.tracker.create(draft("t-2", body=f"quoted: {marker('t-1').word}"))
    assert numbers(room.tracker.find(marker())) == ["1", "3"]
    assert room.tracker.find(marker("t-9")).tickets == ()


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


@pytest.mark.parametrize("form", ["github", "html"])
def test_no_status_makes_an_empty_look(form: str) -> None:
    status = 0

    def answer(request: Request) -> Reply:
        if request.path.endswith("/user"):
            return Reply(200, {"login": "bot"})
        return Reply(status, GITHUB) if form == "github" else Reply(status, "<p>", content_type="text/html")

    with serving(Scripted(answer)) as url:
        for status in [each.value for each in HTTPStatus if each > 200]:
            with pytest.raises(TrackerError) as raised:
                open_tracker(url).changed(None)
            assert type(raised.value) is (Denied if status in DENIED and form == "github" else Unavailable), status
            assert getattr(raised.value, "server_fault", False) == (status >= 500), status


@pytest.mark.parametrize("kind", ["drop-before", "fin-after", "stall", "truncate", "html", "hang-before", "delay"])
@pytest.mark.parametrize("path", [LIST, r"/user$"])
def test_a_listing_that_was_not_seen_whole_raises(room: Room, kind: str, path: str) -> None:
    room.tracker.create(draft())
    room.strike(kind, method="GET", path=path, seconds=0.6)
    with pytest.raises(Unavailable):
        room.connect(timeout=0.2).changed(None)


@pytest.mark.parametrize("nth", [2, 3, 4])
def test_a_page_that_fails_fails_the_look(room: Room, nth: int) -> None:
    fill(room, 150)
    room.strike("status-before", method="GET", path=LIST, status=502, nth=nth)
    with pytest.raises(Unavailable) as raised:
        room.tracker.changed(datetime.now(UTC) - timedelta(days=1))
    assert raised.value.server_fault


GOOD = {
    "id": 1,
    "number": 1,
    "html_url": f"https://h.example/{REPO}/issues/1",
    "state": "open",
    "created_at": "2026-11-01T00:00:00Z",
    "user": {"login": "bot"},
    "body": marker().block(),
}


@pytest.mark.parametrize(
    "rows", [{}, [1], [[]], [{"body": 5}], [GOOD, GOOD | {"id": None}], [GOOD | {"created_at": "x"}]]
)
def test_rows_that_make_no_sense_raise(rows: Any) -> None:
    app = Scripted(lambda request: Reply(200, {"login": "bot"} if request.path.endswith("/user") else rows))
    with serving(app) as url, pytest.raises(Unavailable):
        open_tracker(url).changed(None)


@pytest.mark.parametrize(
    "link", ["https://evil.example/api/v3/x", "{base}/elsewhere", "{base}/api/v3/repos/x/y/issues?page=2"]
)
def test_links_lead_nowhere_else_and_end(link: str) -> None:
    def answer(request: Request) -> Reply:
        if request.path.endswith("/user"):
            return Reply(200, {"login": "bot"})
        return Reply(200, [], {"Link": f'<{link.format(base=request.base)}>; rel="next"'})

    app = Scripted(answer)
    with serving(app) as url, pytest.raises(Unavailable):
        open_tracker(url).changed(None)
    assert len(app.asked) < 10


def test_a_redirect_out_of_the_server_is_not_followed() -> None:
    app = Scripted(lambda request: Reply(301, None, {"Location": "https://evil.example/api/v3/user"}))
    with serving(app) as url, pytest.raises(Unavailable):
        open_tracker(url).changed(None)
    app = Scripted(lambda request: Reply(301, None, {"Location": f"{request.base}/api/v3/user"}))
    with serving(app) as url, pytest.raises(Unavailable, match="without end"):
        open_tracker(url).changed(None)
    assert len(app.asked) == 4


def test_rights_that_end_are_told(room: Room) -> None:
    room.tracker.changed(None)
    room.site.set_repo(has_issues=False)
    with pytest.raises(Denied):
        room.tracker.changed(None)
    room.site.revoke(room.token)
    with pytest.raises(Denied, match="Bad credentials"):
        room.tracker.changed(None)
    with pytest.raises(Denied):
        room.tracker.get(f"{room.url}/{REPO}/issues/1")


def test_a_page_in_html_is_no_missing_issue() -> None:
    app = Scripted(lambda request: Reply(404, "<h1>Not here</h1>", content_type="text/html"))
    with serving(app) as url, pytest.raises(Unavailable):
        open_tracker(url).get(f"{url}/{REPO}/issues/1")
    forbidden = Scripted(lambda request: Reply(403, GITHUB))
    with serving(forbidden) as url:
        assert isinstance(open_tracker(url).get(f"{url}/someone/else/issues/1"), Gone)
        with pytest.raises(Denied):
            open_tracker(url).get(f"{url}/{REPO}/issues/1")


def test_a_ghost_made_it() -> None:
    with serving(Scripted(lambda request: Reply(200, json.dumps(GOOD | {"user": None})))) as url:
        got = open_tracker(url).get(f"{url}/{REPO}/issues/1")
    assert isinstance(got, Ticket)
    assert got.author == "ghost"
