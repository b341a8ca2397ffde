"""The tables of the configuration, as pydantic checks them: durations, caps, templates, what a route may say."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from .rules import Condition

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _seconds(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd]?)\s*", value)
    if not found:
        raise ValueError('should be a duration like "90s", "5m" or "2h"')
    return float(found[1]) * _UNITS[found[2] or "s"]


def _moment(value: Any) -> Any:
    """A day is its first moment, UTC; a time without a zone is UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def _template(value: Any) -> Any:
    """`{ from = "severity", critical = "Highest" }` as the template that looks it up; a text is a template."""
    if not isinstance(value, dict):
        return value
    table = {str(key): str(name) for key, name in value.items() if key not in ("from", "default")}
    field = value.get("from")
    if field not in ("severity", "priority", "status") or not table:
        raise ValueError('should be a template, or like { from = "severity", critical = "Highest", high = "High" }')
    words, other = (
        json.dumps(table, ensure_ascii=False),
        json.dumps(str(value.get("default", "")), ensure_ascii=False),
    )
    return f"{{{{ {words}.get(threat.{field}, {other}) }}}}"


Seconds = Annotated[float, BeforeValidator(_seconds), Field(ge=0)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Template = Annotated[str, BeforeValidator(_template)]


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
    quiet: Seconds = 60.0
    """A threat gets no ticket before it was left alone for this long."""
    created_after: Moment | None = None
    max_new_tickets: Caps = Caps()

    @model_validator(mode="after")
    def _one_clock(self) -> SyncOptions:
        if self.cron is not None and "every" in self.model_fields_set:
            raise ValueError("has both every and cron: keep one of them")
        return self


class LedgerOptions(_Table):
    """Where the ledger is, and how careful it starts."""

    path: Path | None = None
    settle: Literal["auto", "always"] = "auto"


class LogOptions(_Table):
    """How the log is written."""

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Placing(_Table):
    """What a tracker and a route may both say; what a route says replaces what its tracker says."""

    target: dict[str, Any] | None = None
    public: bool | None = None
    confidential: bool | None = None
    labels: tuple[str, ...] | None = None
    fields: dict[str, JsonValue] | None = None
    priority: Template | None = None
    title: str | None = None
    body: str | None = None


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
