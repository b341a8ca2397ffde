"""One request over httpx: one connection, one deadline, no redirect, and nothing told on."""

from __future__ import annotations

import base64
import socket
import time
from collections.abc import Callable

import pytest

from tmi_issue_sync_adapters.wire import plain
from tmi_issue_sync_adapters.wire.plain import Plain, Unanswered
from tmi_issue_sync_adapters.wire.reach import Reach
from tmi_issue_sync_adapters.wire.reply import Reply

from ..loopback import listening, whole_request

Talk = Callable[[socket.socket], None]
SECRET = {"Authorization": f"Basic {base64.b64encode(b':canary-word').decode()}"}


def send(port: int, verb: str = "POST", seconds: float = 0.3, **more: object) -> Reply:
    url = f"http://127.0.0.1:{port}"
    given: dict[str, object] = {"headers": SECRET, "body": b"{}", "reset": True} | more
    return Plain(Reach(url=url), "x").send(verb, f"{url}/a%20b?c=$d", seconds=seconds, **given)  # type: ignore[arg-type]


def says(*parts: bytes, pause: float = 0.0) -> Talk:
    def talk(connection: socket.socket) -> None:
        try:
            whole_request(connection)
            for part in parts:
                connection.sendall(part)
                time.sleep(pause)
        except OSError:
            pass

    return talk


def test_every_request_has_a_connection_of_its_own_and_keeps_no_cookie() -> None:
    heard: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        heard.append(whole_request(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nhi")

    with listening(talk) as (port, seen):
        url = f"http://127.0.0.1:{port}"
        way = Plain(Reach(url=url), "x")
        for _ in range(3):
            reply = way.send("GET", f"{url}/a%20b/$c", seconds=1, headers={"X-Y": "z"})
    assert (reply.status, reply.body, reply.headers["set-cookie"]) == (200, "hi", "a=b")
    assert len(seen) == len(heard) == 3
    assert all(b"GET /a%20b/$c HTTP/1.1" in one and b"Connection: close" in one for one in heard)
    assert not any(b"cookie:" in one.lower() for one in heard)


@pytest.mark.parametrize(
    "parts",
    [
        [b"HTTP/1.1 200 OK\r\n", *[b"X-Y: z\r\n"] * 40],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *[b"x"] * 40],
        [b""] * 40,
    ],
    ids=["headers", "body", "nothing"],
)
def test_one_deadline_however_the_answer_trickles(parts: list[bytes]) -> None:
    with listening(says(*parts, pause=0.05)) as (port, seen):
        start = time.monotonic()
        with pytest.raises(Unanswered, match=r"within 0\.3 s") as caught:
            send(port)
        assert 0.25 < time.monotonic() - start < 1.6  # it would trickle for two seconds
    assert caught.value.sent
    assert len(seen) == 1


@pytest.mark.parametrize(("reset", "end"), [(True, ConnectionResetError), (False, b"")])
def test_giving_up_resets_the_connection_of_what_must_not_arrive(reset: bool, end: object) -> None:
    ends: list[object] = []

    def hang(connection: socket.socket) -> None:
        whole_request(connection)
        try:
            ends.append(connection.recv(1))
        except OSError as error:
            ends.append(type(error))

    with listening(hang) as (port, _), pytest.raises(Unanswered):
        send(port, reset=reset)
    assert ends == [end]


def test_an_answer_that_came_ends_the_connection_in_peace() -> None:
    ends: list[object] = []

    def talk(connection: socket.socket) -> None:
        whole_request(connection)
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}")
        try:
            ends.append(connection.recv(1))
        except OSError as error:
            ends.append(type(error))

    with listening(talk) as (port, _):
        assert send(port).status == 201
    assert ends == [b""]


def test_a_redirect_is_an_answer() -> None:
    with listening(says(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")) as (
        port,
        seen,
    ):
        assert send(port).headers["location"] == "/elsewhere"
    assert len(seen) == 1


def test_nothing_was_sent_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Unanswered) as caught:
        send(port)
    assert not caught.value.sent


def test_what_can_not_be_sent_was_not_sent_and_is_not_told() -> None:
    with listening(says(b"")) as (port, seen), pytest.raises(Unanswered) as caught:
        send(port, headers={"Authorization": "Bearer canary\nword"})
    assert not caught.value.sent
    assert "canary" not in str(caught.value)
    assert not seen


def test_an_answer_says_no_secret_back() -> None:
    body = b"you sent canary-word and inner-secret"
    with listening(says(b"HTTP/1.1 400 No\r\nX-Echo: canary-word\r\nContent-Length: 37\r\n\r\n" + body)) as (
        port,
        _,
    ):
        reply = send(port, secrets=("inner-secret",))
    assert reply.body == "you sent ********** and **********"
    assert "canary" not in str(reply.headers)


@pytest.mark.parametrize(
    "parts", [[b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"], [b"nonsense\r\n\r\n"], [b""]]
)
def test_half_an_answer_is_none(parts: list[bytes]) -> None:
    with listening(says(*parts)) as (port, _), pytest.raises(Unanswered) as caught:
        send(port, seconds=2)
    assert caught.value.sent


def test_an_answer_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "MAX_REPLY", 1000)
    with (
        listening(says(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 5000)) as (port, _),
        pytest.raises(Unanswered, match="1000 bytes"),
    ):
        send(port)
