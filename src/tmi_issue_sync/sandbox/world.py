"""A TMI and a GitHub side by side on loopback, with one log and one set of faults, and a config that fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from tmi_issue_sync.sandbox.faults import Faults
from tmi_issue_sync.sandbox.github import GitHubSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server
from tmi_issue_sync.sandbox.tmi import TmiSite
from tmi_issue_sync.sandbox.tmi.rules import Dialect

REPO = "example/threats"
BOT = "threat-bot"
LOGIN_CALLBACK = "http://127.0.0.1:8765/callback"
"""The default of `write = { login = true }`: so that `login` can be tried here too."""
_CONFIG = """\
# For the sandbox alone: its tokens are worth nothing elsewhere, and its times are far too short for real servers.
[tmi]
url = "{tmi}"
write = {{ token = "{tmi_token}" }}

[sync]
every = "5s"
jitter = "0s"
quiet = "0s"

[trackers.sandbox]
adapter = "github"
url = "{github}"
target = {{ repo = "{repo}" }}
token = "{github_token}"
seconds_between_writes = 0
wait = 1
late = 0.5
lag = 0.5
lag_after_errors = 1
"""


class World:
    """Both sites, serving inside of `with`. TMI listens on `port`, GitHub on the next one; 0: any two."""

    repo = REPO

    def __init__(self, *, port: int = 0, dialect: Dialect = "1.8.22") -> None:
        self.log = Log()
        self.faults = Faults()
        schemes = ("https", "http")
        self.tmi_site = TmiSite(
            log=self.log, dialect=dialect, issue_uri_schemes=schemes, callbacks=(LOGIN_CALLBACK,)
        )
        self.github_site = GitHubSite(log=self.log, repo=REPO)
        self.tmi = Server(self.tmi_site, log=self.log, faults=self.faults, port=port)
        try:
            self.github = Server(self.github_site, log=self.log, faults=self.faults, port=port and port + 1)
        except OSError:
            self.tmi.close()
            raise
        self._tmi_token = self.tmi_site.add_user(BOT, groups=("tmi-automation",))
        self._github_token = self.github_site.add_user(BOT)

    def load(self, models: Iterable[Mapping[str, Any]]) -> None:
        self.tmi_site.load(models, owner="alice")

    def issues(self) -> list[dict[str, Any]]:
        """The tickets that exist."""
        return self.github_site.issues(REPO)

    def config(self) -> str:
        """TOML that works with this world."""
        return _CONFIG.format(
            tmi=self.tmi.url,
            tmi_token=self._tmi_token,
            github=self.github.url,
            github_token=self._github_token,
            repo=REPO,
        )

    def close(self) -> None:
        self.tmi.close()
        self.github.close()

    def __enter__(self) -> Self:
        self.tmi.start()
        self.github.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
