"""Listings: complete, true, or an error."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync.sandbox.wire import Reply, Request

from ..loopback import Scripted, serving
from .conftest import opened
from .world import ME, META, PROJECT, Room, draft, marker, open_tracker, row

START = datetime(2026, 1, 1, tzinfo=UTC)


def threats(tickets: Any) -> list[str]:
    return sorted(one.marker.threat_id for one in tickets)


def test_a_full_look_shows_what_anybody_made(room: Room) -> None:
    made = room.tracker.create(draft())
    room.site.clone(1)
    room.fill(1, marked=False)
    room.site.close(1)
    look = room.tracker.changed(None)
    assert look.account == "bot"
    assert look.as_of is not None
    assert [(one.author, one.open) for one in look.tickets] == [("bot", False), ("human", True)]
    recent = room.tracker.changed(START)
    assert [one.ref for one in recent.tickets] == [made.ref], "a clone is another author's"


def test_it_costs_a_call_once_it_knows_who_it_is(room: Room) -> None:
    room.tracker.create(draft())
    room.tracker.changed(None)
    start = len(room.log.requests())
    room.tracker.changed(START)
    assert room.calls(start) == ["GET /v4/projects/example%2Fthreats/issues"]
    asked = dict(room.log.requests()[-1].facts["query"])
    assert (asked["scope"], asked["state"], asked["updated_after"]) == ("all", "all", "2026-01-01T00:00:00Z")


def test_only_what_changed_since(room: Room) -> None:
    room.fill(2)
    now = datetime.now(UTC)
    assert threats(room.tracker.changed(now - timedelta(seconds=9)).tickets) == ["t-0", "t-1"]
    assert not room.tracker.changed(now + timedelta(seconds=9)).tickets


def test_pages_of_many(room: Room) -> None:
    room.fill(250)
    assert len(room.tracker.changed(None).tickets) == 250


def test_what_is_deleted_between_pages_hides_nothing(room: Room) -> None:
    room.fill(120)
    pages = 0

    def deleting(request: Request) -> Reply:
        nonlocal pages
        if request.path.endswith("/issues"):
            pages += 1
            if pages == 2:
                for iid in range(1, 11):
                    room.site.delete(iid)
        return room.site(request)

    app = Scripted(deleting)
    with serving(app) as url:
        found = threats(open_tracker(url, token=room.token).changed(START).tickets)
    assert pages == 2
    assert set(found) >= {f"t-{n}" for n in range(10, 120)}


def test_many_of_one_moment() -> None:
    """Their pages are counted, for no moment parts them."""
    shown = [row(f"t-{n}", id=n, iid=n, web_url=f"https://h.example/{PROJECT}/-/issues/{n}") for n in range(1, 251)]

    def answer(request: Request) -> Reply:
        if request.path.endswith("/user"):
            return Reply(200, ME)
        page = int(request.param("page") or 1)
        return Reply(200, shown[(page - 1) * 100 : page * 100], dict(META))

    app = Scripted(answer)
    with serving(app) as url:
        assert len(open_tracker(url).changed(START).tickets) == 250


def test_without_paging_headers_a_full_page_goes_on(room: Room) -> None:
    room.fill(150)

    def bare(request: Request) -> Reply:
        reply = room.site(request)
        return Reply(reply.status, reply.body, {"X-Gitlab-Meta": "{}"})

    with serving(Scripted(bare)) as url:
        assert len(open_tracker(url, token=room.token).changed(None).tickets) == 150


def test_more_than_offsets_reach(room: Room) -> None:
    """An offset has an end, and a long list does not tell its length: neither is needed."""
    room.fill(250)
    room.site.settings.max_offset = 100
    assert len(room.tracker.changed(None).tickets) == 250
    assert not [call for call in room.log.requests() if dict(call.facts["query"]).get("page")]


def test_late_lists_are_late(room: Room) -> None:
    room.site.set_lag(60)
    room.tracker.create(draft())
    assert not room.tracker.changed(None).tickets


@pytest.mark.parametrize("how", ["disabled", "lost", "revoked", "blocked"])
def test_an_empty_list_is_never_believed(room: Room, how: str) -> None:
    room.tracker.create(draft())
    {
        "disabled": lambda: room.site.set_project(issues_enabled=False),
        "lost": lambda: room.site.set_level("bot", None),
        "revoked": lambda: room.site.revoke(room.token),
        "blocked": lambda: room.site.block("bot"),
    }[how]()
    with pytest.raises(Denied):
        room.tracker.changed(START)
    with pytest.raises(Denied):
        room.tracker.find(marker())


def test_an_archived_project_still_shows_its_tickets(room: Room) -> None:
    room.tracker.create(draft())
    room.site.set_project(archived=True)
    assert threats(room.tracker.changed(None).tickets) == ["t-1"]
    assert threats(room.tracker.find(marker()).tickets) == ["t-1"]


def test_a_renamed_project_is_still_read(room: Room) -> None:
    room.fill(120)
    room.site.rename_project(PROJECT, "elsewhere/threats")
    found = room.tracker.changed(None).tickets
    assert len(found) == 120
    assert {one.project for one in found} == {"elsewhere/threats"}


@pytest.mark.parametrize(
    "answer",
    [
        Reply(200, {"message": "no list"}),
        Reply(200, [{"id": "x"}]),
        Reply(200, [row(description=7)]),
        Reply(200, [{"id": 1, "created_at": "2026-11-01T10:00:00Z"}]),
        Reply(200, "<h1>Sign in</h1>", content_type="text/html"),
        Reply(200, [row(state=None)]),
        Reply(200, [row(web_url="javascript:alert(1)")]),
        Reply(502, "Bad Gateway", content_type="text/plain"),
        Reply(404, "not found", content_type="text/plain"),
    ],
)
def test_half_a_list_is_an_error(answer: Reply) -> None:
    app = Scripted(lambda request: Reply(200, ME) if request.path.endswith("/user") else answer)
    with serving(app) as url, pytest.raises(Unavailable):
        open_tracker(url).changed(START)


@pytest.mark.parametrize("page", [[], [row()], [row(id=n) for n in range(100)]])
def test_a_list_without_end_is_an_error(page: list[Any]) -> None:
    answer = Reply(200, page, {"X-Next-Page": "2"})
    app = Scripted(lambda request: Reply(200, ME) if request.path.endswith("/user") else answer)
    with serving(app) as url, pytest.raises(Unavailable, match="circle"):
        open_tracker(url).changed(START)
    assert len(app.asked) < 6


def test_a_redirect_out_of_the_api_is_not_followed(room: Room) -> None:
    away = Reply(302, "", {"Location": f"{room.url}/users/sign_in"})
    with serving(Scripted(lambda _: away)) as url, pytest.raises(Denied, match="redirects"):
        open_tracker(url).changed(None)
    assert not room.log.requests()


def test_find_is_as_wide_as_this_gitlab(room: Room) -> None:
    room.site.add_project("example/other")
    room.site.set_level("bot", 20, "example/other")
    made = room.tracker.create(draft())
    room.tracker.create(draft("t-2"))
    room.site.move(1, "example/other")
    room.site.edit(1, description="A person has emptied the one that stayed behind")
    room.site.set_project("example/other", archived=True)
    look = room.tracker.find(marker())
    assert [(one.project, one.open) for one in look.tickets] == [("example/other", True)]
    assert look.tickets[0].ref != made.ref
    assert look.as_of is not None


def test_find_shows_a_persons_clone_too(room: Room) -> None:
    room.tracker.create(draft())
    room.site.clone(1)
    assert [one.author for one in room.tracker.find(marker()).tickets] == ["bot", "human"]


def test_a_moved_ticket_is_shown_where_it_went() -> None:
    with opened() as room:
        for project in ("example/second", "example/third"):
            room.site.add_project(project)
            room.site.set_level("bot", 20, project)
        first = room.tracker.create(draft())
        room.site.move(1, "example/second")
        room.site.move(1, "example/third", project="example/second")
        for look in (room.tracker.changed(None), room.tracker.changed(START)):
            [found] = look.tickets
            assert (found.project, found.open, found.author) == ("example/third", True, "bot")
            assert found.ref != first.ref


def test_a_ticket_that_is_moved_out_of_sight_stays_known(room: Room) -> None:
    """Else its threat would get another one."""
    room.site.add_project("example/secret")
    made = room.tracker.create(draft())
    room.site.move(1, "example/secret")
    [found] = room.tracker.changed(None).tickets
    assert (found.ref, found.open) == (made.ref, False)


def test_questions_that_graphql_refuses_are_no_answer(room: Room) -> None:
    room.site.add_project("example/other")
    room.tracker.create(draft())
    room.site.move(1, "example/other")
    room.strike("status-before", path="graphql", status=500)
    with pytest.raises(Unavailable):
        room.tracker.changed(None)
