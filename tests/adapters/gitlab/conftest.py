"""Fixtures for the GitLab adapter's tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tmi_issue_sync.sandbox.faults import Faults
from tmi_issue_sync.sandbox.gitlab import GitLabSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server

from .world import PROJECT, Room


@contextmanager
def opened(prefix: str = "", **user: Any) -> Iterator[Room]:
    log, faults = Log(), Faults()
    site = GitLabSite(log=log, project=PROJECT, prefix=prefix)
    token = site.add_user("bot", **user)
    with Server(site, log=log, faults=faults) as server:
        yield Room(site, log, faults, f"{server.url}{prefix}", token)


@pytest.fixture
def room() -> Iterator[Room]:
    with opened() as room:
        yield room
