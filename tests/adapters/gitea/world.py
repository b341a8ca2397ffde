"""A Gitea or Forgejo on loopback and the adapter in front of it, over real sockets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tmi_issue_sync.model import Draft, Finding, Level, Marker, Ticket
from tmi_issue_sync.sandbox.faults import Fault, Faults
from tmi_issue_sync.sandbox.gitea import GiteaSite
from tmi_issue_sync.sandbox.log import Entry, Log
from tmi_issue_sync.sandbox.wire import Reply, Request
from tmi_issue_sync.tracker import load
from tmi_issue_sync_adapters.gitea.tracker import GiteaTracker

REPO = "example/threats"
API = f"/api/v1/repos/{REPO}"
CANARY = "CanaryCanaryCanary"
ADAPTER = load("gitea")
NO = {"message": "No.", "url": "https://git.example.com/api/swagger"}


def marker(threat: str = "t-1", generation: int = 0) -> Marker:
    return Marker("https://tmi.example.com", threat, generation)


def draft(threat: str = "t-1", target: dict[str, Any] | None = None, **changes: Any) -> Draft:
    given: dict[str, Any] = {
        "marker": marker(threat),
        "title": "A threat",
        "body": "It is *bad*.",
        "target": ADAPTER.target(**({"repo": REPO} | (target or {}))),
    }
    return Draft(**(given | {"request_id": "request-1"} | changes))


def open_tracker(url: str, *targets: dict[str, Any], **options: Any) -> GiteaTracker:
    settings: dict[str, Any] = {"wait": 5.0, "timeout": 5.0, "token": CANARY}
    wanted = tuple(ADAPTER.target(**({"repo": REPO} | target)) for target in targets or ({},))
    tracker = ADAPTER.connect(ADAPTER.options(url=url, **(settings | options)), wanted)
    assert isinstance(tracker, GiteaTracker)
    return tracker


def row(threat: str = "t-1", **changes: Any) -> dict[str, Any]:
    """An issue as the server shows one."""
    given = {
        "id": 7,
        "number": 1,
        "state": "open",
        "created_at": "2026-11-01T10:00:00Z",
        "user": {"login": "bot"},
        "repository": {"full_name": REPO},
        "body": marker(threat).block(),
    }
    return given | changes


def levels(found: list[Finding], level: Level) -> str:
    return "\n".join(f"{one.what} {one.todo}" for one in found if one.level is level)


@dataclass
class Scripted:
    """A server that is well, but for what the test says: `answer` gives None where it is not meant."""

    answer: Callable[[Request], Reply | None]
    name: str = "gitea"
    asked: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        self.asked.append(request)
        return self.answer(request) or self._well(request)

    def posts(self) -> int:
        """How many creates were sent."""
        return sum(request.method == "POST" and request.path == f"{API}/issues" for request in self.asked)

    def _well(self, request: Request) -> Reply:
        match request.method, request.path.removeprefix(API):
            case "GET", "/labels":
                return Reply(200, [{"id": 3, "name": "tmi"}], {"X-Total-Count": "1"})
            case "GET", "/issues":
                return Reply(200, [], {"X-Total-Count": "0"})
            case "GET", "":
                repo = {"full_name": REPO, "private": True, "has_issues": True}
                return Reply(200, repo)
            case "GET", "/api/v1/user":
                return Reply(200, {"login": "bot"})
        return Reply(404, NO)


@dataclass
class Room:
    """The sandbox's server, its log, its faults, and a tracker that talks to it."""

    site: GiteaSite
    log: Log
    faults: Faults
    url: str
    token: str
    tracker: GiteaTracker = field(init=False)

    def __post_init__(self) -> None:
        self.tracker = self.connect()

    def connect(self, *targets: dict[str, Any], **options: Any) -> GiteaTracker:
        return open_tracker(self.url, *targets, **({"token": self.token} | options))

    def strike(self, kind: Any, method: str | None = "POST", path: str | None = r"/issues$", **more: Any) -> None:
        self.faults.add(Fault(site=self.site.name, kind=kind, method=method, path=path, **more))

    def posts(self) -> list[Entry]:
        return self.log.requests(method="POST", path_re=r"/issues$")

    def made(self) -> list[Entry]:
        return self.log.commits(kind="issue.created")

    def call(self, method: str, path: str, body: Any = None, token: str | None = None) -> Reply:
        """A request of somebody else, without the way through a socket."""
        headers = {"authorization": f"token {token or self.token}", "content-type": "application/json"}
        data = b"" if body is None else json.dumps(body).encode()
        return self.site(Request.of(method, f"{API}{path}", headers, data, self.url))

    def fill(self, count: int, start: int = 0) -> None:
        """Tickets of ours."""
        for n in range(start, start + count):
            body = {"title": "A threat", "body": marker(f"t-{n}").block()}
            assert self.call("POST", "/issues", body).status == 201

    def seen(self, tracker: GiteaTracker | None = None) -> set[str]:
        """The threats whose tickets a full look shows."""
        return threats((tracker or self.tracker).changed(None).tickets)


def threats(tickets: tuple[Ticket, ...]) -> set[str]:
    return {one.marker.threat_id for one in tickets if one.marker}
