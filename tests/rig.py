"""A TMI and a GitHub on loopback, a ledger on disk, and passes run by the shipped code over real HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from tmi_issue_sync.clock import SystemClock
from tmi_issue_sync.ledger import Ledger, LedgerLock
from tmi_issue_sync.plan import Policy
from tmi_issue_sync.render import Renderer
from tmi_issue_sync.report import Outcome, Report
from tmi_issue_sync.rules import Destination, Route
from tmi_issue_sync.sandbox.faults import Fault, Faults
from tmi_issue_sync.sandbox.github import GitHubSite
from tmi_issue_sync.sandbox.log import Entry, Log
from tmi_issue_sync.sandbox.server import Server
from tmi_issue_sync.sandbox.tmi import TmiSite
from tmi_issue_sync.sync import Scope, Setup, Site, run_pass
from tmi_issue_sync.tmi.client import TmiClient
from tmi_issue_sync.tmi.options import TmiOptions
from tmi_issue_sync.tracker import guarded, load

REPO = "example/threats"
LONG_AGO = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
renderer = cache(Renderer)
"""It keeps compiled templates, and nothing else from one draft to the next."""


class Silent:
    """Hears how a pass goes and says nothing."""

    def stage(self, text: str) -> None: ...

    def expect(self, changes: int) -> None: ...

    def done(self, outcome: Outcome) -> None: ...


@dataclass
class TestClock(SystemClock):
    """This machine's clocks, set forward by the test; the servers' Date follows the same offset."""

    __test__ = False
    offset: float = 0.0
    wall: float = 0.0
    """A jump of this machine's wall clock alone."""

    def now(self) -> datetime:
        return self.world() + timedelta(seconds=self.wall)

    def world(self) -> datetime:
        """The time that the servers have."""
        return super().now() + timedelta(seconds=self.offset)

    def monotonic(self) -> float:
        return super().monotonic() + self.offset

    def sleep(self, seconds: float) -> None:
        self.offset += seconds


def threat(n: int, **changes: Any) -> dict[str, Any]:
    """One threat as GET by id answers it."""
    at = (LONG_AGO + timedelta(seconds=n)).isoformat().replace("+00:00", "Z")
    given = {
        "id": str(uuid.UUID(int=0x01A2 << 112 | n)),
        "alias": n + 1,
        "name": f"Threat number {n}",
        "description": f"Somebody does thing {n}.",
        "severity": "high",
        "status": "open",
        "threat_type": ["Tampering"],
        "mitigated": False,
        "include_in_report": True,
        "timmy_enabled": True,
        "auto_generated": False,
        "metadata": [],
        "created_at": at,
        "modified_at": at,
    }
    return {key: value for key, value in (given | changes).items() if value is not None}


def model(*threats: dict[str, Any], n: int = 1, **changes: Any) -> dict[str, Any]:
    """One model with its threats."""
    at = LONG_AGO.isoformat().replace("+00:00", "Z")
    model_id = str(uuid.UUID(int=0x0472 << 112 | n))
    rows = [{**row, "threat_model_id": model_id} for row in threats]
    given = {
        "id": model_id,
        "name": f"Model {n}",
        "threat_model_framework": "STRIDE",
        "status": "in_progress",
        "is_confidential": False,
        "created_at": at,
        "modified_at": at,
        "metadata": [],
        "diagrams": [],
    }
    return given | changes | {"threats": rows}


@dataclass
class Rig:
    """The world of one test."""

    state: Path
    log: Log
    faults: Faults
    clock: TestClock
    tmi: TmiSite
    github: GitHubSite
    tmi_url: str
    github_url: str
    token: str
    bot: str
    policy: Policy = field(default_factory=Policy)
    place: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    new_install: bool = True
    closing: bool = True
    parents: bool = False
    """Threat models get tickets above those of their threats."""
    superseding: bool = False
    drain: Callable[[], object] = lambda: None
    """Waits until every late commit has landed: they come in real time, and the clock here is set."""
    sites: tuple[str, ...] = (REPO,)

    @property
    def ledger_path(self) -> Path:
        return self.state / "ledger.db"

    def destination(self, repo: str = REPO) -> tuple[Destination, Site]:
        adapter = load("github")
        given = {"wait": 5.0, "late": 0.5, "lag": 0.5, "lag_after_errors": 1.0, "seconds_between_writes": 0.0}
        options = adapter.options(url=self.github_url, token=self.token, **(given | self.options))
        target = adapter.target(repo=repo)
        key, traits = adapter.key(options, target), adapter.traits(options)
        site = Site("issues", key, guarded(adapter.connect(options, (target,))), traits)
        site = replace(site, close_duplicates=self.closing, close_superseded=self.superseding)
        to = Destination("issues", key, target, traits, **self.place)
        return replace(to, parent=to if self.parents else None), site

    @contextmanager
    def setup(self, ledger: Path | None = None) -> Iterator[Setup]:
        """Everything opened as the service opens it, and closed again."""
        pairs = [self.destination(repo) for repo in self.sites]
        options = TmiOptions.model_validate(
            {"url": self.tmi_url, "ui_url": "https://tmi-ui.example.com", "write": {"token": self.bot}}
        )
        path = ledger or self.ledger_path
        with LedgerLock(path) as lock:
            opened = Ledger.open(path, instance=options.instance, clock=self.clock, lock=lock)
            if self.new_install and opened.settling() and not opened.tickets():
                opened.new_install()
            client = TmiClient(options, clock=self.clock, memory=opened, state_dir=self.state, user_agent="test")
            with client:
                yield Setup(
                    tmi=client,
                    sites=tuple(site for _, site in pairs),
                    routes=self.routes,
                    default=None if self.routes else pairs[0][0],
                    renderer=renderer(options.instance, options.ui_url),
                    ledger=opened,
                    clock=self.clock,
                    policy=self.policy,
                    instance=options.instance,
                    aliases=frozenset(options.instance_aliases),
                    version=lambda: "test",
                )
            opened.close()

    def run(self, scope: Scope = Scope(), *, apply: bool = True, yes: bool = True, **more: Any) -> Report:  # noqa: B008
        """One pass in a process of its own, as far as the ledger and the clients can tell."""
        with self.setup() as setup:
            return run_pass(setup, scope, progress=Silent(), apply=apply, approve=lambda _: yes, **more)

    def strike(
        self, kind: Any, site: str = "github", method: str = "POST", path: str = r"/issues$", **more: Any
    ) -> None:
        self.faults.add(Fault(site=site, kind=kind, method=method, path=path, **more))

    def wait(self, seconds: float) -> None:
        """Time passes, for us and for the servers."""
        self.clock.offset += seconds

    # -- what the servers committed ------------------------------------------------------------------------

    def made(self) -> list[Entry]:
        return self.log.commits("github", "issue.created")

    def writes(self, site: str) -> list[Entry]:
        return [entry for entry in self.log.requests(site) if entry.kind not in ("GET", "HEAD")]

    def links(self) -> dict[str, str]:
        return {row["name"]: row.get("issue_uri", "") for row in self.tmi.threats()}

    def rows(self) -> dict[str, dict[str, Any]]:
        return {row["id"]: row for row in self.tmi.threats()}


@contextmanager
def rig(
    state: Path, *models: dict[str, Any], dialect: Any = "1.8.22", private: bool = True, **tmi: Any
) -> Iterator[Rig]:
    """Servers started with these models, stopped at the end."""
    clock = TestClock()
    log, faults = Log(clock=clock.world), Faults()
    given: dict[str, Any] = {"issue_uri_schemes": ("https", "http")} | tmi
    site = TmiSite(log=log, clock=clock.world, dialect=dialect, **given)
    site.load(models, owner="alice")
    bot = site.add_user("bot", groups=("tmi-automation",))
    github = GitHubSite(log=log, clock=clock.world, repo=REPO, private=private)
    token = github.add_user("bot")
    with (
        Server(site, log=log, faults=faults) as tmi_server,
        Server(github, log=log, faults=faults) as github_server,
    ):
        urls = (tmi_server.url, github_server.url)
        found = Rig(state, log, faults, clock, site, github, *urls, token, bot)
        found.drain = github_server.drain
        yield found
