"""What an operator writes about a GitHub and a place on it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tmi_issue_sync.model import TrackerKey
from tmi_issue_sync.secret import Secret, at_hand
from tmi_issue_sync.tracker import Traits
from tmi_issue_sync_adapters.wire.line import Road
from tmi_issue_sync_adapters.wire.reach import Reach, Seconds, base, netloc, one_word, road_to

from .issue import ADAPTER, REPO

TITLE_MAX = 256
BODY_MAX = 65_536
WHAT = "github"


class App(BaseModel):
    """A GitHub App and where it is installed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: int | str
    """Its App ID or its client ID."""
    installation: int = Field(gt=0)
    private_key: Secret
    """PEM, as GitHub gives it: best as { file = "..." }."""

    @field_validator("private_key")
    @classmethod
    def _pem(cls, key: Secret) -> Secret:
        pem = r"-----BEGIN [A-Z ]*PRIVATE KEY-----\n.+"
        if at_hand(key) and not re.fullmatch(pem, key.get_secret_value(), re.DOTALL):
            raise ValueError("an App's private key is the whole PEM file that GitHub gave")
        return key


class Options(Reach):
    """How to reach a GitHub, and how much time to give it."""

    url: str = "https://github.com"
    """An Enterprise Server's own URL; its API is looked for below /api/v3."""
    token: Secret | None = None
    app: App | None = None
    """A GitHub App in place of an account's token."""
    seconds_between_writes: Seconds = 1.0
    """GitHub asks for a second between writes."""
    lag: Seconds = 120.0
    lag_after_errors: Seconds = 900.0

    @field_validator("token")
    @classmethod
    def _one_word(cls, token: Secret | None) -> Secret | None:
        return None if token is None else one_word(token)

    @model_validator(mode="after")
    def _one_way_in(self) -> Options:
        if (self.token is None) == (self.app is None):
            raise ValueError("GitHub needs a token, or an app")
        return self


class Target(BaseModel):
    """A repository."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    repo: str
    """As in its URL: "owner/name"."""

    @field_validator("repo")
    @classmethod
    def _owner_and_name(cls, repo: str) -> str:
        if not re.fullmatch(REPO, repo):
            raise ValueError('a repository is written "owner/name"')
        return repo


def key(options: Options, target: Target) -> TrackerKey:
    """The repository's name for the ledger."""
    return TrackerKey(ADAPTER, host(options), target.repo.lower())


def traits(options: Options) -> Traits:
    """GitHub has no confidential issues: who sees the repository sees them all."""
    return options.traits(title_max=TITLE_MAX, body_max=BODY_MAX, confidential=False, hosts=(host(options),))


def host(options: Options) -> str:
    """Where the tickets are. Raises ConfigError."""
    return netloc(base(options, WHAT))


def road(options: Options) -> Road:
    """The way to the API. Raises ConfigError."""
    site = base(options, WHAT)
    name = (site.hostname or "").lower()
    if name == "github.com" or name.endswith(".ghe.com"):
        api = urlsplit(f"{site.scheme}://api.{netloc(site)}")
    else:
        api = urlsplit(f"{site.geturl()}/api/v3")
    return road_to(options, api, WHAT)
