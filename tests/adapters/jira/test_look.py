"""What searches show, and that they show all of it or raise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync.model import Look
from tmi_issue_sync.sandbox.wire import Reply, Request

from ..loopback import Scripted, serving
from .conftest import opened
from .world import ME, Room, draft, marker, open_tracker, row


def numbers(look: Look) -> list[str]:
    return [ticket.number for ticket in look.tickets]


def test_a_steady_look_is_one_call(room: Room) -> None:
    room.tracker.create(draft())
    before = len(room.paths())
    look = room.tracker.changed(datetime.now(UTC) - timedelta(hours=1))
    assert [ticket.marker for ticket in look.tickets] == [marker()]
    assert look.account == look.tickets[0].author
    assert look.as_of is not None
    assert room.paths(before) == ["search/jql" if room.cloud else "search"]


def test_an_empty_look_proves_that_it_could_see(room: Room) -> None:
    assert not room.tracker.changed(None).tickets
    assert room.paths()[-1] == "project/SEC"


@pytest.mark.parametrize(
    ("zone", "moment", "minute"),
    [
        ("Etc/UTC", "2026-11-01T10:00:59.999999Z", "2026-11-01 10:00"),
        ("America/New_York", "2026-07-01T02:30:00Z", "2026-06-30 22:30"),
        ("Asia/Kathmandu", "2026-07-01T20:00:30Z", "2026-07-02 01:45"),
        ("Pacific/Kiritimati", "2026-07-01T12:00:00Z", "2026-07-02 02:00"),
        # Half past one comes twice that night: earlier by an hour, whichever is meant.
        ("America/New_York", "2026-11-01T05:30:00Z", "2026-11-01 00:30"),
        ("America/New_York", "2026-11-01T06:30:00Z", "2026-11-01 00:30"),
        ("No/Where", "2026-11-01T10:00:00Z", "2026-10-31 22:00"),
        (None, "2026-11-01T10:00:00Z", "2026-10-31 22:00"),
    ],
)
def test_since_is_a_minute_in_the_accounts_own_time(zone: str | None, moment: str, minute: str) -> None:
    def answer(request: Request) -> Reply:
        if request.path.endswith("/myself"):
            return Reply(200, ME | {"timeZone": zone})
        return Reply(200, {"issues": [row()], "isLast": True})

    app = Scripted(answer)
    with serving(app) as url:
        open_tracker(url).changed(datetime.fromisoformat(moment))
    asked = app.asked[-1].json()["jql"]
    assert asked.endswith(f' AND updated >= "{minute}" ORDER BY created ASC')
    assert asked.startswith('project = "SEC" AND (labels = tmi OR reporter = currentUser() OR')


def test_a_full_look_sees_that_the_account_has_moved_to_another_zone(room: Room) -> None:
    room.tracker.changed(None)
    room.site.add_user("bot", email="bot@example.com", zone="America/New_York")
    start = datetime.now(UTC)
    room.tracker.create(draft())
    room.tracker.changed(None)
    assert numbers(room.tracker.changed(start)) == ["SEC-1"]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"])
@pytest.mark.parametrize("cloud", [True, False])
def test_no_zone_hides_what_has_just_changed(zone: str, cloud: bool) -> None:
    with opened(cloud=cloud, zone=zone) as room:
        start = datetime.now(UTC)
        room.tracker.create(draft())
        assert numbers(room.tracker.changed(start)) == ["SEC-1"]
        assert not room.tracker.changed(start + timedelta(minutes=2)).tickets


def test_250_tickets(room: Room) -> None:
    room.fill(250)
    before = len(room.paths())
    look = room.tracker.changed(None)
    assert numbers(look) == [f"SEC-{n}" for n in range(1, 251)]
    assert len(room.paths()) == before + 1 + (3 + 3 if room.cloud else 3)
    assert len(room.tracker.find(marker("t-77")).tickets) == 1


def test_as_of_is_the_date_of_the_first_page() -> None:
    def answer(request: Request) -> Reply:
        if request.path.endswith("/myself"):
            return Reply(200, ME, {"Date": "Sun, 01 Nov 2026 09:00:00 GMT"})
        token = request.json().get("nextPageToken")
        more: dict[str, Any] = {"isLast": True} if token else {"isLast": False, "nextPageToken": "2"}
        date = f"Sun, 01 Nov 2026 10:00:{len(app.asked):02d} GMT"
        return Reply(200, {"issues": [row()], **more}, {"Date": date})

    app = Scripted(answer)
    with serving(app) as url:
        assert open_tracker(url).changed(None).as_of == datetime(2026, 11, 1, 10, 0, 2, tzinfo=UTC)
    assert len(app.asked) == 1 + 2 + 2


@pytest.mark.parametrize(
    "page",
    [
        {"issues": [row()], "isLast": False},
        {"issues": [row()], "isLast": False, "nextPageToken": "again"},
        {"issues": [row()], "nextPageToken": 7},
        {"issues": None, "isLast": True},
        {"issues": ["x"], "isLast": True},
        {"issues": [{"id": "10100", "key": "SEC-7"}], "isLast": True},
        {"issues": [row(created=None)], "isLast": True},
        {"issues": [row(status={})], "isLast": True},
        [],
    ],
)
def test_what_is_not_all_of_it_is_no_look(page: Any) -> None:
    app = Scripted(lambda request: Reply(200, ME if request.path.endswith("/myself") else page))
    with serving(app) as url, pytest.raises(Unavailable):
        open_tracker(url).changed(None)


def test_a_deletion_between_two_pages_hides_nothing(room: Room) -> None:
    room.fill(150)
    pages = 0

    def answer(request: Request) -> Reply:
        nonlocal pages
        page = request.path.endswith(("/search", "/search/jql"))
        pages += page
        if pages == 2 and page:
            room.site.delete("SEC-1")
        return room.site(request)

    with serving(Scripted(answer)) as url:
        look = open_tracker(url, cloud=room.cloud, token=room.token).changed(None)
    assert {f"SEC-{n}" for n in range(2, 151)} <= set(numbers(look))


def test_a_list_that_never_stays_as_it_is() -> None:
    def answer(request: Request) -> Reply:
        if request.path.endswith("/myself"):
            return Reply(200, ME)
        first = row() | {"id": str(len(app.asked))}
        return Reply(200, {"issues": [first], "startAt": 0, "total": 9})

    app = Scripted(answer)
    with serving(app) as url, pytest.raises(Unavailable, match="faster"):
        open_tracker(url, cloud=False).changed(None)
    assert len(app.asked) < 12


def test_other_peoples_tickets_are_found_by_their_label(room: Room) -> None:
    token = room.site.add_user("other", email="other@example.com")
    options: dict[str, Any] = {"email": "other@example.com"} if room.cloud else {}
    room.connect(token=token, **options).create(draft())
    look = room.tracker.changed(None)
    assert numbers(look) == ["SEC-1"]
    assert look.tickets[0].author != look.account


def test_a_ticket_is_known_by_its_author_its_text_or_its_property(room: Room) -> None:
    for threat in ("t-1", "t-2", "t-3"):
        room.tracker.create(draft(threat))
    room.site.edit("SEC-1", labels=[])
    room.site.edit("SEC-2", description=None)
    room.call("PUT", "issue/SEC-3/properties/tmi-issue-sync", {"marker": "x"})
    look = room.tracker.changed(None)
    assert [one.marker for one in look.tickets] == [marker("t-1"), marker("t-2"), marker("t-3")]


def test_only_marked_issues_count(room: Room) -> None:
    room.fill(2, marked=False)
    room.tracker.create(draft())
    room.site.edit("SEC-3", summary="Renamed by a person")
    assert numbers(room.tracker.changed(None)) == ["SEC-3"]


def test_a_clone_shows_whose_it_is(room: Room) -> None:
    room.tracker.create(draft())
    room.site.clone("SEC-1")
    look = room.tracker.changed(None)
    assert [one.marker for one in look.tickets] == [marker(), marker()]
    assert [one.author == look.account for one in look.tickets] == [True, False]


def test_lists_without_properties_ask_for_the_one_that_is_missing(data_center: Room) -> None:
    data_center.tracker.create(draft())
    data_center.tracker.create(draft("t-2"))
    data_center.site.edit("SEC-2", description="A person took the text away.")

    def answer(request: Request) -> Reply:
        reply = data_center.site(request)
        if request.path.endswith("/search"):
            for each in reply.body["issues"]:
                each.pop("properties", None)
        return reply

    app = Scripted(answer)
    with serving(app) as url:
        look = open_tracker(url, cloud=False, token=data_center.token).changed(None)
    assert [one.marker for one in look.tickets] == [marker(), marker("t-2")]
    assert sum("/properties/" in request.path for request in app.asked) == 1


def test_closed_tickets_count(room: Room) -> None:
    room.tracker.create(draft())
    room.site.close("SEC-1")
    [ticket] = room.tracker.changed(None).tickets
    assert not ticket.open


def test_a_project_out_of_sight_is_no_empty_list(room: Room) -> None:
    room.tracker.create(draft())
    since = datetime.now(UTC) - timedelta(minutes=5)
    room.site.add_user("bot", email="bot@example.com", projects=[])
    for moment in (None, since):
        with pytest.raises(Denied, match="SEC"):
            room.tracker.changed(moment)
    with pytest.raises(Denied):
        room.tracker.find(marker())


def test_an_archived_project_is_no_empty_list(room: Room) -> None:
    room.tracker.create(draft())
    room.site.set_project("SEC", archived=True)
    with pytest.raises(Denied, match="archived"):
        room.tracker.changed(None)
    with pytest.raises(Denied, match="archived"):
        room.tracker.find(marker())


def test_a_dead_token_is_no_empty_list(room: Room) -> None:
    """Cloud takes it for a guest's, who may see what is public."""
    room.site.set_project("SEC", public=True)
    room.tracker.create(draft())
    room.site.revoke(room.token)
    for tracker in (room.tracker, room.connect()):
        with pytest.raises(Denied):
            tracker.changed(None)
        with pytest.raises(Denied):
            tracker.get(room.browse("SEC-1"))


def test_the_search_that_cloud_has_removed_is_never_asked(cloud: Room) -> None:
    cloud.tracker.create(draft())
    cloud.tracker.changed(None)
    cloud.tracker.changed(datetime.now(UTC))
    cloud.tracker.find(marker())
    list(cloud.tracker.check())
    assert "search" not in cloud.paths()
    assert 410 not in [entry.facts["status"] for entry in cloud.log.requests()]
