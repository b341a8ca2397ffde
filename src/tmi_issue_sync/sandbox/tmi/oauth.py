"""Login, tokens and client credentials. The identity provider lets everybody in at once."""

from __future__ import annotations

import base64
import hashlib
import html
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from tmi_issue_sync.sandbox.tmi.call import FORM, JSON, Call, Route
from tmi_issue_sync.sandbox.tmi.errors import Refusal, forbidden, invalid
from tmi_issue_sync.sandbox.tmi.people import ADMINISTRATORS, REVIEWERS, People
from tmi_issue_sync.sandbox.tmi.stamps import nano
from tmi_issue_sync.sandbox.tmi.store import Store
from tmi_issue_sync.sandbox.tmi.tokens import Tokens
from tmi_issue_sync.sandbox.wire import Clock, Reply

CODE_LIFE = timedelta(minutes=10)
LOCKOUTS = ((50, 3600), (20, 300), (10, 30), (5, 1))
"""After so many failures of one client id, wait so many seconds."""


@dataclass(frozen=True, slots=True)
class _Grant:
    user: str
    challenge: str
    expires_at: datetime


class Lockout:
    """Counts the failures of each client id. Hammering with a wrong secret shuts the door for longer and longer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[str, tuple[int, datetime]] = {}

    def check(self, client_id: str) -> None:
        count, last = self._failures.get(client_id, (0, self._clock()))
        wait = next((seconds for least, seconds in LOCKOUTS if count >= least), 0)
        left = math.ceil((last + timedelta(seconds=wait) - self._clock()).total_seconds())
        if left > 0:
            raise Refusal(
                429,
                "too_many_requests",
                "Too many failed authentication attempts",
                {"Retry-After": str(left)},
            )

    def failed(self, client_id: str) -> None:
        count, last = self._failures.get(client_id, (0, self._clock()))
        fresh = self._clock() - last < timedelta(hours=1)
        self._failures[client_id] = (count + 1 if fresh else 1, self._clock())

    def succeeded(self, client_id: str) -> None:
        self._failures.pop(client_id, None)


class OAuth:
    """The endpoints under /oauth2, and the credentials of service accounts."""

    def __init__(self, store: Store, people: People, tokens: Tokens, callbacks: tuple[str, ...]) -> None:
        self._store = store
        self._people = people
        self._tokens = tokens
        self._callbacks = callbacks
        self._grants: dict[str, _Grant] = {}
        self._clients: dict[str, tuple[str, str]] = {}
        self._lockout = Lockout(store.clock)

    def routes(self) -> list[Route]:
        media = (JSON, FORM)
        return [
            Route("GET", "/oauth2/providers", self.providers, "public"),
            Route("GET", "/oauth2/authorize", self.authorize, "public"),
            Route("POST", "/oauth2/token", self.token, "public", media=media),
            Route("POST", "/oauth2/refresh", self.refresh, "public", media=media),
            Route("POST", "/oauth2/revoke", self.revoke, "public", media=media),
            Route("POST", "/me/client_credentials", self.create_client, "person", media=(JSON,)),
        ]

    def providers(self, call: Call) -> Reply:
        base = call.request.base
        provider = {
            "id": "tmi",
            "name": "tmi",
            "icon": "/static/provider-logos/signin/tmi.svg",
            "auth_url": f"{base}/oauth2/authorize?idp=tmi",
            "token_url": f"{base}/oauth2/token?idp=tmi",
            "redirect_uri": f"{base}/oauth2/callback",
            "client_id": "tmi-local",
        }
        return Reply(200, {"providers": [provider]})

    def authorize(self, call: Call) -> Reply:
        ask = call.request.param
        callback = ask("client_callback") or ""
        if callback not in self._callbacks:
            raise invalid("client_callback is not in the allowlist", "invalid_request")
        challenge = ask("code_challenge")
        if not challenge or ask("code_challenge_method") != "S256":
            raise invalid("PKCE with code_challenge_method S256 is required", "invalid_request")
        user = ask("login_hint") or next(iter(self._people.users), None)
        if user is None:
            raise invalid("no user to log in", "invalid_request")
        code = self._code(user, challenge)
        state = f"&state={quote(ask('state') or '', safe='')}" if ask("state") is not None else ""
        url = f"{callback}{'&' if '?' in callback else '?'}code={code}{state}"
        page = f'<a href="{html.escape(url)}">Found</a>.\n\n'
        return Reply(302, page, {"Location": url}, "text/html; charset=utf-8")

    def token(self, call: Call) -> Reply:
        form: Mapping[str, Any] = call.body
        grant = form.get("grant_type")
        if grant == "client_credentials":
            return self._client_token(form)
        if grant == "refresh_token":
            return self.refresh(call)
        if grant == "authorization_code":
            return self._code_token(form)
        raise Refusal(400, f"Unsupported grant type: {grant}")

    def refresh(self, call: Call) -> Reply:
        token = call.body.get("refresh_token")
        if not token:
            raise invalid("Missing refresh_token parameter", "invalid_request")
        return self._pair(*self._tokens.refresh(str(token)))

    def revoke(self, call: Call) -> Reply:
        form: Mapping[str, Any] = call.body
        if not (form.get("client_id") and form.get("client_secret")):
            self._tokens.caller(call.request.headers.get("authorization"))
        self._tokens.revoke(str(form.get("token", "")))
        return Reply(200, {})

    def create_client(self, call: Call) -> Reply:
        user = call.caller.user
        if not (self._people.is_in(user, ADMINISTRATORS) or self._people.is_in(user, REVIEWERS)):
            raise forbidden("Administrator or security reviewer access required")
        name = call.body.get("name") if isinstance(call.body, dict) else None
        if not isinstance(name, str) or not 1 <= len(name) <= 100:
            raise invalid("name must be between 1 and 100 characters")
        return Reply(201, self.new_client(user, name, call.facts))

    def new_client(self, owner: str, name: str, facts: Mapping[str, object]) -> dict[str, str]:
        """A credential as the API shows it, this one time with its secret."""
        client_id, secret = f"tmi_cc_{secrets.token_urlsafe(16)}", secrets.token_urlsafe(32)
        self._clients[client_id] = (secret, owner)
        self._store.commit("client.create", owner=owner, client_id=client_id, **facts)
        return {
            "client_id": client_id,
            "client_secret": secret,
            "created_at": nano(self._store.now()),
            "id": self._store.random_id(),
            "name": name,
        }

    def _client_token(self, form: Mapping[str, Any]) -> Reply:
        client_id, secret = form.get("client_id"), form.get("client_secret")
        if not client_id or not secret:
            raise invalid("Missing client_id or client_secret parameter", "invalid_request")
        self._lockout.check(str(client_id))
        known = self._clients.get(str(client_id))
        if known is None or not secrets.compare_digest(known[0].encode(), str(secret).encode()):
            self._lockout.failed(str(client_id))
            raise Refusal(401, "invalid_client", "Client authentication failed")
        self._lockout.succeeded(str(client_id))
        return self._pair(self._tokens.service(known[1]), "")

    def _code_token(self, form: Mapping[str, Any]) -> Reply:
        verifier = str(form.get("code_verifier") or "")
        if not 43 <= len(verifier) <= 128:
            raise invalid("code_verifier must be between 43 and 128 characters", "invalid_request")
        grant = self._grants.pop(str(form.get("code") or ""), None)
        if grant is None or self._store.clock() >= grant.expires_at:
            raise invalid("The authorization code is invalid or expired.", "invalid_grant")
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if digest != grant.challenge:
            raise invalid("PKCE verification failed", "invalid_grant")
        self._store.commit("login", actor=grant.user)
        return self._pair(*self._tokens.log_in(grant.user))

    def _code(self, user: str, challenge: str) -> str:
        hint = base64.urlsafe_b64encode(user.encode()).decode()
        code = f"test_auth_code_{secrets.token_hex(8)}_hint_{hint}"
        self._grants[code] = _Grant(user, challenge, self._store.clock() + CODE_LIFE)
        return code

    def _pair(self, access: str, refresh: str) -> Reply:
        body = {
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": self._tokens.expires_in,
            "token_type": "bearer",
        }
        return Reply(200, body)
