"""Listings of issues: complete, or an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tmi_issue_sync.errors import Unavailable
from tmi_issue_sync_adapters.wire.line import Line
from tmi_issue_sync_adapters.wire.reply import Reply, date_of

from .api import Api

SHARED_LABEL = "tmi"
"""On every ticket of ours; which threat it is for is in its text, for labels are a list that people share."""
PER_PAGE = 100
MAX_PAGES = 2_000
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows of a listing, each once. `as_of` is the Date of its first page."""

    as_of: datetime | None
    rows: tuple[Row, ...]


def listed(api: Api, line: Line, path: str, what: str, where: Mapping[str, str], since: datetime | None) -> Listed:
    """All issues that the filter lets through, open and closed. Raises Unavailable or Denied.

    The scope is always said: what it is by itself differs from one listing to the other.
    """
    query = {"scope": "all", "state": "all", "order_by": "created_at", "sort": "asc", "per_page": str(PER_PAGE)}
    query |= where
    if since is not None:
        query["updated_after"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    as_of: datetime | None = None
    rows: dict[int, Row] = {}
    for number, (reply, page) in enumerate(_pages(api, line, path, what, query)):
        as_of = date_of(reply) if number == 0 else as_of
        rows.update((row["id"], row) for row in page)
    return Listed(as_of, tuple(rows.values()))


def _pages(api: Api, line: Line, path: str, what: str, query: dict[str, str]) -> Iterator[tuple[Reply, list[Row]]]:
    """Each page begins with the moment at which the one before ended (protocol Lo8).

    Offsets skip rows where one that was read is deleted meanwhile, and end at 50,000; GitLab's own keysets are not
    everywhere. Only rows of one moment that fill a page are counted on by offset.
    """
    after, page, idle = "", 1, 0
    seen: set[int] = set()
    for _ in range(MAX_PAGES):
        asked = query | ({"created_after": after} if after else {}) | ({"page": str(page)} if page > 1 else {})
        reply = api.read(line, path, asked)
        rows = _rows(api.json_of(reply, what), what)
        yield reply, rows
        if not _goes_on(reply, rows):
            return
        idle = 0 if {row["id"] for row in rows} - seen else idle + 1
        if idle > 1:
            raise Unavailable(f"GitLab lists {what} in a circle")
        seen.update(row["id"] for row in rows)
        last = str(rows[-1]["created_at"]) if rows else after
        after, page = (last, 1) if last != after else (after, page + 1)
    raise Unavailable(f"GitLab lists {what} on more than {MAX_PAGES} pages")


def _goes_on(reply: Reply, rows: list[Row]) -> bool:
    """GitLab names the next page; a full one that names none was the last, or something has eaten the header."""
    return len(rows) >= PER_PAGE or bool(reply.headers.get("x-next-page", "").strip())


def _rows(data: Any, what: str) -> list[Row]:
    if not isinstance(data, list) or not all(
        isinstance(row, dict)
        and isinstance(row.get("id"), int)
        and isinstance(row.get("created_at"), str)
        and isinstance(row.get("description", 0), str | None)
        for row in data
    ):
        raise Unavailable(f"GitLab answered {what} with something that is no list of issues")
    return data
