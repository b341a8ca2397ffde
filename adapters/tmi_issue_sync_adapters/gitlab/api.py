"""GitLab's API over python-gitlab: signed by it, carried by us, never repeated, never sent elsewhere.

The library keeps the server, the token, the headers and the paths; requests leave it through the transport that is
mounted here. Its own way out can't do what a create needs: connections return to a pool, the time limit counts anew
with every byte, a 429 makes it sleep for as long as the server says and ask again, and what GitLab says becomes an
error without its headers. So it is told of every answer that it was an empty 200; the answer is in `Line.reply`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import gitlab
from requests import Session

from tmi_issue_sync.errors import Unavailable
from tmi_issue_sync_adapters.wire.carried import Carried, Query
from tmi_issue_sync_adapters.wire.line import Line
from tmi_issue_sync_adapters.wire.reply import Reply
from tmi_issue_sync_adapters.wire.transport import Transport

from . import verdict
from .options import Options, road, site

USER_AGENT = "tmi-issue-sync"
HOPS = 3


class Api(Carried):
    """One account's way to one GitLab."""

    name = "GitLab"
    of_read = staticmethod(verdict.of_read)
    options: Options

    def __init__(self, options: Options) -> None:
        self.road, self.site = road(options), site(options)
        self.options = options
        self._transport = Transport()
        session = Session()
        session.headers.update({"Accept": "application/json", "Accept-Encoding": "identity"})
        self._transport.mount(session)
        self._gitlab = gitlab.Gitlab(
            self.site.geturl(),
            private_token=options.token.get_secret_value(),
            user_agent=USER_AGENT,
            timeout=options.timeout,
            retry_transient_errors=False,
            keep_base_url=True,
            session=session,
        )

    def read(self, line: Line, path: str, query: Query | None = None) -> Reply:
        """Any answer to a GET; redirects within this API are followed. Raises Unavailable."""
        url, left = path, HOPS
        while True:
            reply = self.asked(line, "GET", url, path, query=query)
            if reply.status not in (301, 302, 307, 308):
                return reply
            to = reply.headers.get("location", "")
            if not self._within(to):
                return reply
            url, query, left = to, None, left - 1
            if left < 0:
                raise Unavailable(f"GitLab redirects {path} without end")

    def ask(self, line: Line, what: str, question: str, variables: Mapping[str, str]) -> Any:
        """What GraphQL answers. Raises Unavailable or Denied."""
        url = f"{self.site.geturl()}/api/graphql"
        reply = self.asked(line, "POST", url, what, body={"query": question, "variables": dict(variables)})
        data = self.json_of(reply, what)
        if not isinstance(data, dict) or data.get("errors") or not isinstance(data.get("data"), dict):
            raise Unavailable(f"GitLab's GraphQL answered {what} with errors")
        return data["data"]

    def _within(self, url: str) -> bool:
        """Whether an URL that GitLab gave us leads to its API."""
        parts, api = urlsplit(url), self.road.api
        same = (parts.scheme, parts.netloc.lower()) == (api.scheme, api.netloc.lower())
        return same and parts.path.startswith(f"{api.path}/")

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
        return self._transport.carry(
            line,
            lambda: self._gitlab.http_request(
                verb,
                path,
                query_data=dict(query or {}),
                post_data=None if body is None else dict(body),
                extra_headers=dict(headers or {}),
                obey_rate_limit=False,
                retry_transient_errors=False,
                max_retries=0,
            ),
        )
