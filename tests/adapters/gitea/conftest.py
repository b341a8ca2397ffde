"""Fixtures for the Gitea adapter's tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tmi_issue_sync.sandbox.faults import Faults
from tmi_issue_sync.sandbox.gitea import GiteaSite
from tmi_issue_sync.sandbox.gitea.model import Flavour
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server

from .world import Room


@contextmanager
def opened(flavour: Flavour = "gitea", **site: Any) -> Iterator[Room]:
    log, faults = Log(), Faults()
    app = GiteaSite(log=log, flavour=flavour, **site)
    with Server(app, log=log, faults=faults) as server:
        yield Room(app, log, faults, server.url, app.add_user("bot"))


@pytest.fixture(params=["gitea", "forgejo"])
def room(request: pytest.FixtureRequest) -> Iterator[Room]:
    with opened(request.param) as room:
        yield room


@pytest.fixture
def gitea() -> Iterator[Room]:
    with opened("gitea") as room:
        yield room


@pytest.fixture
def forgejo() -> Iterator[Room]:
    with opened("forgejo") as room:
        yield room
