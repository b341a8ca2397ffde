"""What the `[tmi]` table of the config says."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from ..durations import Seconds
from ..errors import ConfigError
from ..http import Server, checked_url
from ..secret import Secret

_PORTS = {"http": 80, "https": 443}


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Token(_Table):
    """A static bearer token."""

    token: Secret


class ClientCredentials(_Table):
    """A service account: reads everything that its owner sees, and may never write."""

    client_id: str = Field(min_length=1)
    client_secret: Secret


class Login(_Table):
    """A user's session, begun by `tmi-issue-sync login` and kept alive by its refresh token."""

    login: Literal[True] = True
    provider: str | None = None
    """Which of TMI's identity providers to log in with; needed only where there are several."""
    port: int = Field(8765, ge=1, le=65535)
    """Port of the callback on this machine; TMI's allow-list must name it."""
    session_days: float = Field(7.0, gt=0)
    """How long TMI lets a session live after the login (its TMI_SESSION_LIFETIME_DAYS)."""


def _kind(other: str) -> Discriminator:
    """Tell the two shapes of an identity apart by their keys, so that errors speak of one of them only."""

    def tag(value: Any) -> str:
        has_token = "token" in value if isinstance(value, dict) else isinstance(value, Token)
        return "token" if has_token else other

    return Discriminator(tag)


Reader = Annotated[
    Annotated[ClientCredentials, Tag("credentials")] | Annotated[Token, Tag("token")], _kind("credentials")
]
Writer = Annotated[Annotated[Login, Tag("login")] | Annotated[Token, Tag("token")], _kind("login")]


class TmiOptions(Server):
    """How to reach TMI and who we are there."""

    ui_url: str | None = None
    """TMI's web pages, for the deep link in tickets."""
    instance: str = ""
    """The name that goes into every marker; by default the URL's origin and path."""
    instance_aliases: tuple[str, ...] = ()
    """Earlier names of the same TMI, whose tickets count as ours."""
    read: Reader | None = None
    """Who reads; None: the writer reads too."""
    write: Writer | None = None
    """Who writes links back; None: nobody."""
    links: Literal["write", "pending"] = "write"
    """`pending`: while nobody can write (none configured, or nobody logged in) tickets are made, and links wait."""
    workers: int = Field(4, ge=1, le=8)
    timeout: Seconds = Field(30.0, gt=0, le=120)

    @model_validator(mode="after")
    def _pages(self) -> Self:
        """The rule of `url`: this address goes into every ticket."""
        if self.ui_url is not None:
            try:
                checked_url(self.ui_url, "ui_url", allow_http=self.allow_http)
            except ConfigError as error:
                raise ValueError(str(error)) from None
        return self

    @model_validator(mode="before")
    @classmethod
    def _default_instance(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("url"), str) and not data.get("instance"):
            return {**data, "instance": normalised(data["url"])}
        return data


def normalised(url: str) -> str:
    """Origin and path in one spelling: lower case, no default port, no slash at the end."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:  # not a URL: opening a client says so in better words
        return url
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    if port is not None and port != _PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    return f"{parts.scheme}://{host}{parts.path.rstrip('/')}"
