"""Who asks, and how the sandbox's Jira turns away whom it doesn't know."""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass, field

from tmi_issue_sync.sandbox.jira.errors import Refused
from tmi_issue_sync.sandbox.jira.model import Token, User
from tmi_issue_sync.sandbox.jira.store import Store
from tmi_issue_sync.sandbox.wire import Reply, Request

READ, WRITE, ME = "read:jira-work", "write:jira-work", "read:jira-user"
SCOPES = frozenset({READ, WRITE, ME})
MUST_LOG_IN = "Client must be authenticated to access this resource."
PATIENCE = 3
"""So many wrong passwords in a row, then Data Center wants a CAPTCHA solved."""
REASON = "X-Seraph-LoginReason"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: nobody known if `user` is None, and with credentials that are wrong if `failed`."""

    user: User | None
    failed: bool = False


@dataclass(slots=True)
class Door:
    """Looks at credentials, and counts the wrong ones."""

    store: Store
    closed: bool = False
    """Whether nobody may come in without a name, not even to what is public."""
    _wrong: Counter[int] = field(default_factory=Counter)

    def who(self, request: Request, *, gateway: bool) -> Asker:
        """Who asks; raises Refused where Jira does not even listen."""
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if gateway:
            return self._by_gateway(request, scheme.lower(), secret.strip())
        match scheme.lower():
            case "":
                asker = Asker(None)
            case "basic":
                asker = self._by_password(request, secret)
            case "bearer" if self.store.cloud:
                raise Refused(Reply(403, {"error": "Failed to parse Connect Session Auth Token"}))
            case _:
                asker = self._by_token(request, secret.strip())
        if asker.user is None and self.closed:
            raise must_log_in(asker, cloud=self.store.cloud)
        return asker

    def _by_password(self, request: Request, secret: str) -> Asker:
        name, password = _pair(secret)
        named, token = self.store.named(name), self.store.tokens.get(password)
        if named is not None and named.number in self.store.locked_out:
            raise captcha(request.base)
        if named is not None and token is not None and token.user == named.number:
            self._wrong.pop(named.number, None)
            if token.scopes is not None:
                raise must_log_in(Asker(None, failed=True), cloud=True)
            return Asker(named)
        if self.store.cloud:
            # Cloud takes whoever has a wrong token for a guest, and says so in a header alone.
            return Asker(None, failed=True)
        if named is not None:
            self._wrong[named.number] += 1
            if self._wrong[named.number] >= PATIENCE:
                self.store.locked_out.add(named.number)
        text = "<html><head><title>Unauthorized (401)</title></head><body><h1>Unauthorized (401)</h1>"
        page = f"{text}<p>Basic Authentication Failure - Reason : AUTHENTICATED_FAILED</p></body></html>"
        headers = {REASON: "AUTHENTICATED_FAILED", "WWW-Authenticate": f'OAuth realm="{request.base}"'}
        raise Refused(Reply(401, page, headers, "text/html;charset=UTF-8"))

    def _by_token(self, request: Request, secret: str) -> Asker:
        token = self.store.tokens.get(secret)
        if token is None:
            raise must_log_in(Asker(None, failed=True), cloud=False)
        if token.user in self.store.locked_out:
            raise captcha(request.base)
        return Asker(self.store.users[token.user])

    def _by_gateway(self, request: Request, scheme: str, secret: str) -> Asker:
        name, password = _pair(secret) if scheme == "basic" else ("", secret)
        token = self.store.tokens.get(password)
        user = self.store.users[token.user] if token is not None else None
        if token is None or user is None or (scheme == "basic" and self.store.named(name) is not user):
            raise Refused(Reply(401, {"code": 401, "message": "Unauthorized"}))
        if user.number in self.store.locked_out:
            raise captcha(request.base)
        if not _in_scope(request, token):
            raise Refused(Reply(401, {"code": 401, "message": "Unauthorized; scope does not match"}))
        return Asker(user)


def must_log_in(asker: Asker, *, cloud: bool) -> Refused:
    """The refusal of what nobody may do without a name."""
    headers = {REASON: "AUTHENTICATED_FAILED"} if asker.failed else {}
    headers["WWW-Authenticate"] = 'OAuth realm="sandbox"'
    if cloud:
        return Refused(Reply(401, MUST_LOG_IN, headers, "text/html;charset=UTF-8"))
    return Refused(Reply(401, {"message": MUST_LOG_IN, "status-code": 401}, headers))


def captcha(base: str) -> Refused:
    """The refusal of whoever must first prove at the login page that they are human."""
    headers = {
        "X-Authentication-Denied-Reason": f"CAPTCHA_CHALLENGE; login-url={base}/login.jsp",
        REASON: "AUTHENTICATION_DENIED",
        "WWW-Authenticate": 'OAuth realm="sandbox"',
    }
    text = "<html><head><title>Forbidden (403)</title></head><body><h1>Forbidden (403)</h1>"
    page = f"{text}<p>Basic Authentication Failure - Reason : AUTHENTICATION_DENIED</p></body></html>"
    return Refused(Reply(403, page, headers, "text/html;charset=UTF-8"))


def marks(asker: Asker, n: int, *, cloud: bool) -> dict[str, str]:
    """The headers by which support finds a request again, and that tell who was heard."""
    if cloud:
        told = {"X-AREQUESTID": f"{n:08x}", "atl-traceid": f"{n:032x}"}
        return told | ({REASON: "AUTHENTICATED_FAILED"} if asker.failed else {})
    told = {"X-AREQUESTID": f"720x{n}x1"}
    return told | ({REASON: "OK", "X-AUSERNAME": asker.user.name} if asker.user is not None else {})


def _pair(secret: str) -> tuple[str, str]:
    try:
        name, _, password = base64.b64decode(secret, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return name, password


def _in_scope(request: Request, token: Token) -> bool:
    if token.scopes is None or request.path.endswith("/serverInfo"):
        return True
    if request.path.endswith("/myself"):
        return ME in token.scopes
    reads = request.method in ("GET", "HEAD") or request.path.endswith(("/bulkfetch", "/search/jql"))
    return (READ if reads else WRITE) in token.scopes
