"""Looking: complete, and not deceived by filters that were not heard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync.sandbox.wire import Reply, Request

from ..loopback import serving
from .world import API, REPO, Room, Scripted, draft, marker, open_tracker, row, threats


def asked(room: Room, name: str) -> list[str]:
    """The values of a parameter in the lists of issues that were asked for."""
    queries = [dict(entry.facts["query"]) for entry in room.log.requests(method="GET", path_re=r"/issues$")]
    return [query[name] for query in queries if name in query]


def test_a_look_shows_our_tickets_open_and_closed_and_no_others(room: Room) -> None:
    for threat in ("t-1", "t-2"):
        room.tracker.create(draft(threat))
    room.site.close(2)
    room.site.add_pull(body=marker("t-9").block())
    room.call("POST", "/issues", {"title": "by hand", "body": "text"})
    look = room.tracker.changed(None)
    assert {one.marker: one.open for one in look.tickets} == {marker("t-1"): True, marker("t-2"): False}
    assert look.account == "bot"
    assert look.as_of is not None
    first = next(one for one in look.tickets if one.open)
    assert (first.project, first.number, first.author) == (REPO, f"{REPO}#1", "bot")
    assert first.url == f"{room.url}/{REPO}/issues/1"


def test_as_of_is_the_date_of_the_first_page() -> None:
    def answer(request: Request) -> Reply | None:
        if not request.path.endswith("/issues"):
            return None
        page = int(request.param("page") or 1)
        date = {"Date": f"Sun, 01 Nov 2026 10:00:0{page} GMT", "X-Total-Count": "2"}
        return Reply(200, [row(f"t-{page}", id=page, number=page)], date)

    with serving(Scripted(answer)) as url:
        look = open_tracker(url).changed(None)
    assert look.as_of == datetime(2026, 11, 1, 10, 0, 1, tzinfo=UTC)
    assert threats(look.tickets) == {"t-1", "t-2"}


@pytest.mark.parametrize("most", [50, 20])
def test_all_pages_are_read_however_short_they_are(gitea: Room, most: int) -> None:
    gitea.site.settings.most = most
    gitea.fill(61)
    assert len(gitea.seen()) == 61


def test_pages_without_a_count_end_with_an_empty_one() -> None:
    def answer(request: Request) -> Reply | None:
        page = int(request.param("page") or 1)
        if not request.path.endswith("/issues"):
            return None
        return Reply(200, [row(f"t-{page}", id=page, number=page)] if page < 4 else [])

    with serving(Scripted(answer)) as url:
        assert len(open_tracker(url).changed(None).tickets) == 3


@pytest.mark.parametrize("rows", [[], [row()]], ids=["an empty page", "the same page for ever"])
def test_fewer_rows_than_counted_are_no_look(rows: list[Any]) -> None:
    app = Scripted(
        lambda request: Reply(200, rows, {"X-Total-Count": "2"}) if request.path.endswith("/issues") else None
    )
    with serving(app) as url, pytest.raises(Unavailable, match="counts 2"):
        open_tracker(url).changed(None)


def test_a_row_that_leaves_between_two_pages_hides_no_other(gitea: Room) -> None:
    """Newest first: the second page begins one row too late, and the second reading shows what it hid."""
    gitea.fill(101)
    lists = 0

    class Front:
        name = "gitea"

        def __call__(self, request: Request) -> Reply:
            nonlocal lists
            lists += request.path.endswith("/issues")
            if lists == 2:
                gitea.site.delete(101)
                lists += 1
            return gitea.site(request)

    with serving(Front()) as url:
        assert threats(open_tracker(url, token=gitea.token).changed(None).tickets) >= {f"t-{n}" for n in range(100)}


def test_a_later_look_asks_for_what_changed_since(room: Room) -> None:
    room.fill(2)
    since = datetime.now(UTC) - timedelta(minutes=5)
    assert threats(room.tracker.changed(since).tickets) == {"t-0", "t-1"}
    assert asked(room, "since") == [since.strftime("%Y-%m-%dT%H:%M:%SZ")]
    assert set(asked(room, "created_by")) == {"bot"}
    assert not room.tracker.changed(datetime.now(UTC) + timedelta(minutes=5)).tickets


def test_the_index_of_keywords_is_never_asked(room: Room) -> None:
    room.fill(1)
    room.site.crash()
    assert room.tracker.find(marker("t-0")).tickets
    assert not room.tracker.find(marker("t-1")).tickets
    assert not asked(room, "q")
    assert not room.log.requests(path_re="search")


def by_another(room: Room) -> None:
    """A ticket of ours that another account made: only a full look can show it."""
    room.tracker.create(draft("t-1"))
    room.site.clone(1, author="deploy")


def test_a_full_look_shows_what_others_made_with_our_label(room: Room) -> None:
    by_another(room)
    assert {one.author for one in room.tracker.changed(None).tickets} == {"bot", "deploy"}
    assert asked(room, "labels") == ["tmi"]


@pytest.mark.parametrize("spoiled", ["twins", "renamed", "shared by the organisation"])
def test_a_label_that_lists_would_not_hear_is_not_asked_for(room: Room, spoiled: str) -> None:
    by_another(room)
    match spoiled:
        case "twins":
            room.site.add_label("tmi")
            assert room.call("GET", "/issues?state=all&labels=tmi").body == []
        case "renamed":
            label = next(one["id"] for one in room.call("GET", "/labels").body if one["name"] == "tmi")
            assert room.call("PATCH", f"/labels/{label}", {"name": "TMI"}).status == 200
        case _:
            label = next(one["id"] for one in room.call("GET", "/labels").body if one["name"] == "tmi")
            room.call("PATCH", f"/labels/{label}", {"name": "other"})
            room.site.add_shared_label("example", "tmi")
    assert {one.author for one in room.tracker.changed(None).tickets} == {"bot", "deploy"}
    assert not asked(room, "labels")


def test_ignored_filters_hide_nothing(gitea: Room) -> None:
    """A server that hears no filter at all shows everything."""
    by_another(gitea)
    gitea.call("POST", "/issues", {"title": "by hand", "body": "text"})

    class Deaf:
        name = "gitea"

        def __call__(self, request: Request) -> Reply:
            kept = tuple(each for each in request.query if each[0] in ("state", "page", "limit"))
            return gitea.site(
                Request(request.method, request.path, kept, request.headers, request.body, request.base)
            )

    with serving(Deaf()) as url:
        tracker = open_tracker(url, token=gitea.token)
        assert len(tracker.changed(None).tickets) == 2
        assert len(tracker.changed(datetime.now(UTC) + timedelta(days=1)).tickets) == 2


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"has_issues": False}, "issues are switched off"),
        ({"external_tracker": True}, "external tracker"),
    ],
)
def test_an_empty_list_of_a_repository_that_keeps_no_issues_is_no_look(
    room: Room, settings: dict[str, bool], words: str
) -> None:
    room.fill(1)
    room.site.set_repo(**settings)
    assert room.call("GET", "/issues?state=all").body == []
    with pytest.raises(Denied, match=words):
        room.tracker.changed(None)
    with pytest.raises(Denied, match=words):
        room.tracker.find(marker("t-0"))


def test_an_archived_repository_is_still_looked_at(room: Room) -> None:
    room.fill(1)
    room.site.set_repo(archived=True)
    assert room.seen() == {"t-0"}


def test_a_renamed_repository_is_still_looked_at(room: Room) -> None:
    room.fill(1)
    room.site.rename_repo(REPO, "other/risks")
    (found,) = room.tracker.changed(None).tickets
    assert found.url == f"{room.url}/other/risks/issues/1"


@pytest.mark.parametrize(
    "location", ["https://elsewhere.example.com/api/v1/repos/a/b", "/login", "", f"{API}/issues?again"]
)
def test_a_redirect_that_leads_out_or_in_a_circle_is_no_look(location: str) -> None:
    app = Scripted(
        lambda request: Reply(301, "", {"Location": location}) if request.path.endswith("/issues") else None
    )
    with serving(app) as url, pytest.raises(Unavailable, match=r"redirects|another place"):
        open_tracker(url).changed(None)
    assert len(app.asked) < 8


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, "<h1>Sign in</h1>", {}, "text/html"),
        Reply(200, {"data": []}),
        Reply(200, ["issue"]),
        Reply(200, [row(body=5)]),
        Reply(200, [row(repository=None)]),
        Reply(502, "<h1>Bad gateway</h1>", {}, "text/html"),
    ],
)
def test_what_is_no_list_is_no_look(reply: Reply) -> None:
    app = Scripted(lambda request: reply if request.path.endswith("/issues") else None)
    with serving(app) as url, pytest.raises(Unavailable):
        open_tracker(url).changed(None)
