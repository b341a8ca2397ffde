"""GitHub's API over PyGithub: signed, never repeated, never sent elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPException
from typing import Any, cast
from urllib.parse import urlsplit

from github import Auth, Github
from jwt import PyJWTError

from tmi_issue_sync.errors import Denied, TrackerError, Unavailable, Uncertain
from tmi_issue_sync_adapters.wire.reply import Reply, json_of, words_of

from . import verdict
from .app import Installation
from .line import Line
from .options import Options, road

USER_AGENT = "tmi-issue-sync"
HOPS = 3


class Api:
    """One account's way to one GitHub."""

    def __init__(self, options: Options) -> None:
        self.road = road(options)
        self._options = options
        self._installation = Installation(options.app, self._as_app) if options.app else None
        self._github: Github | None = None
        self._github_token = ""

    def account(self, line: Line) -> str:
        """Whose tickets ours are. Raises Denied or Unavailable."""
        if self._installation:
            return self._installation.login()
        user = self.read_json(line, "/user", "the token's account")
        login = user.get("login") if isinstance(user, dict) else None
        if not isinstance(login, str) or not login:
            raise Unavailable("GitHub does not say whose token this is")
        return login

    def _client(self) -> Github:
        """Signed with a token that holds."""
        if self._installation:
            token = self._installation.token()
        else:
            token = self._options.token.get_secret_value() if self._options.token else ""
        if self._github is None or token != self._github_token:
            self._github, self._github_token = self._signed(Auth.Token(token)), token
        return self._github

    def _as_app(self, verb: str, path: str) -> Reply:
        """One request that the App itself signs. Raises Unavailable."""
        app = self._options.app
        assert app is not None
        try:
            github = self._signed(Auth.AppAuth(app.id, app.private_key.get_secret_value()))
            with self.line() as line:
                return self._through(github, line, verb, path, body={} if verb == "POST" else None)
        except (OSError, HTTPException) as error:
            raise Unavailable(f"no answer from GitHub for the App: {words_of(error)}") from error
        except (ValueError, TypeError, PyJWTError) as error:
            raise Denied(
                "the App's private key signs nothing", todo="Write the PEM file that GitHub gave."
            ) from error

    def _signed(self, auth: Auth.Auth) -> Github:
        # NOTE: every default that repeats or sleeps is off. PyGithub paces by the wall clock, so that a clock that
        # is set back makes it sleep for as long; the pace of writes is kept by the tracker.
        return Github(
            auth=auth,
            base_url=self.road.api.geturl(),
            user_agent=USER_AGENT,
            timeout=int(self._options.timeout) or 1,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
        )

    def line(self) -> Line:
        """A connection for the reads of one call: none is kept, so none has gone stale when it is needed."""
        return Line(self.road, self._options.timeout)

    def read(self, line: Line, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Any answer to a GET; redirects within this server are followed. Raises Unavailable."""
        url, left = path, HOPS
        while True:
            try:
                reply = self._send(line, "GET", url, query=query)
            except (OSError, HTTPException) as error:
                raise Unavailable(f"no answer from GitHub for {path}: {words_of(error)}") from error
            if reply.status not in (301, 302, 307, 308):
                return reply
            url, query, left = self.within(reply.headers.get("location", "")), None, left - 1
            if left < 0:
                raise Unavailable(f"GitHub redirects {path} without end")

    def read_json(self, line: Line, path: str, what: str, query: Mapping[str, str] | None = None) -> Any:
        """The JSON of a GET's answer. Raises Unavailable or Denied for any but a 200 that is JSON."""
        return self.json_of(self.read(line, path, query), what)

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
        try:
            return self._send(line, verb, path, body=body)
        except (OSError, HTTPException) as error:
            raise Unavailable(f"no answer from GitHub to a change of {path}: {words_of(error)}") from error

    def within(self, url: str) -> str:
        """An URL that GitHub gave us, if it leads to its API."""
        parts, api = urlsplit(url), self.road.api
        if (parts.scheme, parts.netloc.lower()) != (api.scheme, api.netloc.lower()) or not parts.path.startswith(
            f"{api.path}/"
        ):
            raise Unavailable("GitHub sends us to another server than its API")
        return url

    def _send(
        self,
        line: Line,
        verb: str,
        url: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        reply = self._through(self._client(), line, verb, url, query=query, body=body, headers=headers)
        if reply.status == 401 and self._installation:
            self._installation.forget()
        return reply

    @staticmethod
    def _through(
        github: Github,
        line: Line,
        verb: str,
        url: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        told = {"Accept": "application/vnd.github+json"} | dict(headers or {})
        github.requester.requestJson(verb, url, dict(query or {}), told, body, cast(Any, line))
        if line.reply is None:
            raise RuntimeError("PyGithub asked nothing")
        return line.reply


def _lost(error: Exception, line: Line) -> TrackerError:
    if not line.sent:
        return Unavailable(f"GitHub can't be reached: {words_of(error)}")
    return Uncertain(f"GitHub's answer to a new issue was lost: {words_of(error)}")
