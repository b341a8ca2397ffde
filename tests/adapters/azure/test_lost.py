"""Creates whose answer never comes: one POST, one deadline, and a reset."""

from __future__ import annotations

import json
import socket
import time

import pytest

from tmi_issue_sync.errors import Unavailable, Uncertain

from ..loopback import listening, whole_request
from .world import Room, draft, marker, open_tracker


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
        ("html", 0),
    ],
)
def test_a_lost_answer_is_uncertain_and_nothing_is_sent_again(room: Room, kind: str, made: int) -> None:
    room.strike(kind, seconds=20, times=-1)
    tracker, start = room.connect(wait=0.3), time.monotonic()
    with pytest.raises(Uncertain):
        tracker.create(draft())
    assert time.monotonic() - start < 5
    assert len(room.posts()) == 1
    assert len(room.made()) == made


@pytest.mark.parametrize("status", [408, 409, 412, 500, 502, 503, 504])
def test_an_error_after_the_commit_is_uncertain(room: Room, status: int) -> None:
    room.strike("status-after", status=status, retry_after="1")
    with pytest.raises(Uncertain) as caught:
        room.tracker.create(draft())
    assert caught.value.server_fault is (status >= 500)
    assert len(room.posts()) == len(room.made()) == 1
    assert [ticket.marker for ticket in room.tracker.find(marker()).tickets] == [marker()]


def test_giving_up_resets_the_connection() -> None:
    ends: list[object] = []
    fields = json.dumps({"value": [{"referenceName": "System.Title", "name": "Title"}]})

    def hang(connection: socket.socket) -> None:
        if whole_request(connection).startswith(b"GET"):
            head = f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(fields)}\r\n\r\n"
            connection.sendall((head + fields).encode())
            return
        try:
            ends.append(connection.recv(1))
        except ConnectionResetError as error:
            ends.append(type(error))

    with listening(hang) as (port, _), pytest.raises(Uncertain):
        open_tracker(f"http://127.0.0.1:{port}/example", wait=0.2, timeout=2.0).create(draft(request_id=""))
    assert ends == [ConnectionResetError]


def test_nothing_was_sent_where_nobody_listens(room: Room) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Unavailable):
        open_tracker(f"http://127.0.0.1:{port}/example").create(draft())
    tracker = room.tracker
    tracker.create(draft())
    tracker._api.site = tracker._api.site._replace(netloc=f"127.0.0.1:{port}")
    with pytest.raises(Unavailable, match="reached"):
        tracker.create(draft("t-2"))
