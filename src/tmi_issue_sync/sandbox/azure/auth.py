"""Who asks, and how the sandbox's Azure DevOps turns away whom it doesn't know."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from urllib.parse import parse_qsl

from tmi_issue_sync.sandbox.azure.errors import Refused, refusal
from tmi_issue_sync.sandbox.azure.model import Token, User
from tmi_issue_sync.sandbox.azure.store import Store
from tmi_issue_sync.sandbox.wire import Reply, Request

PAGE = (
    "<!DOCTYPE html><html><head><title>Azure DevOps Services | Sign In</title></head><body><h1>Sign in to your"
    " account</h1></body></html>"
)
SCOPE = "499b84ac-1321-427f-aa17-267ca6975798/.default"
READS = ("/wiql", "/workitemsbatch")


@dataclass(slots=True)
class Door:
    """Looks at credentials, and gives service principals their tokens."""

    store: Store
    _issued: count[int]

    def who(self, request: Request) -> User:
        """Who asks; raises Refused where it is nobody that is known."""
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        text = _password(secret) if scheme.lower() == "basic" else secret.strip()
        token = self.store.tokens.get(text)
        if token is None or (token.ends is not None and token.ends <= self.store.clock()):
            raise self._stranger(request)
        user = self.store.users[token.user]
        reads = request.method == "GET" or request.path.endswith(READS)
        if not {"vso.work", "vso.work_write"} & token.scopes or not (reads or "vso.work_write" in token.scopes):
            words = f"TF400813: The user '{user.id}' is not authorized to access this resource."
            raise refusal(401, words, "UnauthorizedRequestException")
        return user

    def issue(self, request: Request, tenant: str) -> Reply:
        """A token for a service principal by its secret (client credentials)."""
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        secret, user = self.store.clients.get(form.get("client_id", ""), ("", 0))
        if form.get("grant_type") != "client_credentials" or form.get("scope") != SCOPE:
            return Reply(
                400, {"error": "invalid_scope", "error_description": "AADSTS70011: The scope is not valid."}
            )
        if not secret or form.get("client_secret") != secret:
            words = f"AADSTS7000215: Invalid client secret provided for the tenant {tenant}."
            return Reply(401, {"error": "invalid_client", "error_description": words})
        text, life = f"sandbox-entra-{next(self._issued)}", self.store.settings.token_life
        self.store.tokens[text] = Token(user, ends=self.store.clock() + timedelta(seconds=life))
        return Reply(200, {"token_type": "Bearer", "expires_in": life, "access_token": text})

    def _stranger(self, request: Request) -> Refused:
        """With `Suppress` it says so; else it thinks that a person with a browser asks."""
        quiet = request.headers.get("x-tfs-fedauthredirect", "").lower() == "suppress"
        status = self.store.settings.sign_in or (401 if quiet else 302 if request.method == "GET" else 203)
        kind = "text/html; charset=utf-8"
        if status == 302:
            headers = {"Location": f"{request.base}/_signin?realm={self.store.name}&reply_to=x"}
            return Refused(Reply(302, PAGE, headers, kind))
        headers = {"WWW-Authenticate": f'Basic realm="{request.base}/"'} if status == 401 else {}
        return Refused(Reply(status, "" if status == 401 else PAGE, headers, kind))


def _password(secret: str) -> str:
    try:
        return base64.b64decode(secret, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
