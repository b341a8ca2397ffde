"""Users by what an operator writes."""

from __future__ import annotations

from typing import Any

from tmi_issue_sync.model import Json
from tmi_issue_sync_adapters.wire.line import Line
from tmi_issue_sync_adapters.wire.reply import json_of

from . import verdict
from .api import Api
from .fields import BadValue


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
        exact = [row for row in found if text.casefold() in _names(row)] or found
        if len(exact) != 1:
            raise BadValue(f"{len(exact)} users are called {text!r}: write the account id instead")
        return str(exact[0]["accountId"])


def _names(row: dict[str, Any]) -> tuple[str, str]:
    return str(row.get("emailAddress", "")).casefold(), str(row.get("displayName", "")).casefold()
