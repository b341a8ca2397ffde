"""What an answer of GitLab proves.

| answer                                                        | to a create        | to a read          |
|---------------------------------------------------------------|--------------------|--------------------|
| no name, refused, connect timeout, TLS (before the first byte)| Unavailable        | Unavailable        |
| 401 · 403 · 404 · 410 in GitLab's own form                    | Denied             | Denied             |
| 405 in its own form (a project that has moved), 3xx           | Denied             | Denied             |
| 429 with its headers, in its own form, or "Retry later"       | Unavailable        | Unavailable        |
| 400 that names the issue type, in its own form                | Denied             | Denied             |
| 400 (spam too) 413 415 422 else in GitLab's own form          | Rejected           | Denied             |
| 409 that wants a CAPTCHA solved                               | Rejected           |                    |
| any other 409 ("Duplicated issue"), 408, 5xx, a foreign 4xx   | Uncertain          | Unavailable        |
| 2xx that is no issue (an issue: 201), lost or cut short       | Uncertain          | Unavailable        |
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tmi_issue_sync.errors import Denied, Rejected, TrackerError, Unavailable, Uncertain
from tmi_issue_sync_adapters.wire.reply import Reply, content_type, json_of, one_line, retry_after, seconds_until

RATE_LIMIT_SECONDS = 60.0
"""How long to wait where a rate limit does not say."""
RIGHTS_TODO = (
    "Use an access token of the project, its group or a person with the scope api,"
    " and at least the role Planner or Reporter in the project."
)
_SIGNED = "x-gitlab-meta"
"""Every answer of GitLab's own has it; a proxy's does not."""
_OAUTH = ("invalid_token", "insufficient_scope", "insufficient_granular_scope")
_SPAM = "Disarm what looks like spam to GitLab, or let its administrator trust the account; then `retry THREAT`."


def request_id(reply: Reply) -> str | None:
    """GitLab's own id of the request."""
    return reply.headers.get("x-request-id")


def words(reply: Reply) -> str | None:
    """What GitLab itself says of a failure; None where a proxy or something else has spoken."""
    data = json_of(reply)
    if not isinstance(data, dict):
        return None
    message, error = data.get("message"), data.get("error")
    own = (
        _SIGNED in reply.headers
        or error in _OAUTH
        or (isinstance(message, str) and message.startswith(f"{reply.status} "))
        or (isinstance(message, dict) and all(isinstance(why, list) for why in message.values()))
    )
    told = [*_told_in(data.get("error_description")), *_told_in(message), *_told_in(error)]
    return one_line("; ".join(dict.fromkeys(told))) if own and told else None


def _told_in(said: Any) -> Iterator[str]:
    """A message is a sentence, or lists of sentences by field."""
    if isinstance(said, str) and said:
        yield said
    elif isinstance(said, Mapping):
        for field, why in said.items():
            texts = why if isinstance(why, list) else [why]
            yield from (f"{text}" if field in ("error", "base") else f"{field} {text}" for text in texts)


def limited(reply: Reply) -> float | None:
    """For how many seconds a rate limit shuts us out; None where this is none.

    The front door's limits speak plain text, the application's own ones JSON.
    """
    headers = reply.headers
    known = "retry-after" in headers or any(name.startswith("ratelimit-") for name in headers)
    own = known or reply.body.strip() == "Retry later" or words(reply) is not None
    if reply.status != 429 or not own:
        return None
    after, reset = retry_after(reply), headers.get("ratelimit-reset", "")
    if after is None and reset.isdecimal():
        after = seconds_until(reply, float(reset))
    return RATE_LIMIT_SECONDS if after is None else after


def unseen(reply: Reply) -> str | None:
    """GitLab's words where an issue is not there for this account; None where it is, or something else is wrong."""
    return words(reply) if reply.status == 404 else None


def of_read(reply: Reply, what: str) -> TrackerError:
    """The error of a read that did not answer with what was asked for."""
    if (refusal := _refusal(reply, what)) is not None:
        return refusal
    ident, status = request_id(reply), reply.status
    if (said := words(reply)) is not None and status in (400, 405, 413, 415, 422):
        return Denied(f"GitLab refused {what} ({status}): {said}", request_id=ident)
    after = retry_after(reply) if status == 503 else None
    why = f"GitLab answered {what} with {_told(reply)}"
    return Unavailable(why, request_id=ident, retry_after=after, server_fault=status >= 500)


def of_create(reply: Reply, project: str, present_name: str | None = None) -> TrackerError:
    """The error of a create that was not answered with a new issue."""
    what, ident, status = f"a new issue in {project}", request_id(reply), reply.status
    said = words(reply)
    if said is not None and status == 405:
        name = present_name or "its present path"
        return Denied(
            f"GitLab refused {what} (405): {said}", todo=f'Set the target\'s project = "{name}".', request_id=ident
        )
    if (refusal := _refusal(reply, what)) is not None:
        return refusal
    if said is not None and status == 400 and re.search(r"\bissue_type\b", said):
        todo = "This GitLab knows no such type: set the target's issue_type to another, or leave it out."
        return Denied(f"GitLab refused {what} (400): {said}", todo=todo, request_id=ident)
    if said is not None and (status in (400, 413, 415, 422) or _wants_captcha(reply)):
        todo = _SPAM if _wants_captcha(reply) or "spam" in said.lower() else ""
        return Rejected(f"GitLab refused {what} ({status}): {said}", todo=todo, request_id=ident)
    why = f"GitLab answered {what} with {_told(reply)}; it may exist"
    return Uncertain(why, request_id=ident, server_fault=status >= 500)


def _wants_captcha(reply: Reply) -> bool:
    """It looks like spam, and a person is to prove to be one before it is made."""
    data = json_of(reply)
    return reply.status == 409 and isinstance(data, dict) and data.get("needs_captcha_response") is True


def _refusal(reply: Reply, what: str) -> TrackerError | None:
    """What GitLab surely did not do, whatever it was."""
    ident = request_id(reply)
    if (seconds := limited(reply)) is not None:
        return Unavailable(f"GitLab's rate limit shut out {what}", request_id=ident, retry_after=seconds)
    if 300 <= reply.status < 400:
        to = re.sub(r"\?.*", "", one_line(reply.headers.get("location", ""))) or "nowhere"
        todo = "Set url to where GitLab is, and the target's project to its present path."
        return Denied(f"GitLab redirects {what} to {to}", todo=todo, request_id=ident)
    if (said := words(reply)) is None:
        return None
    match reply.status:
        case 401:
            why, todo = f"GitLab does not know the token: {said}", "Give a token that is valid and not expired."
        case 403:
            why, todo = f"GitLab forbids {what}: {said}", RIGHTS_TODO
        case 404:
            why, todo = f"GitLab shows nothing for {what}: {said}", f"Check the project's path. {RIGHTS_TODO}"
        case 410:
            why, todo = f"GitLab has done away with {what}: {said}", "Is this GitLab too old, or too new?"
        case _:
            return None
    return Denied(why, todo=todo, request_id=ident)


def _told(reply: Reply) -> str:
    if (said := words(reply)) is not None:
        return f"{reply.status}: {said}"
    kind = content_type(reply)
    page = " (a sign-in page of something on the way?)" if kind == "text/html" and reply.status == 200 else ""
    return f"{reply.status} and something that is not GitLab's form ({kind}){page}"
