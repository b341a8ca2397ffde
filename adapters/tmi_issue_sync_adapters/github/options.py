"""What an operator writes about a GitHub and a place on it."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tmi_issue_sync.errors import ConfigError
from tmi_issue_sync.http import Server, base_url, tls_context
from tmi_issue_sync.model import TrackerKey
from tmi_issue_sync.secret import Secret
from tmi_issue_sync.tracker import Traits

from .issue import ADAPTER, REPO, netloc
from .line import Road

TITLE_MAX = 256
BODY_MAX = 65_536
WHAT = "github"

Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
Patience = Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)]


class Options(Server):
    """How to reach a GitHub, and how much time to give it."""

    url: str = "https://github.com"
    """An Enterprise Server's own URL; its API is looked for below /api/v3."""
    token: Secret
    proxy: str | None = Field(default=None, repr=False)
    """Like "http://proxy.example.com:3128"; may carry a user and password."""
    timeout: Patience = 30.0
    """For one read, in seconds."""
    seconds_between_writes: Seconds = 1.0
    """GitHub asks for a second between writes."""
    wait: Patience = 60.0
    late: Seconds = 120.0
    lag: Seconds = 120.0
    lag_after_errors: Seconds = 900.0

    @field_validator("token")
    @classmethod
    def _one_word(cls, token: Secret) -> Secret:
        # NOTE: what can't be a header's value would be quoted in the error of whoever refuses to send it.
        if not re.fullmatch(r"[!-~]{1,500}", token.get_secret_value()):
            raise ValueError("the token is no token: one word of plain characters is expected")
        return token

    @field_validator("proxy")
    @classmethod
    def _plain_proxy(cls, proxy: str | None) -> str | None:
        if proxy is not None and not re.match(r"http://[^/\s]", proxy):
            raise ValueError('the proxy is written like "http://proxy.example.com:3128"')
        return proxy


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
    return Traits(
        wait=options.wait,
        late=options.late,
        lag=options.lag,
        lag_after_errors=options.lag_after_errors,
        title_max=TITLE_MAX,
        body_max=BODY_MAX,
        confidential=False,
        hosts=(host(options),),
    )


def host(options: Options) -> str:
    """Where the tickets are. Raises ConfigError."""
    return netloc(_parts(options, base_url(options, WHAT)))


def road(options: Options) -> Road:
    """The way to the API. Raises ConfigError."""
    base = _parts(options, base_url(options, WHAT))
    name = (base.hostname or "").lower()
    if name == "github.com" or name.endswith(".ghe.com"):
        api = urlsplit(f"{base.scheme}://api.{netloc(base)}")
    else:
        api = urlsplit(f"{base.geturl()}/api/v3")
    proxy = _parts(options, options.proxy) if options.proxy else None
    return Road(api, tls_context(options) if api.scheme == "https" else None, proxy)


def _parts(options: Options, url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - asks whether it is a number
    except ValueError:
        raise ConfigError(f"{WHAT}: a url or proxy of {options.url!r} makes no sense") from None
    return parts
