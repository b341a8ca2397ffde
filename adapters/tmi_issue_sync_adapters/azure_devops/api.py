"""Azure DevOps' API over httpx: signed, never repeated, never sent elsewhere, and no faster than it asks for."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from tmi_issue_sync.errors import Unavailable
from tmi_issue_sync_adapters.wire.plain import Plain, Unanswered
from tmi_issue_sync_adapters.wire.reply import Reply, json_of, lost, retry_after

from . import verdict
from .auth import pass_of
from .options import WHAT, Options, site

Query = Mapping[str, str]
Patch = Sequence[Mapping[str, Any]]
PATCH_TYPE, JSON_TYPE = "application/json-patch+json", "application/json"
PATIENCE = 30.0
"""Longest time in seconds to wait for our turn; where it asks for more, the tracker is left alone for so long."""


class Api:
    """One account's way to one organization or collection."""

    def __init__(self, options: Options) -> None:
        self.site = site(options)
        self._options = options
        self._plain = Plain(options, WHAT)
        self._pass = pass_of(options, self._plain)
        self._turn = 0.0
        """Uptime before which nothing is asked: answers that were delayed name a time to wait."""

    @property
    def preview(self) -> str:
        """The version for parts of the API that never left their preview."""
        version = self._options.api_version
        return version if "preview" in version else f"{version}-preview"

    def read(self, path: str, what: str, query: Query | None = None) -> Reply:
        """Any answer to a GET. Raises Unavailable, and Denied where there is no token.

        What this server has only as a preview is asked for again as one.
        """
        reply = self._asked("GET", path, what, query=query)
        if verdict.in_preview(reply):
            return self._asked("GET", path, what, query={**(query or {}), "api-version": self.preview})
        return reply

    def read_json(self, path: str, what: str, query: Query | None = None) -> Any:
        """The JSON of a GET's answer. Raises Unavailable or Denied for any but a 200 that is JSON."""
        return self.json_of(self.read(path, what, query), what)

    def ask(self, path: str, what: str, body: Mapping[str, Any], query: Query | None = None) -> Reply:
        """Any answer to a POST that only asks. Raises Unavailable or Denied."""
        return self._asked("POST", path, what, query=query, body=body)

    @staticmethod
    def json_of(reply: Reply, what: str) -> Any:
        data = json_of(reply) if reply.status == 200 else None
        if data is None:
            raise verdict.of_read(reply, what)
        return data

    def rehearse(self, path: str, what: str, patch: Patch) -> Reply:
        """What a create would be answered; makes nothing. Raises Unavailable or Denied."""
        return self._asked("POST", path, what, query={"validateOnly": "true"}, body=patch)

    def post(self, path: str, patch: Patch, ident: str) -> Reply:
        """The answer to one create on a connection of its own. Raises Unavailable where surely nothing was sent."""
        query = {"suppressNotifications": "true"} if self._options.suppress_notifications else {}
        try:
            return self._send(
                "POST", path, query=query, body=patch, ident=ident, seconds=self._options.wait, reset=True
            )
        except Unanswered as error:
            raise lost("Azure DevOps", "work item", str(error), sent=error.sent) from error

    def change(self, path: str, what: str, patch: Patch) -> Reply:
        """The answer to one change of a work item. Raises Unavailable or Denied."""
        return self._asked("PATCH", path, what, body=patch)

    def _asked(self, verb: str, path: str, what: str, **more: Any) -> Reply:
        try:
            return self._send(verb, path, seconds=self._options.timeout, **more)
        except Unanswered as error:
            raise Unavailable(f"no answer from Azure DevOps for {what}: {error}") from error

    def _send(
        self,
        verb: str,
        path: str,
        *,
        seconds: float,
        query: Query | None = None,
        body: Mapping[str, Any] | Patch | None = None,
        ident: str = "",
        reset: bool = False,
    ) -> Reply:
        self._wait_turn()
        told = {"api-version": self._options.api_version, **(query or {})}
        headers = {"Authorization": self._pass.header(), "X-TFS-FedAuthRedirect": "Suppress"}
        if body is not None:
            headers["Content-Type"] = JSON_TYPE if isinstance(body, Mapping) else PATCH_TYPE
        if ident:
            headers["X-Request-Id"] = ident
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        url = f"{self.site.geturl()}/{path}?{urlencode(told, safe='$', quote_via=quote)}"
        reply = self._plain.send(verb, url, seconds=seconds, headers=headers, body=data, reset=reset)
        if verdict.is_stranger(reply):
            self._pass.refused()
        if reply.status < 400 and (pause := retry_after(reply)) is not None:
            self._turn = time.monotonic() + pause
        return reply

    def _wait_turn(self) -> None:
        left = self._turn - time.monotonic()
        if left > PATIENCE:
            raise Unavailable("Azure DevOps asks for a pause: we used too much of it", retry_after=left)
        time.sleep(max(0.0, left))


def of_project(project: str, path: str) -> str:
    """A path of the API within a project."""
    return f"{quote(project, safe='')}/_apis/{path}"
