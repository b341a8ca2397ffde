"""Users by what an operator writes."""

from __future__ import annotations

from typing import Any

from tmi_issue_sync.model import Json
from tmi_issue_sync_adapters.wire.line import Line
from tmi_issue_sync_adapters.wire.reply import json_of

from . import verdict
from .api import Api
from .fields import BadValue
from .meta import some

Row = dict[str, Any]


class People:
    """Remembers whom it has looked up."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[str, str] = {}

    def of(self, line: Line, text: str) -> Json:
        """Cloud: an account id as it is, else an e-mail or a name. Data Center: a user's name. Raises BadValue."""
        if not self._api.cloud:
            return {"name": text}
        if text not in self._known:
            self._known[text] = self._looked_up(line, text) if "@" in text or " " in text else text
        return {"accountId": self._known[text]}

    def _looked_up(self, line: Line, text: str) -> str:
        reply = self._api.read(line, "user/search", {"query": text})
        rows: Any = json_of(reply) if reply.status == 200 else None
        if not isinstance(rows, list):
            if verdict.told(reply) is None:
                raise verdict.of_read(reply, "the users")
            raise BadValue(f"Jira does not let this account look up {text!r}: write the account id instead")
        found = [
            row for row in rows if isinstance(row, dict) and row.get("active") is True and row.get("accountId")
        ]
        meant = _meant(found, text.casefold())
        if len(meant) != 1:
            raise _unclear(text, len(meant), meant or found)
        return str(meant[0]["accountId"])


def _meant(found: list[Row], wanted: str) -> list[Row]:
    """Those who are called exactly so: a search also finds whose name or e-mail only begins so.

    Who hides their e-mail is found by all of it alone, so the only one who is found must be meant.
    """
    if "@" not in wanted:
        return [row for row in found if _said(row, "displayName").casefold() == wanted]
    exact = [row for row in found if _said(row, "emailAddress").casefold() == wanted]
    alone = len(found) == 1 and not _said(found[0], "emailAddress")
    return found if alone else exact


def _unclear(text: str, count: int, near: list[Row]) -> BadValue:
    """That nobody is meant, or more than one, and who comes near."""
    who = some(f"{' '.join(_said(row, 'displayName').split())} ({row['accountId']})" for row in near)
    what = f"{count or 'no'} users are called {text!r}: write the account id instead"
    only = str(near[0]["accountId"]) if len(near) == 1 else None
    return BadValue(f"{what}{f'; there are: {who}' if who else ''}", instead=only)


def _said(row: Row, name: str) -> str:
    """What a user shows of themselves: nothing at all, at times."""
    return str(row.get(name) or "")
