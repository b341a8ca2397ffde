"""A GitLab on loopback and the adapter in front of it, over real sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tmi_issue_sync.model import Draft, Finding, Level, Marker, Ticket
from tmi_issue_sync.sandbox.faults import Fault, Faults
from tmi_issue_sync.sandbox.gitlab import GitLabSite
from tmi_issue_sync.sandbox.log import Entry, Log
from tmi_issue_sync.sandbox.wire import Reply, Request
from tmi_issue_sync.tracker import load
from tmi_issue_sync_adapters.gitlab.tracker import GitLabTracker

PROJECT = "example/threats"
CANARY = "glpat-CanaryCanaryCanary"
ADAPTER = load("gitlab")
META = {"X-Gitlab-Meta": '{"correlation_id":"01","version":"1"}'}
ME = {"id": 7, "username": "bot", "state": "active"}


def marker(threat: str = "t-1", generation: int = 0) -> Marker:
    return Marker("https://tmi.example.com", threat, generation)


def draft(threat: str = "t-1", target: dict[str, Any] | None = None, **changes: Any) -> Draft:
    given: dict[str, Any] = {
        "marker": marker(threat),
        "title": "A threat",
        "body": "It is *bad*.",
        "target": ADAPTER.target(**({"project": PROJECT} | (target or {}))),
    }
    return Draft(**(given | {"request_id": "request-1"} | changes))


def open_tracker(url: str, *targets: dict[str, Any], **options: Any) -> GitLabTracker:
    settings = {"wait": 5.0, "timeout": 5.0, "token": CANARY} | options
    wanted = tuple(ADAPTER.target(**({"project": PROJECT} | target)) for target in targets or ({},))
    tracker = ADAPTER.connect(ADAPTER.options(url=url, **settings), wanted)
    assert isinstance(tracker, GitLabTracker)
    return tracker


def row(threat: str = "t-1", **changes: Any) -> dict[str, Any]:
    """An issue as GitLab shows one."""
    shown: dict[str, Any] = {
        "id": 1001,
        "iid": 7,
        "project_id": 1,
        "title": "A threat",
        "description": f"It is bad.\n\n{marker(threat).block()}",
        "state": "opened",
        "created_at": "2026-11-01T10:00:00.123Z",
        "author": ME,
        "confidential": True,
        "web_url": f"https://gitlab.example.com/{PROJECT}/-/issues/7",
        "moved_to_id": None,
    }
    return shown | changes


def levels(found: list[Finding], level: Level) -> str:
    return "\n".join(f"{one.what} {one.todo}" for one in found if one.level is level)


@dataclass
class Room:
    """The sandbox's GitLab, its log, its faults, and a tracker that talks to it."""

    site: GitLabSite
    log: Log
    faults: Faults
    url: str
    token: str
    tracker: GitLabTracker = field(init=False)

    def __post_init__(self) -> None:
        self.tracker = self.connect()

    def connect(self, *targets: dict[str, Any], **options: Any) -> GitLabTracker:
        return open_tracker(self.url, *targets, **({"token": self.token} | options))

    def strike(self, kind: Any, method: str | None = "POST", path: str | None = r"/issues$", **more: Any) -> None:
        self.faults.add(Fault(site="gitlab", kind=kind, method=method, path=path, **more))

    def posts(self) -> list[Entry]:
        """The creates that were asked for."""
        return self.log.requests("gitlab", "POST", r"/issues$")

    def made(self) -> list[Entry]:
        return self.log.commits("gitlab", "issue.created")

    def calls(self, start: int = 0) -> list[str]:
        """Which calls were made, without what every one begins with."""
        return [f"{one.kind} {one.facts['path'].partition('/api')[2]}" for one in self.log.requests()[start:]]

    def issue(self, iid: int = 1, project: str = PROJECT) -> dict[str, Any]:
        return next(one for one in self.site.issues(project) if one["iid"] == iid)

    def read(self, ticket: Ticket) -> Ticket:
        found = self.tracker.get(ticket.url)
        assert isinstance(found, Ticket)
        return found

    def fill(self, count: int, marked: bool = True, **more: Any) -> None:
        """Issues of the account's, made without the way through a socket."""
        for n in range(count):
            text = marker(f"t-{n}").block() if marked else "A person's."
            body = {"title": "A threat", "description": text} | more
            assert self.call("POST", "issues", body).status == 201

    def call(self, method: str, path: str, body: Any = None, token: str | None = None) -> Reply:
        headers = {"private-token": token or self.token}
        data = b"" if body is None else json.dumps(body).encode()
        where = f"/api/v4/projects/{PROJECT.replace('/', '%2F')}/{path}"
        return self.site(Request(method, where, (), headers, data))
