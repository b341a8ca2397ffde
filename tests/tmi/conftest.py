"""A TMI on loopback, a clock that never waits, and clients that are closed again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tmi_issue_sync.model import ModelRead, Threat
from tmi_issue_sync.sandbox.faults import Fault, Faults
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server
from tmi_issue_sync.sandbox.tmi import TmiSite
from tmi_issue_sync.tmi.client import TmiClient
from tmi_issue_sync.tmi.options import TmiOptions
from tmi_issue_sync.tmi.session import Saved, SessionFile


class FakeClock:
    """Sleeping moves it; every look at the wall clock moves it by a millisecond."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.at = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        self.advance(0.001)
        return datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=self.at)

    def monotonic(self) -> float:
        return self.at

    def boot_id(self) -> str:
        return "boot"

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        with self._lock:
            self.at += seconds


class Memory(dict[str, str]):
    """What the ledger remembers."""

    def set(self, key: str, value: str) -> None:
        self[key] = value


@dataclass
class World:
    """One TMI and everything that a test wants of it."""

    clock: FakeClock
    state_dir: Path
    stack: ExitStack
    memory: Memory = field(default_factory=Memory)
    log: Log = field(default_factory=Log)
    faults: Faults = field(default_factory=Faults)
    site: TmiSite = field(init=False)
    url: str = ""

    def start(self, **settings: Any) -> World:
        self.site = TmiSite(log=self.log, clock=self.clock.now, **settings)
        self.url = self.stack.enter_context(Server(self.site, log=self.log, faults=self.faults)).url
        return self

    def threat_model(self, *threats: dict[str, Any], name: str = "Payments", **fields: Any) -> None:
        """A model of Alice's with these threats."""
        rows = [{"name": f"T{n}", "threat_type": [], "severity": "high", **row} for n, row in enumerate(threats)]
        self.site.add_user("alice")
        self.site.load([{"name": name, "threats": rows, **fields}], owner="alice")

    def client(self, *, clock: Any = None, **options: Any) -> TmiClient:
        """By default Alice reads and writes with a token."""
        options = options or {"write": {"token": self.site.add_user("alice")}}
        return self.stack.enter_context(
            TmiClient(
                TmiOptions.model_validate({"url": self.url, **options}),
                clock=clock or self.clock,
                memory=self.memory,
                state_dir=self.state_dir,
                user_agent="tests",
            )
        )

    def session(self, user: str = "alice", *, expired: bool = False, url: str | None = None) -> SessionFile:
        """A session as `login` would store it."""
        access, refresh = self.site.issue_session(user)
        now = self.clock.now()
        until = now + timedelta(seconds=-1 if expired else 3600)
        file = SessionFile(self.state_dir, url or self.url)
        with file.locked(self.clock):
            file.store(
                Saved(
                    url=url or self.url,
                    refresh_token=refresh,
                    access_token=access,
                    access_until=until.isoformat(),
                    started_at=now.isoformat(),
                    ends_at=(now + timedelta(days=7)).isoformat(),
                    provider="tmi",
                    user=user,
                )
            )
        return file

    def fault(self, kind: Any, **where: Any) -> None:
        self.faults.add(Fault(site="tmi", kind=kind, **where))

    def asked(self, method: str | None = None, path: str | None = None) -> list[str]:
        """`GET /threat_models`, in order."""
        return [f"{entry.kind} {entry.facts['path']}" for entry in self.log.requests("tmi", method, path)]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def world(clock: FakeClock, tmp_path: Path) -> Iterator[World]:
    """Not started yet: each test says how its TMI is set up."""
    with ExitStack() as stack:
        yield World(clock, tmp_path / "state", stack)


@pytest.fixture
def first_threat() -> Callable[[TmiClient], Threat]:
    def first(client: TmiClient) -> Threat:
        (read,) = client.read(client.threat_models()[:1])
        assert isinstance(read, ModelRead), read
        return read.threats[0]

    return first
