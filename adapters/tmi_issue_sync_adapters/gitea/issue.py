"""Issues as tickets, and their URLs."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ValidationError

from tmi_issue_sync.model import Marker, Ticket, TicketRef
from tmi_issue_sync_adapters.wire.reach import PORTS, netloc

ADAPTER = "gitea"
_NAME = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._-]{1,100}"
REPO = rf"{_NAME}/{_NAME}"
_ISSUE = re.compile(rf"/(?P<repo>{REPO})/issues/(?P<number>[1-9]\d{{0,17}})/?")


class _User(BaseModel):
    login: str


class _Repository(BaseModel):
    full_name: str


class _Issue(BaseModel):
    id: int
    number: int
    state: str
    created_at: datetime
    user: _User | None = None
    repository: _Repository
    body: str | None = None


def place(url: str, site: SplitResult) -> tuple[str, int] | None:
    """Repository and number of an issue's URL on this site; None for any other URL."""
    try:
        parts = urlsplit(url.strip())
        if parts.scheme not in PORTS or netloc(parts) != netloc(site):
            return None
    except ValueError:
        return None
    if not parts.path.startswith(f"{site.path}/"):
        return None
    found = _ISSUE.fullmatch(parts.path[len(site.path) :])
    return (found["repo"], int(found["number"])) if found else None


def is_pull(row: Any) -> bool:
    """Pull requests share the issues' numbers and are read like them."""
    return isinstance(row, dict) and row.get("pull_request") is not None


def ticket(row: Any, site: SplitResult) -> Ticket | None:
    """An issue's JSON as a ticket; None where it is not what the server promises.

    The URL is made from the address in the config: the server's own goes by its ROOT_URL, which may be wrong.
    """
    try:
        issue = _Issue.model_validate(row)
    except ValidationError:
        return None
    repo = issue.repository.full_name
    if not re.fullmatch(REPO, repo) or issue.number < 1 or issue.created_at.tzinfo is None:
        return None
    return Ticket(
        ref=TicketRef(ADAPTER, netloc(site), str(issue.id)),
        project=repo.lower(),
        number=f"{repo}#{issue.number}",
        url=f"{site.geturl()}/{repo}/issues/{issue.number}",
        marker=Marker.parse(issue.body or ""),
        author=issue.user.login if issue.user else "Ghost",
        created_at=issue.created_at.astimezone(UTC),
        open=issue.state == "open",
    )
