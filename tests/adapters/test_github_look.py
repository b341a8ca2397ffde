"""What listings and reads show, and that they show all of it or raise."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync.model import Gone, Look, Ticket
from tmi_issue_sync.sandbox.wire import Reply, Request

from .loopback import REPO, SHOWN, Room, Scripted, draft, fill, marker, open_tracker, serving


def numbers(look: Look) -> list[str]:
    return [ticket.number.partition("#")[2] for ticket in look.tickets]


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
    room.tracker.create(draft())
    room.tracker.changed(None)
    assert [
        dict(entry.facts["query"]).keys() & {"creator", "labels", "since"}
        for entry in room.log.requests("github", "GET")
    ] == [
        set(),
        {"creator"},
        {"labels"},
    ]


def test_as_of_is_the_date_of_the_first_page() -> None:
    def answer(request: Request) -> Reply:
        if request.path.endswith("/user"):
            return Reply(200, {"login": "bot"}, {"Date": "Sun, 01 Nov 2026 09:00:00 GMT"})
        if request.path.endswith(REPO):
            return Reply(200, SHOWN, {"Date": "Sun, 01 Nov 2026 11:00:00 GMT"})
        seconds = len(app.asked)
        more = {} if request.param("page") else {"Link": f'<{request.base}{request.path}?page=2>; rel="next"'}
        return Reply(200, [], {"Date": f"Sun, 01 Nov 2026 10:00:{seconds:02d} GMT", **more})

    app = Scripted(answer)
    with serving(app) as url:
        assert open_tracker(url).changed(None).as_of == datetime(2026, 11, 1, 10, 0, 2, tzinfo=UTC)
    assert len(app.asked) == 1 + 4 + 4 + 1


@pytest.mark.parametrize("since", [None, datetime(2026, 11, 1, tzinfo=UTC)])
def test_an_empty_list_of_a_repository_that_keeps_no_issues_is_no_look(room: Room, since: datetime | None) -> None:
    room.tracker.create(draft())
    room.site.add_pull(body=marker("t-2").block())
    room.site.set_repo(has_issues=False)
    with pytest.raises(Denied, match=r"issues are switched off .*Switch them on"):
        room.tracker.changed(since)
    with pytest.raises(Denied, match="switched off"):
        room.tracker.find(marker())
    room.site.set_repo(has_issues=True)
    assert numbers(room.tracker.find(marker())) == ["1"]


@pytest.mark.parametrize("shown", [[], {}, SHOWN | {"has_issues": None}])
def test_an_empty_list_of_a_repository_that_is_not_shown_is_no_look(shown: object) -> None:
    def answer(request: Request) -> Reply:
        if request.path.endswith("/user"):
            return Reply(200, {"login": "bot"})
        return Reply(200, [] if request.path.endswith("/issues") else shown)

    with serving(Scripted(answer)) as url, pytest.raises(Unavailable, match="something else"):
        open_tracker(url).changed(None)


def test_since_asks_the_tracker_in_whole_seconds(room: Room) -> None:
    room.tracker.changed(datetime(2026, 11, 1, 10, 0, 7, 999_999, tzinfo=UTC))
    [listing] = room.log.requests("github", "GET", "/issues$")
    assert ("since", "2026-11-01T10:00:07Z") in listing.facts["query"]


def test_more_than_one_page_is_read_twice(room: Room) -> None:
    fill(room, 250)
    before = len(room.log.requests())
    look = room.tracker.changed(datetime.now(UTC) - timedelta(days=1))
    assert numbers(look) == [str(n) for n in range(1, 251)]
    assert len(room.log.requests()) == before + 1 + 3 + 3


@pytest.mark.parametrize("page", [2, 4])
def test_a_deletion_between_two_pages_hides_nothing(room: Room, page: int) -> None:
    fill(room, 150)
    pages = 0

    def answer(request: Request) -> Reply:
        nonlocal pages
        pages += request.path.endswith("/issues")
        if pages == page:
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


def test_the_last_of_linked_pages_is_the_last_though_it_is_full(room: Room) -> None:
    fill(room, 200)

    def answer(request: Request) -> Reply:
        if int(request.param("page") or 1) > 2:
            return Reply(
                422, {"message": "Pagination with the page parameter is limited.", "documentation_url": "x"}
            )
        return room.site(request)

    with serving(Scripted(answer)) as url:
        assert len(open_tracker(url, room.token).changed(datetime.now(UTC) - timedelta(days=1)).tickets) == 200


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
    room.site.edit(2, labels=["tmi"])
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
