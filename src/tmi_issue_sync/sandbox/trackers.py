"""The trackers that the sandbox can serve: how each is opened, configured, and read from the log."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from tmi_issue_sync.errors import UsageError
from tmi_issue_sync.sandbox.wire import Clock, CommitLog, Reply, Request, utcnow

BOT = "threat-bot"
"""Who makes the tickets."""


class Site(Protocol):
    """What the sandbox asks of a tracker's server; each has much more for its tests."""

    name: str

    def __call__(self, request: Request) -> Reply: ...

    def add_user(self, name: str, /) -> str:
        """A user who may make tickets; gives a token of theirs."""
        ...

    def issues(self) -> list[dict[str, Any]]:
        """The tickets that exist, in the order of their creation."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of tracker. `number`, `label` and `page` say how a commit's facts show its ticket."""

    title: str
    """For people."""
    open: Callable[[CommitLog, Clock], Site]
    """Imports its package when it is called, and not before."""
    adapter: str
    config: str
    """The lines of the tracker's table that are its own; `{token}` and `{bot}` are filled in."""
    creates: str
    """What the path of the request that makes a ticket matches."""
    number: str
    """The fact by which the site knows the ticket."""
    label: str
    """How people call it: `{repo}#{number}`."""
    page: str
    """Where they read it, below the site's URL."""
    path: str = ""
    """What the config's url has below the server's: an organization."""
    questions: str = "(?!)"
    """What the paths of those requests match that are no GET and yet change nothing."""
    commit: str = "issue.created"
    method: str = "POST"


def _github(log: CommitLog, clock: Clock) -> Site:
    from tmi_issue_sync.sandbox.github import GitHubSite

    return GitHubSite(log=log, clock=clock, repo="example/threats")


def _jira(log: CommitLog, clock: Clock) -> Site:
    from tmi_issue_sync.sandbox.jira import JiraSite

    return JiraSite(log=log, clock=clock, project="SEC")


def _jira_dc(log: CommitLog, clock: Clock) -> Site:
    from tmi_issue_sync.sandbox.jira import JiraSite

    return JiraSite(log=log, clock=clock, cloud=False, project="SEC")


def _gitea(log: CommitLog, clock: Clock) -> Site:
    from tmi_issue_sync.sandbox.gitea import GiteaSite

    return GiteaSite(log=log, clock=clock, repo="example/threats")


def _forgejo(log: CommitLog, clock: Clock) -> Site:
    from tmi_issue_sync.sandbox.gitea import GiteaSite

    return GiteaSite(log=log, clock=clock, flavour="forgejo", repo="example/threats")


def _gitlab(log: CommitLog, clock: Clock) -> Site:
    from tmi_issue_sync.sandbox.gitlab import GitLabSite

    return GitLabSite(log=log, clock=clock, project="example/threats")


def _azure(log: CommitLog, clock: Clock) -> Site:
    from tmi_issue_sync.sandbox.azure import AzureSite

    return AzureSite(log=log, clock=clock, organization="example", project="Threats")


_GITEA = 'target = {{ repo = "example/threats" }}\ntoken = "{token}"\n'
_JIRA_ASKS = r"/(search|search/jql|issue/bulkfetch)$"
TRACKERS = {
    "github": Kind(
        title="GitHub",
        open=_github,
        adapter="github",
        config='target = {{ repo = "example/threats" }}\ntoken = "{token}"\nseconds_between_writes = 0\n',
        creates=r"/issues$",
        number="number",
        label="{repo}#{number}",
        page="/{repo}/issues/{number}",
    ),
    "gitea": Kind(
        title="Gitea",
        open=_gitea,
        adapter="gitea",
        config=_GITEA,
        creates=r"/issues$",
        number="number",
        label="{repo}#{number}",
        page="/{repo}/issues/{number}",
    ),
    "forgejo": Kind(
        title="Forgejo",
        open=_forgejo,
        adapter="gitea",
        config=_GITEA,
        creates=r"/issues$",
        number="number",
        label="{repo}#{number}",
        page="/{repo}/issues/{number}",
    ),
    "gitlab": Kind(
        title="GitLab",
        open=_gitlab,
        adapter="gitlab",
        config='target = {{ project = "example/threats" }}\ntoken = "{token}"\n',
        creates=r"/issues$",
        questions=r"/api/graphql$",
        number="iid",
        label="{project}#{iid}",
        page="/{project}/-/issues/{iid}",
    ),
    "azure-devops": Kind(
        title="Azure DevOps",
        open=_azure,
        adapter="azure-devops",
        config='target = {{ project = "Threats", type = "Issue" }}\ntoken = "{token}"\n',
        creates=r"/workitems/(\$|%24)[^/]+$",
        questions=r"/(wiql|workitemsbatch)$",
        number="number",
        label="{key}",
        page="/{organization}/{project}/_workitems/edit/{number}",
        path="/example",
    ),
    "jira": Kind(
        title="Jira Cloud",
        open=_jira,
        adapter="jira",
        config='kind = "cloud"\nemail = "{bot}@example.com"\ntoken = "{token}"\ntarget.project = "SEC"\n',
        creates=r"/issue$",
        questions=_JIRA_ASKS,
        number="key",
        label="{key}",
        page="/browse/{key}",
    ),
    "jira-dc": Kind(
        title="Jira Data Center",
        open=_jira_dc,
        adapter="jira",
        config='kind = "data-center"\ntoken = "{token}"\ntarget.project = "SEC"\n',
        creates=r"/issue$",
        questions=_JIRA_ASKS,
        number="key",
        label="{key}",
        page="/browse/{key}",
    ),
}
"""By the name that `--tracker` takes, which is the site's name in the log too."""


def kind_of(name: str) -> Kind:
    """Raises UsageError, naming the nearest, for a kind that the sandbox does not have."""
    if name not in TRACKERS:
        near = difflib.get_close_matches(name, TRACKERS, 1)
        todo = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(TRACKERS)}."
        raise UsageError(f"the sandbox has no tracker {name!r}", todo=todo)
    return TRACKERS[name]


def opened(name: str, log: CommitLog, clock: Clock = utcnow) -> Site:
    """A tracker that goes by this name in the log. Raises UsageError."""
    site = kind_of(name).open(_Renamed(log, name), clock)
    site.name = name
    return site


class _Renamed:
    """Cloud and Data Center are one site's code, and two sites of one log."""

    def __init__(self, log: CommitLog, name: str) -> None:
        self._log = log
        self._name = name

    def commit(self, site: str, kind: str, **facts: object) -> None:  # noqa: ARG002
        self._log.commit(self._name, kind, **facts)
