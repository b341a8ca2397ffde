"""Listings of issues, in which every marked ticket is shown that matters.

The search by keyword (`q`) is never used: its index is late, and may lose tickets for good. A filter that the
server does not understand is dropped in silence, which shows more than was asked for and hides nothing; but one by
a label that exists twice hides all. So a label is asked for only if there is exactly one of its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import SplitResult

from tmi_issue_sync.errors import Unavailable
from tmi_issue_sync.model import Marker, Ticket, TicketRef

from .api import Api
from .issue import is_pull, ticket
from .paging import Listed, listed
from .repo import SHARED_LABEL, Labels


@dataclass(frozen=True, slots=True)
class Found:
    """The marked tickets of some listings. `as_of` is the Date of their first page."""

    as_of: datetime | None
    tickets: Mapping[TicketRef, Ticket]


def marked(api: Api, repo: str, labels: Labels, me: str, since: datetime | None) -> Found:
    """What our account made; for a full look also what anybody made. Raises Unavailable or Denied."""
    if since is not None:
        pages = [_issues(api, repo, {"created_by": me, "since": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"})]
    elif len(labels.named(SHARED_LABEL)) == 1:
        pages = [_issues(api, repo, where) for where in ({"created_by": me}, {"labels": SHARED_LABEL})]
    else:
        pages = [_issues(api, repo, {})]
    found = (_marked(row, api.site, repo) for each in pages for row in each.rows.values())
    return Found(pages[0].as_of, {one.ref: one for one in found if one is not None})


def _issues(api: Api, repo: str, where: Mapping[str, str]) -> Listed:
    query = {"state": "all", "type": "issues", "sort": "oldest", **where}
    return listed(api, f"/repos/{repo}/issues", f"the issues of {repo}", query)


def _marked(row: Mapping[str, Any], site: SplitResult, repo: str) -> Ticket | None:
    body = row.get("body")
    if not (body is None or isinstance(body, str)):
        raise Unavailable(f"the server lists something in {repo} that is no issue")
    if is_pull(row) or Marker.parse(body or "") is None:
        return None
    if (found := ticket(row, site)) is None:
        raise Unavailable(f"the server lists an issue in {repo} that lacks what every issue has")
    return found
