"""Searches by JQL: complete, or an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tmi_issue_sync.errors import Unavailable
from tmi_issue_sync_adapters.wire.line import Line
from tmi_issue_sync_adapters.wire.reply import Reply, date_of

from .api import Api
from .issue import FIELDS, PROPERTY

PAGE = 100
MAX_PAGES = 2_000
ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows of a search, each once. `as_of` is the Date of its first page."""

    as_of: datetime | None
    rows: tuple[Mapping[str, Any], ...]


def search(api: Api, line: Line, jql: str, what: str, *, most: int | None = None) -> Listed:
    """All that a query finds, or its first rows. Raises Unavailable or Denied.

    A project that the account does not see is a 400, and so Denied; it is never an empty list.
    """
    size = PAGE if most is None else most
    listed, pages = _once(api, line, jql, what, size, most)
    if pages == 1 or not api.cloud:
        return listed
    # Cloud does not say whether a token names a row or an offset, which a deletion meanwhile would shift. So what
    # took more than one page is read again, and both readings count (protocol Lo8).
    again, _ = _once(api, line, jql, what, size, most)
    rows = {row["id"]: row for row in (*listed.rows, *again.rows)}
    return Listed(listed.as_of, tuple(rows.values()))


def _once(api: Api, line: Line, jql: str, what: str, size: int, most: int | None) -> tuple[Listed, int]:
    """One reading, and how many pages it took."""
    pages = _by_token(api, line, jql, what, size) if api.cloud else _by_offset(api, line, jql, what, size)
    as_of: datetime | None = None
    rows: dict[str, Mapping[str, Any]] = {}
    number = 0
    for number, (reply, page) in enumerate(pages, start=1):
        if number == 1:
            as_of = date_of(reply)
        if number > MAX_PAGES:
            raise Unavailable(f"Jira lists {what} on more than {MAX_PAGES} pages")
        rows.update((row["id"], row) for row in page)
        if most is not None:
            break
    return Listed(as_of, tuple(rows.values())), number


def _by_token(api: Api, line: Line, jql: str, what: str, size: int) -> Iterator[tuple[Reply, list[Any]]]:
    """Cloud's search; the one that it had before is gone."""
    asked: dict[str, Any] = {"jql": jql, "maxResults": size, "fields": list(FIELDS), "properties": [PROPERTY]}
    seen: set[str] = set()
    while True:
        reply = api.ask(line, "search/jql", what, asked)
        data = api.json_of(reply, what)
        yield reply, _rows(data, what)
        token, last = data.get("nextPageToken"), data.get("isLast")
        if token is None and last is not False:
            return
        if last is True:
            return
        if not isinstance(token, str) or not token or token in seen:
            raise Unavailable(f"Jira does not say where its list of {what} goes on")
        seen.add(token)
        asked["nextPageToken"] = token


def _by_offset(api: Api, line: Line, jql: str, what: str, size: int) -> Iterator[tuple[Reply, list[Any]]]:
    """Data Center's search.

    Each page begins with the last row of the page before: where that is another one now, something that came
    earlier was deleted or moved, rows may have been skipped, and all is read again (protocol Lo8).
    """
    for _ in range(ATTEMPTS):
        start, last = 0, None
        while True:
            query = {"jql": jql, "startAt": str(start), "maxResults": str(size), "properties": PROPERTY}
            reply = api.read(line, "search", query | {"fields": ",".join(FIELDS)})
            data = api.json_of(reply, what)
            rows, total = _rows(data, what), data.get("total")
            if last is not None and (not rows or rows[0]["id"] != last):
                break
            if not isinstance(total, int) or (not rows and total > start):
                raise Unavailable(f"Jira does not say how long its list of {what} is")
            yield reply, rows
            if start + len(rows) >= total:
                return
            if last is not None and len(rows) < 2:
                raise Unavailable(f"Jira's list of {what} does not go on")
            start, last = start + len(rows) - 1, rows[-1]["id"]
    raise Unavailable(f"Jira's list of {what} changes faster than it can be read")


def _rows(data: Any, what: str) -> list[Any]:
    rows = data.get("issues") if isinstance(data, dict) else None
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and isinstance(row.get("id"), str) for row in rows
    ):
        raise Unavailable(f"Jira answered {what} with something that is no list of issues")
    return rows
