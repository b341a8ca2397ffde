"""What an answer of Redmine proves.

Its own form is JSON with `errors`; it refuses keys and rights with no text at all. A 422 of three lines, the first
of which is that the project can't be blank, is about the target: the account may not make issues there.

| answer                                                  | to a create | to a read   |
|---------------------------------------------------------|-------------|-------------|
| no connection                                           | Unavailable | Unavailable |
| 401 · 403 · 404 in its own form or without text; 3xx    | Denied      | Denied      |
| 422 of the target                                       | Denied      | Denied      |
| any other 400 or 422 in its own form                    | Rejected    | Denied      |
| 429, which a proxy says                                 | Unavailable | Unavailable |
| anything else but the issue, or no whole answer         | Uncertain   | Unavailable |
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from tmi_issue_sync.errors import Denied, Rejected, TrackerError, Unavailable, Uncertain

TARGET = "Project cannot be blank"
RIGHTS_TODO = "Give the account a role in the project with View issues and Add issues, and see check."
DENIALS = {
    401: ("Redmine does not know the key", "Give the account's API access key."),
    403: ("Redmine forbids {}", f"Is its REST API switched on, the project open? {RIGHTS_TODO}"),
    404: ("Redmine shows nothing for {}", f"Check the project's identifier. {RIGHTS_TODO}"),
}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that arrived whole."""

    status: int
    kind: str
    date: str
    retry_after: str
    body: str

    def json(self) -> Any:
        """Its JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def at(self) -> datetime | None:
        """The server's time; Redmine itself sends none, what stands in front of it mostly does."""
        try:
            at = parsedate_to_datetime(self.date)
        except ValueError:
            return None
        return at.astimezone(UTC) if at.tzinfo else None

    def words(self) -> str | None:
        """What Redmine itself says of a failure; None where something on the way has spoken."""
        data = self.json()
        errors = data.get("errors") if isinstance(data, dict) else None
        if isinstance(errors, list):
            return " ".join("; ".join(map(str, errors)).split())[:500]
        return "" if not self.body.strip() else None


def of_create(reply: Reply, what: str) -> TrackerError:
    """The error of a create that was not answered with a new issue."""
    if (refusal := _refusal(reply, what)) is not None:
        return refusal
    if reply.status in (400, 422) and reply.words():
        return Rejected(f"Redmine refused {what} ({reply.status}): {reply.words()}")
    return Uncertain(f"Redmine answered {what} with {_told(reply)}; it may exist", server_fault=reply.status >= 500)


def of_read(reply: Reply, what: str) -> TrackerError:
    """The error of anything else that was not answered with what was asked for."""
    if (refusal := _refusal(reply, what)) is not None:
        return refusal
    if reply.status in (400, 422) and reply.words():
        return Denied(f"Redmine refused {what} ({reply.status}): {reply.words()}")
    return Unavailable(f"Redmine answered {what} with {_told(reply)}", server_fault=reply.status >= 500)


def _refusal(reply: Reply, what: str) -> TrackerError | None:
    """What Redmine surely did not do, whatever it was."""
    said = reply.words()
    if 300 <= reply.status < 400:
        return Denied(f"Redmine redirects {what}", todo="Set url to where Redmine is, without a redirect.")
    if reply.status == 429:
        seconds = float(reply.retry_after) if reply.retry_after.isdecimal() else 60.0
        return Unavailable(f"a rate limit shut out {what}", retry_after=seconds)
    if said is not None and reply.status in DENIALS:
        why, todo = DENIALS[reply.status]
        return Denied(f"{why.format(what)}{f': {said}' if said else ''}", todo=todo)
    if said is not None and reply.status == 422 and said.startswith(TARGET):
        return Denied(f"this account may not make {what}: {said}", todo=RIGHTS_TODO)
    return None


def _told(reply: Reply) -> str:
    said = reply.words()
    return (
        f"{reply.status}: {said}" if said else f"{reply.status} and something that is not its form ({reply.kind})"
    )
