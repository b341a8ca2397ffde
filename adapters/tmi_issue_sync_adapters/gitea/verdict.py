"""What an answer of Gitea or Forgejo proves.

Its own form is JSON with `message` and `url`. Neither limits requests: a 429 comes from a proxy that has not passed
the request on.

| answer                                                        | to a create        | to a read          |
|---------------------------------------------------------------|--------------------|--------------------|
| no name, refused, connect timeout, TLS (before the first byte)| Unavailable        | Unavailable        |
| 401 · 403 · 404 · 410 · 423 (archived) in its own form        | Denied             | Denied             |
| 422 in its own form that speaks of an assignee                | Denied             | Denied             |
| 400 405 413 415 422 in its own form                           | Rejected           | Denied             |
| 429 in any form                                               | Unavailable        | Unavailable        |
| 3xx (the repository was renamed)                              | Denied             | followed by `get`s |
| 408 409 412 5xx, a 4xx in any other form                      | Uncertain          | Unavailable        |
| 2xx that is no issue (a list: 200), lost or cut short         | Uncertain          | Unavailable        |
"""

from __future__ import annotations

import re

from tmi_issue_sync.errors import Denied, Rejected, TrackerError, Unavailable, Uncertain
from tmi_issue_sync_adapters.wire.reply import Reply, content_type, json_of, one_line, retry_after

RATE_LIMIT_SECONDS = 60.0
"""How long to wait where a proxy's rate limit does not say."""
SCOPES = ("read:user", "read:repository", "write:issue")
TOKEN_TODO = f"Make a token with the scopes {', '.join(SCOPES[:-1])} and {SCOPES[-1]} (Settings, Applications)."
RIGHTS_TODO = "Give the account the right to write to the repository's issues."
_REFUSED = (400, 405, 413, 415, 422)
_SCOPE = re.compile(r"(?:read|write):[a-z]+")


class ScopeMissing(Denied):
    """The token's scopes do not reach that far."""

    def __init__(self, scope: str, *, request_id: str | None) -> None:
        super().__init__(f"the token lacks the scope {scope}", todo=TOKEN_TODO, request_id=request_id)
        self.scope = scope


def request_id(reply: Reply) -> str | None:
    """The request's id, where the server or a proxy was told to give one."""
    return reply.headers.get("x-request-id")


def words(reply: Reply) -> str | None:
    """What the server itself says of a failure; None where a proxy or something else has spoken."""
    data = json_of(reply)
    if not isinstance(data, dict) or not isinstance(message := data.get("message"), str) or "url" not in data:
        return None
    return one_line(message) or "no words"


def of_read(reply: Reply, what: str) -> TrackerError:
    """The error of a read, or of a change that makes no ticket, that was not answered with what was asked for."""
    if (refusal := _refusal(reply, what)) is not None:
        return refusal
    ident, status = request_id(reply), reply.status
    if 300 <= status < 400:
        return Denied(f"the server redirects {what} ({status})", todo="Is it renamed? See check.", request_id=ident)
    if (said := words(reply)) is not None and status in (*_REFUSED, 412):
        return Denied(f"the server refused {what} ({status}): {said}", request_id=ident)
    after = retry_after(reply) if status == 503 else None
    why = f"the server answered {what} with {_told(reply)}"
    return Unavailable(why, request_id=ident, retry_after=after, server_fault=status >= 500)


def of_create(reply: Reply, repo: str, moved_to: str | None = None) -> TrackerError:
    """The error of a create that was not answered with a new issue."""
    what, ident, status = f"a new issue in {repo}", request_id(reply), reply.status
    if 300 <= status < 400:
        todo = (
            f'Set the target to repo = "{moved_to}".' if moved_to else "Set the target's repo to its present name."
        )
        return Denied(f"the server redirected {what} ({status}): {repo} has moved", todo=todo, request_id=ident)
    if (refusal := _refusal(reply, what)) is not None:
        return refusal
    if (said := words(reply)) is not None and status in _REFUSED:
        return Rejected(f"the server refused {what} ({status}): {said}", request_id=ident)
    why = f"the server answered {what} with {_told(reply)}; it may exist"
    return Uncertain(why, request_id=ident, server_fault=status >= 500)


def _refusal(reply: Reply, what: str) -> TrackerError | None:
    """What the server surely did not do, whatever it was."""
    ident = request_id(reply)
    if reply.status == 429:
        after = retry_after(reply)
        seconds = RATE_LIMIT_SECONDS if after is None else after
        return Unavailable(f"a rate limit shut out {what}", request_id=ident, retry_after=seconds)
    if (said := words(reply)) is None:
        return None
    if (scope := _missing_scope(reply.status, said)) is not None:
        return ScopeMissing(scope, request_id=ident)
    match reply.status:
        case 401:
            why, todo = f"the server does not know the token: {said}", TOKEN_TODO
        case 403:
            why, todo = f"the server forbids {what}: {said}", f"Are its issues switched on? {RIGHTS_TODO}"
        case 404 | 410:
            why, todo = (
                f"the server shows nothing for {what}: {said}",
                f"Check the repository's name. {RIGHTS_TODO}",
            )
        case 422 if re.search("assignee|access to repo", said, re.IGNORECASE):
            why, todo = f"the server refused {what}: {said}", "Mend the target's assignees."
        case 423:
            why, todo = f"the server locks {what}: {said}", "Unarchive the repository, or name another."
        case _:
            return None
    return Denied(why, todo=todo, request_id=ident)


def _missing_scope(status: int, said: str) -> str | None:
    """The scope that the token lacks, if that is what a 403 says; it may also name those that the token has."""
    found = _SCOPE.search(said.partition("token scope=")[0]) if status == 403 and "scope" in said else None
    return found[0] if found else None


def _told(reply: Reply) -> str:
    if (said := words(reply)) is not None:
        return f"{reply.status}: {said}"
    kind = content_type(reply)
    page = " (a sign-in page of something on the way?)" if kind == "text/html" and reply.status == 200 else ""
    return f"{reply.status} and something that is not its form ({kind}){page}"
