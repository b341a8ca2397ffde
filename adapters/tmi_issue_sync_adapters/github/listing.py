"""Listings of issues: complete, or an error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tmi_issue_sync.errors import Unavailable
from tmi_issue_sync.model import Marker, Ticket, TicketRef
from tmi_issue_sync_adapters.wire.line import Line
from tmi_issue_sync_adapters.wire.reply import Reply, date_of

from .api import Api
from .issue import is_pull, ticket

SHARED_LABEL = "tmi"
"""On every ticket of ours; which threat it is for is in its body, for labels are a list that people share."""
PER_PAGE = 100
MAX_PAGES = 2_000
_NEXT = re.compile(r'<([^<>]*)>\s*;\s*rel="?next"?')


@dataclass(frozen=True, slots=True)
class Listed:
    """The marked tickets of a listing. `as_of` is the Date of its first page."""

    as_of: datetime | None
    tickets: Mapping[TicketRef, Ticket]


@dataclass(frozen=True, slots=True)
class Listing:
    """A repository's issues, open and closed, by one filter."""

    api: Api
    repo: str
    host: str
    where: Mapping[str, str]
    since: datetime | None = None

    def read(self, line: Line) -> Listed:
        """All of it. Raises Unavailable or Denied.

        Pages are offsets: an issue that is deleted or moved meanwhile pulls others over to a page already read. So
        what took more than one page is read again, and both readings count.
        """
        first, pages = self._once(line)
        if pages == 1:
            return first
        again, _ = self._once(line)
        return Listed(first.as_of, {**first.tickets, **again.tickets})

    def _once(self, line: Line) -> tuple[Listed, int]:
        replies, found = [], {}
        for reply, rows in self._pages(line):
            replies.append(date_of(reply))
            found.update({one.ref: one for row in rows if (one := self._marked(row)) is not None})
        return Listed(replies[0], found), len(replies)

    def _pages(self, line: Line) -> Iterator[tuple[Reply, list[Any]]]:
        what = f"the issues of {self.repo}"
        path, query = f"/repos/{self.repo}/issues", self._query()
        url: str | None = path
        asked: Mapping[str, str] | None = query
        linked = False
        for number in range(1, MAX_PAGES + 1):
            if url is None:
                return
            reply = self.api.read(line, url, asked)
            rows = self.api.json_of(reply, what)
            if not isinstance(rows, list):
                raise Unavailable(f"GitHub answered {what} with something that is no list")
            yield reply, rows
            links = reply.headers.get("link", "")
            linked = linked or bool(links)
            if link := _NEXT.search(links):
                if link[1] == url:
                    raise Unavailable(f"GitHub lists {what} in a circle")
                url, asked = self.api.within(link[1]), None
            else:
                # A full page without links is all, or something on the way eats them. Where there were some it was
                # the last: GitHub refuses pages far beyond the end.
                more = len(rows) >= PER_PAGE and not linked
                url, asked = path if more else None, query | {"page": str(number + 1)}
        raise Unavailable(f"GitHub lists {what} on more than {MAX_PAGES} pages")

    def _query(self) -> dict[str, str]:
        query = {"state": "all", "sort": "created", "direction": "asc", "per_page": str(PER_PAGE), **self.where}
        if self.since is not None:
            query["since"] = self.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return query

    def _marked(self, row: Any) -> Ticket | None:
        body = row.get("body") if isinstance(row, dict) else 0
        if not (body is None or isinstance(body, str)):
            raise Unavailable(f"GitHub lists something in {self.repo} that is no issue")
        if not body or is_pull(row) or Marker.parse(body) is None:
            return None
        if (found := ticket(row, self.host)) is None:
            raise Unavailable(f"GitHub lists an issue in {self.repo} that lacks what every issue has")
        return found
