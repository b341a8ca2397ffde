"""GitLab's issues as tickets, and their URLs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

from pydantic import BaseModel

from tmi_issue_sync.model import Marker, Ticket, TicketRef
from tmi_issue_sync_adapters.wire.reach import PORTS, netloc

ADAPTER = "gitlab"
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}"
PROJECT = rf"(?!groups/){_NAME}(?:/{_NAME}){{1,20}}"
_ISSUE = re.compile(
    rf"/(?P<project>{PROJECT})/(?:-/)?(?:issues(?:/incident)?|work_items)/(?P<iid>[1-9]\d{{0,17}})(?:/designs)?/?"
)
"""Before 2020 without the `/-/`; work items and incidents have pages of their own, and are issues all the same."""


class _User(BaseModel):
    id: int
    username: str


class _Issue(BaseModel):
    id: int
    iid: int
    web_url: str
    state: str
    created_at: datetime
    author: _User | None
    description: str | None = None
    moved_to_id: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an issue is: a project's path and the issue's number in it."""

    project: str
    iid: int

    @property
    def path(self) -> str:
        """Its own, in the API."""
        return f"{project_path(self.project)}/issues/{self.iid}"

    def __str__(self) -> str:
        return f"{self.project}#{self.iid}"


def project_path(project: str) -> str:
    """A project's path in the API, where its name is one word."""
    return f"/projects/{quote(project, safe='')}"


def place(url: str, site: SplitResult) -> Place | None:
    """Where the issue of a URL on this GitLab is; None for any other URL."""
    try:
        parts = urlsplit(url.strip())
        if parts.scheme not in PORTS or netloc(parts) != netloc(site):
            return None
    except ValueError:
        return None
    path = unquote(parts.path)
    return _place(path[len(site.path) :]) if path.startswith(f"{site.path}/") else None


def own_place(url: str, site: SplitResult) -> Place | None:
    """The same of a URL that GitLab itself gave us: one behind a proxy may call itself something else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return _place(unquote(parts.path).removeprefix(site.path)) if parts.scheme in PORTS else None


def _place(path: str) -> Place | None:
    found = _ISSUE.fullmatch(path)
    return Place(found["project"], int(found["iid"])) if found else None


def moved_to(row: Any) -> int | None:
    """The id of the issue that this one has become elsewhere; GitLab closes the one that stays behind.

    Where a person has opened that one again, it is a ticket of its own.
    """
    ident = row.get("moved_to_id") if isinstance(row, dict) and row.get("state") == "closed" else None
    return ident if isinstance(ident, int) and not isinstance(ident, bool) else None


def ticket(row: Any, site: SplitResult, request_id: str | None = None) -> Ticket | None:
    """An issue's JSON as a ticket; None where it is not what GitLab promises."""
    try:
        issue = _Issue.model_validate(row)
    except ValueError:
        return None
    at = own_place(issue.web_url, site)
    if at is None or at.iid != issue.iid or issue.created_at.tzinfo is None:
        return None
    return Ticket(
        ref=TicketRef(ADAPTER, netloc(site), str(issue.id)),
        project=at.project.lower(),
        number=str(at),
        url=issue.web_url,
        marker=Marker.parse(issue.description or ""),
        author=issue.author.username if issue.author else "ghost",
        created_at=issue.created_at.astimezone(UTC),
        open=issue.state == "opened",
        request_id=request_id,
    )
