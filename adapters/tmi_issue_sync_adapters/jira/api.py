"""Jira's API over the `jira` library: signed by it, carried by us, never repeated, never sent elsewhere.

The library keeps the server, the credentials, the headers and the paths; requests leave it through the transport
that is mounted here. Its own way out can't do what a create needs: connections return to a pool, the time limit
counts anew with every byte, it follows redirects, asks again after a 429 or a 503, and turns what Jira says into an
error without its headers. So it is told of every answer that it was an empty 200; the answer itself is in
`Line.reply`. Its helpers are not used either: they read before they write, know no properties in a create, and
search where Cloud has nothing any more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any, cast

from jira import JIRA
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from tmi_issue_sync.errors import Denied, TrackerError, Unavailable, Uncertain
from tmi_issue_sync_adapters.wire.line import Line
from tmi_issue_sync_adapters.wire.reply import Reply, json_of, words_of

from . import verdict
from .options import Options, road, site, site_road

HEADERS = {"User-Agent": "tmi-issue-sync", "Accept": "application/json", "Accept-Encoding": "identity"}
Query = Mapping[str, str]


class _Transport(BaseAdapter):
    """Where requests leave the library."""

    line: Line | None = None

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:  # noqa: ARG002
        if self.line is None:
            raise RuntimeError("the library asks for something by itself")
        body = request.body.encode() if isinstance(request.body, str) else cast("bytes | None", request.body)
        self.line.send(request.method or "GET", request.path_url, body, _texts(request.headers))
        self.line.receive()
        told = Response()
        told.status_code, told._content, told.request = 200, b"", request
        return told

    def close(self) -> None:
        pass


class Api:
    """One account's way to one Jira."""

    def __init__(self, options: Options) -> None:
        self.road, self.site, self.cloud = road(options), site(options), options.cloud
        self._site_road = site_road(options)
        self._options = options
        self._jira = _library(options, self.road.api.geturl())
        self._session: Any = self._jira._session
        self._session.trust_env = False  # no proxy, CA or .netrc of the environment
        self._transport = _Transport()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, self._transport)

    def line(self) -> Line:
        """A connection for the reads of one call: none is kept, so none has gone stale when it is needed."""
        return Line(self.road, self._options.timeout)

    def read(self, line: Line, path: str, query: Query | None = None) -> Reply:
        """Any answer to a GET by a known account. Raises Unavailable or Denied."""
        return self._known(self._asked(line, "GET", path, path, query=query), path)

    def read_json(self, line: Line, path: str, what: str, query: Query | None = None) -> Any:
        """The JSON of a GET's answer. Raises Unavailable or Denied for any but a 200 that is JSON."""
        return self.json_of(self.read(line, path, query), what)

    def ask(self, line: Line, path: str, what: str, body: Mapping[str, Any]) -> Reply:
        """The 200 to a POST that only asks. Raises Unavailable or Denied."""
        reply = self._known(self._asked(line, "POST", path, what, body=body), what)
        self.json_of(reply, what)
        return reply

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
                return self._send(line, "POST", path, body=body, headers=headers)
            except (OSError, HTTPException) as error:
                raise _lost(error, line) from error

    def change(self, line: Line, verb: str, path: str, body: Mapping[str, Any]) -> Reply:
        """The answer to one write that makes no ticket. Raises Unavailable."""
        return self._asked(line, verb, path, f"a change of {path}", body=body)

    def anonymous(self, path: str) -> Reply:
        """What anybody is told, where people open Jira. Raises Unavailable."""
        with Line(self._site_road, self._options.timeout) as line:
            try:
                version = self._jira._options["rest_api_version"]
                line.send("GET", f"{self.site.path}/rest/api/{version}/{path}", None, HEADERS)
                return line.receive()
            except (OSError, HTTPException) as error:
                raise Unavailable(f"no answer from Jira for {path}: {words_of(error)}") from error

    def _asked(self, line: Line, verb: str, path: str, what: str, **more: Any) -> Reply:
        try:
            return self._send(line, verb, path, **more)
        except (OSError, HTTPException) as error:
            raise Unavailable(f"no answer from Jira for {what}: {words_of(error)}") from error

    @staticmethod
    def _known(reply: Reply, what: str) -> Reply:
        """Jira also answers those whom it does not know, and shows them what anybody may see: nothing, often."""
        if reply.status not in (401, 403) and verdict.is_stranger(reply):
            raise Denied(
                f"Jira does not know the account (it answered {what} as to anybody)",
                todo=verdict.CREDENTIALS_TODO,
                request_id=verdict.request_id(reply),
            )
        return reply

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
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        url = self._jira._get_url(path)
        self._transport.line = line
        try:
            self._session.request(
                verb, url, params=dict(query or {}), data=data, headers=dict(headers or {}), allow_redirects=False
            )
        finally:
            self._transport.line = None
        if line.reply is None:
            raise RuntimeError("the library asked nothing")
        return line.reply


def _library(options: Options, server: str) -> JIRA:
    """The library, told everything that it would else ask the server, and nothing that it could repeat."""
    told: dict[str, Any] = {}
    token = options.token.get_secret_value() if options.token else ""
    name, word = (options.email, token) if options.cloud else (options.user, _word(options))
    if name is not None and (options.cloud or not token):
        told["basic_auth"] = (name.encode(), word.encode())
    else:
        told["token_auth"] = token
    library = JIRA(
        server,
        options={"rest_api_version": "3" if options.cloud else "2", "headers": dict(HEADERS)},
        get_server_info=False,
        max_retries=0,
        timeout=options.timeout,
        logging=False,
        **told,
    )
    library.deploymentType = "Cloud" if options.cloud else "Server"
    return library


def _texts(headers: Mapping[str, str | bytes]) -> dict[str, str]:
    return {name: value.decode("latin-1") if isinstance(value, bytes) else value for name, value in headers.items()}


def _word(options: Options) -> str:
    return options.password.get_secret_value() if options.password else ""


def _lost(error: Exception, line: Line) -> TrackerError:
    if not line.sent:
        return Unavailable(f"Jira can't be reached: {words_of(error)}")
    return Uncertain(f"Jira's answer to a new issue was lost: {words_of(error)}")
