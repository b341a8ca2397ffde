"""What an operator writes about a GitLab and a project on it."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tmi_issue_sync.model import Severity, TrackerKey
from tmi_issue_sync.secret import Secret
from tmi_issue_sync.tracker import Traits
from tmi_issue_sync_adapters.wire.line import Road
from tmi_issue_sync_adapters.wire.reach import Reach, Seconds, base, netloc, one_word, road_to

from .issue import ADAPTER, PROJECT

TITLE_MAX = 255
TEXT_MAX = 1_048_576
"""One mebibyte of description, in characters, as GitLab checks it."""
BODY_MAX = 1_000_000
"""What disarms quick actions has room above it."""
WHAT = "gitlab"

Name = Annotated[str, Field(min_length=1, max_length=255)]
Days = Annotated[int, Field(ge=0, le=3_650)]


class Options(Reach):
    """How to reach a GitLab, and how much time to give it."""

    url: str = "https://gitlab.com"
    """Where people open it; a self-managed one may live below a path."""
    token: Secret
    """A project's, a group's or a person's access token with the scope `api`."""
    lag: Seconds = 60.0
    lag_after_errors: Seconds = 300.0

    @field_validator("token")
    @classmethod
    def _one_word(cls, token: Secret) -> Secret:
        return one_word(token)


class Target(BaseModel):
    """A project, and what every ticket made there gets."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    project: str
    """As in its URL: "group/project", or "group/subgroup/project"."""
    confidential: bool = True
    """Whether only the project's members from Planner or Reporter on see the tickets. Those of confidential threat
    models are always made so."""
    issue_type: Literal["issue", "incident", "task", "ticket"] = "issue"
    assignee: Name | None = None
    """A user's name, without the @."""
    milestone: Name | None = None
    """The title of a milestone that is open in the project or in a group above it."""
    due_days: dict[Severity, Days] = Field(default_factory=dict)
    """By severity (`critical = 7`), from the day on which the ticket is made; read from the severity's label."""

    @field_validator("project")
    @classmethod
    def _full_path(cls, project: str) -> str:
        if not re.fullmatch(PROJECT, project):
            raise ValueError('a project is written as in its URL: "group/project"')
        return project

    @field_validator("assignee")
    @classmethod
    def _user_name(cls, name: str | None) -> str | None:
        if name is not None and not re.fullmatch(r"[A-Za-z0-9_.-]+", name):
            raise ValueError("an assignee is a user's name, without the @")
        return name


def key(options: Options, target: Target) -> TrackerKey:
    """The project's path for the ledger."""
    return TrackerKey(ADAPTER, host(options), target.project.lower())


def traits(options: Options) -> Traits:
    """Single tickets can be kept from people who see the project: each is confidential or not."""
    return options.traits(title_max=TITLE_MAX, body_max=BODY_MAX, confidential=True, hosts=(host(options),))


def host(options: Options) -> str:
    """Where the tickets are. Raises ConfigError."""
    return netloc(site(options))


def site(options: Options) -> SplitResult:
    """Where people open GitLab. Raises ConfigError."""
    return base(options, WHAT)


def road(options: Options) -> Road:
    """The way to the API. Raises ConfigError."""
    return road_to(options, urlsplit(f"{site(options).geturl()}/api"), WHAT)
