"""What an answer of GitHub proves.

| answer                                                        | to a create        | to a read          |
|---------------------------------------------------------------|--------------------|--------------------|
| no name, refused, connect timeout, TLS (before the first byte)| Unavailable        | Unavailable        |
| 401 · 403 · 404 · 410 in GitHub's own form                    | Denied             | Denied             |
| 429, 403 that speaks of a rate limit, 422 that speaks of spam | Unavailable        | Unavailable        |
| 422 that complains of assignees, milestone or type alone      | Denied             | Denied             |
| 400 405 413 415 422 else in GitHub's own form                 | Rejected           | Denied             |
| 3xx                                                           | Denied             | followed by `get`s |
| 408 409 5xx, a 4xx in any other form                          | Uncertain          | Unavailable        |
| 2xx that is no issue (an issue: 201), lost or cut short       | Uncertain          | Unavailable        |
"""

from __future__ import annotations

import re
from typing import Any

from github.Requester import Requester

from tmi_issue_sync.errors import Denied, Rejected, TrackerError, Unavailable, Uncertain
from tmi_issue_sync_adapters.wire.reply import Reply, content_type, json_of, one_line, retry_after, seconds_until

RATE_LIMIT_SECONDS = 60.0
"""How long to wait where a rate limit does not say."""
_TOO_FAST = re.compile("submitted too quickly|been spammed|abuse detection", re.IGNORECASE)
"""A 422 that is no fault of what was sent: GitHub wants to be left alone for a while."""
_OPTIONS = frozenset({"assignees", "milestone", "type"})
"""What of an issue is written in the config alone."""
RIGHTS_TODO = (
    "Use a fine-grained personal access token for this repository with the permission"
    ' "Issues: read and write" ("Metadata: read" comes with it).'
)


def request_id(reply: Reply) -> str | None:
    """GitHub's own id of the request."""
    return reply.headers.get("x-github-request-id")


def words(reply: Reply) -> str | None:
    """What GitHub itself says of a failure; None where a proxy or something else has spoken."""
    data = json_of(reply)
    if not isinstance(data, dict) or not isinstance(message := data.get("message"), str):
        return None
    if request_id(reply) is None and "documentation_url" not in data:
        return None
    details = data.get("errors")
    told = [_detail(each) for each in details] if isinstance(details, list) else []
    return one_line(f"{message}: {'; '.join(told)}" if told else message)


def limited(reply: Reply) -> float | None:
    """For how many seconds a rate limit shuts us out; None where this is none."""
    headers = reply.headers
    said, spent = words(reply), headers.get("x-ratelimit-remaining") == "0"
    told = spent or "retry-after" in headers
    if reply.status == 403 and said is not None:
        shut = told or Requester.isRateLimitError(said) or "rate limit" in said.lower()
    elif reply.status == 422 and said is not None:
        shut = _TOO_FAST.search(said) is not None
    else:
        shut = reply.status == 429 and (told or said is not None or request_id(reply) is not None)
    if not shut:
        return None
    return _seconds(reply, spent)


def of_read(reply: Reply, what: str) -> TrackerError:
    """The error of a read that did not answer with what was asked for."""
    if (refusal := _refusal(reply, what)) is not None:
        return refusal
    ident, status = request_id(reply), reply.status
    if (said := words(reply)) is not None and status in (400, 405, 413, 415, 422):
        return Denied(f"GitHub refused {what} ({status}): {said}", request_id=ident)
    why = f"GitHub answered {what} with {_told(reply)}"
    return Unavailable(why, request_id=ident, server_fault=status >= 500)


def of_create(reply: Reply, repo: str, moved_to: str | None = None) -> TrackerError:
    """The error of a create that was not answered with a new issue."""
    what, ident, status = f"a new issue in {repo}", request_id(reply), reply.status
    if 300 <= status < 400:
        return Denied(
            f"GitHub redirected {what} ({status}): {repo} has moved",
            todo=f'Set the target to repo = "{moved_to}".'
            if moved_to
            else "Set the target's repo to its present name.",
            request_id=ident,
        )
    if (refusal := _refusal(reply, what)) is not None:
        return refusal
    said = words(reply)
    if said is not None and status == 422 and (wrong := _wrong_options(reply)):
        todo = f"Mend what the fields of the tracker's table, or of the route's, say of {' and '.join(wrong)}."
        return Denied(f"GitHub refused {what} (422): {said}", todo=todo, request_id=ident)
    if said is not None and status in (400, 405, 413, 415, 422):
        return Rejected(f"GitHub refused {what} ({status}): {said}", request_id=ident)
    why = f"GitHub answered {what} with {_told(reply)}; it may exist"
    return Uncertain(why, request_id=ident, server_fault=status >= 500)


def _refusal(reply: Reply, what: str) -> TrackerError | None:
    """What GitHub surely did not do, whatever it was."""
    ident = request_id(reply)
    if (seconds := limited(reply)) is not None:
        why = f"GitHub's rate limit shut out {what}"
        return Unavailable(why, request_id=ident, retry_after=seconds)
    if (said := words(reply)) is None:
        return None
    match reply.status:
        case 401:
            why, todo = f"GitHub does not know the token: {said}", "Give a token that is valid and not expired."
        case 403:
            why, todo = f"GitHub forbids {what}: {said}", RIGHTS_TODO
        case 404:
            why, todo = f"GitHub shows nothing for {what}: {said}", f"Check the repository's name. {RIGHTS_TODO}"
        case 410:
            why, todo = f"GitHub has no issues there, for {what}: {said}", "Switch on the repository's issues."
        case _:
            return None
    return Denied(why, todo=todo, request_id=ident)


def _wrong_options(reply: Reply) -> list[str]:
    """What the config says wrongly, where a refusal complains of nothing else: no draft would get through."""
    data = json_of(reply)
    errors = data.get("errors") if isinstance(data, dict) else None
    rows = errors if isinstance(errors, list) else []
    named = {str(each.get("field")) if isinstance(each, dict) else "" for each in rows}
    return sorted(named) if named <= _OPTIONS else []


def _told(reply: Reply) -> str:
    if (said := words(reply)) is not None:
        return f"{reply.status}: {said}"
    return f"{reply.status} and something that is not GitHub's form ({content_type(reply)})"


def _detail(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    field, code = error.get("field"), error.get("message") or error.get("code")
    return f"{field}: {code}" if field else str(code)


def _seconds(reply: Reply, spent: bool) -> float:
    after, reset = retry_after(reply), reply.headers.get("x-ratelimit-reset", "")
    if after is None and spent and reset.isdecimal():
        after = seconds_until(reply, float(reset))
    return RATE_LIMIT_SECONDS if after is None else after
