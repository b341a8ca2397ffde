"""What the outcome of a create proves."""

from __future__ import annotations

import json
import socket
import time
from http import HTTPStatus
from typing import Any

import pytest

from tmi_issue_sync.errors import Denied, Rejected, TrackerError, Unavailable, Uncertain
from tmi_issue_sync.sandbox.wire import Reply, Request
from tmi_issue_sync_adapters.gitea.tracker import GiteaTracker

from ..loopback import listening, serving, whole_request
from .world import API, NO, REPO, Room, Scripted, draft, marker, open_tracker, row

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
    423: Denied,
    429: Unavailable,
}
STATUSES = [status.value for status in HTTPStatus if status >= 200]


def create_error(answer: Reply) -> tuple[TrackerError, int]:
    """What a create raises that gets this answer, and how many creates were sent."""
    app = Scripted(lambda request: answer if request.method == "POST" else None)
    with serving(app) as url, pytest.raises(TrackerError) as raised:
        open_tracker(url).create(draft())
    return raised.value, app.posts()


def ready(port: int) -> GiteaTracker:
    """A tracker that knows all that it needs, so that its first request there is a create."""
    tracker = open_tracker(f"http://127.0.0.1:{port}", wait=0.2)
    with serving(Scripted(lambda request: None)) as url:
        known = open_tracker(url)
        tracker._writes, tracker._labels = True, known._labels
        tracker._labels.named("tmi")
    return tracker


def outcomes(foreign: Reply | None = None) -> dict[int, tuple[type[TrackerError], bool, int]]:
    """For each status: the error's class, whether it is the server's fault, and how many creates were sent."""
    reply = foreign or Reply(0, NO)
    found, status = {}, 0
    app = Scripted(
        lambda request: Reply(status, reply.body, {}, reply.content_type) if request.method == "POST" else None
    )
    with serving(app) as url:
        tracker = open_tracker(url)
        for status in STATUSES:
            app.asked.clear()
            with pytest.raises(TrackerError) as raised:
                tracker.create(draft())
            found[status] = (type(raised.value), getattr(raised.value, "server_fault", False), app.posts())
    return found


def test_every_status_in_the_servers_own_form() -> None:
    assert outcomes() == {
        status: (Denied if 300 <= status < 400 else SURE.get(status, Uncertain), status >= 500, 1)
        for status in STATUSES
    }


@pytest.mark.parametrize(
    "foreign",
    [
        Reply(0, "<h1>Forbidden</h1>", content_type="text/html"),
        Reply(0, '{"message": "Forbidden"}'),
        Reply(0, '["message"]'),
        Reply(0, ""),
    ],
    ids=["a page", "a gateway's JSON", "a list", "nothing"],
)
def test_every_status_in_a_foreign_form_is_uncertain(foreign: Reply) -> None:
    """But for redirects, which do nothing, and the rate limit of a proxy, which passes nothing on."""
    assert outcomes(foreign) == {
        status: (
            Denied if 300 <= status < 400 else Unavailable if status == 429 else Uncertain,
            status >= 500,
            1,
        )
        for status in STATUSES
    }


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, [row()]),
        Reply(200, row()),
        Reply(201, [row()]),
        Reply(201, row(number=0)),
        Reply(201, row(id=None)),
        Reply(201, row(created_at="2026-11-01T10:00:00")),
        Reply(201, row(repository={"full_name": "../.."})),
        Reply(201, json.dumps(row())[:-1]),
        Reply(201, {}),
    ],
)
def test_what_is_no_created_issue_is_uncertain(reply: Reply) -> None:
    error, posts = create_error(reply)
    assert type(error) is Uncertain
    assert posts == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Date": "Sun, 01 Nov 2026 10:00:00 GMT", "Retry-After": "Sun, 01 Nov 2026 10:01:30 GMT"}, 90),
        ({"Retry-After": "soon"}, 60),
        ({}, 60),
    ],
)
def test_a_proxys_rate_limit_says_when(headers: dict[str, str], seconds: float) -> None:
    error, posts = create_error(Reply(429, "<h1>Too Many Requests</h1>", headers, "text/html"))
    assert isinstance(error, Unavailable)
    assert error.retry_after == seconds
    assert posts == 1


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        ("drop-before", 0),
        ("drop-after", 1),
        ("fin-after", 1),
        ("hang-after", 1),
        ("stall", 1),
        ("truncate", 1),
        ("html", 0),
        ("status-after", 1),
    ],
)
def test_a_lost_answer_is_uncertain_and_nothing_is_sent_again(room: Room, kind: Any, made: int) -> None:
    room.site.add_label("tmi")
    room.strike(kind, seconds=20, times=-1, status=502)
    tracker, start = room.connect(wait=0.3), time.monotonic()
    with pytest.raises(Uncertain):
        tracker.create(draft())
    assert time.monotonic() - start < 5
    assert len(room.posts()) == 1
    assert len(room.made()) == made
    assert len(tracker.find(marker()).tickets) == made


def test_giving_up_resets_the_connection() -> None:
    """So that nothing of a create that we call lost arrives after that."""
    ends: list[object] = []

    def hang(connection: socket.socket) -> None:
        whole_request(connection)
        try:
            ends.append(connection.recv(1))
        except ConnectionResetError as error:
            ends.append(type(error))

    with listening(hang) as (port, _):
        tracker = ready(port)
        with pytest.raises(Uncertain):
            tracker.create(draft())
    assert ends == [ConnectionResetError]


def test_nothing_was_sent_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Unavailable, match="can't be reached"):
        ready(port).create(draft())


def test_a_renamed_repository_takes_no_create(room: Room) -> None:
    """Who follows gets a list from Gitea, and a ticket in another place from Forgejo."""
    room.tracker.create(draft("t-0"))
    room.site.rename_repo(REPO, "example/risks")
    with pytest.raises(Denied, match='repo = "example/risks"'):
        room.tracker.create(draft())
    assert len(room.made()) == 1
    assert len(room.posts()) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_create_follows_no_redirect(status: int) -> None:
    def answer(request: Request) -> Reply | None:
        return Reply(status, "", {"Location": f"{API}/issues"}) if request.method == "POST" else None

    app = Scripted(answer)
    with serving(app) as url, pytest.raises(Denied, match="has moved"):
        open_tracker(url).create(draft())
    assert app.posts() == 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"archived": True}, "is archived"),
        ({"has_issues": False}, "forbids"),
        ({"external_tracker": True}, "forbids"),
    ],
)
def test_refusals_of_the_sandbox(room: Room, settings: dict[str, bool], words: str) -> None:
    room.site.add_label("tmi")
    room.site.set_repo(**settings)
    with pytest.raises(Denied, match=words):
        room.tracker.create(draft())
    assert not room.made()


def test_a_token_that_may_only_read_is_told_what_it_lacks(room: Room) -> None:
    room.site.add_label("tmi")
    room.site.add_user("bot", scopes=["read:user", "read:repository", "read:issue"])
    with pytest.raises(Denied, match="lacks the scope write:issue"):
        room.tracker.create(draft())


def test_no_answer_says_the_token(gitea: Room) -> None:
    error, _ = create_error(Reply(401, {**NO, "message": "no token CanaryCanaryCanary"}))
    assert "Canary" not in f"{error!r} {error}"
    assert "Canary" not in repr(gitea.tracker._api._options)
