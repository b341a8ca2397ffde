"""What an answer of Jira proves.

| answer                                                        | to a create        | to a read          |
|---------------------------------------------------------------|--------------------|--------------------|
| no name, refused, connect timeout, TLS (before the first byte)| Unavailable        | Unavailable        |
| 401 · 403 · 404 · 410 · 422 in Jira's own form; 3xx           | Denied             | Denied             |
| 403 with the header of a CAPTCHA; 401 with one of its login   | Denied             | Denied             |
| 400 that names fields, none of which the draft itself brought | Denied             | Denied             |
| any other 400, 405 413 415 in Jira's own form                 | Rejected           | Denied             |
| 429 in Jira's own form or with its headers                    | Unavailable        | Unavailable        |
| 408 409 5xx (a 503 with Retry-After too), any foreign 4xx     | Uncertain          | Unavailable        |
| 201 with an issue's id and key                                | made               |                    |
| any other 2xx (a sign-in page), lost or cut short             | Uncertain          | Unavailable        |
| 200, told to nobody in particular (X-Seraph-LoginReason)      |                    | Denied             |
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from tmi_issue_sync.errors import Denied, Rejected, TrackerError, Unavailable, Uncertain
from tmi_issue_sync_adapters.wire.reply import Reply, content_type, json_of, one_line, retry_after

RATE_LIMIT_SECONDS = 60.0
"""How long to wait where a rate limit does not say."""
RIGHTS_TODO = "Give the account the project's permissions Browse projects and Create issues."
CREDENTIALS_TODO = (
    "Cloud: email and token, not expired; a token with scopes needs cloud_id."
    " Data Center: a personal access token, or user and password."
)
TARGET_TODO = "`tmi-issue-sync check` says what the project asks for; mend the tracker's target and fields."
_SIGNED = ("x-arequestid", "x-seraph-loginreason", "x-authentication-denied-reason", "x-ausername", "atl-traceid")
_LIMITS = ("retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "ratelimit-reason")


@dataclass(frozen=True, slots=True)
class Told:
    """What Jira itself says of a failure."""

    messages: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)

    def words(self, names: Mapping[str, str]) -> str:
        """One line; fields by their names, where those are known."""
        said = [*self.messages]
        for ident, why in self.fields.items():
            name = names.get(ident, ident)
            said.append(why if name.lower() in why.lower() else f"{name}: {why}")
        return one_line("; ".join(said)) or "no words"


def request_id(reply: Reply) -> str | None:
    """Jira's own id of the request."""
    return reply.headers.get("atl-traceid") or reply.headers.get("x-arequestid")


def told(reply: Reply) -> Told | None:
    """What Jira itself says of a failure; None where a proxy or something else has spoken."""
    data = json_of(reply)
    if not isinstance(data, dict):
        return None
    messages, fields = data.get("errorMessages"), data.get("errors")
    if isinstance(messages, list):
        named = fields if isinstance(fields, dict) else {}
        return Told(tuple(map(str, messages)), {str(name): str(why) for name, why in named.items()})
    message = data.get("errorMessage", data.get("message"))
    # Many a server says no more than "message": it is Jira's with a header that others do not have.
    known = "errorMessage" in data or "status-code" in data or _signed(reply)
    return Told((message,)) if known and isinstance(message, str) else None


def is_stranger(reply: Reply) -> bool:
    """Whether the credentials were not taken, whatever the status says."""
    reason = reply.headers.get("x-seraph-loginreason", "").upper()
    return "AUTHENTICATED_FAILED" in reason or "AUTHENTICATION_DENIED" in reason


def unseen(reply: Reply) -> str | None:
    """Jira's words where an issue does not exist for this account; None where it does, or something else is wrong.

    Cloud tells nobody what they may not see (404); Data Center says at times that it is there (403).
    """
    refused = is_stranger(reply) or "x-authentication-denied-reason" in reply.headers
    said = told(reply) if reply.status in (403, 404) and not refused else None
    return said.words({}) if said is not None else None


def limited(reply: Reply) -> float | None:
    """For how many seconds a rate limit shuts us out; None where this is none."""
    if reply.status != 429:
        return None
    ours = any(name in reply.headers for name in _LIMITS) or _signed(reply) or told(reply) is not None
    after = retry_after(reply)
    return None if not ours else RATE_LIMIT_SECONDS if after is None else after


def of_read(reply: Reply, what: str) -> TrackerError:
    """The error of a read that did not answer with what was asked for."""
    if (refusal := _refusal(reply, what)) is not None:
        return refusal
    ident, status, said = request_id(reply), reply.status, told(reply)
    if said is not None and status in (400, 405, 413, 415):
        return Denied(f"Jira refused {what} ({status}): {said.words({})}", request_id=ident)
    after = retry_after(reply) if status == 503 else None
    why = f"Jira answered {what} with {_told(reply)}"
    return Unavailable(why, request_id=ident, retry_after=after, server_fault=status >= 500)


def of_create(reply: Reply, what: str, brought: Set[str], names: Mapping[str, str]) -> TrackerError:
    """The error of a create that was not answered with a new issue.

    `brought` are the fields that this draft alone filled in: where Jira complains of others, every draft for this
    target would be refused, and a person must mend the target.
    """
    if (refusal := _refusal(reply, what)) is not None:
        return refusal
    ident, status, said = request_id(reply), reply.status, told(reply)
    if said is not None and status in (400, 405, 413, 415):
        why = f"Jira refused {what} ({status}): {said.words(names)}"
        if status == 400 and said.fields and brought.isdisjoint(said.fields):
            return Denied(why, todo=TARGET_TODO, request_id=ident)
        return Rejected(why, request_id=ident)
    why = f"Jira answered {what} with {_told(reply)}; it may exist"
    return Uncertain(why, request_id=ident, server_fault=status >= 500)


def _refusal(reply: Reply, what: str) -> TrackerError | None:
    """What Jira surely did not do, whatever it was."""
    ident = request_id(reply)
    if (seconds := limited(reply)) is not None:
        reason = one_line(reply.headers.get("ratelimit-reason", ""))
        why = f"Jira's rate limit shut out {what}{f' ({reason})' if reason else ''}"
        return Unavailable(why, request_id=ident, retry_after=seconds)
    if 300 <= reply.status < 400:
        to = one_line(reply.headers.get("location", "")) or "nowhere"
        todo = "Set url to where Jira is, without a redirect (single sign-on pages are none of the API's)."
        return Denied(f"Jira redirects {what} to {_without_query(to)}", todo=todo, request_id=ident)
    if reply.status in (401, 403) and (denied := reply.headers.get("x-authentication-denied-reason")):
        return _captcha(denied, ident)
    said = told(reply)
    if said is None and reply.status in (401, 403) and _signed(reply):
        said = Told((f"{reply.status} ({content_type(reply)})",))
    return None if said is None else _denied(reply.status, what, said.words({}), ident)


def _denied(status: int, what: str, said: str, ident: str | None) -> TrackerError | None:
    match status:
        case 401:
            why, todo = f"Jira does not know the account: {said}", CREDENTIALS_TODO
        case 403:
            why, todo = f"Jira forbids {what}: {said}", RIGHTS_TODO
        case 404:
            why, todo = f"Jira shows nothing for {what}: {said}", f"Check the project's key. {RIGHTS_TODO}"
        case 410:
            why, todo = f"Jira has done away with the way to {what}: {said}", 'Is kind = "..." right?'
        case 422:
            why, todo = f"Jira's configuration prevents {what}: {said}", "Its administrator can mend that."
        case _:
            return None
    return Denied(why, todo=todo, request_id=ident)


def _captcha(reason: str, ident: str | None) -> Denied:
    """Data Center asks a person to prove to be one, after wrong passwords; until then nothing is let in."""
    if "CAPTCHA" not in reason.upper():
        return Denied(
            f"Jira denies the login: {one_line(_without_query(reason))}", todo=CREDENTIALS_TODO, request_id=ident
        )
    at = re.search(r"login-url=([^\s;?]+)", reason)
    where = f" at {one_line(at[1])}" if at else " in a browser"
    return Denied(
        "Jira wants a CAPTCHA solved before it lets the account in again: there were too many wrong passwords",
        todo=f"Log in once as this account{where}, solve it, then give the right password or an access token.",
        request_id=ident,
    )


def _told(reply: Reply) -> str:
    if (said := told(reply)) is not None:
        return f"{reply.status}: {said.words({})}"
    kind = content_type(reply)
    page = " (a sign-in page of something on the way?)" if kind == "text/html" and reply.status == 200 else ""
    return f"{reply.status} and something that is not Jira's form ({kind}){page}"


def _signed(reply: Reply) -> bool:
    return any(name in reply.headers for name in _SIGNED)


def _without_query(text: Any) -> str:
    return re.sub(r"\?\S*", "", str(text))
