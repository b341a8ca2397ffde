"""GitHub's API over PyGithub: signed, never repeated, never sent elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPException
from typing import Any, cast
from urllib.parse import urlsplit

from github import Auth, Github
from jwt import PyJWTError

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync_adapters.wire.carried import Carried
from tmi_issue_sync_adapters.wire.line import Line
from tmi_issue_sync_adapters.wire.reply import Reply, words_of

from . import verdict
from .app import Installation
from .line import Connection
from .options import Options, road

USER_AGENT = "tmi-issue-sync"
HOPS = 3


class Api(Carried):
    """One account's way to one GitHub."""

    name = "GitHub"
    of_read = staticmethod(verdict.of_read)
    options: Options

    def __init__(self, options: Options) -> None:
        self.road = road(options)
        self.options = options
        self.installation = Installation(options.app, self._as_app) if options.app else None
        self._github: Github | None = None
        self._github_token = ""

    def account(self, line: Line) -> str:
        """Whose tickets ours are. Raises Denied or Unavailable."""
        if self.installation:
            return self.installation.login()
        user = self.read_json(line, "/user", "the token's account")
        login = user.get("login") if isinstance(user, dict) else None
        if not isinstance(login, str) or not login:
            raise Unavailable("GitHub does not say whose token this is")
        return login

    def _client(self) -> Github:
        """Signed with a token that holds."""
        if self.installation:
            token = self.installation.token()
        else:
            token = self.options.token.get_secret_value() if self.options.token else ""
        if self._github is None or token != self._github_token:
            self._github, self._github_token = self._signed(Auth.Token(token)), token
        return self._github

    def _as_app(self, verb: str, path: str) -> Reply:
        """One request that the App itself signs. Raises Unavailable."""
        app = self.options.app
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
            timeout=int(self.options.timeout) or 1,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
        )

    def read(self, line: Line, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Any answer to a GET; redirects within this server are followed. Raises Unavailable."""
        url, left = path, HOPS
        while True:
            reply = self.asked(line, "GET", url, path, query=query)
            if reply.status not in (301, 302, 307, 308):
                return reply
            url, query, left = self.within(reply.headers.get("location", "")), None, left - 1
            if left < 0:
                raise Unavailable(f"GitHub redirects {path} without end")

    def within(self, url: str) -> str:
        """An URL that GitHub gave us, if it leads to its API."""
        parts, api = urlsplit(url), self.road.api
        if (parts.scheme, parts.netloc.lower()) != (api.scheme, api.netloc.lower()) or not parts.path.startswith(
            f"{api.path}/"
        ):
            raise Unavailable("GitHub sends us to another server than its API")
        return url

    def send(
        self,
        line: Line,
        verb: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        reply = self._through(self._client(), line, verb, path, query=query, body=body, headers=headers)
        if reply.status == 401 and self.installation:
            self.installation.forget()
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
        github.requester.requestJson(verb, url, dict(query or {}), told, body, cast(Any, Connection(line)))
        if line.reply is None:
            raise RuntimeError("PyGithub asked nothing")
        return line.reply
