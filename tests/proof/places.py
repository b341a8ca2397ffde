"""Where the rivals' tape runs: the rig with its GitHub, or with a Jira beside it that gets the tickets instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from rig import REPO, Rig, rig
from tmi_issue_sync.rules import Destination
from tmi_issue_sync.sandbox.jira import JiraSite
from tmi_issue_sync.sandbox.server import Server
from tmi_issue_sync.sync import Site
from tmi_issue_sync.tracker import guarded, load

from .contestants import Servers

PROJECT = "SEC"
TIMES = {"wait": 1.0, "late": 0.5, "lag": 120.0, "lag_after_errors": 120.0}
TMI = """
[tmi]
url = "{at.tmi}"
write = {{ token = "{at.tmi_token}" }}
[trackers.issues]
url = "{at.tracker}"
token = "{at.tracker_token}"
"""


@dataclass
class Place(Rig):
    """A world whose tickets go to GitHub."""

    tracker: str = "github"
    """What faults and the log call it."""

    def servers(self) -> Servers:
        return Servers(self.tmi_url, self.bot, self.github_url, self.token, REPO)

    def config(self) -> str:
        """TOML for the real command."""
        own = f'adapter = "github"\ntarget = {{ repo = "{REPO}" }}\nseconds_between_writes = 0\n'
        return TMI.format(at=self.servers()) + own + self._times()

    def lists_late(self, seconds: float) -> None:
        self.github.set_lag(seconds)

    def titles(self) -> list[str]:
        """Of every ticket that exists."""
        return [str(issue["title"]) for issue in self.github.issues(REPO)]

    def close_all(self) -> None:
        for issue in self.github.issues(REPO):
            self.github.close(int(issue["number"]))

    @staticmethod
    def _times() -> str:
        return "\n".join(f"{name} = {value}" for name, value in TIMES.items())


@dataclass
class JiraPlace(Place):
    """A world whose tickets go to a Jira Data Center."""

    jira: JiraSite = field(kw_only=True)
    jira_url: str = field(kw_only=True)
    jira_token: str = field(kw_only=True)

    def destination(self, repo: str = PROJECT) -> tuple[Destination, Site]:
        adapter = load("jira")
        options = adapter.options(
            url=self.jira_url, kind="data-center", token=self.jira_token, timeout=1.0, **self.options
        )
        target = adapter.target(project=PROJECT)
        key, traits = adapter.key(options, target), adapter.traits(options)
        site = Site("issues", key, guarded(adapter.connect(options, (target,))), traits)
        return Destination("issues", key, target, traits), site

    def servers(self) -> Servers:
        return Servers(self.tmi_url, self.bot, self.jira_url, self.jira_token, PROJECT)

    def config(self) -> str:
        own = f'adapter = "jira"\nkind = "data-center"\ntarget = {{ project = "{PROJECT}" }}\n'
        return TMI.format(at=self.servers()) + own + self._times()

    def lists_late(self, seconds: float) -> None:
        self.jira.set_lag(seconds)

    def titles(self) -> list[str]:
        return [str(issue["summary"]) for issue in self.jira.issues(PROJECT)]

    def close_all(self) -> None:
        for issue in self.jira.issues(PROJECT):
            self.jira.close(str(issue["key"]))


@contextmanager
def place(tracker: str, state: Path, *models: dict[str, Any]) -> Iterator[Place]:
    """A world whose tickets go to this tracker, with a ledger that has settled, as after the first day."""
    with rig(state, *models, dialect="documented") as world:
        world.options = dict(TIMES)
        given: dict[str, Any] = {each.name: getattr(world, each.name) for each in fields(world)}
        if tracker == "github":
            yield _settled(Place(**given))
            return
        site = JiraSite(log=world.log, clock=world.clock.world, cloud=False, project=PROJECT)
        token = site.add_user("bot")
        with Server(site, log=world.log, faults=world.faults) as server:
            given |= {"tracker": "jira", "jira": site, "jira_url": server.url, "jira_token": token}
            yield _settled(JiraPlace(**given))


def _settled(world: Place) -> Place:
    with world.setup():
        return world
