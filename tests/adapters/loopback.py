"""A GitHub on loopback and the adapter in front of it, over real sockets."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tmi_issue_sync.model import Draft, Marker
from tmi_issue_sync.sandbox.faults import Fault, Faults
from tmi_issue_sync.sandbox.github import GitHubSite
from tmi_issue_sync.sandbox.log import Entry, Log
from tmi_issue_sync.sandbox.server import Server
from tmi_issue_sync.sandbox.wire import App, Reply, Request
from tmi_issue_sync.tracker import Tracker, load

REPO = "example/threats"
TOKEN = "ghp_CanaryCanaryCanary"
GITHUB = {"message": "No.", "documentation_url": "https://docs.example.com"}


def marker(threat: str = "t-1", generation: int = 0) -> Marker:
    return Marker("https://tmi.example.com", threat, generation)


GOOD = {
    "id": 1,
    "number": 1,
    "html_url": f"https://h.example/{REPO}/issues/1",
    "state": "open",
    "created_at": "2026-11-01T00:00:00Z",
    "user": {"login": "bot"},
    "body": marker().block(),
}


SHOWN = {"full_name": REPO, "private": True, "has_issues": True}
"""The repository."""


def open_tracker(url: str, token: str = TOKEN, repo: str = REPO, **options: Any) -> Tracker:
    adapter = load("github")
    settings = {"wait": 5.0, "timeout": 5.0, "seconds_between_writes": 0.0} | options
    target = adapter.target(repo=repo)
    return adapter.connect(adapter.options(url=url, token=token, **settings), (target,))


def draft(threat: str = "t-1", **changes: Any) -> Draft:
    target = load("github").target(repo=REPO)
    given: dict[str, Any] = {
        "marker": marker(threat),
        "title": "A threat",
        "body": "It is *bad*.",
        "target": target,
    }
    return Draft(**(given | {"request_id": "request-1"} | changes))


def issue(body: str, **changes: Any) -> str:
    return json.dumps(GOOD | {"body": body} | changes)


@dataclass
class Room:
    """The sandbox's GitHub, its log, its faults, and a tracker that talks to it."""

    site: GitHubSite
    log: Log
    faults: Faults
    url: str
    token: str
    tracker: Tracker = field(init=False)

    def __post_init__(self) -> None:
        self.tracker = self.connect()

    def connect(self, token: str | None = None, **options: Any) -> Tracker:
        return open_tracker(self.url, token or self.token, **options)

    def strike(self, kind: Any, method: str | None = "POST", path: str | None = r"/issues$", **more: Any) -> None:
        self.faults.add(Fault(site="github", kind=kind, method=method, path=path, **more))

    def posts(self) -> list[Entry]:
        return self.log.requests("github", "POST")

    def made(self) -> list[Entry]:
        return self.log.commits("github", "issue.created")


def fill(room: Room, count: int) -> None:
    """Tickets of ours, made without the way through a socket."""
    for n in range(count):
        body = {"title": "A threat", "body": marker(f"t-{n}").block()}
        headers = {"authorization": f"token {room.token}", "user-agent": "test"}
        made = room.site(Request("POST", f"/api/v3/repos/{REPO}/issues", (), headers, json.dumps(body).encode()))
        assert made.status == 201


@dataclass
class Scripted:
    """A site that answers every request as the test says."""

    answer: Callable[[Request], Reply]
    name: str = "github"
    asked: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        self.asked.append(request)
        return self.answer(request)


@contextmanager
def serving(app: App) -> Iterator[str]:
    with Server(app, log=Log()) as server:
        yield server.url


@contextmanager
def listening(talk: Callable[[socket.socket], None]) -> Iterator[tuple[int, list[int]]]:
    """A bare port; `talk` has each connection in turn. Gives the port and the list of connections so far."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen: list[int] = []

        def serve() -> None:
            while True:
                try:
                    connection, peer = server.accept()
                except OSError:
                    return
                seen.append(peer[1])
                with connection:
                    talk(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1], seen
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def whole_request(connection: socket.socket) -> bytes:
    """Read one request, headers and body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
