"""GitHub's issues as tickets, and their URLs."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from tmi_issue_sync.model import Marker, Ticket, TicketRef
from tmi_issue_sync_adapters.wire.reach import PORTS, netloc

ADAPTER = "github"
REPO = r"[A-Za-z0-9_-]{1,100}/(?!\.{1,2}(?:/|$))[A-Za-z0-9._-]{1,100}"
_ISSUE = re.compile(rf"/(?P<repo>{REPO})/issues/(?P<number>[1-9]\d{{0,17}})/?")


class _User(BaseModel):
    login: str


class _Issue(BaseModel):
    id: int
    number: int
    html_url: str
    state: str
    created_at: datetime
    user: _User | None
    body: str | None = None
    pull_request: Any = None


def place(url: str, host: str) -> tuple[str, int] | None:
    """Repository and number of an issue's URL on this host; None for any other URL."""
    try:
        parts = urlsplit(url.strip())
        if parts.scheme not in PORTS or netloc(parts) != host:
            return None
    except ValueError:
        return None
    found = _ISSUE.fullmatch(parts.path)
    return (found["repo"], int(found["number"])) if found else None


def is_pull(row: Any) -> bool:
    """Pull requests are in every list of issues."""
    return isinstance(row, dict) and row.get("pull_request") is not None


def ticket(row: Any, host: str, request_id: str | None = None) -> Ticket | None:
    """An issue's JSON as a ticket; None where it is not what GitHub promises."""
    try:
        issue = _Issue.model_validate(row)
    except ValidationError:
        return None
    at = re.fullmatch(rf"https?://[^/?#\s]+{_ISSUE.pattern}", issue.html_url)
    if at is None or issue.created_at.tzinfo is None:
        return None
    return Ticket(
        ref=TicketRef(ADAPTER, host, str(issue.id)),
        project=at["repo"].lower(),  # as in the tracker's key: GitHub does not mind the case
        number=f"{at['repo']}#{issue.number}",
        url=issue.html_url,
        marker=Marker.parse(issue.body or ""),
        author=issue.user.login if issue.user else "ghost",
        created_at=issue.created_at.astimezone(UTC),
        open=issue.state == "open",
        request_id=request_id,
    )
