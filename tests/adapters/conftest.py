"""Fixtures for the adapters' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tmi_issue_sync.sandbox.faults import Faults
from tmi_issue_sync.sandbox.github import GitHubSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server

from .loopback import Room


@pytest.fixture
def room() -> Iterator[Room]:
    log, faults = Log(), Faults()
    site = GitHubSite(log=log)
    with Server(site, log=log, faults=faults) as server:
        yield Room(site, log, faults, server.url, site.add_user("bot"))
