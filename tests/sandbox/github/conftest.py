"""A GitHub on a loopback port, its clock and its log, and the real PyGithub logged in to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from github import Auth, Github
from github.Repository import Repository
from urllib3 import Retry

from tmi_issue_sync.sandbox.github import GitHubSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server
from tmi_issue_sync.sandbox.wire import Clock


@pytest.fixture
def hands() -> list[datetime]:
    """The time is the last of these."""
    return [datetime(2026, 5, 1, 12, 0, tzinfo=UTC)]


@pytest.fixture
def clock(hands: list[datetime]) -> Clock:
    return lambda: hands[-1]


@pytest.fixture
def pass_time(hands: list[datetime]) -> Callable[[float], None]:
    return lambda seconds: hands.append(hands[-1] + timedelta(seconds=seconds))


@pytest.fixture
def log(clock: Clock) -> Log:
    return Log(clock=clock)


@pytest.fixture
def site(log: Log, clock: Clock) -> GitHubSite:
    return GitHubSite(log=log, clock=clock)


@pytest.fixture
def server(site: GitHubSite, log: Log) -> Iterator[Server]:
    with Server(site, log=log) as running:
        yield running


@pytest.fixture
def login(site: GitHubSite, server: Server) -> Iterator[Callable[..., Github]]:
    """Log a user in who has these rights; without retries unless some are given."""
    opened: list[Github] = []

    def connect(login: str = "bot", *, retry: Retry | None = None, lazy: bool = False, **rights: Any) -> Github:
        client = Github(
            auth=Auth.Token(site.add_user(login, **rights)),
            base_url=f"{server.url}/api/v3",
            retry=retry,
            lazy=lazy,
            timeout=5,
            seconds_between_requests=0,
            seconds_between_writes=0,
        )
        opened.append(client)
        return client

    yield connect
    for client in opened:
        client.close()


@pytest.fixture
def repo(login: Callable[..., Github]) -> Repository:
    return login().get_repo("example/threats")
