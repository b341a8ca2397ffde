"""A Jira on loopback and the adapter in front of it, over real sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tmi_issue_sync.model import Draft, Finding, Level, Marker
from tmi_issue_sync.sandbox.faults import Fault, Faults
from tmi_issue_sync.sandbox.jira import JiraSite
from tmi_issue_sync.sandbox.log import Entry, Log
from tmi_issue_sync.sandbox.wire import Reply, Request
from tmi_issue_sync.tracker import load
from tmi_issue_sync_adapters.jira.tracker import JiraTracker

CANARY = "ATATT3xCanaryCanaryCanary"
ADAPTER = load("jira")
ME = {"accountId": "712020:me", "displayName": "Bot", "timeZone": "Etc/UTC"}
JIRA = {"errorMessages": ["No."], "errors": {}}
MADE = {"id": "10100", "key": "SEC-7", "self": "https://example.atlassian.net/rest/api/3/issue/10100"}


def marker(threat: str = "t-1", generation: int = 0) -> Marker:
    return Marker("https://tmi.example.com", threat, generation)


def draft(threat: str = "t-1", target: dict[str, Any] | None = None, **changes: Any) -> Draft:
    given: dict[str, Any] = {
        "marker": marker(threat),
        "title": "A threat",
        "body": "It is *bad*.",
        "target": ADAPTER.target(**({"project": "SEC"} | (target or {}))),
    }
    return Draft(**(given | {"request_id": "request-1"} | changes))


def open_tracker(url: str, *targets: dict[str, Any], cloud: bool = True, **options: Any) -> JiraTracker:
    settings: dict[str, Any] = {"wait": 5.0, "timeout": 5.0, "token": CANARY}
    settings |= {"kind": "cloud", "email": "bot@example.com"} if cloud else {"kind": "data-center"}
    wanted = tuple(ADAPTER.target(**({"project": "SEC"} | target)) for target in targets or ({},))
    tracker = ADAPTER.connect(ADAPTER.options(url=url, **(settings | options)), wanted)
    assert isinstance(tracker, JiraTracker)
    return tracker


def row(threat: str = "t-1", **changes: Any) -> dict[str, Any]:
    """An issue, as Cloud shows one."""
    fields: dict[str, Any] = {
        "created": "2026-11-01T10:00:00.000+0000",
        "creator": {"accountId": ME["accountId"]},
        "status": {"statusCategory": {"key": "new"}},
        "project": {"key": "SEC"},
        "labels": ["tmi"],
        "description": {
            "type": "doc",
            "version": 1,
            "content": [{"type": "paragraph", "content": [{"type": "text", "text": marker(threat).block()}]}],
        },
    }
    return {"id": "10100", "key": "SEC-7", "fields": fields | changes}


def levels(found: list[Finding], level: Level) -> str:
    return "\n".join(f"{one.what} {one.todo}" for one in found if one.level is level)


@dataclass
class Room:
    """The sandbox's Jira, its log, its faults, and a tracker that talks to it."""

    site: JiraSite
    log: Log
    faults: Faults
    url: str
    token: str
    cloud: bool
    tracker: JiraTracker = field(init=False)

    def __post_init__(self) -> None:
        self.tracker = self.connect()

    def connect(self, *targets: dict[str, Any], **options: Any) -> JiraTracker:
        return open_tracker(self.url, *targets, cloud=self.cloud, **({"token": self.token} | options))

    def strike(self, kind: Any, method: str | None = "POST", path: str | None = r"/issue$", **more: Any) -> None:
        self.faults.add(Fault(site="jira", kind=kind, method=method, path=path, **more))

    def posts(self) -> list[Entry]:
        """The creates that were asked for."""
        return self.log.requests("jira", "POST", r"/issue$")

    def made(self) -> list[Entry]:
        return self.log.commits("jira", "issue.created")

    def paths(self, start: int = 0) -> list[str]:
        """Which calls were made, without what every one begins with."""
        return [entry.facts["path"].partition("/rest/api/")[2][2:] for entry in self.log.requests()[start:]]

    def key(self, n: int = -1) -> str:
        return str(self.made()[n].facts["key"])

    def browse(self, key: str) -> str:
        return f"{self.url}/browse/{key}"

    def fill(self, count: int, project: str = "SEC", marked: bool = True) -> None:
        """Issues of the account's, made without the way through a socket."""
        for n in range(count):
            fields = {
                "project": {"key": project},
                "issuetype": {"name": "Task"},
                "summary": "A threat",
                "labels": ["tmi"] if marked else [],
            }
            prop = {"key": "tmi-issue-sync", "value": value(marker(f"t-{n}"))}
            body = {"fields": fields, "properties": [prop] if marked else []}
            assert self.call("POST", "issue", body).status == 201

    def call(self, method: str, path: str, body: Any = None) -> Reply:
        import base64

        basic = base64.b64encode(f"bot@example.com:{self.token}".encode()).decode()
        said = f"Basic {basic}" if self.cloud else f"Bearer {self.token}"
        headers = {"authorization": said, "content-type": "application/json"}
        version = "3" if self.cloud else "2"
        data = b"" if body is None else json.dumps(body).encode()
        return self.site(Request(method, f"/rest/api/{version}/{path}", (), headers, data))


def value(of: Marker) -> dict[str, Any]:
    return {
        "marker": of.word,
        "generation": of.generation,
        "instance": of.instance,
        "threat": of.threat_id,
        "create": of.create,
    }
