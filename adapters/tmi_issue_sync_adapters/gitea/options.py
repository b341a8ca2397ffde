"""What an operator writes about a Gitea or Forgejo and a place on it."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import SplitResult

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tmi_issue_sync.model import Severity, TrackerKey
from tmi_issue_sync.secret import Secret
from tmi_issue_sync.tracker import Traits
from tmi_issue_sync_adapters.wire.reach import Reach, Seconds, base, netloc, one_word

from .issue import ADAPTER, REPO

TITLE_MAX = 255
BODY_MAX = 65_536
"""Our own: neither server has a limit, and both need much memory for long texts."""
WHAT = "gitea"

Name = Annotated[str, Field(min_length=1, max_length=255)]
Days = Annotated[int, Field(ge=0, le=3_650)]


class Options(Reach):
    """How to reach a Gitea or a Forgejo, and how much time to give it."""

    url: str
    """Where people open it, like "https://git.example.com" or "https://example.com/git"."""
    token: Secret
    """An access token with the scopes read:user, read:repository and write:issue."""
    lag: Seconds = 10.0
    lag_after_errors: Seconds = 60.0

    @field_validator("token")
    @classmethod
    def _one_word(cls, token: Secret) -> Secret:
        return one_word(token)


class Target(BaseModel):
    """A repository, and what every ticket made there gets."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    repo: str
    """As in its URL: "owner/name"."""
    assignees: tuple[Name, ...] = ()
    """Login names."""
    milestone: Name | None = None
    """The title of one that is open."""
    due_days: dict[Severity, Days] = Field(default_factory=dict)
    """By severity (`critical = 7`), from the day on which the ticket is made; read from the severity's label."""

    @field_validator("repo")
    @classmethod
    def _owner_and_name(cls, repo: str) -> str:
        if not re.fullmatch(REPO, repo):
            raise ValueError('a repository is written "owner/name"')
        return repo


def key(options: Options, target: Target) -> TrackerKey:
    """The repository's name for the ledger."""
    return TrackerKey(ADAPTER, netloc(site(options)), target.repo.lower())


def traits(options: Options) -> Traits:
    """There are no confidential issues: who sees the repository sees them all."""
    return options.traits(
        title_max=TITLE_MAX, body_max=BODY_MAX, confidential=False, hosts=(netloc(site(options)),)
    )


def site(options: Options) -> SplitResult:
    """Where people open it. Raises ConfigError."""
    return base(options, WHAT)
