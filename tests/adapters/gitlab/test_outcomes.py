"""What the outcome of a create proves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import pytest

from tmi_issue_sync.errors import Denied, Rejected, TrackerError, Unavailable, Uncertain
from tmi_issue_sync.sandbox.wire import Reply

from ..loopback import Scripted, serving
from .world import META, PROJECT, Room, draft, open_tracker, row

SURE: dict[int, type[TrackerError]] = {
    400: Rejected,
    401: Denied,
    403: Denied,
    404: Denied,
    405: Denied,
    410: Denied,
    413: Rejected,
    415: Rejected,
    422: Rejected,
    429: Unavailable,
}
STATUSES = [status.value for status in HTTPStatus if status >= 200]
Found = dict[int, tuple[type[TrackerError], bool, int]]


def create_error(answer: Reply) -> TrackerError:
    """What a create raises that gets this answer."""
    app = Scripted(lambda request: answer if request.method == "POST" else Reply(404, {"message": "404 Not found"}))
    with serving(app) as url, pytest.raises(TrackerError) as raised:
        open_tracker(url).create(draft())
    assert sum(request.method == "POST" for request in app.asked) == 1
    return raised.value


def outcomes(statuses: list[int], answer: Callable[[int], Reply]) -> Found:
    """For each status: the error's class, whether it is the server's fault, and how many POSTs were sent."""
    status = 0
    app = Scripted(lambda request: answer(status) if request.method == "POST" else Reply(404, ""))
    found: Found = {}
    with serving(app) as url:
        for status in statuses:
            app.asked.clear()
            with pytest.raises(TrackerError) as raised:
                open_tracker(url).create(draft())
            posts = sum(request.method == "POST" for request in app.asked)
            found[status] = (type(raised.value), getattr(raised.value, "server_fault", False), posts)
    return found


def expected(status: int) -> tuple[type[TrackerError], bool, int]:
    return (Denied if 300 <= status < 400 else SURE.get(status, Uncertain), status >= 500, 1)


@pytest.mark.parametrize("body", [{"message": "No."}, {"error": "No."}, {"message": {"title": ["is bad"]}}])
def test_every_status_in_gitlabs_own_form(body: Any) -> None:
    found = outcomes(STATUSES, lambda status: Reply(status, body, dict(META)))
    assert found == {one: expected(one) for one in STATUSES}


def test_its_own_words_without_its_header() -> None:
    found = outcomes([*SURE, 409, 500], lambda status: Reply(status, {"message": f"{status} No."}))
    assert found == {one: expected(one) for one in [*SURE, 409, 500]}
    listed = outcomes([400, 422], lambda status: Reply(status, {"message": {"title": ["is bad"]}}))
    assert listed == {one: expected(one) for one in (400, 422)}


@pytest.mark.parametrize(
    "foreign",
    [
        Reply(0, "<h1>Forbidden</h1>", content_type="text/html"),
        Reply(0, '{"message": "Forbidden"}'),
        Reply(0, '{"error": "Forbidden"}'),
        Reply(0, '{"code": 403, "message": "Forbidden"}'),
        Reply(0, '["message"]'),
        Reply(0, ""),
    ],
)
def test_every_status_in_a_foreign_form_is_uncertain(foreign: Reply) -> None:
    """But for a redirect, which nothing follows."""
    found = outcomes(STATUSES, lambda status: Reply(status, foreign.body, {}, foreign.content_type))
    assert found == {one: (Denied if 300 <= one < 400 else Uncertain, one >= 500, 1) for one in STATUSES}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429, 500, 502, 503])
@pytest.mark.parametrize("kind", ["status-before", "status-after"])
def test_statuses_of_something_on_the_way(room: Room, kind: str, status: int) -> None:
    room.strike(kind, status=status)
    with pytest.raises(TrackerError) as raised:
        room.tracker.create(draft())
    assert type(raised.value) is Uncertain
    assert len(room.posts()) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, row()),
        (202, row()),
        (201, [row()]),
        (201, {}),
        (201, row(id=None)),
        (201, row(iid=8)),
        (201, row(web_url="https://gitlab.example.com/")),
        (201, row(created_at="2026-11-01T10:00:00")),
        (201, "<h1>Sign in</h1>"),
        (201, '{"id": '),
    ],
)
def test_what_is_no_new_issue_may_be_one(status: int, body: Any) -> None:
    assert type(create_error(Reply(status, body, dict(META)))) is Uncertain


def test_an_echo_without_the_marker_is_told() -> None:
    app = Scripted(lambda _: Reply(201, row(description="GitLab has eaten it")))
    with serving(app) as url:
        made = open_tracker(url).create(draft())
    assert made.marker is None
    assert made.ref.id == "1001"


def test_duplicated_may_be_ours_and_spam_is_not() -> None:
    """GitLab's "Duplicated issue" is about a number that we never send: nobody knows what has happened."""
    error = create_error(Reply(409, {"message": "Duplicated issue"}, dict(META)))
    assert type(error) is Uncertain
    assert "Duplicated issue" in error.why


@pytest.mark.parametrize(
    "body",
    [
        {"error": "issue_type does not have a valid value"},
        {"message": {"issue_type": ["is not included in the list"]}},
    ],
)
def test_a_type_that_this_gitlab_lacks_is_no_fault_of_the_threat(body: Any) -> None:
    error = create_error(Reply(400, body, dict(META)))
    assert type(error) is Denied
    assert "target's issue_type" in error.todo


@pytest.mark.parametrize("captcha", [False, True])
def test_spam_is_for_a_person(room: Room, captcha: bool) -> None:
    room.site.settings.spam, room.site.settings.captcha = "bargain", captcha
    with pytest.raises(Rejected, match=r"(?i)spam") as raised:
        room.tracker.create(draft(body="A bargain"))
    assert "retry THREAT" in raised.value.todo
    assert not room.made()


def test_limits_of_the_front_door_and_of_the_application(room: Room) -> None:
    room.site.limits.creates_per_minute = 0
    with pytest.raises(Unavailable) as raised:
        room.tracker.create(draft())
    assert raised.value.retry_after == 60
    room.site.limits.per_minute = 0
    with pytest.raises(Unavailable) as raised:
        room.tracker.create(draft())
    assert raised.value.retry_after == 60
    room.site.limits.told = False
    with pytest.raises(Unavailable) as raised:
        room.tracker.create(draft())
    assert raised.value.retry_after == 60
    assert len(room.posts()) == 3


def test_the_moment_of_a_reset() -> None:
    reset = int(datetime.now(UTC).timestamp()) + 30
    error = create_error(Reply(429, "Retry later\n", {"RateLimit-Reset": str(reset)}, "text/plain"))
    assert isinstance(error, Unavailable)
    assert error.retry_after is not None
    assert 28 <= error.retry_after <= 30


def test_what_only_a_person_can_mend(room: Room) -> None:
    room.site.block("bot")
    with pytest.raises(Denied, match="blocked"):
        room.tracker.create(draft())
    room.site.revoke(room.token)
    with pytest.raises(Denied, match="revoked"):
        room.tracker.create(draft())


def test_scopes_and_roles_and_places(room: Room) -> None:
    reader = room.site.add_user("reader", scopes=("read_api",))
    stranger = room.site.add_user("stranger", level=None)
    for token, named in ((reader, "insufficient_scope|higher privileges"), (stranger, "404 Project Not Found")):
        with pytest.raises(Denied, match=named):
            room.connect(token=token).create(draft())
    for archived in (True, False):
        room.site.set_project(archived=archived, issues_enabled=archived)
        with pytest.raises(Denied, match="403 Forbidden"):
            room.tracker.create(draft())
    assert not room.made()


def test_a_project_that_has_moved_is_named(room: Room) -> None:
    room.site.rename_project(PROJECT, "elsewhere/threats")
    with pytest.raises(Denied, match="moved projects") as raised:
        room.tracker.create(draft())
    assert 'project = "elsewhere/threats"' in raised.value.todo
    assert not room.made()
