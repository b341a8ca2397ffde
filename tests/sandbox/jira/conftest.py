"""Jira Cloud and Data Center on loopback ports, their clock and log, and the real jira library logged in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from jira import JIRA

from sandbox.jira.api import Api
from tmi_issue_sync.sandbox.jira import JiraSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server
from tmi_issue_sync.sandbox.wire import Clock


@pytest.fixture
def hands() -> list[datetime]:
    """The time is the last of these."""
    return [datetime(2026, 5, 1, 12, 0, 30, tzinfo=UTC)]


@pytest.fixture
def clock(hands: list[datetime]) -> Clock:
    return lambda: hands[-1]


@pytest.fixture
def pass_time(hands: list[datetime]) -> Callable[[float], None]:
    return lambda seconds: hands.append(hands[-1] + timedelta(seconds=seconds))


@pytest.fixture
def log(clock: Clock) -> Log:
    return Log(clock=clock)


@pytest.fixture(params=[True, False], ids=["cloud", "dc"])
def is_cloud(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def site(log: Log, clock: Clock) -> JiraSite:
    return JiraSite(log=log, clock=clock)


@pytest.fixture
def dc_site(log: Log, clock: Clock) -> JiraSite:
    return JiraSite(log=log, clock=clock, cloud=False)


@pytest.fixture
def any_site(request: pytest.FixtureRequest, is_cloud: bool) -> JiraSite:
    """One of both."""
    found: JiraSite = request.getfixturevalue("site" if is_cloud else "dc_site")
    return found


@pytest.fixture
def serve(log: Log) -> Iterator[Callable[[JiraSite], Server]]:
    servers: dict[int, Server] = {}

    def start(site: JiraSite) -> Server:
        if id(site) not in servers:
            servers[id(site)] = Server(site, log=log).start()
        return servers[id(site)]

    yield start
    for server in servers.values():
        server.close()


@pytest.fixture
def login(serve: Callable[[JiraSite], Server]) -> Iterator[Callable[..., Api]]:
    """Log a user of a token in; without retries unless some are given."""
    opened: list[JIRA] = []

    def connect(site: JiraSite, token: str, name: str = "bot", *, retries: int = 0, cloud: bool = True) -> Api:
        url = serve(site).url
        if cloud:
            client = JIRA(url, basic_auth=(f"{name}@example.com", token), max_retries=retries, timeout=5)
        else:
            client = JIRA(url, token_auth=token, max_retries=retries, timeout=5)
        opened.append(client)
        return Api(client, url, 3 if cloud else 2)

    yield connect
    for client in opened:
        client.close()  # type: ignore[no-untyped-call] # the library types it not


@pytest.fixture
def api(site: JiraSite, login: Callable[..., Api]) -> Api:
    """Cloud, version 3."""
    return login(site, site.add_user("bot"))


@pytest.fixture
def dc(dc_site: JiraSite, login: Callable[..., Api]) -> Api:
    """Data Center."""
    return login(dc_site, dc_site.add_user("bot"), cloud=False)


@pytest.fixture
def any_api(request: pytest.FixtureRequest, is_cloud: bool) -> Api:
    """One of both."""
    found: Api = request.getfixturevalue("api" if is_cloud else "dc")
    return found
