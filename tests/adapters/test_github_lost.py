"""Creates whose answer never comes: one POST, one deadline, and a reset."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from tmi_issue_sync.errors import Denied, Unavailable, Uncertain
from tmi_issue_sync.sandbox.wire import Reply, Request

from .loopback import (
    REPO,
    SHOWN,
    Room,
    Scripted,
    draft,
    listening,
    marker,
    open_tracker,
    serving,
    whole_request,
)


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
        assert 0.25 < time.monotonic() - start < 1.6  # it would trickle for two seconds
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
    over = threading.Event()

    def deaf(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        over.wait(20)

    with listening(deaf) as (port, _):
        start = time.monotonic()
        with pytest.raises(Uncertain):
            open_tracker(f"http://127.0.0.1:{port}", wait=0.2).create(draft(body="\U0001f600" * 60_000))
        assert time.monotonic() - start < 5
        over.set()


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
        return Reply(200, SHOWN | {"full_name": "example/new"})

    app = Scripted(answer)
    with serving(app) as url, pytest.raises(Denied, match='repo = "example/new"'):
        open_tracker(url).create(draft())
    assert [request.method for request in app.asked] == ["POST", "GET"]


def test_a_renamed_repository_takes_no_create(room: Room) -> None:
    room.site.rename_repo(REPO, "example/risks")
    with pytest.raises(Denied, match="example/risks"):
        room.tracker.create(draft())
    assert not room.made()
