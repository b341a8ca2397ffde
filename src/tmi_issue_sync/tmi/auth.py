"""Who we are at TMI: three ways to come by a bearer token."""

from __future__ import annotations

import threading
from typing import Protocol

from .. import retry
from ..errors import ConfigError, TmiDenied, TmiError
from .options import ClientCredentials, Token
from .wire import Passing, Reply, Wire

REFUSED_FOR = 300.0
"""Seconds without a further try after TMI refused a credential: it locks clients out that keep trying."""


class Identity(Protocol):
    """Somebody who can show a token. `name` is for errors: `the reader`, `the writer`."""

    name: str

    def token(self, refused: str | None = None) -> str:
        """A token to send; another one than `refused`, which TMI just answered with 401. Raises TmiError."""
        ...


class StaticToken:
    """A token from the config; when TMI refuses it, only a person can help."""

    def __init__(self, name: str, option: Token) -> None:
        self.name = name
        self._token = option.token.get_secret_value()
        if not visible(self._token):
            raise ConfigError(f"[tmi] the token of {name} has characters that no token has", todo="Copy it again.")

    def token(self, refused: str | None = None) -> str:
        if refused is not None:
            raise TmiDenied(
                f"TMI refuses the token of {self.name}: it has expired, or is not one of this TMI",
                todo="Put a fresh token there, or use write = { login = true } and tmi-issue-sync login.",
            )
        return self._token


class ServiceAccount:
    """A client credential (tmi-api 1.1). Threads share its tokens, each kept until just before its end."""

    def __init__(self, name: str, option: ClientCredentials, wire: Wire) -> None:
        self.name = name
        self._option = option
        self._wire = wire
        self._lock = threading.Lock()
        self._token: str | None = None
        self._good_until = float("-inf")
        self._again_at = float("-inf")
        self._refusal: TmiError | None = None

    def token(self, refused: str | None = None) -> str:
        with self._lock:
            now = self._wire.clock.monotonic()
            if self._token is not None and self._token != refused and now < self._good_until:
                return self._token
            if self._refusal is not None and now < self._again_at:
                raise type(self._refusal)(self._refusal.why, todo=self._refusal.todo)
            self._token = None
            return self._ask()

    def _ask(self) -> str:
        """A grant changes nothing that matters, so it may be repeated."""
        body = {
            "grant_type": "client_credentials",
            "client_id": self._option.client_id,
            "client_secret": self._option.client_secret.get_secret_value(),
        }
        try:
            return self._keep(retry.reads(self._wire.clock, Passing)(self._grant, body))
        except Passing as error:  # not the caller's request: that one was never sent
            raise TmiError(f"{self.name} got no token: {error.why}", todo=error.todo) from error

    def _grant(self, body: dict[str, str]) -> Reply:
        reply = self._wire.send("POST", "/oauth2/token", body=dict(body))
        if reply.status == 429:
            raise self._hold(
                TmiError(
                    f"TMI locked {self.name}'s client_id out for a while ({reply.words})",
                    todo="Check client_id and client_secret; it is tried again when TMI allows.",
                ),
                reply.retry_after or REFUSED_FOR,
            )
        if reply.status in (400, 401, 403):
            raise self._hold(
                TmiDenied(
                    f"TMI refuses the client credential of {self.name} ({reply.words})",
                    todo="Check client_id and client_secret, and whether the credential expired or was deleted.",
                ),
                REFUSED_FOR,
            )
        if reply.status >= 500:
            raise Passing(f"TMI gave no token ({reply.words})", retry_after=reply.retry_after)
        if reply.status != 200:
            raise TmiError(f"TMI gave no token (status {reply.status})", todo="Is [tmi] url TMI's API?")
        return reply

    def _hold(self, error: TmiError, seconds: float) -> TmiError:
        self._refusal, self._again_at = error, self._wire.clock.monotonic() + seconds
        return error

    def _keep(self, reply: Reply) -> str:
        grant = granted(reply)
        self._token, self._refusal = grant.access_token, None
        self._good_until = self._wire.clock.monotonic() + grant.usable_for
        return grant.access_token


class Grant:
    """What a token endpoint gave: never printed, so no dataclass."""

    def __init__(self, access_token: str, refresh_token: str, expires_in: float) -> None:
        self.access_token = access_token
        self.refresh_token = refresh_token
        self.expires_in = expires_in

    @property
    def usable_for(self) -> float:
        """Seconds, less a margin for clocks and for requests on their way."""
        return self.expires_in - min(60.0, self.expires_in / 4)


def granted(reply: Reply) -> Grant:
    """The tokens of a 200. Raises TmiError where there is no usable access token."""
    body = reply.table()
    access, refresh, seconds = body.get("access_token"), body.get("refresh_token"), body.get("expires_in")
    if not isinstance(access, str) or not visible(access):
        raise TmiError("TMI's token endpoint answered without a usable token", todo="Is [tmi] url TMI's API?")
    lasts = float(seconds) if isinstance(seconds, (int, float)) and 0 < seconds < 1e8 else 300.0
    return Grant(access, refresh if isinstance(refresh, str) else "", lasts)


def visible(token: str) -> bool:
    """A header carries visible ASCII only, and the HTTP library's error would quote the rest."""
    return bool(token) and all("!" <= char <= "~" for char in token)
