"""Answers that never come: one POST, whatever happens to it."""

from __future__ import annotations

import socket
import time

import pytest

from tmi_issue_sync.errors import Unavailable, Uncertain
from tmi_issue_sync.sandbox.wire import Reply

from ..loopback import Scripted, listening, serving, whole_request
from .world import CANARY, META, Room, draft, open_tracker


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        ("drop-before", 0),
        ("drop-after", 1),
        ("fin-after", 1),
        ("truncate", 1),
        ("html", 0),
    ],
)
def test_a_lost_answer_is_uncertain(room: Room, kind: str, made: int) -> None:
    room.strike(kind)
    with pytest.raises(Uncertain):
        room.tracker.create(draft())
    assert len(room.posts()) == 1
    assert len(room.made()) == made


@pytest.mark.parametrize("kind", ["hang-after", "stall"])
def test_one_deadline_for_all(room: Room, kind: str) -> None:
    room.strike(kind, seconds=20)
    started = time.monotonic()
    with pytest.raises(Uncertain):
        room.connect(wait=0.3).create(draft())
    assert time.monotonic() - started < 5
    assert len(room.posts()) == len(room.made()) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_nothing_is_sent_twice(room: Room, status: int) -> None:
    """The library would, after a 429, and wait for as long as it is told."""
    room.strike("status-before", status=status, retry_after="0", times=-1)
    with pytest.raises((Uncertain, Unavailable)):
        room.tracker.create(draft())
    assert len(room.posts()) == 1


def test_giving_up_resets_the_connection() -> None:
    """So that the kernel sends no more of it (protocol Cr3)."""
    ends: list[str] = []

    def silent(connection: socket.socket) -> None:
        whole_request(connection)
        try:
            ends.append("closed" if connection.recv(1) == b"" else "went on")
        except ConnectionResetError:
            ends.append("reset")

    with listening(silent) as (port, _), pytest.raises(Uncertain):
        open_tracker(f"http://127.0.0.1:{port}", wait=0.2).create(draft())
    assert ends == ["reset"]


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(Unavailable, match="can't be reached"):
        open_tracker(f"http://127.0.0.1:{port}").create(draft())


def test_reads_that_fail_are_later(room: Room) -> None:
    for kind in ("drop-before", "truncate", "html"):
        room.strike(kind, method="GET", path=None)
        with pytest.raises(Unavailable):
            room.tracker.changed(None)


def test_no_token_in_what_a_server_says_back(room: Room) -> None:
    app = Scripted(lambda request: Reply(403, {"message": f"403 {request.headers['private-token']}"}, dict(META)))
    with serving(app) as url, pytest.raises(Exception, match=r"\*\*\*") as raised:
        open_tracker(url).create(draft())
    assert CANARY not in str(raised.value)
    assert CANARY not in repr(raised.value)
