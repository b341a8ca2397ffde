"""Creates whose answer never comes: one POST, one deadline, and a reset."""

from __future__ import annotations

import json
import socket
import time

import pytest

from tmi_issue_sync.errors import Unavailable, Uncertain

from ..loopback import listening, whole_request
from .world import ME, Room, draft, marker, open_tracker

WHO = json.dumps(ME)
ONCE = f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(WHO)}\r\n\r\n{WHO}".encode()


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
    room.strike(kind, seconds=20, times=-1)
    tracker, start = room.connect(wait=0.3), time.monotonic()
    with pytest.raises(Uncertain):
        tracker.create(draft())
    assert time.monotonic() - start < 5
    time.sleep(0.05)
    assert len(room.posts()) == (0 if kind == "delay" else 1)
    assert len(room.made()) == (0 if kind == "delay" else made)


def test_a_late_commit_happens_after_we_gave_up(room: Room) -> None:
    room.strike("late", seconds=0.4, hold=1.0)
    with pytest.raises(Uncertain):
        room.connect(wait=0.2).create(draft())
    assert not room.made()
    assert not room.tracker.find(marker()).tickets
    time.sleep(0.4)
    assert [ticket.marker for ticket in room.tracker.find(marker()).tickets] == [marker()]


def test_an_answer_that_trickles_ends_at_the_deadline_of_all() -> None:
    def trickle(connection: socket.socket) -> None:
        if whole_request(connection).startswith(b"GET"):
            connection.sendall(ONCE)
            return
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
        assert 0.25 < time.monotonic() - start < 1.6  # it would trickle for two seconds
    assert len(seen) == 2


def test_giving_up_resets_the_connection() -> None:
    ends: list[object] = []

    def hang(connection: socket.socket) -> None:
        if whole_request(connection).startswith(b"GET"):
            connection.sendall(ONCE)
            return
        try:
            ends.append(connection.recv(1))
        except ConnectionResetError as error:
            ends.append(type(error))

    with listening(hang) as (port, _), pytest.raises(Uncertain):
        open_tracker(f"http://127.0.0.1:{port}", wait=0.2).create(draft())
    assert ends == [ConnectionResetError]


def test_nothing_was_sent_where_nobody_listens(room: Room) -> None:
    tracker = room.connect()
    tracker.changed(None)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "https://no-such-host.invalid"):
        with pytest.raises(Unavailable):
            open_tracker(url).create(draft())


def test_nothing_was_sent_where_the_connection_is_refused_after_a_look(room: Room) -> None:
    """Also where the account is known already, so that the POST is the first to try."""
    served: list[int] = []

    def once(connection: socket.socket) -> None:
        whole_request(connection)
        served.append(1)
        connection.sendall(ONCE)

    with listening(once) as (port, _):
        tracker = open_tracker(f"http://127.0.0.1:{port}")
        with pytest.raises(Unavailable):
            tracker.changed(None)
    before = len(served)
    with pytest.raises(Unavailable, match="reached"):
        tracker.create(draft())
    assert len(served) == before
