"""A GitLab on a loopback port, its clock and log, and the real python-gitlab logged in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import gitlab
import pytest

from tmi_issue_sync.sandbox.gitlab import GitLabSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server
from tmi_issue_sync.sandbox.wire import Clock

from .client import PROJECT, Client

Connect = Callable[[str], Client]


@pytest.fixture
def hands() -> list[datetime]:
    """The time is the last of these."""
    return [datetime(2026, 5, 1, 12, 0, 30, 123456, tzinfo=UTC)]


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
def site(log: Log, clock: Clock) -> GitLabSite:
    return GitLabSite(log=log, clock=clock, project=PROJECT)


@pytest.fixture
def connect(site: GitLabSite, log: Log) -> Iterator[Connect]:
    opened: list[gitlab.Gitlab] = []
    with Server(site, log=log) as server:

        def as_(token: str) -> Client:
            opened.append(gitlab.Gitlab(server.url, private_token=token, keep_base_url=True))
            return Client(opened[-1])

        yield as_
        for each in opened:
            each.session.close()


@pytest.fixture
def bot(connect: Connect, site: GitLabSite) -> Client:
    return connect(site.add_user("bot"))
