"""An Azure DevOps without a socket, its clock and log, and a user of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.azure.api import Api
from tmi_issue_sync.sandbox.azure import AzureSite
from tmi_issue_sync.sandbox.log import Log
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


@pytest.fixture
def site(log: Log, clock: Clock) -> AzureSite:
    return AzureSite(log=log, clock=clock)


@pytest.fixture
def api(site: AzureSite) -> Api:
    return Api(site, site.add_user("bot"))
