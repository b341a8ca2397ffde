"""What an operator writes about an Azure DevOps and a place in it."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import SplitResult, quote, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tmi_issue_sync.model import TrackerKey
from tmi_issue_sync.secret import Secret
from tmi_issue_sync.tracker import Traits
from tmi_issue_sync_adapters.wire.reach import Patience, Reach, Seconds, base, netloc, one_word

from .item import ADAPTER, SERVICES, home

TITLE_MAX = 255
TEXT_MAX = 1_000_000
"""Of HTML; Azure DevOps keeps 1,048,576 characters."""
BODY_MAX = 100_000
WHAT = "azure-devops"
LEGACY = re.compile(r"(?P<org>[a-z0-9-]+)\.visualstudio\.com")

Name = Annotated[str, Field(min_length=1, max_length=255)]
Path = Annotated[str, Field(pattern=r"^[^\\/:*?\"<>|#$&+]+([\\/][^\\/:*?\"<>|#$&+]+)*$", max_length=4_000)]
Number = Annotated[int, Field(gt=0)]


class Options(Reach):
    """How to reach an organization or a collection, as whom, and how much time to give it."""

    url: str
    """With the organization or collection: "https://dev.azure.com/example", "https://example.com/tfs/Collection"."""
    token: Secret | None = None
    """A personal access token with the scope Work Items (read & write)."""
    tenant: str | None = None
    client_id: str | None = None
    client_secret: Secret | None = None
    """An Entra service principal, instead of a token; Services only."""
    token_url: str | None = None
    """Where the principal's tokens are given out; by default Entra's own place for the tenant."""
    api_version: str = "7.1"
    """For an older Server: 7.0 (2022), 6.0 (2020), 5.0 (2019)."""
    suppress_notifications: bool = False
    """Whether new tickets send no mail; needs a permission of its own."""
    wait: Patience = 100.0
    """Azure DevOps may hold a request for 30 s before it answers or refuses it."""
    timeout: Patience = 60.0
    lag: Seconds = 60.0
    lag_after_errors: Seconds = 300.0

    @field_validator("token")
    @classmethod
    def _one_word(cls, token: Secret | None) -> Secret | None:
        return None if token is None else one_word(token)

    @field_validator("url")
    @classmethod
    def _whole(cls, url: str) -> str:
        parts = urlsplit(url)
        host, path = (parts.hostname or "").lower(), parts.path.strip("/")
        if host == SERVICES and (not path or "/" in path):
            raise ValueError('the url names the organization, and nothing below: "https://dev.azure.com/example"')
        if not path and not LEGACY.fullmatch(host):
            raise ValueError('the url names the collection too, like "https://example.com/tfs/DefaultCollection"')
        if parts.query or parts.fragment or re.search(r"[\s\\]|//", path):
            raise ValueError("the url is that of the organization or collection, without anything more")
        return url

    @field_validator("tenant", "client_id")
    @classmethod
    def _plain(cls, ident: str | None) -> str | None:
        if ident is not None and not re.fullmatch(r"[0-9A-Za-z.-]{1,200}", ident):
            raise ValueError("tenant and client_id are like 11111111-2222-4333-8444-555555555555")
        return ident

    @field_validator("api_version")
    @classmethod
    def _version(cls, version: str) -> str:
        if not re.fullmatch(r"[5-9]\.\d(-preview(\.\d)?)?", version):
            raise ValueError('api_version is like "7.1"; what is older than 5.0 is not supported')
        return version

    @model_validator(mode="after")
    def _one_way_in(self) -> Options:
        principal = (self.tenant or self.token_url, self.client_id, self.client_secret)
        if self.token is not None and any((*principal, self.tenant)):
            raise ValueError("give a token, or tenant, client_id and client_secret, not both")
        if self.token is None and not all(principal):
            raise ValueError("Azure DevOps needs a token, or tenant, client_id and client_secret")
        return self


class Target(BaseModel):
    """A project, and what every ticket made there gets."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    project: Annotated[str, Field(pattern=r"^[^\\/:*?\"<>|#$&+;'\x00-\x1f]{1,64}$")]
    """The project's name as people see it, blanks and all."""
    type: Name = "Issue"
    """Of work item: Issue (Basic, Agile), Bug, Task, User Story, ..."""
    area: Path | None = None
    """Like "Security" or "Security/Web", below the project."""
    iteration: Path | None = None
    parent: Number | None = None
    """The number of the work item that tickets go below."""


def above(target: Target, kind: str) -> Target:
    """Where the tickets above this target's are made: epics, which stand above all other types."""
    name = "Epic" if kind.casefold() in ("", "epic") else kind
    return target.model_copy(update={"type": name, "parent": None})


def key(options: Options, target: Target) -> TrackerKey:
    """The project's name for the ledger."""
    where = site(options)
    return TrackerKey(ADAPTER, netloc(where), home(where, target.project))


def traits(options: Options) -> Traits:
    """Who sees an area path sees all of its work items."""
    where = site(options)
    hosts = (netloc(where), f"{where.path.strip('/')}.visualstudio.com") if is_services(where) else (netloc(where),)
    return options.traits(title_max=TITLE_MAX, body_max=BODY_MAX, confidential=False, hosts=hosts)


def is_services(where: SplitResult) -> bool:
    return netloc(where) == SERVICES


def site(options: Options) -> SplitResult:
    """The organization or collection, a legacy address of Services in its present form. Raises ConfigError."""
    given = base(options, WHAT)
    path = quote(unquote(given.path))
    if old := LEGACY.fullmatch((given.hostname or "").lower()):
        return urlsplit(f"https://{SERVICES}/{old['org']}")
    return given._replace(netloc=netloc(given), path=path.lower() if is_services(given) else path)
