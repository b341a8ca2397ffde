"""Who we are to Azure DevOps: a personal access token, or an Entra service principal's token that is renewed."""

from __future__ import annotations

import base64
import time
from typing import Protocol
from urllib.parse import urlencode

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync.http import base_url
from tmi_issue_sync.secret import blotted
from tmi_issue_sync_adapters.wire.plain import Plain, Unanswered
from tmi_issue_sync_adapters.wire.reply import Reply, json_of, one_line, retry_after

from .options import WHAT, Options

ENTRA = "https://login.microsoftonline.com"
SCOPE = "499b84ac-1321-427f-aa17-267ca6975798/.default"
"""Azure DevOps as a resource of Entra."""
EARLY = 300.0
"""Seconds before its end at which a token is renewed, or a tenth of its life where that is shorter."""
TODO = "Check tenant, client_id and client_secret, and that the secret has not expired."


class Pass(Protocol):
    """What requests are signed with."""

    def header(self) -> str:
        """The Authorization header, good for the next request. Raises Denied or Unavailable."""
        ...

    def refused(self) -> None:
        """It was not taken: the next one must be new, where there can be one."""
        ...


class Token:
    """A personal access token: the password of nobody in particular."""

    def __init__(self, token: str) -> None:
        self._header = f"Basic {base64.b64encode(f':{token}'.encode()).decode()}"

    def header(self) -> str:
        return self._header

    def refused(self) -> None:
        """There is no other."""


class Principal:
    """A service principal by its secret. Raises ConfigError for a `token_url` that can't work."""

    def __init__(self, options: Options, plain: Plain) -> None:
        given = options.token_url or f"{ENTRA}/{options.tenant}/oauth2/v2.0/token"
        self._url = base_url(options.model_copy(update={"url": given}), f"{WHAT}: token_url")
        self._options, self._plain = options, plain
        self._header, self._until = "", 0.0

    def header(self) -> str:
        if time.monotonic() >= self._until:
            self._header, life = self._fresh()
            self._until = time.monotonic() + life - min(EARLY, life / 10)
        return self._header

    def refused(self) -> None:
        self._until = 0.0

    def _fresh(self) -> tuple[str, float]:
        secret = self._options.client_secret.get_secret_value() if self._options.client_secret else ""
        form = {
            "grant_type": "client_credentials",
            "client_id": self._options.client_id or "",
            "client_secret": secret,
            "scope": SCOPE,
        }
        try:
            reply = self._plain.send(
                "POST",
                self._url,
                seconds=self._options.timeout,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                body=urlencode(form).encode(),
                secrets=(secret,),
            )
        except Unanswered as error:
            raise Unavailable(f"no token for the service principal: {blotted(str(error), secret)}") from error
        return _token_in(reply)


def _token_in(reply: Reply) -> tuple[str, float]:
    data = json_of(reply)
    told = data if isinstance(data, dict) else {}
    token = told.get("access_token")
    if reply.status == 200 and isinstance(token, str) and token.isascii() and token.isprintable():
        try:
            return f"Bearer {token}", max(0.0, float(told.get("expires_in", 0)))
        except (TypeError, ValueError):
            return f"Bearer {token}", 0.0
    if reply.status in (400, 401, 403) and isinstance(told.get("error"), str):
        said = one_line(str(told.get("error_description") or told["error"]))
        raise Denied(f"Entra gives the service principal no token ({reply.status}): {said}", todo=TODO)
    raise Unavailable(
        f"Entra answered the request for a token with {reply.status} and no token",
        retry_after=retry_after(reply),
        server_fault=reply.status >= 500,
    )


def pass_of(options: Options, plain: Plain) -> Pass:
    """The way in that the options name. Raises ConfigError."""
    return Principal(options, plain) if options.token is None else Token(options.token.get_secret_value())
