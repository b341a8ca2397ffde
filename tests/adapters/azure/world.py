"""An Azure DevOps on loopback and the adapter in front of it, over real sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tmi_issue_sync.model import Draft, Finding, Level, Marker, Ticket
from tmi_issue_sync.sandbox.azure import AzureSite
from tmi_issue_sync.sandbox.faults import Fault, Faults
from tmi_issue_sync.sandbox.log import Entry, Log
from tmi_issue_sync.sandbox.wire import Reply, Request
from tmi_issue_sync.tracker import load
from tmi_issue_sync_adapters.azure_devops.tracker import AzureTracker

PROJECT = "Sec Threats"
CANARY = "CanaryCanaryCanaryPat"
ADAPTER = load("azure-devops")
CREATE = r"/workitems/\$"
ERROR = {"$id": "1", "message": "TF400898: No.", "typeKey": "Exception", "typeName": "x", "errorCode": 0}


def marker(threat: str = "t-1", generation: int = 0, create: str = "") -> Marker:
    return Marker("https://tmi.example.com", threat, generation, create)


def draft(threat: str = "t-1", target: dict[str, Any] | None = None, **changes: Any) -> Draft:
    given: dict[str, Any] = {
        "marker": marker(threat),
        "title": "A threat",
        "body": "It is *bad*.",
        "target": ADAPTER.target(**({"project": PROJECT} | (target or {}))),
    }
    return Draft(**(given | {"request_id": "request-1"} | changes))


def open_tracker(url: str, *targets: dict[str, Any], **options: Any) -> AzureTracker:
    settings: dict[str, Any] = {"wait": 5.0, "timeout": 5.0, "token": CANARY} | options
    wanted = tuple(ADAPTER.target(**({"project": PROJECT} | target)) for target in targets or ({},))
    tracker = ADAPTER.connect(ADAPTER.options(url=url, **settings), wanted)
    assert isinstance(tracker, AzureTracker)
    return tracker


def row(number: Any = 7, threat: Any = "t-1", **fields: Any) -> dict[str, Any]:
    """A work item, as Azure DevOps shows one."""
    told: dict[str, Any] = {
        "System.TeamProject": PROJECT,
        "System.WorkItemType": "Issue",
        "System.State": "To Do",
        "System.CreatedBy": {"id": "5AB0", "displayName": "bot"},
        "System.CreatedDate": "2026-11-01T10:00:00.12Z",
        "System.Description": f"<div>{marker(threat).block()}</div>",
    }
    return {"id": number, "rev": 1, "fields": told | fields}


def error(
    message: str = "No.", kind: str = "Exception", rules: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    custom = {"customProperties": {"RuleValidationErrors": rules}} if rules else {}
    return {"$id": "1", **custom, "message": message, "typeKey": kind, "errorCode": 0}


def levels(found: list[Finding], level: Level) -> str:
    return "\n".join(" ".join((one.what, one.todo, *one.lines)) for one in found if one.level is level)


@dataclass
class Room:
    """The sandbox's Azure DevOps, its log, its faults, and a tracker that talks to it."""

    site: AzureSite
    log: Log
    faults: Faults
    url: str
    token: str
    tracker: AzureTracker = field(init=False)

    def __post_init__(self) -> None:
        self.tracker = self.connect()

    def connect(self, *targets: dict[str, Any], **options: Any) -> AzureTracker:
        if "client_id" not in options:
            options = {"token": self.token} | options
        else:
            options["token"] = None
        return open_tracker(f"{self.url}/example", *targets, **options)

    def strike(self, kind: Any, method: str | None = "POST", path: str | None = CREATE, **more: Any) -> None:
        self.faults.add(Fault(site="azure-devops", kind=kind, method=method, path=path, **more))

    def posts(self) -> list[Entry]:
        """The creates that were asked for."""
        asked = self.log.requests("azure-devops", "POST", CREATE)
        return [one for one in asked if "validateOnly" not in dict(one.facts["query"])]

    def made(self) -> list[Entry]:
        return self.log.commits("azure-devops", "issue.created")

    def item(self, number: int) -> dict[str, Any]:
        return next(one for one in self.site.issues() if one["id"] == number)

    def paths(self, start: int = 0) -> list[str]:
        """Which calls were made, without what every one begins with."""
        return [entry.facts["path"].partition("/_apis/")[2] for entry in self.log.requests()[start:]]

    def fill(self, count: int, marked: bool = True) -> None:
        """Work items of the account's, made without the way through a socket."""
        for n in range(count):
            text = marker(f"t-{n}").block() if marked else "by hand"
            values = {
                "System.Title": "A threat",
                "System.Description": text,
                "System.Tags": "tmi" if marked else "",
            }
            patch = [{"op": "add", "path": f"/fields/{name}", "value": value} for name, value in values.items()]
            assert self.call("POST", "Sec%20Threats/_apis/wit/workitems/$Issue", patch).status == 200

    def call(self, method: str, path: str, body: Any = None, token: str = "") -> Reply:
        kind = "application/json-patch+json" if isinstance(body, list) else "application/json"
        headers = {"authorization": f"Bearer {token or self.token}", "content-type": kind}
        data = b"" if body is None else json.dumps(body).encode()
        return self.site(Request(method, f"/example/{path}", (("api-version", "7.1"),), headers, data))


def number(ticket: Ticket) -> int:
    return int(ticket.ref.id.rpartition("/")[2])
