"""Lists by pages: complete, or an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tmi_issue_sync.errors import Unavailable
from tmi_issue_sync_adapters.wire.reply import Reply, date_of

from .api import Api, Query

LIMIT = 50
"""Most that a page has by default; a server may be told to give fewer (MAX_RESPONSE_ITEMS)."""
MAX_PAGES = 2_000
READINGS = 2
"""Of what took more than one page: a row that leaves the list pulls another over to a page already read."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows of a list by their ids, as last seen. `as_of` is the Date of its first page."""

    as_of: datetime | None
    rows: Mapping[int, Row]


def listed(api: Api, path: str, what: str, query: Query | None = None) -> Listed:
    """All rows. Raises Unavailable or Denied."""
    first, pages = _once(api, path, what, query or {})
    rows = dict(first.rows)
    for _ in range(READINGS - 1 if pages > 1 else 0):
        rows |= _once(api, path, what, query or {})[0].rows
    return Listed(first.as_of, rows)


def _once(api: Api, path: str, what: str, query: Query) -> tuple[Listed, int]:
    """One reading, and how many pages it took.

    A page with fewer rows than asked for need not be the last: it is when all that the server counts was seen, or
    the next one is empty.
    """
    as_of: datetime | None = None
    rows: dict[int, Row] = {}
    least: int | None = None
    last: list[int] = []
    for number in range(1, MAX_PAGES + 1):
        reply = api.read(path, {**query, "limit": str(LIMIT), "page": str(number)})
        page = _rows(api, reply, what)
        as_of = date_of(reply) if number == 1 else as_of
        rows.update({row["id"]: row for row in page})
        total = _total(reply)
        least = total if least is None or (total is not None and total < least) else least
        if len(rows) >= (least or 0) if least is not None else not page:
            return Listed(as_of, rows), number
        shown = [row["id"] for row in page]
        if not page or shown == last:
            raise Unavailable(f"the server counts {least} of {what}, and lists {len(rows)}")
        last = shown
    raise Unavailable(f"the server lists {what} on more than {MAX_PAGES} pages")


def _rows(api: Api, reply: Reply, what: str) -> list[Any]:
    rows = api.json_of(reply, what)
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and isinstance(row.get("id"), int) for row in rows
    ):
        raise Unavailable(f"the server answered {what} with something that is no list of them")
    return rows


def _total(reply: Reply) -> int | None:
    text = reply.headers.get("x-total-count", "")
    return int(text) if text.isdecimal() else None
