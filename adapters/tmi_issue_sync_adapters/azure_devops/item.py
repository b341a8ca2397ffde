"""Azure DevOps' work items as tickets, their marker and their URLs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from pydantic import BaseModel, ValidationError

from tmi_issue_sync.markup import html
from tmi_issue_sync.model import Marker, Ticket, TicketRef
from tmi_issue_sync_adapters.wire.reach import PORTS, netloc

ADAPTER = "azure-devops"
SERVICES = "dev.azure.com"
DESCRIPTION, REPRO = "System.Description", "Microsoft.VSTS.TCM.ReproSteps"
"""Where the text is; on a Bug people see its steps to reproduce alone."""
FIELDS = (
    "System.Id",
    "System.TeamProject",
    "System.WorkItemType",
    "System.State",
    "System.CreatedBy",
    "System.CreatedDate",
    DESCRIPTION,
    REPRO,
)
_EDIT = re.compile(r"(?:/[^/]+)?/_workitems/edit/(?P<id>[1-9]\d{0,9})/?")
_OPEN = re.compile(r"(?:/[^/]+)?/_workitems/?|(?:/[^/]+)?/_(?:boards|backlogs|sprints|queries)/.*|/web/wi\.aspx")

IsOpen = Callable[[str, str, str], bool]
"""Of a project, a type and a state."""


class _Item(BaseModel):
    id: int
    fields: dict[str, Any]


def place(url: str, site: SplitResult) -> int | None:
    """The number of a work item's URL here, in any of the forms that people copy; None for any other URL."""
    try:
        parts = urlsplit(url.strip())
        if parts.scheme not in PORTS or (below := _below(parts, site)) is None:
            return None
    except ValueError:
        return None
    if edit := _EDIT.fullmatch(below):
        return int(edit["id"])
    named = [value for name, value in parse_qsl(parts.query) if name.lower() in ("id", "workitem")]
    good = _OPEN.fullmatch(below) and len(named) == 1 and re.fullmatch(r"[1-9]\d{0,9}", named[0])
    return int(named[0]) if good else None


def _below(parts: SplitResult, site: SplitResult) -> str | None:
    """The path below the organization or collection; Services also answer at their old address."""
    legacy = f"{site.path.strip('/')}.visualstudio.com"
    if netloc(site) == SERVICES and netloc(parts) == legacy:
        return re.sub(r"^/DefaultCollection(?=/)", "", parts.path, flags=re.IGNORECASE)
    whole = f"{site.path}/"
    if netloc(parts) != netloc(site) or not parts.path.lower().startswith(whole.lower()):
        return None
    return parts.path[len(whole) - 1 :]


def link(site: SplitResult, project: str, number: int) -> str:
    """The URL for people; blanks in it are encoded, or TMI would refuse it."""
    return f"{site.geturl()}/{quote(project, safe='')}/_workitems/edit/{number}"


def ref(site: SplitResult, number: int) -> TicketRef:
    """Numbers are unique in an organization or collection, of which a host has many."""
    return TicketRef(ADAPTER, netloc(site), f"{site.path.strip('/').lower()}/{number}")


def home(site: SplitResult, project: str) -> str:
    """A project's name for the ledger: of a host's many organizations or collections, and in whatever case."""
    return f"{unquote(site.path).strip('/')}/{project}".lower()


def number_of(ticket: TicketRef, site: SplitResult) -> int | None:
    """The number of a ticket that is here."""
    where, _, number = ticket.id.rpartition("/")
    here = ref(site, 0).id.rpartition("/")[0]
    good = ticket.host == netloc(site) and where == here and re.fullmatch(r"[1-9]\d{0,9}", number)
    return int(number) if good else None


def account_of(identity: Any) -> str:
    """An identity's id, which never changes; old servers write it as a name."""
    ident = identity.get("id") if isinstance(identity, dict) else identity
    return ident.lower() if isinstance(ident, str) else ""


def marker_of(fields: dict[str, Any]) -> Marker | None:
    """The marker at the end of the text, be it HTML or what somebody has made Markdown."""
    texts = (fields.get(name) for name in (DESCRIPTION, REPRO))
    found = (Marker.parse(html.text(text)) for text in texts if isinstance(text, str))
    return next((marker for marker in found if marker is not None), None)


def ticket(row: Any, site: SplitResult, is_open: IsOpen, request_id: str | None = None) -> Ticket | None:
    """A work item's JSON as a ticket; None where it is not what Azure DevOps promises."""
    try:
        item = _Item.model_validate(row)
        created = datetime.fromisoformat(str(item.fields.get("System.CreatedDate")))
    except (ValidationError, ValueError):
        return None
    project, kind, state = (item.fields.get(name) for name in FIELDS[1:4])
    if item.id <= 0 or created.tzinfo is None or not all(isinstance(one, str) for one in (project, kind, state)):
        return None
    return Ticket(
        ref=ref(site, item.id),
        project=home(site, str(project)),
        number=f"{project}#{item.id}",
        url=link(site, str(project), item.id),
        marker=marker_of(item.fields),
        author=account_of(item.fields.get("System.CreatedBy")),
        created_at=created.astimezone(UTC),
        open=is_open(str(project), str(kind), str(state)),
        request_id=request_id,
    )
