"""A Gitea and a Forgejo without a socket, their clock and log, and somebody who asks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from tmi_issue_sync.sandbox.gitea import GiteaSite
from tmi_issue_sync.sandbox.gitea.model import Flavour
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.wire import Clock, Reply, Request

REPO = "/repos/example/threats"


@pytest.fixture
def hands() -> list[datetime]:
    """The time is the last of these."""
    return [datetime(2026, 5, 1, 12, 0, 0, 400_000, tzinfo=UTC)]


@pytest.fixture
def clock(hands: list[datetime]) -> Clock:
    return lambda: hands[-1]


@pytest.fixture
def pass_time(hands: list[datetime]) -> Callable[[float], None]:
    return lambda seconds: hands.append(hands[-1] + timedelta(seconds=seconds))


@pytest.fixture
def log(clock: Clock) -> Log:
    return Log(clock=clock)


@dataclass
class Api:
    """A site, and how it is asked."""

    site: GiteaSite
    token: str

    def __call__(
        self, method: str, path: str, body: Any = None, token: str | None = None, **query: object
    ) -> Reply:
        """The answer; `token` is another's, or "" for nobody's."""
        secret = self.token if token is None else token
        headers = {"authorization": f"token {secret}"} if secret else {}
        headers |= {"content-type": "application/json"}
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        target = f"/api/v1{path}{f'?{urlencode(query)}' if query else ''}"
        return self.site(Request.of(method, target, headers, data, "http://git.example.com"))

    def create(self, title: str = "A threat", **more: Any) -> dict[str, Any]:
        """An issue that was made."""
        reply = self("POST", f"{REPO}/issues", {"title": title, **more})
        assert reply.status == 201, reply
        shown: dict[str, Any] = reply.body
        return shown

    def listed(self, **query: Any) -> list[int]:
        """The numbers that a list of issues shows."""
        reply = self("GET", f"{REPO}/issues", **query)
        assert reply.status == 200, reply
        return [row["number"] for row in reply.body]

    def site_page(self, path: str) -> Reply:
        """A page for people."""
        return self.site(Request.of("GET", path, {}, b"", "http://git.example.com"))

    def label(self, name: str) -> int:
        reply = self("POST", f"{REPO}/labels", {"name": name, "color": "#00ff00"})
        assert reply.status == 201, reply
        return int(reply.body["id"])


def opened(flavour: Flavour, log: Log, clock: Clock) -> Api:
    site = GiteaSite(log=log, clock=clock, flavour=flavour)
    return Api(site, site.add_user("bot"))


@pytest.fixture
def gitea(log: Log, clock: Clock) -> Api:
    return opened("gitea", log, clock)


@pytest.fixture
def forgejo(log: Log, clock: Clock) -> Api:
    return opened("forgejo", log, clock)


@pytest.fixture(params=["gitea", "forgejo"])
def api(request: pytest.FixtureRequest) -> Api:
    found: Api = request.getfixturevalue(request.param)
    return found
