"""A GitHub App's installation: its tokens live for an hour, and are renewed in time, also within a long pass."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync_adapters.wire.reply import Reply, json_of, seconds_until

from . import verdict
from .options import App

EARLY = 300.0
"""Seconds before its end at which a token is replaced; half of its life where that is shorter."""


class Installation:
    """One installation. `ask` sends a request signed by the App itself, once; it raises Unavailable."""

    def __init__(self, app: App, ask: Callable[[str, str], Reply]) -> None:
        self._app = app
        self._ask = ask
        self._token = ""
        self._renew_at = 0.0
        self.rights: Mapping[str, Any] | None = None
        """What its last token may do, where GitHub said so."""

    def token(self) -> str:
        """A token that holds for a while. Raises Denied or Unavailable: nothing has been sent with it then."""
        if not self._token or time.monotonic() >= self._renew_at:
            self._renew()
        return self._token

    def forget(self) -> None:
        """GitHub refused the token before its time."""
        self._token = ""

    def login(self) -> str:
        """The account that its tickets are by. Raises Denied or Unavailable."""
        slug = self._answer("GET", "/app", 200).get("slug")
        if not isinstance(slug, str) or not slug:
            raise Unavailable("GitHub does not say how the App is called")
        return f"{slug}[bot]"

    def _renew(self) -> None:
        path = f"/app/installations/{self._app.installation}/access_tokens"
        reply = self._asked("POST", path, 201)
        row = json_of(reply)
        try:
            token, ends = row["token"], datetime.fromisoformat(row["expires_at"])
            lives = seconds_until(reply, ends.timestamp())
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise Unavailable("GitHub's answer to the App holds no token") from error
        self._token = str(token)
        rights = row.get("permissions")
        self.rights = rights if isinstance(rights, dict) else None
        self._renew_at = time.monotonic() + lives - min(EARLY, lives / 2)

    def _answer(self, verb: str, path: str, status: int) -> dict[str, Any]:
        row = json_of(self._asked(verb, path, status))
        return row if isinstance(row, dict) else {}

    def _asked(self, verb: str, path: str, status: int) -> Reply:
        reply = self._ask(verb, path)
        if reply.status == status:
            return reply
        said = verdict.words(reply)
        if reply.status == 401 and said is not None:
            raise Denied(
                f"GitHub does not take the App {self._app.id} for who it says it is (401: {said})",
                todo="Do app.id and app.private_key belong together? Is this machine's clock right?",
            )
        if reply.status == 404 and said is not None:
            raise Denied(
                f"the App {self._app.id} has no installation {self._app.installation} (404: {said})",
                todo="Its number is at the end of the installation's URL, in the settings of its organisation.",
            )
        raise verdict.of_read(reply, f"the App {self._app.id}")
