"""The server, its faults, its log and its control plane, with a site that only counts."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tmi_issue_sync.sandbox.faults import KINDS, Fault, Kind
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server
from tmi_issue_sync.sandbox.wire import Reply, Request

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


class Counter:
    """A site whose every request but /quiet is a commit."""

    name = "counter"

    def __init__(self, log: Log) -> None:
        self.log = log
        self.inside = 0

    def clock(self) -> datetime:
        return NOON

    def __call__(self, request: Request) -> Reply:
        self.inside += 1
        assert self.inside == 1
        if request.path == "/broken":
            self.inside -= 1
            raise ZeroDivisionError
        time.sleep(0.001)
        self.inside -= 1
        self.log.commit(self.name, "counted", path=request.path, body=request.body.decode())
        return Reply(200, {"base": request.base, "query": request.query, "long": "word " * 50})


@pytest.fixture
def server() -> Iterator[Server]:
    log = Log()
    before = set(threading.enumerate())
    with Server(Counter(log), log=log) as running:
        yield running
    assert set(threading.enumerate()) == before, "a thread was left behind"


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url) as opened:
        yield opened


def connect(server: Server) -> socket.socket:
    host, _, port = server.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)))


def order(server: Server, kind: Kind, **details: Any) -> None:
    server.faults.add(Fault(site="counter", kind=kind, **details))


def outcome(client: httpx.Client) -> str:
    try:
        reply = client.post("/thing")
    except httpx.TransportError as error:
        return type(error).__name__
    return f"{reply.status_code} {reply.headers['content-type'].partition(';')[0]}"


JSON = "application/json"
SEEN: dict[str, tuple[str, int]] = {
    "drop-before": ("ReadError", 0),
    "drop-after": ("ReadError", 1),
    "fin-after": ("RemoteProtocolError", 1),
    "stall": ("RemoteProtocolError", 1),
    "hang-before": ("RemoteProtocolError", 0),
    "hang-after": ("RemoteProtocolError", 1),
    "truncate": ("RemoteProtocolError", 1),
    "delay": (f"200 {JSON}", 1),
    "late": ("RemoteProtocolError", 0),
    "status-before": (f"500 {JSON}", 0),
    "status-after": (f"500 {JSON}", 1),
    "html": ("200 text/html", 0),
    "call-before": ("ReadError", 0),
    "call-after": ("ReadError", 1),
}


def test_the_table_of_faults_is_complete() -> None:
    assert set(SEEN) == KINDS


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_fault_shows_to_the_client_and_in_the_log(kind: Kind, server: Server, client: httpx.Client) -> None:
    order(server, kind, seconds=0.05)
    assert (outcome(client), len(server.log.commits())) == SEEN[kind]
    assert [entry.kind for entry in server.log.faults()] == [kind]
    [request] = server.log.requests(method="POST", path_re="^/thing$")
    assert request.facts["fault"] == kind
    assert outcome(client) == f"200 {JSON}", "the next request must be unharmed"


def test_a_client_that_gives_up_first_sees_a_timeout(server: Server, client: httpx.Client) -> None:
    for kind in ("hang-before", "hang-after", "stall", "delay"):
        order(server, kind, seconds=30)
        with pytest.raises(httpx.ReadTimeout):
            client.post("/thing", timeout=0.05)
    order(server, "late", seconds=0.01, hold=30)
    with pytest.raises(httpx.ReadTimeout):
        client.post("/thing", timeout=0.05)


def test_late_commits_when_the_client_has_gone(server: Server, client: httpx.Client) -> None:
    order(server, "late", seconds=0.05)
    assert outcome(client) == "RemoteProtocolError"
    assert server.log.commits() == []
    server.drain()
    assert len(server.log.commits()) == 1


def test_closing_forgets_what_would_be_late() -> None:
    log = Log()
    with Server(Counter(log), log=log) as server, httpx.Client(base_url=server.url) as client:
        order(server, "late", seconds=30)
        assert outcome(client) == "RemoteProtocolError"
    assert log.commits() == []


def test_closing_waits_for_nobody() -> None:
    log = Log()
    started = time.monotonic()
    with Server(Counter(log), log=log) as server, ThreadPoolExecutor() as pool:
        for kind in ("hang-before", "hang-after", "stall", "delay"):
            order(server, kind, seconds=30)
        idle = connect(server)
        waiting = [pool.submit(httpx.post, server.url, timeout=30) for _ in range(4)]
        while len(log.faults()) < 4:
            time.sleep(0.001)
        server.close()
        assert sum(call.exception() is not None for call in waiting) >= 3
        idle.close()
    assert time.monotonic() - started < 15


def test_nth_and_times_choose_the_requests(server: Server, client: httpx.Client) -> None:
    order(server, "status-before", nth=2, times=2, status=429, retry_after="7", method="POST", path="thing$")
    client.get("/thing")
    client.post("/other")
    replies = [client.post("/thing") for _ in range(4)]
    assert [reply.status_code for reply in replies] == [200, 429, 429, 200]
    assert [reply.headers.get("retry-after") for reply in replies] == [None, "7", "7", None]


def test_an_action_runs_at_its_moment(server: Server, client: httpx.Client) -> None:
    seen: list[int] = []
    for kind in ("call-before", "call-after"):
        order(server, kind, action=lambda: seen.append(len(server.log.commits())))
        outcome(client)
    assert seen == [0, 1]


def test_an_action_that_fails_is_in_the_log(server: Server, client: httpx.Client) -> None:
    order(server, "call-after", action=lambda: [][0])
    assert outcome(client) == "ReadError"
    assert len(server.log.faults(kind="action-broke")) == 1


def test_a_site_that_breaks_answers_500(server: Server, client: httpx.Client) -> None:
    assert client.get("/broken").status_code == 500
    [entry] = server.log.faults(kind="site-broke")
    assert "ZeroDivisionError" in entry.facts["error"]


def test_calls_reach_the_site_one_at_a_time(server: Server, client: httpx.Client) -> None:
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda n: client.get(f"/{n}").status_code, range(40)))
    assert replies == [200] * 40
    assert len(server.log.commits()) == 40


def test_headers_of_an_answer(server: Server, client: httpx.Client) -> None:
    reply = client.get("/x?a=1&b=")
    assert reply.headers["date"] == "Fri, 01 May 2026 12:00:00 GMT"
    assert reply.headers["x-request-id"] == "00000001"
    assert reply.json()["query"] == [["a", "1"], ["b", ""]]


def test_the_base_is_the_host_that_was_asked(server: Server, client: httpx.Client) -> None:
    assert client.get("/").json()["base"] == server.url
    assert client.get("/", headers={"Host": "tracker:8080"}).json()["base"] == "http://tracker:8080"
    assert client.get("/", headers={"Host": "a/b"}).json()["base"] == server.url


def test_bodies_in_chunks_and_no_bodies(server: Server, client: httpx.Client) -> None:
    assert client.post("/", content=iter([b"one ", b"two"])).status_code == 200
    assert server.log.commits()[-1].facts["body"] == "one two"
    head = client.head("/")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 0
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"FROB / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 50\r\n\r\nshort",
        b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n",
        b"",
    ],
)
def test_garbage_is_refused_or_ignored(
    garbage: bytes, server: Server, client: httpx.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    with connect(server) as raw:
        raw.sendall(garbage)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            raw.shutdown(socket.SHUT_WR)
            answer = raw.recv(12)
    assert answer in (b"HTTP/1.1 400", b"HTTP/1.1 414", b"HTTP/1.1 501", b"HTTP/1.1 505", b"")
    assert client.get("/").status_code == 200
    assert len(server.log.commits()) == 1
    assert capfd.readouterr() == ("", "")


def test_no_secret_reaches_the_log(server: Server, client: httpx.Client) -> None:
    secrets = {"Authorization": "Bearer s3cret", "Cookie": "s3cret", "PRIVATE-TOKEN": "s3cret"}
    client.get("/?private_token=s3cret", headers={**secrets, "User-Agent": "probe", "X-Request-Id": "r1"})
    [request] = server.log.requests()
    assert request.facts["headers"] == {"user-agent": "probe", "x-request-id": "r1"}
    assert "s3cret" not in json.dumps([entry.as_json() for entry in server.log.entries])
