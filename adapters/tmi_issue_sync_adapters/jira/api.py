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
from typing import Any

from jira import JIRA

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync_adapters.wire.carried import Carried, Query
from tmi_issue_sync_adapters.wire.line import Line
from tmi_issue_sync_adapters.wire.reply import Reply, words_of
from tmi_issue_sync_adapters.wire.transport import Transport

from . import verdict
from .options import Options, road, site, site_road

HEADERS = {"User-Agent": "tmi-issue-sync", "Accept": "application/json", "Accept-Encoding": "identity"}


class Api(Carried):
    """One account's way to one Jira."""

    name = "Jira"
    of_read = staticmethod(verdict.of_read)
    options: Options

    def __init__(self, options: Options) -> None:
        self.road, self.site, self.cloud = road(options), site(options), options.cloud
        self._site_road = site_road(options)
        self.options = options
        self._jira = _library(options, self.road.api.geturl())
        self._session: Any = self._jira._session
        self._session.trust_env = False  # no proxy, CA or .netrc of the environment
        self._transport = Transport()
        self._transport.mount(self._session)

    def read(self, line: Line, path: str, query: Query | None = None) -> Reply:
        """Any answer to a GET by a known account. Raises Unavailable or Denied."""
        return self._known(self.asked(line, "GET", path, path, query=query), path)

    def ask(self, line: Line, path: str, what: str, body: Mapping[str, Any]) -> Reply:
        """The 200 to a POST that only asks. Raises Unavailable or Denied."""
        reply = self._known(self.asked(line, "POST", path, what, body=body), what)
        self.json_of(reply, what)
        return reply

    def anonymous(self, path: str) -> Reply:
        """What anybody is told, where people open Jira. Raises Unavailable."""
        with Line(self._site_road, self.options.timeout) as line:
            try:
                version = self._jira._options["rest_api_version"]
                line.send("GET", f"{self.site.path}/rest/api/{version}/{path}", None, HEADERS)
                return line.receive()
            except (OSError, HTTPException) as error:
                raise Unavailable(f"no answer from Jira for {path}: {words_of(error)}") from error

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

    def send(
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
        url, params, told = self._jira._get_url(path), dict(query or {}), dict(headers or {})
        return self._transport.carry(
            line,
            lambda: self._session.request(verb, url, params=params, data=data, headers=told, allow_redirects=False),
        )


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


def _word(options: Options) -> str:
    return options.password.get_secret_value() if options.password else ""
