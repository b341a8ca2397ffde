"""The tables of the configuration, as pydantic checks them: caps, templates, what a route may say."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, field_validator, model_validator

from .durations import Seconds
from .http import is_loopback
from .render.lookup import checked
from .rules import Condition
from .secret import Secret, at_hand

TOKEN_MIN = 16
"""Characters; nobody guesses so many."""


def _moment(value: Any) -> Any:
    """A day is its first moment, UTC; a time without a zone is UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


Moment = Annotated[datetime, BeforeValidator(_moment)]
Value = Annotated[JsonValue, BeforeValidator(checked)]
"""A text, which may be a template, a number, a list, an object, or a lookup of one of them."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Caps(_Table):
    """How many tickets may be made."""

    per_pass: int = Field(default=50, ge=1)
    per_day: int = Field(default=500, ge=1)


class SyncOptions(_Table):
    """When passes run, and what holds them back."""

    every: Seconds = Field(default=300.0, ge=1)
    cron: str | None = None
    jitter: Seconds = 10.0
    pass_limit: Seconds = Field(default=1800.0, ge=1)
    """A pass of the service ends after this long, with the ticket in hand; the next one goes on."""
    quiet: Seconds = 60.0
    """A threat gets no ticket before it was left alone for this long."""
    created_after: Moment | None = None
    max_new_tickets: Caps = Caps()

    @model_validator(mode="after")
    def _one_clock(self) -> SyncOptions:
        if self.cron is not None and "every" in self.model_fields_set:
            raise ValueError("has both every and cron: keep one of them")
        return self


class NotifyOptions(_Table):
    """Whom to tell when a person is needed: a program, an address, or nobody."""

    command: tuple[str, ...] = ()
    """Program and arguments; one line of text follows them, and the message as JSON comes on its stdin."""
    url: Secret | None = None
    """Gets the message as JSON by POST. Such addresses often are a secret of their own."""
    timeout: Seconds = Field(default=10.0, gt=0, le=60)

    @model_validator(mode="after")
    def _one_way(self) -> NotifyOptions:
        if self.command and self.url:
            raise ValueError("has both command and url: keep one of them")
        url = self.url.get_secret_value() if self.url and at_hand(self.url) else ""
        if url and not (url.startswith("https://") or (url.startswith("http://") and is_loopback(url))):
            raise ValueError("url must be https, or http on this machine")
        return self


class LedgerOptions(_Table):
    """Where the ledger is, and how careful it starts."""

    path: Path | None = None
    settle: Literal["auto", "always"] = "auto"


class LogOptions(_Table):
    """How the log is written."""

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "info"


class WebOptions(_Table):
    """The HTTP room of the service; off unless `listen` says where."""

    listen: str | None = None
    token: Secret | None = None
    """What everything but health asks for."""

    @model_validator(mode="after")
    def _guarded(self) -> WebOptions:
        token = self.token
        if token is not None and at_hand(token) and len(token.get_secret_value()) < TOKEN_MIN:
            raise ValueError(f"the token has fewer than {TOKEN_MIN} characters")
        if self.listen is not None and self.token is None and not is_loopback(f"http://{self.listen}"):
            raise ValueError(f"listen = {self.listen!r} is beyond this machine: set a token")
        return self

    @field_validator("listen")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        """Host and port; `[::1]:8750` for IPv6."""
        if value is not None and not re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}", value, re.ASCII):
            raise ValueError('should be like "127.0.0.1:8750"')
        if value is not None and int(value.rpartition(":")[2]) > 65535:
            raise ValueError("the port is above 65535")
        return value

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = (self.listen or "").rpartition(":")
        return host.strip("[]"), int(port or 0)


class Above(_Table):
    """The tickets of threat models, above those of their threats."""

    kind: str = ""
    """The kind of ticket, where the tracker has kinds."""
    title: str | None = None
    body: str | None = None
    labels: tuple[str, ...] | None = None
    fields: dict[str, Value] | None = None
    priority: Value | None = None


def _above(value: Any) -> Any:
    """`parent = true` and `parent = "epic"` are short for a table."""
    if isinstance(value, str):
        return {"kind": value}
    return {} if value is True else value


class Placing(_Table):
    """What a tracker and a route may both say; what a route says replaces what its tracker says."""

    target: dict[str, Any] | None = None
    public: bool | None = None
    confidential: bool | None = None
    labels: tuple[str, ...] | None = None
    fields: dict[str, Value] | None = None
    priority: Value | None = None
    title: str | None = None
    body: str | None = None
    parent: Annotated[Above | Literal[False], BeforeValidator(_above)] | None = None


class TrackerTable(Placing):
    """The keys of `[trackers.NAME]` that are no adapter's."""

    adapter: str
    retired: bool = False
    duplicates: Literal["close", "report"] = "close"
    """A second open ticket of a threat that this ledger sent: closed as a duplicate, or only shown."""
    on_superseded: Literal["close", "leave"] = "leave"
    """Our ticket beside another that a person linked: closed, where TMI never showed it, or left."""


class RouteTable(Placing):
    """One `[[routes]]`."""

    tracker: str
    when: Condition = Condition()
    name: str | None = None
