"""One POST, and what its outcome proves."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest

from tmi_issue_sync.errors import Denied, Rejected, TrackerError, Unavailable, Uncertain
from tmi_issue_sync.model import Ticket, TicketRef
from tmi_issue_sync.sandbox.wire import Reply, Request

from .loopback import REPO, Room, Scripted, draft, listening, marker, open_tracker, serving, whole_request

GITHUB = {"message": "No.", "documentation_url": "https://docs.example.com"}
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


def test_a_ticket_is_made_with_its_marker(room: Room) -> None:
    ticket = room.tracker.create(draft(labels=("security", "TMI")))
    [made] = room.made()
    assert made.facts["body"] == f"It is *bad*.\n\n{marker().block()}"
    assert made.facts["labels"] == ["security", "tmi"]
    assert (ticket.number, ticket.project, ticket.url) == (f"{REPO}#1", REPO, f"{room.url}/{REPO}/issues/1")
    assert (ticket.marker, ticket.author, ticket.open) == (marker(), "bot", True)
    assert ticket.ref == TicketRef("github", room.url.removeprefix("http://"), str(made.facts["id"]))
    [post] = room.posts()
    assert post.facts["headers"]["x-request-id"] == "request-1"
    assert ticket.request_id
    assert len(room.log.requests()) == 1


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
    ("kind", "made"),
    [
        ("drop-before", 0),
        ("drop-after", 1),
        ("fin-after", 1),
        ("hang-before", 0),
        ("hang-after", 1),
        ("stall", 1),
        ("truncate", 1),
        ("delay", 1),
        ("html", 0),
    ],
)
def test_a_lost_answer_is_uncertain_and_nothing_is_sent_again(room: Room, kind: str, made: int) -> None:
    room.strike(kind, seconds=1.0, times=-1)
    tracker, start = room.connect(wait=0.3), time.monotonic()
    with pytest.raises(Uncertain):
        tracker.create(draft())
    assert time.monotonic() - start < 0.7
    time.sleep(0.05)
    assert len(room.posts()) == (0 if kind == "delay" else 1)
    assert len(room.made()) == (0 if kind == "delay" else made)


def test_a_late_commit_happens_after_we_gave_up(room: Room) -> None:
    room.strike("late", seconds=0.4, hold=1.0)
    with pytest.raises(Uncertain):
        room.connect(wait=0.2).create(draft())
    assert not room.made()
    assert not room.tracker.changed(None).tickets
    time.sleep(0.4)
    assert [ticket.marker for ticket in room.tracker.changed(None).tickets] == [marker()]


def test_an_answer_that_trickles_ends_at_the_deadline_of_all() -> None:
    def trickle(connection: socket.socket) -> None:
        whole_request(connection)
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\n")
        try:
            for _ in range(40):
                connection.sendall(b"x")
                time.sleep(0.05)
        except OSError:
            pass

    with listening(trickle) as (port, seen):
        start = time.monotonic()
        with pytest.raises(Uncertain):
            open_tracker(f"http://127.0.0.1:{port}", wait=0.3).create(draft())
        assert 0.25 < time.monotonic() - start < 0.6
    assert len(seen) == 1


def test_giving_up_resets_the_connection() -> None:
    ends: list[object] = []

    def hang(connection: socket.socket) -> None:
        whole_request(connection)
        try:
            ends.append(connection.recv(1))
        except ConnectionResetError as error:
            ends.append(type(error))

    with listening(hang) as (port, _), pytest.raises(Uncertain):
        open_tracker(f"http://127.0.0.1:{port}", wait=0.2).create(draft())
    assert ends == [ConnectionResetError]


def test_a_server_that_reads_nothing_ends_at_the_deadline_too() -> None:
    def deaf(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        time.sleep(0.6)

    with listening(deaf) as (port, _):
        start = time.monotonic()
        with pytest.raises(Uncertain):
            open_tracker(f"http://127.0.0.1:{port}", wait=0.2).create(draft(body="\U0001f600" * 60_000))
        assert time.monotonic() - start < 0.5


def test_every_create_has_a_connection_of_its_own() -> None:
    def answer(connection: socket.socket) -> None:
        body = json.loads(whole_request(connection).partition(b"\r\n\r\n")[2])
        row = issue(body["body"])
        connection.sendall(f"HTTP/1.1 201 Created\r\nContent-Length: {len(row)}\r\n\r\n{row}".encode())
        connection.recv(1)

    with listening(answer) as (port, seen):
        tracker = open_tracker(f"http://127.0.0.1:{port}")
        for threat in ("t-1", "t-2", "t-3"):
            assert tracker.create(draft(threat)).marker == marker(threat)
    assert len(set(seen)) == 3


def issue(body: str, **changes: Any) -> str:
    row = {"id": 7, "number": 1, "state": "open", "created_at": "2026-11-01T00:00:00Z", "body": body}
    return json.dumps(
        row | {"html_url": f"https://git.example.com/{REPO}/issues/1", "user": {"login": "bot"}} | changes
    )


def test_nothing_was_sent_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "https://no-such-host.invalid"):
        with pytest.raises(Unavailable):
            open_tracker(url).create(draft())


def test_nothing_was_sent_where_tls_fails() -> None:
    with (
        listening(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as (port, _),
        pytest.raises(Unavailable),
    ):
        open_tracker(f"https://127.0.0.1:{port}").create(draft())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_create_follows_no_redirect(status: int) -> None:
    def answer(request: Request) -> Reply:
        if request.method == "POST":
            return Reply(status, {"message": "Moved"}, {"Location": f"{request.base}/api/v3/repositories/1/issues"})
        return Reply(200, {"full_name": "example/new"})

    app = Scripted(answer)
    with serving(app) as url, pytest.raises(Denied, match='repo = "example/new"'):
        open_tracker(url).create(draft())
    assert [request.method for request in app.asked] == ["POST", "GET"]


def test_a_renamed_repository_takes_no_create(room: Room) -> None:
    room.site.rename_repo(REPO, "example/risks")
    with pytest.raises(Denied, match="example/risks"):
        room.tracker.create(draft())
    assert not room.made()


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


@pytest.mark.parametrize("body", ["", "the marker is gone", marker("t-2").block()])
def test_an_echo_without_our_marker_is_a_ticket_without_one(body: str) -> None:
    with serving(Scripted(lambda request: Reply(201, issue(body)))) as url:
        ticket = open_tracker(url).create(draft())
    assert isinstance(ticket, Ticket)
    assert ticket.marker is None


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
    ],
)
def test_rate_limits_say_when(status: int, headers: dict[str, str], message: str, seconds: float) -> None:
    error, _ = create_error(Reply(status, GITHUB | {"message": message}, headers))
    assert isinstance(error, Unavailable)
    assert error.retry_after == seconds


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


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"title": "x" * 257}, "257"),
        ({"title": " "}, "title"),
        ({"body": "x" * 65_536}, "65536"),
        ({"priority": "high"}, "priority"),
        ({"parent": TicketRef("github", "github.com", "1")}, "below"),
        ({"fields": {"team": "red"}}, "'team'"),
        ({"fields": {"milestone": "next"}}, "'milestone'"),
        ({"fields": {"assignees": "me"}}, "'assignees'"),
        ({"labels": tuple(f"label {n}" for n in range(100))}, "100"),
        ({"labels": ("x" * 51,)}, "x" * 51),
        ({"target": object()}, REPO),
    ],
)
def test_what_github_cannot_keep_is_not_sent(room: Room, changes: dict[str, Any], named: str) -> None:
    with pytest.raises(Rejected, match=named):
        room.tracker.create(draft(**changes))
    assert not room.log.requests()


def test_fields_that_issues_have_are_sent() -> None:
    app = Scripted(lambda request: Reply(201, issue(request.json()["body"])))
    fields = {"assignees": ["me"], "milestone": 3, "type": "Bug"}
    with serving(app) as url:
        open_tracker(url).create(draft(fields=fields))
    sent = app.asked[0].json()
    assert {name: sent[name] for name in fields} == fields


def test_a_confidential_ticket_goes_to_a_private_repository_alone(room: Room) -> None:
    room.tracker.create(draft(confidential=True))
    room.site.set_repo(private=False)
    with pytest.raises(Denied, match="public"):
        room.tracker.create(draft("t-2", confidential=True))
    room.strike("drop-before", method="GET", path=r"/threats$")
    with pytest.raises(Unavailable):
        room.tracker.create(draft("t-3", confidential=True))
    assert len(room.posts()) == 1


def test_writes_keep_their_distance(room: Room) -> None:
    tracker, start = room.connect(seconds_between_writes=0.2), time.monotonic()
    for threat in ("t-1", "t-2", "t-3"):
        tracker.create(draft(threat))
    assert 0.4 <= time.monotonic() - start < 0.8


HOSTILE = "</td> <!-- @all #1 fixes #2 --> \u202e\x00\x1b[31m \U0001f600 {{ x }} ```\n`tmi-issue-sync v1 x`\r\nend"


def test_hostile_text_arrives_as_it_is(room: Room) -> None:
    assert room.tracker.create(draft(body=HOSTILE, title="<b>\u202e & 'x'")).marker == marker()
    [kept] = room.site.issues()
    assert kept["title"] == "<b>\u202e & 'x'"
    assert room.made()[0].facts["body"] == f"{HOSTILE}\n\n{marker().block()}"
