"""Jira's issues as tickets, their marker and their URLs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from pydantic import BaseModel, ValidationError

from tmi_issue_sync.markup import adf, wiki
from tmi_issue_sync.model import Marker, Ticket, TicketRef
from tmi_issue_sync_adapters.wire.reach import PORTS, netloc

ADAPTER = "jira"
PROJECT = r"[A-Z][A-Z0-9_]{1,254}"
PROPERTY = "tmi-issue-sync"
"""The entity property that holds the marker where no edit of the text reaches it."""
FIELDS = ("created", "creator", "description", "labels", "project", "status")
_KEY = re.compile(rf"(?P<project>{PROJECT})-(?P<number>[1-9]\d{{0,17}})")
_PATH = re.compile(r"/(?:browse|(?:[^/]+/)*(?:issues|queues(?:/[^/]+)*))/(?P<key>[^/]+)/?")


class _Category(BaseModel):
    key: str


class _Status(BaseModel):
    statusCategory: _Category


class _Project(BaseModel):
    key: str


class _User(BaseModel):
    accountId: str | None = None
    key: str | None = None
    name: str | None = None


class _Fields(BaseModel):
    created: str
    creator: _User | None = None
    status: _Status
    project: _Project
    labels: list[str] | None = None
    description: Any = None


class _Issue(BaseModel):
    id: str
    key: str
    fields: _Fields
    properties: dict[str, Any] | None = None


def account_of(user: Any) -> str:
    """A user's name that never changes: an account id on Cloud, a key on Data Center; empty where there is none."""
    try:
        found = _User.model_validate(user)
    except ValidationError:
        return ""
    return found.accountId or found.key or found.name or ""


def place(url: str, site: SplitResult) -> str | None:
    """The key of an issue's URL on this site, in any of the forms that Jira uses; None for any other URL."""
    try:
        parts = urlsplit(url.strip())
        if parts.scheme not in PORTS or netloc(parts) != netloc(site):
            return None
    except ValueError:
        return None
    if not parts.path.startswith(f"{site.path}/"):
        return None
    named = [value for name, value in parse_qsl(parts.query) if name == "selectedIssue"]
    path = _PATH.fullmatch(parts.path[len(site.path) :])
    key = (path["key"] if path else named[0] if len(named) == 1 else "").upper()
    return key if _KEY.fullmatch(key) else None


def link(site: SplitResult, key: str) -> str:
    """The URL for people."""
    return f"{site.geturl()}/browse/{key}"


def number_of(key: object) -> int | None:
    """The number in an issue's key; None for what is no key."""
    found = _KEY.fullmatch(key) if isinstance(key, str) else None
    return int(found["number"]) if found else None


def text_of(body: Any) -> str:
    """The plain text of a long text, be it a document or wiki markup."""
    if isinstance(body, dict):
        return adf.text(body)
    return wiki.text(body) if isinstance(body, str) else ""


def property_of(marker: Marker) -> dict[str, Any]:
    """What the entity property holds."""
    return {
        "marker": marker.word,
        "generation": marker.generation,
        "instance": marker.instance,
        "threat": marker.threat_id,
        "create": marker.create,
    }


def marker_in(value: Any) -> Marker | None:
    """The marker of an entity property, if it agrees with itself."""
    if not isinstance(value, Mapping):
        return None
    match value.get("instance"), value.get("threat"), value.get("generation"):
        case str() as instance, str() as threat, int() as generation if generation >= 0:
            create = value.get("create")
            marker = Marker(instance, threat, generation, create if isinstance(create, str) else "")
            return marker if value.get("marker") == marker.word else None
    return None


def ticket(row: Any, site: SplitResult) -> Ticket | None:
    """An issue's JSON as a ticket; None where it is not what Jira promises."""
    try:
        issue = _Issue.model_validate(row)
        created = datetime.fromisoformat(issue.fields.created)
    except ValueError:
        return None
    if not _KEY.fullmatch(issue.key) or not issue.id.isdecimal() or created.tzinfo is None:
        return None
    marker = marker_in((issue.properties or {}).get(PROPERTY))
    creator = issue.fields.creator
    return Ticket(
        ref=TicketRef(ADAPTER, netloc(site), issue.id),
        project=issue.fields.project.key,
        number=issue.key,
        url=link(site, issue.key),
        marker=marker or Marker.parse(text_of(issue.fields.description)),
        author=account_of(creator.model_dump()) if creator else "",
        created_at=created.astimezone(UTC),
        open=issue.fields.status.statusCategory.key != "done",
    )
