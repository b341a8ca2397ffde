"""What the outcome of a create proves."""

from __future__ import annotations

import socket
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest

from tmi_issue_sync.errors import Denied, Rejected, TrackerError, Unavailable, Uncertain
from tmi_issue_sync.sandbox.wire import Reply

from .loopback import (
    GITHUB,
    Room,
    Scripted,
    draft,
    issue,
    listening,
    marker,
    open_tracker,
    serving,
    whole_request,
)

SURE: dict[int, type[TrackerError]] = {
    400: Rejected,
    401: Denied,
    403: Denied,
    404: Denied,
    405: Rejected,
    410: Denied,
    413: Rejected,
    415: Rejected,
    422: Rejected,
    429: Unavailable,
}
STATUSES = [status.value for status in HTTPStatus if status >= 200]


def create_error(answer: Reply, **changes: Any) -> tuple[TrackerError, int]:
    """What a create raises that gets this answer, and how many POSTs were sent."""
    app = Scripted(lambda request: answer)
    with serving(app) as url, pytest.raises(TrackerError) as raised:
        open_tracker(url).create(draft(**changes))
    return raised.value, sum(request.method == "POST" for request in app.asked)


def outcomes(
    statuses: list[int], answer: Callable[[int], Reply]
) -> dict[int, tuple[type[TrackerError], bool, int]]:
    """For each status: the error's class, whether it is the server's fault, and how many POSTs were sent."""
    status = 0
    app = Scripted(lambda request: answer(status))
    found = {}
    with serving(app) as url:
        for status in statuses:
            app.asked.clear()
            with pytest.raises(TrackerError) as raised:
                open_tracker(url).create(draft())
            posts = sum(request.method == "POST" for request in app.asked)
            found[status] = (type(raised.value), getattr(raised.value, "server_fault", False), posts)
    return found


def test_every_status_in_githubs_own_form() -> None:
    assert outcomes(STATUSES, lambda status: Reply(status, GITHUB)) == {
        status: (Denied if 300 <= status < 400 else SURE.get(status, Uncertain), status >= 500, 1)
        for status in STATUSES
    }


@pytest.mark.parametrize(
    "foreign",
    [
        Reply(0, "<h1>Forbidden</h1>", content_type="text/html"),
        Reply(0, '{"error": "forbidden"}'),
        Reply(0, '["message"]'),
        Reply(0, ""),
    ],
)
def test_every_status_in_a_foreign_form_is_uncertain(foreign: Reply) -> None:
    """But for a 429 that has GitHub's own request id, whatever its text."""
    statuses = [status for status in STATUSES if not 300 <= status < 400]
    assert outcomes(statuses, lambda status: Reply(status, foreign.body, {}, foreign.content_type)) == {
        status: (Unavailable if status == 429 else Uncertain, status >= 500, 1) for status in statuses
    }


def test_githubs_form_without_githubs_signature_is_foreign() -> None:
    def answer(connection: socket.socket) -> None:
        whole_request(connection)
        connection.sendall(b'HTTP/1.1 403 Forbidden\r\nContent-Length: 23\r\n\r\n{"message":"Forbidden"}')

    with listening(answer) as (port, _), pytest.raises(Uncertain):
        open_tracker(f"http://127.0.0.1:{port}").create(draft())


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 415, 422, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("kind", ["status-before", "status-after"])
def test_statuses_of_the_sandbox(room: Room, kind: str, status: int) -> None:
    room.strike(kind, status=status)
    with pytest.raises(TrackerError) as raised:
        room.tracker.create(draft())
    assert type(raised.value) is SURE.get(status, Uncertain)
    assert len(room.posts()) == 1
    assert raised.value.request_id


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, issue(marker().block())),
        (202, issue(marker().block())),
        (201, f"[{issue(marker().block())}]"),
        (201, "{}"),
        (201, issue(marker().block(), number=None)),
        (201, issue(marker().block(), html_url="https://git.example.com/")),
        (201, issue(marker().block())[:-1]),
    ],
)
def test_what_is_no_created_issue_is_uncertain(status: int, body: str) -> None:
    error, posts = create_error(Reply(status, body))
    assert type(error) is Uncertain
    assert posts == 1


def test_a_proxys_403_is_no_rate_limit() -> None:
    error, _ = create_error(Reply(403, "<p>No", {"Retry-After": "7"}, "text/html"))
    assert type(error) is Uncertain


@pytest.mark.parametrize(
    ("status", "headers", "message", "seconds"),
    [
        (429, {"Retry-After": "7"}, "x", 7),
        (403, {"Retry-After": "7"}, "x", 7),
        (403, {"Date": "Sun, 01 Nov 2026 10:00:00 GMT", "Retry-After": "Sun, 01 Nov 2026 10:01:30 GMT"}, "x", 90),
        (403, {"Date": "Sun, 01 Nov 2026 10:00:00 GMT", "Retry-After": "Sun, 01 Nov 2026 09:00:00 GMT"}, "x", 0),
        (
            403,
            {
                "Date": "Sun, 01 Nov 2026 10:00:00 GMT",
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": "1793527260",
            },
            "API rate limit exceeded for user ID 1.",
            60,
        ),
        (403, {}, "You have exceeded a secondary rate limit. Please wait a few minutes.", 60),
        (429, {"Retry-After": "soon"}, "x", 60),
        (422, {}, "Validation failed, or the endpoint has been spammed.", 60),
        (422, {"Retry-After": "7"}, "You have triggered an abuse detection mechanism.", 7),
    ],
)
def test_rate_limits_say_when(status: int, headers: dict[str, str], message: str, seconds: float) -> None:
    error, _ = create_error(Reply(status, GITHUB | {"message": message}, headers))
    assert isinstance(error, Unavailable)
    assert error.retry_after == seconds


def test_a_create_that_came_too_soon_is_no_fault_of_the_threat() -> None:
    details = [{"resource": "Issue", "code": "custom", "message": "was submitted too quickly"}]
    error, posts = create_error(Reply(422, GITHUB | {"message": "Validation Failed", "errors": details}))
    assert isinstance(error, Unavailable)
    assert (error.retry_after, posts) == (60, 1)


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        (["milestone"], "say of milestone."),
        (["type", "assignees", "type"], "say of assignees and type."),
        (["milestone", "title"], None),
        (["milestone", None], None),
        ([], None),
    ],
)
def test_a_wrong_option_is_no_fault_of_the_threat(fields: list[str], wanted: str | None) -> None:
    details = [{"resource": "Issue", "field": field, "code": "invalid"} for field in fields]
    error, posts = create_error(Reply(422, GITHUB | {"message": "Validation Failed", "errors": details}))
    assert type(error) is (Rejected if wanted is None else Denied)
    assert (wanted or "") in error.todo
    assert posts == 1


def test_a_wrong_option_of_the_sandbox(room: Room) -> None:
    with pytest.raises(Denied, match=r"milestone: invalid.*say of milestone"):
        room.tracker.create(draft(fields={"milestone": 3}))


def test_rate_limits_of_the_sandbox(room: Room) -> None:
    room.site.limit_creates(1, retry_after=33)
    room.tracker.create(draft())
    with pytest.raises(Unavailable) as raised:
        room.tracker.create(draft("t-2"))
    assert raised.value.retry_after == 33
    room.site.set_hourly_limit(2)
    with pytest.raises(Unavailable) as raised:
        room.tracker.create(draft("t-3"))
    assert raised.value.retry_after is not None
    assert 3500 < raised.value.retry_after <= 3600


def test_a_refusal_names_the_fields() -> None:
    details = [{"resource": "Issue", "field": "milestone", "code": "invalid"}, "a sentence"]
    error, _ = create_error(Reply(422, {"message": "Validation Failed", "errors": details, **GITHUB}))
    assert "milestone: invalid; a sentence" in str(error)
