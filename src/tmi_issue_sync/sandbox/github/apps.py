"""Apps at the sandbox's GitHub: they sign as themselves, and get tokens of an hour for their installation."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from tmi_issue_sync.sandbox.github.checks import Refused, refusal
from tmi_issue_sync.sandbox.github.model import User
from tmi_issue_sync.sandbox.wire import Clock, Reply, Request

LONGEST = 600
"""Seconds that an App's own signature may be good for."""


@dataclass(slots=True)
class App:
    """An App with its one installation; its tickets are by the bot."""

    id: int
    slug: str
    public_key: str
    installation: int
    bot: User
    lives: float = 3600.0
    """Seconds that a token holds."""
    suspended: bool = False
    rights: dict[str, str] | None = field(default_factory=lambda: {"issues": "write"})
    """What its tokens may do; None: it is not said."""


@dataclass(slots=True)
class Apps:
    """Every App, and the tokens that they were given."""

    clock: Clock
    apps: dict[int, App] = field(default_factory=dict)
    tokens: dict[str, tuple[App, datetime]] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def living(self) -> dict[str, User]:
        """Installation tokens that hold, and whose they are."""
        now = self.clock()
        return {token: app.bot for token, (app, ends) in self.tokens.items() if now < ends and not app.suspended}

    @staticmethod
    def concerns(path: str) -> bool:
        """Whether only Apps ask for this."""
        return path.partition("?")[0].split("/")[1:2] == ["app"]

    def answer(self, request: Request, path: str) -> Reply:
        """An App's own request."""
        if (request.method, path) == ("GET", "/app"):
            app = self._signed(request)
            return Reply(200, {"id": app.id, "slug": app.slug, "name": app.slug, "permissions": app.rights or {}})
        parts = path.split("/")
        app = self._signed(request)
        right = request.method == "POST" and parts[2:3] == ["installations"] and parts[4:] == ["access_tokens"]
        if not right or parts[3] != str(app.installation):
            raise refusal(404, "Not Found")
        if app.suspended:
            raise refusal(403, "This installation has been suspended")
        return self._token(app)

    def _token(self, app: App) -> Reply:
        # Only a token of the sandbox, so guessable; no real one looks like it.
        token = f"sandbox-installation-{app.installation}-{next(self._numbers)}"
        ends = self.clock() + timedelta(seconds=app.lives)
        self.tokens[token] = app, ends
        stamp = ends.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        told = {} if app.rights is None else {"permissions": app.rights}
        return Reply(201, {"token": token, "expires_at": stamp, **told})

    def _signed(self, request: Request) -> App:
        """The App whose signature this is. PyJWT comes with the extra [github]."""
        import jwt

        _, _, secret = request.headers.get("authorization", "").partition(" ")
        try:
            said = jwt.decode(secret, options={"verify_signature": False})
            app = self.apps[int(said["iss"])]
            jwt.decode(
                secret, app.public_key, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False}
            )
        except (jwt.PyJWTError, KeyError, ValueError, json.JSONDecodeError):
            raise _stranger("A JSON web token could not be decoded") from None
        now = self.clock().timestamp()
        if said["exp"] > now + LONGEST or said["iat"] > now:
            raise _stranger("'Expiration time' claim ('exp') is too far in the future")
        if said["exp"] <= now:
            raise _stranger("'Expiration time' claim ('exp') must be a numeric value representing a future time")
        return app


def _stranger(why: str) -> Refused:
    return refusal(401, why)
