"""Fixtures for the Jira adapter's tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tmi_issue_sync.sandbox.faults import Faults
from tmi_issue_sync.sandbox.jira import JiraSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server

from .world import Room


@contextmanager
def opened(*, cloud: bool, **user: Any) -> Iterator[Room]:
    log, faults = Log(), Faults()
    site = JiraSite(log=log, cloud=cloud, project="SEC", lag=0)
    token = site.add_user("bot", email="bot@example.com", **user)
    with Server(site, log=log, faults=faults) as server:
        yield Room(site, log, faults, server.url, token, cloud)


@pytest.fixture(params=["cloud", "data-center"])
def room(request: pytest.FixtureRequest) -> Iterator[Room]:
    with opened(cloud=request.param == "cloud") as room:
        yield room


@pytest.fixture
def cloud() -> Iterator[Room]:
    with opened(cloud=True) as room:
        yield room


@pytest.fixture
def data_center() -> Iterator[Room]:
    with opened(cloud=False) as room:
        yield room
