"""A TMI of the sandbox with one model of three threats, for tests that ask it questions."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.tmi import TmiSite
from tmi_issue_sync.sandbox.wire import Reply, Request

CALLBACK = "http://127.0.0.1:8079/cb"
MODEL: dict[str, Any] = {
    "id": "11111111-1111-4111-8111-111111111111",
    "name": "Payments",
    "created_at": "2026-01-01T00:00:00Z",
    "is_confidential": True,
    "threats": [
        {
            "id": f"22222222-2222-7222-8222-22222222222{n}",
            "name": f"Threat {n}",
            "created_at": f"2026-01-0{n}T00:00:00.5Z",
            "threat_type": ["Spoofing"],
            "severity": severity,
            "description": "d",
        }
        for n, severity in ((1, "low"), (2, "critical"), (3, "3"))
    ],
}
FIRST, SECOND, THIRD = (threat["id"] for threat in MODEL["threats"])
THREATS = f"/threat_models/{MODEL['id']}/threats"
LINK = "https://tracker.example.com/1"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 21, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)


class World:
    """A server with one model, and a bot that may write to it."""

    def __init__(self, **settings: Any) -> None:
        self.clock, self.log = Clock(), Log()
        self.site = TmiSite(log=self.log, clock=self.clock, callbacks=(CALLBACK,), **settings)
        self.site.load([MODEL], owner="alice")
        self.bot = self.site.add_user("bot", groups=("tmi-automation",))

    def ask(self, method: str, target: str, body: Any = None, *, token: str | None = None, **headers: str) -> Reply:
        patch = method == "PATCH" and not target.endswith("/bulk")
        sent = {
            "Authorization": f"Bearer {token or self.bot}",
            "Content-Type": "application/json-patch+json" if patch else "application/json",
            "X-Request-Id": "r1",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.site(Request.of(method, target, sent, raw, "http://127.0.0.1"))

    def names(self, query: str) -> list[str]:
        reply = self.ask("GET", f"{THREATS}?{query}")
        assert reply.status == 200, reply.body
        return [row["name"][-1] for row in reply.body["threats"]]
