"""A TMI and its trackers side by side on loopback, with one log and one set of faults, and a config that fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import quote

from tmi_issue_sync.sandbox.facts import Made
from tmi_issue_sync.sandbox.faults import Faults
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server
from tmi_issue_sync.sandbox.tmi import TmiSite
from tmi_issue_sync.sandbox.tmi.rules import Dialect
from tmi_issue_sync.sandbox.trackers import BOT, TRACKERS, opened
from tmi_issue_sync.sandbox.wire import App, Clock, utcnow

if TYPE_CHECKING:
    from tmi_issue_sync.sandbox.github import GitHubSite

LOGIN_CALLBACK = "http://127.0.0.1:8765/callback"
"""The default of `write = { login = true }`: so that `login` can be tried here too."""
_TMI = """\
# For the sandbox alone: its tokens are worth nothing elsewhere, and its times are far too short for real servers.
[tmi]
url = "{url}"
write = {{ token = "{token}" }}

[sync]
every = "5s"
jitter = "0s"
quiet = "0s"
"""
_TRACKER = """
[trackers.{name}]
adapter = "{adapter}"
url = "{url}"
{own}wait = 1
late = 0.5
lag = 0.5
lag_after_errors = 1
"""
_ROUTE = """
[[routes]]
tracker = "{name}"
when = {{ {severities}mitigated = false, status_not = ["resolved", "accepted", "false_positive", "closed"] }}
"""
_SEVERITIES = ("critical", "high", "medium", "low", "informational")


class World:
    """All sites, serving inside of `with`. TMI listens on `port`, the trackers on the next ones; 0: on any."""

    def __init__(
        self,
        trackers: Sequence[str] = ("github",),
        *,
        port: int = 0,
        dialect: Dialect = "1.8.22",
        clock: Clock = utcnow,
    ) -> None:
        """Raises UsageError for a tracker that the sandbox does not have, OSError where a port is taken."""
        self.log = Log(clock=clock)
        self.faults = Faults()
        schemes = ("https", "http")
        self.tmi_site = TmiSite(
            log=self.log, clock=clock, dialect=dialect, issue_uri_schemes=schemes, callbacks=(LOGIN_CALLBACK,)
        )
        self.sites = {name: opened(name, self.log, clock) for name in trackers}
        with ExitStack() as stack:
            servers: list[Server] = []
            apps: tuple[App, ...] = (self.tmi_site, *self.sites.values())
            for place, site in enumerate(apps):
                server = Server(site, log=self.log, faults=self.faults, port=port and port + place)
                stack.callback(server.close)
                servers.append(server)
            self._servers = stack.pop_all()
        self.tmi, *others = servers
        self.servers = dict(zip(self.sites, others, strict=True))
        self._tmi_token = self.tmi_site.add_user(BOT, groups=("tmi-automation",))
        self._tokens = {name: site.add_user(BOT) for name, site in self.sites.items()}

    @property
    def github(self) -> Server:
        return self.servers["github"]

    @property
    def github_site(self) -> GitHubSite:
        return cast("GitHubSite", self.sites["github"])

    def load(self, models: Iterable[Mapping[str, Any]]) -> None:
        self.tmi_site.load(models, owner="alice")

    def issues(self) -> list[dict[str, Any]]:
        """The tickets that exist."""
        return [issue for site in self.sites.values() for issue in site.issues()]

    def url(self, ticket: Made) -> str:
        """Where people read a ticket."""
        return self.servers[ticket.site].url + quote(ticket.page)

    def config(self) -> str:
        """TOML that works with this world. Several trackers share the threats by severity."""
        parts = [_TMI.format(url=self.tmi.url, token=self._tmi_token)]
        alone = len(self.sites) == 1
        for name, server in self.servers.items():
            kind = TRACKERS[name]
            own = kind.config.format(token=self._tokens[name], bot=BOT)
            table = "sandbox" if alone else name
            parts.append(_TRACKER.format(name=table, adapter=kind.adapter, url=server.url + kind.path, own=own))
        return "".join([*parts, *(() if alone else self._routes())])

    def _routes(self) -> Iterable[str]:
        names = list(self.sites)
        for index, name in enumerate(names):
            share = ", ".join(f'"{each}"' for each in _SEVERITIES[index :: len(names)])
            last = index == len(names) - 1
            yield _ROUTE.format(name=name, severities="" if last else f"severity = [{share}], ")

    def close(self) -> None:
        self._servers.close()

    def __enter__(self) -> Self:
        self.tmi.start()
        for server in self.servers.values():
            server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
