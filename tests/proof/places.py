"""Where the rivals' tape runs: the rig with its GitHub, or with another tracker beside it that gets the tickets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from rig import REPO, Rig, rig
from tmi_issue_sync.rules import Destination
from tmi_issue_sync.sandbox.gitlab import GitLabSite
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
class OtherPlace(Place):
    """A world whose tickets go to another tracker than the rig's own."""

    url: str = field(kw_only=True)
    key: str = field(kw_only=True)
    """A token for it."""
    project: str = field(kw_only=True)
    more: dict[str, str] = field(kw_only=True)
    """Options of the adapter's own."""

    def destination(self, repo: str = REPO) -> tuple[Destination, Site]:
        adapter = load(self.tracker)
        options = adapter.options(url=self.url, token=self.key, timeout=1.0, **self.options, **self.more)
        target = adapter.target(project=self.project)
        key, traits = adapter.key(options, target), adapter.traits(options)
        site = Site("issues", key, guarded(adapter.connect(options, (target,))), traits)
        return Destination("issues", key, target, traits), site

    def servers(self) -> Servers:
        return Servers(self.tmi_url, self.bot, self.url, self.key, self.project)

    def config(self) -> str:
        """TOML for the real command."""
        own = {"adapter": self.tracker, "target.project": self.project} | self.more
        return TMI.format(at=self.servers()) + "".join(f'{name} = "{own[name]}"\n' for name in own) + self._times()


@dataclass
class JiraPlace(OtherPlace):
    """A Jira Data Center."""

    jira: JiraSite = field(kw_only=True)

    def lists_late(self, seconds: float) -> None:
        self.jira.set_lag(seconds)

    def titles(self) -> list[str]:
        return [str(issue["summary"]) for issue in self.jira.issues(self.project)]

    def close_all(self) -> None:
        for issue in self.jira.issues(self.project):
            self.jira.close(str(issue["key"]))


@dataclass
class GitLabPlace(OtherPlace):
    """A GitLab of one's own."""

    gitlab: GitLabSite = field(kw_only=True)

    def lists_late(self, seconds: float) -> None:
        self.gitlab.set_lag(seconds)

    def titles(self) -> list[str]:
        return [str(issue["title"]) for issue in self.gitlab.issues()]

    def close_all(self) -> None:
        for issue in self.gitlab.issues():
            self.gitlab.close(int(issue["iid"]))


@contextmanager
def place(tracker: str, state: Path, *models: dict[str, Any]) -> Iterator[Place]:
    """A world whose tickets go to this tracker, with a ledger that has settled, as after the first day."""
    with rig(state, *models, dialect="documented") as world:
        world.options = dict(TIMES)
        given: dict[str, Any] = {each.name: getattr(world, each.name) for each in fields(world)}
        if tracker == "github":
            yield _settled(Place(**given))
            return
        jira = JiraSite(log=world.log, clock=world.clock.world, cloud=False, project=PROJECT)
        gitlab = GitLabSite(log=world.log, clock=world.clock.world, project=REPO)
        site = jira if tracker == "jira" else gitlab
        given |= {"tracker": tracker, "key": site.add_user("bot")}
        with Server(site, log=world.log, faults=world.faults) as server:
            if site is jira:
                more = {"kind": "data-center"}
                yield _settled(JiraPlace(**given, jira=jira, url=server.url, project=PROJECT, more=more))
            else:
                yield _settled(GitLabPlace(**given, gitlab=gitlab, url=server.url, project=REPO, more={}))


def _settled(world: Place) -> Place:
    with world.setup():
        return world
