"""Closing an issue that is one too many."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tmi_issue_sync.errors import Denied, TrackerError
from tmi_issue_sync.markup import adf, wiki
from tmi_issue_sync.model import Json, Ticket
from tmi_issue_sync_adapters.wire.line import Line

from . import verdict
from .api import Api
from .issue import place, text_of

DUPLICATE = "Duplicate"
"""The resolution and the type of link, as every Jira has them unless somebody took them away."""
_URL = re.compile(r"https?://[^\s<>()]+[^\s<>().,;]")
COMMENTS = 100


def close(api: Api, line: Line, ticket: Ticket, words: str) -> None:
    """Again is harmless: what is said or done already is left out. Raises TrackerError."""
    path = f"issue/{ticket.ref.id}"
    _comment(api, line, path, ticket.number, words)
    now = api.read_json(line, path, f"the issue {ticket.number}", {"fields": "status,issuelinks"})
    if _is_open(now):
        _transition(api, line, path, ticket.number)
    with contextlib.suppress(TrackerError):  # it helps people; the comment says the same
        _link(api, line, ticket, words, now)


def _comment(api: Api, line: Line, path: str, number: str, words: str) -> None:
    text: Json = adf.render(words) if api.cloud else wiki.render(words)
    what = f"the comments of {number}"
    start = 0
    while True:
        data = api.read_json(line, f"{path}/comment", what, {"startAt": str(start), "maxResults": str(COMMENTS)})
        said = data.get("comments") if isinstance(data, dict) else None
        rows = said if isinstance(said, list) else []
        if any(isinstance(row, dict) and _same(row.get("body"), text) for row in rows):
            return
        start += len(rows)
        if not rows or start >= int(data.get("total") or 0):
            break
    reply = api.change(line, "POST", f"{path}/comment", {"body": text})
    if reply.status != 201:
        raise verdict.of_read(reply, f"a comment on {number}")


def _same(one: Any, other: Any) -> bool:
    return text_of(one).split() == text_of(other).split()


def _is_open(row: Any) -> bool:
    try:
        return bool(row["fields"]["status"]["statusCategory"]["key"] != "done")
    except (KeyError, TypeError):
        return True


def _transition(api: Api, line: Line, path: str, number: str) -> None:
    data = api.read_json(line, f"{path}/transitions", f"the ways of {number}", {"expand": "transitions.fields"})
    ways = data.get("transitions") if isinstance(data, dict) else None
    chosen = sorted(_to_done(ways if isinstance(ways, list) else []), key=lambda way: not way.get("fields"))
    if not chosen:
        raise Denied(
            f"no way leads {number} to a status that counts as done without more fields",
            todo="Close it by hand, or give the account Transition issues.",
        )
    reply = api.change(line, "POST", f"{path}/transitions", chosen[0])
    if reply.status != 204:
        raise verdict.of_read(reply, f"closing {number}")


def _to_done(ways: list[Any]) -> Iterator[dict[str, Any]]:
    """The bodies that would close it; first what says why."""
    for way in ways:
        try:
            done = way["to"]["statusCategory"]["key"] == "done" and way.get("isAvailable") is not False
            fields: Mapping[str, Any] = way.get("fields") or {}
            needed = {
                name for name, field in fields.items() if field.get("required") and not field.get("hasDefaultValue")
            }
        except (KeyError, TypeError, AttributeError):
            continue
        resolution = _resolution(fields.get("resolution") or {})
        if done and needed <= ({"resolution"} if resolution else set()):
            yield {"transition": {"id": str(way["id"])}} | (
                {"fields": {"resolution": resolution}} if resolution else {}
            )


def _resolution(field: Mapping[str, Any]) -> dict[str, str] | None:
    allowed = [one for one in field.get("allowedValues") or [] if isinstance(one, dict) and one.get("name")]
    best = next((one for one in allowed if one["name"] == DUPLICATE), allowed[0] if allowed else None)
    return {"name": str(best["name"])} if best else None


def _link(api: Api, line: Line, ticket: Ticket, words: str, now: Any) -> None:
    """To the one issue that the words name, if they are not linked yet."""
    keys = {key for url in _URL.findall(words) if (key := place(url, api.site))} - {ticket.number}
    if len(keys) != 1 or keys <= set(_linked(now)):
        return
    ends = {"inwardIssue": {"key": ticket.number}, "outwardIssue": {"key": keys.pop()}}
    api.change(line, "POST", "issueLink", {"type": {"name": DUPLICATE}, **ends})


def _linked(row: Any) -> Iterator[str]:
    fields = row.get("fields") if isinstance(row, dict) else None
    for one in (fields or {}).get("issuelinks") or []:
        ends = [one.get("inwardIssue"), one.get("outwardIssue")] if isinstance(one, dict) else []
        yield from (str(end.get("key")) for end in ends if isinstance(end, dict))
