"""The newest issues of a project, one key after the other: what a search does not show yet, a read by key does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from tmi_issue_sync.errors import Unavailable
from tmi_issue_sync_adapters.wire.line import Line

from . import verdict
from .account import Account
from .api import Api
from .issue import FIELDS, PROPERTY, number_of
from .listing import search

BACK = timedelta(days=1)
"""How old an issue must be for every search to know it: where the probe begins."""
AROUND = 50
"""So many of them, for some may have been moved here lately."""
WINDOW, WINDOW_ONE_BY_ONE = 100, 20


def newest(
    api: Api, line: Line, account: Account, project: str, now: datetime | None
) -> Iterator[Mapping[str, Any]]:
    """Every issue of the last day that the account may see, whatever the search knows of it. Raises.

    Numbers are given out in turn, and one that a refused create has burnt stays a gap. So it begins above the
    lowest number among the newest issues that are a day old (one that was moved here keeps its age and got a new
    number), where these are few with the first one. It ends with a whole window of gaps above the highest number
    that the search shows. Neither depends on what this process has seen: it may have begun with the doubt.
    """
    mine = f'project = "{project}"'
    low = 0
    if now is not None:
        old = f'{mine} AND created <= "{account.minute(now - BACK)}" ORDER BY created DESC'
        before = _numbers(api, line, old, project, AROUND)
        low = min(before) if len(before) == AROUND else 0
    top = max(_numbers(api, line, f"{mine} ORDER BY created DESC", project, 1), default=0)
    size = WINDOW if api.cloud else WINDOW_ONE_BY_ONE
    for start in count(low + 1, size):
        keys = [f"{project}-{number}" for number in range(start, start + size)]
        found = _fetched(api, line, keys) if api.cloud else [row for key in keys for row in _one(api, line, key)]
        yield from found
        if not found and start > top:
            return


def _numbers(api: Api, line: Line, jql: str, project: str, most: int) -> list[int]:
    rows = search(api, line, jql, f"the newest issues of {project}", most=most).rows
    return [number for row in rows if (number := number_of(row.get("key"))) is not None]


def _fetched(api: Api, line: Line, keys: list[str]) -> list[Mapping[str, Any]]:
    what = f"the issues from {keys[0]} on"
    asked = {"issueIdsOrKeys": keys, "fields": list(FIELDS), "properties": [PROPERTY]}
    data = api.json_of(api.ask(line, "issue/bulkfetch", what, asked), what)
    rows, errors = (data.get("issues"), data.get("issueErrors") or []) if isinstance(data, dict) else (None, None)
    if not isinstance(errors, list) or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unavailable(f"Jira answered {what} with something that is no list of issues")
    return [*rows, *_left_out(api, line, errors)]


def _left_out(api: Api, line: Line, errors: list[Any]) -> Iterator[Mapping[str, Any]]:
    """What was left out with an error is there, and could not be fetched just then: each is read by itself.

    Jira names it by its id; what is missing, or not for this account, is in neither list (BulkIssueResults of the
    official description). Raises Unavailable where it does not say which one.
    """
    for one in errors:
        name = one.get("id") if isinstance(one, dict) else None
        if not isinstance(name, str) or not ((name.isascii() and name.isdecimal()) or number_of(name) is not None):
            raise Unavailable("Jira left out an issue, and does not say which")
        yield from _one(api, line, name)


def _one(api: Api, line: Line, key: str) -> Iterator[Mapping[str, Any]]:
    reply = api.read(line, f"issue/{key}", {"fields": ",".join(FIELDS), "properties": PROPERTY})
    if verdict.unseen(reply) is not None:
        return
    yield api.json_of(reply, key)
