"""Fixtures for the Azure DevOps adapter's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tmi_issue_sync.sandbox.azure import AzureSite
from tmi_issue_sync.sandbox.faults import Faults
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server

from .world import PROJECT, Room


@pytest.fixture
def room() -> Iterator[Room]:
    log, faults = Log(), Faults()
    site = AzureSite(log=log, project=PROJECT)
    with Server(site, log=log, faults=faults) as server:
        yield Room(site, log, faults, server.url, site.add_user("bot"))
