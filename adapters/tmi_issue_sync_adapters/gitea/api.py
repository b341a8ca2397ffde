"""The API that Gitea and Forgejo share: never repeated, and no write is ever sent elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from tmi_issue_sync.errors import Unavailable
from tmi_issue_sync_adapters.wire.plain import Plain, Unanswered
from tmi_issue_sync_adapters.wire.reply import Reply, json_of, lost

from . import verdict
from .options import WHAT, Options, site

HOPS = 3
_REDIRECTS = (301, 302, 307, 308)
Query = Mapping[str, str]


class Api:
    """One account's way to one server."""

    def __init__(self, options: Options) -> None:
        self.site = site(options)
        self._root = f"{self.site.geturl()}/api/v1"
        self._way = Plain(options, WHAT)
        self._options = options
        self._headers = {"Authorization": f"token {options.token.get_secret_value()}"}

    def read(self, path: str, query: Query | None = None) -> Reply:
        """Any answer to a GET; redirects within this API are followed. Raises Unavailable."""
        url = f"{self._root}{path}?{urlencode(query)}" if query else f"{self._root}{path}"
        for _ in range(HOPS + 1):
            reply = self._asked("GET", url, path)
            if reply.status not in _REDIRECTS:
                return reply
            url = self._within(url, reply.headers.get("location", ""))
        raise Unavailable(f"the server redirects {path} without end")

    def read_json(self, path: str, what: str, query: Query | None = None) -> Any:
        """The JSON of a GET's answer. Raises Unavailable or Denied for any but a 200 that is JSON."""
        return self.json_of(self.read(path, query), what)

    @staticmethod
    def json_of(reply: Reply, what: str) -> Any:
        data = json_of(reply) if reply.status == 200 else None
        if data is None:
            raise verdict.of_read(reply, what)
        return data

    def post(self, path: str, body: Mapping[str, Any], ident: str) -> Reply:
        """The answer to the one POST that makes a ticket. Raises Unavailable where surely nothing was sent."""
        more = {"X-Request-Id": ident} if ident else {}
        try:
            return self._send("POST", self._root + path, self._options.wait, body, more, reset=True)
        except Unanswered as error:
            raise lost("the server", "issue", str(error), sent=error.sent) from error

    def change(self, verb: str, path: str, body: Mapping[str, Any]) -> Reply:
        """The answer to one write that makes no ticket; no redirect is followed. Raises Unavailable."""
        return self._asked(verb, self._root + path, f"a change of {path}", body)

    def _asked(self, verb: str, url: str, what: str, body: Mapping[str, Any] | None = None) -> Reply:
        try:
            return self._send(verb, url, self._options.timeout, body, {})
        except Unanswered as error:
            raise Unavailable(f"no answer from the server for {what}: {error}") from error

    def _send(
        self,
        verb: str,
        url: str,
        seconds: float,
        body: Mapping[str, Any] | None,
        more: Mapping[str, str],
        *,
        reset: bool = False,
    ) -> Reply:
        headers, data = {**self._headers, **more}, None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        return self._way.send(verb, url, seconds=seconds, headers=headers, body=data, reset=reset)

    def _within(self, url: str, location: str) -> str:
        """Where a redirect leads, if that is in this API: it is relative, and a proxy's may be anything."""
        to = urljoin(url, location)
        parts, root = urlsplit(to), urlsplit(self._root)
        same = (parts.scheme, parts.netloc.lower()) == (root.scheme, root.netloc.lower())
        if not location or not same or not parts.path.startswith(f"{root.path}/"):
            raise Unavailable("the server sends us to another place than its API")
        return to
