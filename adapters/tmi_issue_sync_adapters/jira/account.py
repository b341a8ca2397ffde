"""Whose token it is, and moments as that account writes them in a query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from tmi_issue_sync.errors import Unavailable
from tmi_issue_sync_adapters.wire.line import Line

from .api import Api
from .issue import account_of

WESTMOST = timezone(timedelta(hours=-12))
"""Where it is earliest: a moment as it is read there is never too late a bound for anybody."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who we are. Jira reads the times of a query in the zone of who asks."""

    id: str
    name: str
    zone: tzinfo
    login: str = ""
    """Data Center: what fields of users take."""

    def minute(self, at: datetime) -> str:
        """The minute of a moment for a query, rounded down; earlier by an hour where the clock shows it twice."""
        local = at.astimezone(self.zone)
        if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
            local -= timedelta(hours=1)
        return f"{local:%Y-%m-%d %H:%M}"


def read_account(api: Api, line: Line) -> Account:
    """Raises Unavailable or Denied."""
    user: Any = api.read_json(line, "myself", "the token's account")
    ident = account_of(user)
    if not ident:
        raise Unavailable("Jira does not say whose token this is")
    return Account(
        ident, str(user.get("displayName") or ident), _zone(user.get("timeZone")), str(user.get("name") or "")
    )


def _zone(name: object) -> tzinfo:
    """For one that nobody knows here, or that the account keeps to itself, the one that shows too much."""
    if name in ("UTC", "Etc/UTC"):
        return UTC
    try:
        return ZoneInfo(name) if isinstance(name, str) and name else WESTMOST
    except (KeyError, ValueError, OSError):  # not known, or no name at all
        return WESTMOST
