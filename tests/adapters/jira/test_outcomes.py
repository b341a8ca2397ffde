"""What the outcome of a create proves."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest

from tmi_issue_sync.errors import Denied, Rejected, TrackerError, Unavailable, Uncertain
from tmi_issue_sync.sandbox.wire import Reply, Request

from ..loopback import Scripted, serving
from .world import JIRA, MADE, ME, Room, draft, open_tracker

SURE: dict[int, type[TrackerError]] = {
    400: Rejected,
    401: Denied,
    403: Denied,
    404: Denied,
    405: Rejected,
    410: Denied,
    413: Rejected,
    415: Rejected,
    422: Denied,
    429: Unavailable,
}
STATUSES = [status.value for status in HTTPStatus if status >= 200]
Found = dict[int, tuple[type[TrackerError], bool, int]]


def answering(answer: Callable[[], Reply]) -> Scripted:
    return Scripted(lambda request: answer() if request.path.endswith("/issue") else Reply(200, ME))


def create_error(answer: Reply, **changes: Any) -> TrackerError:
    """What a create raises that gets this answer."""
    app = answering(lambda: answer)
    with serving(app) as url, pytest.raises(TrackerError) as raised:
        open_tracker(url).create(draft(**changes))
    assert sum(request.method == "POST" for request in app.asked) == 1
    return raised.value


def outcomes(statuses: list[int], answer: Callable[[int], Reply]) -> Found:
    """For each status: the error's class, whether it is the server's fault, and how many POSTs were sent."""
    status = 0
    app = answering(lambda: answer(status))
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


OWN: list[Any] = [
    JIRA,
    {"errorMessages": ["No."]},
    {"errorMessage": "No."},
    {"message": "No.", "status-code": 400},
]


@pytest.mark.parametrize("body", OWN)
def test_every_status_in_jiras_own_form(body: Any) -> None:
    statuses = STATUSES if body is JIRA else [*SURE, 409, 500, 503]
    assert outcomes(statuses, lambda status: Reply(status, body)) == {one: expected(one) for one in statuses}


@pytest.mark.parametrize("body", [{"code": 401, "message": "Unauthorized"}, {"message": "No."}])
def test_a_bare_message_is_jiras_with_jiras_header(body: Any) -> None:
    signed = {"atl-traceid": "0123456789abcdef"}
    assert outcomes([*SURE], lambda status: Reply(status, body, signed)) == {one: expected(one) for one in SURE}


@pytest.mark.parametrize(
    "foreign",
    [
        Reply(0, "<h1>Forbidden</h1>", content_type="text/html"),
        Reply(0, '{"message": "Forbidden"}'),
        Reply(0, '{"code": 403, "message": "Forbidden"}'),
        Reply(0, '{"errors": {"x": "y"}}'),
        Reply(0, '["errorMessages"]'),
        Reply(0, ""),
    ],
)
def test_every_status_in_a_foreign_form_is_uncertain(foreign: Reply) -> None:
    """But for a redirect, which nothing follows."""
    found = outcomes(STATUSES, lambda status: Reply(status, foreign.body, {}, foreign.content_type))
    assert found == {one: (Denied if 300 <= one < 400 else Uncertain, one >= 500, 1) for one in STATUSES}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 415, 422, 429, 500, 502, 503, 504])
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
        (200, MADE),
        (202, MADE),
        (201, [MADE]),
        (201, {}),
        (201, MADE | {"id": None}),
        (201, MADE | {"id": "x"}),
        (201, MADE | {"key": "SEC"}),
        (201, MADE | {"key": None}),
        (201, '{"id": "10100", "key": "SEC-7"'),
    ],
)
def test_what_is_no_created_issue_is_uncertain(status: int, body: Any) -> None:
    assert type(create_error(Reply(status, body))) is Uncertain


def test_a_sign_in_page_proves_nothing_and_is_named() -> None:
    error = create_error(Reply(200, "<html>Sign in</html>", {}, "text/html; charset=utf-8"))
    assert type(error) is Uncertain
    assert "sign-in page" in str(error)


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"Retry-After": "7"}, 7),
        (429, {"Date": "Sun, 01 Nov 2026 10:00:00 GMT", "Retry-After": "Sun, 01 Nov 2026 10:01:30 GMT"}, 90),
        (429, {"Date": "Sun, 01 Nov 2026 10:00:00 GMT", "Retry-After": "Sun, 01 Nov 2026 09:00:00 GMT"}, 0),
        (429, {"Retry-After": "0"}, 0),
        (429, {"X-RateLimit-Remaining": "0"}, 60),
        (429, {"RateLimit-Reason": "jira-burst-based", "Retry-After": "soon"}, 60),
    ],
)
def test_rate_limits_say_when(status: int, headers: dict[str, str], seconds: float) -> None:
    error = create_error(Reply(status, "Too many requests", headers, "text/plain"))
    assert isinstance(error, Unavailable)
    assert error.retry_after == seconds


@pytest.mark.parametrize("status", [429, 503])
def test_limits_of_the_sandbox(room: Room, status: int) -> None:
    """A 503 with Retry-After is no promise that nothing was made."""
    room.tracker.changed(None)
    room.site.rate_limit(0, retry_after=33, methods=["POST"], status=status)
    with pytest.raises(TrackerError) as raised:
        room.tracker.create(draft())
    assert type(raised.value) is (Unavailable if status == 429 else Uncertain)
    assert getattr(raised.value, "retry_after", None) == (33 if status == 429 else None)
    assert getattr(raised.value, "server_fault", False) is (status == 503)
    assert len(room.posts()) == 1


def test_reads_say_when_too(room: Room) -> None:
    for status in (429, 503):
        room.site.rate_limit(0, retry_after=33, status=status)
        with pytest.raises(Unavailable) as raised:
            room.connect().changed(None)
        assert raised.value.retry_after == 33


CAPTCHA = {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://example.com/login.jsp?os=secret"}


def test_a_captcha_says_what_to_do() -> None:
    error = create_error(Reply(403, "<html>", CAPTCHA, "text/html"))
    assert type(error) is Denied
    assert "CAPTCHA" in str(error)
    assert "https://example.com/login.jsp" in str(error)
    assert "secret" not in str(error)


def test_the_captcha_of_the_sandbox(data_center: Room) -> None:
    tracker = data_center.connect(token=None, user="bot", password=data_center.token)
    tracker.changed(None)
    data_center.site.captcha("bot")
    calls: list[Callable[[], object]] = [
        lambda: tracker.create(draft()),
        lambda: tracker.changed(None),
        lambda: tracker.get(f"{data_center.url}/browse/SEC-1"),
        lambda: data_center.connect(token=None, user="bot", password="no").changed(None),
    ]
    for call in calls:
        with pytest.raises(Denied, match="CAPTCHA"):
            call()


@pytest.mark.parametrize("status", [401, 403])
def test_a_login_that_jira_refuses_in_html(status: int) -> None:
    reply = Reply(status, "<html>Unauthorized", {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}, "text/html")
    assert type(create_error(reply)) is Denied


def test_what_the_sandbox_refuses(room: Room) -> None:
    cases: list[tuple[Callable[[], object], str]] = [
        (lambda: room.site.add_user("bot", email="bot@example.com", permissions=["BROWSE_PROJECTS"]), "permission"),
        (lambda: room.site.set_project("SEC", archived=True), "archived|permission"),
        (lambda: room.site.add_user("bot", email="bot@example.com", projects=[]), "project"),
    ]
    for change, named in cases:
        change()
        with pytest.raises(Denied, match=named):
            room.tracker.create(draft())
    assert not room.made()


def test_a_refusal_names_the_fields() -> None:
    body = {"errorMessages": ["Bad."], "errors": {"summary": "Too long.", "customfield_1": "Team is required."}}
    error = create_error(Reply(400, body))
    assert type(error) is Rejected
    assert "Bad.; summary: Too long.; customfield_1: Team is required." in str(error)


def test_a_field_that_no_draft_brought_is_the_targets_fault(room: Room) -> None:
    field = room.site.require("Team", kind="select", options=["Red", "Blue"])
    with pytest.raises(Denied, match="Team is required") as raised:
        room.tracker.create(draft())
    assert "check" in raised.value.todo
    error = create_error(Reply(400, {"errorMessages": [], "errors": {field: "No."}}))
    assert type(error) is Denied


def moved(request: Request) -> Reply:
    if request.path.endswith("/issue"):
        return Reply(308, None, {"Location": f"{request.base}/elsewhere?token=secret"})
    return Reply(200, ME)


def test_a_create_follows_no_redirect() -> None:
    app = Scripted(moved)
    with serving(app) as url, pytest.raises(Denied, match="/elsewhere") as raised:
        open_tracker(url).create(draft())
    assert "secret" not in str(raised.value)
    assert [request.method for request in app.asked] == ["GET", "POST"]
