"""GitLab's API over python-gitlab: signed by it, carried by us, never repeated, never sent elsewhere.

The library keeps the server, the token, the headers and the paths; requests leave it through the transport that is
mounted here. Its own way out can't do what a create needs: connections return to a pool, the time limit counts anew
with every byte, a 429 makes it sleep for as long as the server says and ask again, and what GitLab says becomes an
error without its headers. So it is told of every answer that it was an empty 200; the answer is in `Line.reply`.
"""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPException
from typing import Any, cast
from urllib.parse import urlsplit

import gitlab
from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter

from tmi_issue_sync.errors import TrackerError, Unavailable, Uncertain
from tmi_issue_sync_adapters.wire.line import Line
from tmi_issue_sync_adapters.wire.reply import Reply, json_of, words_of

from . import verdict
from .options import Options, road, site

USER_AGENT = "tmi-issue-sync"
HOPS = 3
Query = Mapping[str, str]


class _Transport(BaseAdapter):
    """Where requests leave the library."""

    line: Line | None = None

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:  # noqa: ARG002
        if self.line is None:
            raise RuntimeError("the library asks for something by itself")
        body = request.body.encode() if isinstance(request.body, str) else cast("bytes | None", request.body)
        self.line.send(request.method or "GET", request.path_url, body, cast("dict[str, str]", request.headers))
        self.line.receive()
        told = Response()
        told.status_code, told._content, told.request = 200, b"", request
        return told

    def close(self) -> None:
        pass


class Api:
    """One account's way to one GitLab."""

    def __init__(self, options: Options) -> None:
        self.road, self.site = road(options), site(options)
        self._options = options
        self._transport = _Transport()
        session = Session()
        session.headers.update({"Accept": "application/json", "Accept-Encoding": "identity"})
        for scheme in ("http://", "https://"):
            session.mount(scheme, self._transport)
        self._gitlab = gitlab.Gitlab(
            self.site.geturl(),
            private_token=options.token.get_secret_value(),
            user_agent=USER_AGENT,
            timeout=options.timeout,
            retry_transient_errors=False,
            keep_base_url=True,
            session=session,
        )

    def line(self) -> Line:
        """A connection for the reads of one call: none is kept, so none has gone stale when it is needed."""
        return Line(self.road, self._options.timeout)

    def read(self, line: Line, path: str, query: Query | None = None) -> Reply:
        """Any answer to a GET; redirects within this API are followed. Raises Unavailable."""
        url, left = path, HOPS
        while True:
            reply = self._asked(line, "get", url, path, query=query)
            if reply.status not in (301, 302, 307, 308):
                return reply
            to = reply.headers.get("location", "")
            if not self._within(to):
                return reply
            url, query, left = to, None, left - 1
            if left < 0:
                raise Unavailable(f"GitLab redirects {path} without end")

    def read_json(self, line: Line, path: str, what: str, query: Query | None = None) -> Any:
        """The JSON of a GET's answer. Raises Unavailable or Denied for any but a 200 that is JSON."""
        return self.json_of(self.read(line, path, query), what)

    def ask(self, line: Line, what: str, question: str, variables: Mapping[str, str]) -> Any:
        """What GraphQL answers. Raises Unavailable or Denied."""
        url = f"{self.site.geturl()}/api/graphql"
        reply = self._asked(line, "post", url, what, body={"query": question, "variables": dict(variables)})
        data = self.json_of(reply, what)
        if not isinstance(data, dict) or data.get("errors") or not isinstance(data.get("data"), dict):
            raise Unavailable(f"GitLab's GraphQL answered {what} with errors")
        return data["data"]

    @staticmethod
    def json_of(reply: Reply, what: str) -> Any:
        data = json_of(reply) if reply.status == 200 else None
        if data is None:
            raise verdict.of_read(reply, what)
        return data

    def post(self, path: str, body: Mapping[str, Any], ident: str) -> Reply:
        """The answer to one POST on a connection of its own. Raises Unavailable where surely nothing was sent."""
        headers = {"X-Request-Id": ident} if ident else {}
        with Line(self.road, self._options.wait, reset=True) as line:
            try:
                return self._send(line, "post", path, body=body, headers=headers)
            except (OSError, HTTPException) as error:
                raise _lost(error, line) from error

    def change(self, line: Line, verb: str, path: str, body: Mapping[str, Any]) -> Reply:
        """The answer to one write that makes no ticket. Raises Unavailable."""
        return self._asked(line, verb, path, f"a change of {path}", body=body)

    def _within(self, url: str) -> bool:
        """Whether an URL that GitLab gave us leads to its API."""
        parts, api = urlsplit(url), self.road.api
        same = (parts.scheme, parts.netloc.lower()) == (api.scheme, api.netloc.lower())
        return same and parts.path.startswith(f"{api.path}/")

    def _asked(self, line: Line, verb: str, path: str, what: str, **more: Any) -> Reply:
        try:
            return self._send(line, verb, path, **more)
        except (OSError, HTTPException) as error:
            raise Unavailable(f"no answer from GitLab for {what}: {words_of(error)}") from error

    def _send(
        self,
        line: Line,
        verb: str,
        path: str,
        *,
        query: Query | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        self._transport.line = line
        try:
            self._gitlab.http_request(
                verb,
                path,
                query_data=dict(query or {}),
                post_data=None if body is None else dict(body),
                extra_headers=dict(headers or {}),
                obey_rate_limit=False,
                retry_transient_errors=False,
                max_retries=0,
            )
        finally:
            self._transport.line = None
        if line.reply is None:
            raise RuntimeError("the library asked nothing")
        return line.reply


def _lost(error: Exception, line: Line) -> TrackerError:
    if not line.sent:
        return Unavailable(f"GitLab can't be reached: {words_of(error)}")
    return Uncertain(f"GitLab's answer to a new issue was lost: {words_of(error)}")
