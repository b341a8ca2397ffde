"""What an operator writes about a Jira and a place in it."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tmi_issue_sync.model import Severity, TrackerKey
from tmi_issue_sync.secret import Secret
from tmi_issue_sync.tracker import Traits
from tmi_issue_sync_adapters.wire.line import Road
from tmi_issue_sync_adapters.wire.reach import Reach, Seconds, base, netloc, one_word, road_to

from .issue import ADAPTER, PROJECT

TITLE_MAX = 254
TEXT_MAX = 32_767
BODY_MAX = 32_000
"""Of CommonMark; what becomes longer than `TEXT_MAX` on its way to Jira's own form is shortened then."""
WHAT = "jira"
GATEWAY = "https://api.atlassian.com"

Name = Annotated[str, Field(min_length=1, max_length=255)]
Days = Annotated[int, Field(ge=0, le=3_650)]


class Options(Reach):
    """How to reach a Jira, as whom, and how much time to give it."""

    url: str
    """Where people open it, like "https://example.atlassian.net" or "https://example.com/jira"."""
    kind: Literal["cloud", "data-center"] | None = None
    """By default Cloud for *.atlassian.net and with a cloud_id, else Data Center."""
    email: str | None = None
    """Cloud: whose API token it is."""
    token: Secret | None = None
    """Cloud: an API token. Data Center: a personal access token."""
    cloud_id: str | None = None
    """Cloud: for tokens with scopes and for service accounts, which are heard at the API gateway alone."""
    gateway: str = GATEWAY
    user: str | None = None
    password: Secret | None = None
    """Data Center without a personal access token."""
    lag: Seconds = 300.0
    lag_after_errors: Seconds = 900.0

    @property
    def cloud(self) -> bool:
        if self.kind is not None:
            return self.kind == "cloud"
        host = (urlsplit(self.url).hostname or "").lower()
        return self.cloud_id is not None or host.endswith(".atlassian.net")

    @field_validator("token")
    @classmethod
    def _one_word(cls, token: Secret | None) -> Secret | None:
        return None if token is None else one_word(token)

    @field_validator("email", "user")
    @classmethod
    def _plain_name(cls, name: str | None) -> str | None:
        if name is not None and not re.fullmatch(r"[^\s:\x00-\x1f]{1,254}", name):
            raise ValueError("an e-mail or user's name has no colon and no blanks")
        return name

    @field_validator("cloud_id")
    @classmethod
    def _plain_id(cls, cloud_id: str | None) -> str | None:
        if cloud_id is not None and not re.fullmatch(r"[0-9A-Za-z-]{1,64}", cloud_id):
            raise ValueError("a cloud_id is like 11111111-2222-4333-8444-555555555555: see /_edge/tenant_info")
        return cloud_id

    @model_validator(mode="after")
    def _one_way_in(self) -> Options:
        cloud_only = self.email is not None or self.cloud_id is not None
        if self.cloud and (self.token is None or not cloud_only or self.user or self.password):
            raise ValueError("Jira Cloud needs email and token, or token and cloud_id")
        if not self.cloud and cloud_only:
            raise ValueError('email and cloud_id are for Jira Cloud (kind = "cloud")')
        if not self.cloud and (self.token is None) == (self.user is None or self.password is None):
            raise ValueError("Jira Data Center needs a personal access token, or user and password")
        return self


class Target(BaseModel):
    """A project, and what every ticket made there gets."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    project: str
    """The project's key, like "SEC"."""
    issue_type: Name = "Task"
    security: Name | None = None
    """The name of a security level: who may see the tickets. Confidential threat models need one."""
    components: tuple[Name, ...] = ()
    parent: str | None = None
    """The key of an epic or of another parent."""
    assignee: Name | None = None
    """Cloud: an account id or e-mail. Data Center: a user's name."""
    due_days: dict[Severity, Days] = Field(default_factory=dict)
    """By severity (`critical = 7`), from the day on which the ticket is made; read from the severity's label."""

    @field_validator("project")
    @classmethod
    def _key(cls, project: str) -> str:
        if not re.fullmatch(PROJECT, project):
            raise ValueError('a project is named by its key, like "SEC"')
        return project

    @field_validator("parent")
    @classmethod
    def _issue_key(cls, parent: str | None) -> str | None:
        if parent is not None and not re.fullmatch(rf"{PROJECT}-[1-9]\d{{0,17}}", parent):
            raise ValueError('a parent is named by its key, like "SEC-1"')
        return parent


def above(target: Target, kind: str) -> Target:
    """Where the tickets above this target's are made: epics, which stand above all other types."""
    return target.model_copy(
        update={"issue_type": "Epic" if kind.casefold() in ("", "epic") else kind, "parent": None, "due_days": {}}
    )


def key(options: Options, target: Target) -> TrackerKey:
    """The project's name for the ledger."""
    return TrackerKey(ADAPTER, host(options), target.project)


def traits(options: Options) -> Traits:
    """Single tickets can be kept from people who see the project, by security levels."""
    return options.traits(title_max=TITLE_MAX, body_max=BODY_MAX, confidential=True, hosts=(host(options),))


def host(options: Options) -> str:
    """Where the tickets are. Raises ConfigError."""
    return netloc(site(options))


def site(options: Options) -> SplitResult:
    """Where people open Jira. Raises ConfigError."""
    return base(options, WHAT)


def site_road(options: Options) -> Road:
    """The way to where people open it. Raises ConfigError."""
    return road_to(options, site(options), WHAT)


def road(options: Options) -> Road:
    """The way to the API, by the gateway where a cloud id is given. Raises ConfigError."""
    if options.cloud_id is None:
        return site_road(options)
    gateway = base(options.model_copy(update={"url": options.gateway}), WHAT)
    return road_to(options, urlsplit(f"{gateway.geturl()}/ex/jira/{options.cloud_id}"), WHAT)
