"""Issues as tickets, their URLs, and drafts as what a create sends."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from tmi_issue_sync.errors import Denied, Rejected
from tmi_issue_sync.model import Draft, Marker, Ticket, TicketRef

from .options import ADAPTER, BODY_MAX, PORTS, TITLE_MAX, Target, netloc

_DOUBLED = re.compile(r"\{(?=\{)|\[(?=\[)")


class _Named(BaseModel):
    id: int


class _Field(BaseModel):
    id: int
    value: Any = None


class Issue(BaseModel):
    """What every issue has."""

    id: int
    project: _Named
    status: _Named
    author: _Named
    created_on: datetime
    description: str | None = None
    is_private: bool = False
    custom_fields: list[_Field] = []

    def field(self, number: int) -> str:
        """What a custom field holds; empty where it is not there."""
        return next((str(one.value or "") for one in self.custom_fields if one.id == number), "")


def issue_of(row: Any) -> Issue | None:
    """An issue's JSON; None where it is not what Redmine promises."""
    try:
        issue = Issue.model_validate(row)
    except ValidationError:
        return None
    return issue if issue.id > 0 and issue.created_on.tzinfo is not None else None


def marker_of(issue: Issue, field: int) -> Marker | None:
    """The field's word goes before the description's: people edit that."""
    return Marker.parse(issue.field(field)) or Marker.parse(issue.description or "")


def ticket_of(
    issue: Issue, base: str, marker: Marker | None, projects: Mapping[int, str], closed: Set[int]
) -> Ticket:
    """`projects`: the identifiers of those that have been read; `closed`: the statuses that count as closed."""
    return Ticket(
        ref=TicketRef(ADAPTER, netloc(base), str(issue.id)),
        project=projects.get(issue.project.id, f"#{issue.project.id}"),
        number=f"#{issue.id}",
        url=f"{base}/issues/{issue.id}",
        marker=marker,
        author=str(issue.author.id),
        created_at=issue.created_on.astimezone(UTC),
        open=issue.status.id not in closed,
    )


def number_of(url: str, base: str) -> int | None:
    """The number in an issue's URL on this Redmine; None for any other URL."""
    try:
        parts, own = urlsplit(url.strip()), urlsplit(base)
        if parts.scheme not in PORTS or netloc(url.strip()) != netloc(base):
            return None
    except ValueError:
        return None
    found = re.fullmatch(rf"{re.escape(own.path)}/issues/([1-9]\d{{0,17}})/?", parts.path)
    return int(found[1]) if found else None


def target_of(draft: Draft, project: str) -> Target:
    """The draft's target, if the draft can be kept there. Raises Rejected or Denied."""
    target = draft.target
    if not isinstance(target, Target) or target.project != project:
        raise Rejected(f"the ticket is meant for another place than {project}")
    why = _unkeepable(draft)
    if why:
        raise Rejected(f"Redmine can't keep this ticket: {why}")
    if draft.confidential and not target.private:
        todo = "Add private = true to the target, or route confidential threat models elsewhere."
        raise Denied(f"a confidential ticket in {project} must be private", todo=todo)
    return target


def _unkeepable(draft: Draft) -> str:
    if draft.fields:
        return f"this adapter keeps no fields ({', '.join(draft.fields)})"
    if not draft.title.strip():
        return "its title is empty"
    if len(draft.title) > TITLE_MAX:
        return f"its title has {len(draft.title)} characters, and {TITLE_MAX} are allowed"
    size = len(f"{draft.body}\n\n{draft.marker.block()}")
    return f"its text has {size} characters, and {BODY_MAX} are allowed" if size > BODY_MAX else ""


def description_of(draft: Draft) -> str:
    """The body, labels as a line of it, for Redmine has none, and the marker last. A NUL would break Redmine.

    Redmine runs macros, {{...}}, and links of its wiki, [[...]], wherever they stand, in code too: before and after
    whatever formats the text. So nothing is left of them.
    """
    labels = f"\n\nLabels: {', '.join(draft.labels)}" if draft.labels else ""
    text = _DOUBLED.sub("\\g<0>\u200b", f"{draft.body}{labels}")
    return f"{text}\n\n{draft.marker.block()}".replace("\0", "\ufffd")
