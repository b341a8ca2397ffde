"""What an answer of Azure DevOps proves.

| answer                                                         | to a create        | to a read          |
|----------------------------------------------------------------|--------------------|--------------------|
| no name, refused, connect timeout, TLS (before the first byte) | Unavailable        | Unavailable        |
| 203, 3xx: a sign-in page, however it comes                     | Denied             | Denied             |
| 200 401 403 with a sign-in page that Azure DevOps has signed   | Denied             | Denied             |
| the same unsigned: something on the way, or not                | Uncertain          | Denied             |
| 401 · 403 · 404 · 410 in its own form or signed                | Denied             | Denied             |
| 400 by rules of fields, none of which the draft itself brought | Denied             | Denied             |
| 400 for an area, an iteration or a right to make tags          | Denied             | Denied             |
| any other 400, 405 413 415 422 in its own form; 404 of a parent| Rejected           | Denied             |
| 429 in its own form or with its headers                        | Unavailable        | Unavailable        |
| 408 409 412 5xx, any foreign 4xx                               | Uncertain          | Unavailable        |
| 200 with a work item                                           | made               |                    |
| any other 2xx, lost or cut short                               | Uncertain          | Unavailable        |
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from tmi_issue_sync.errors import Denied, Rejected, TrackerError, Unavailable, Uncertain
from tmi_issue_sync_adapters.wire.reply import Reply, content_type, json_of, one_line, retry_after

RATE_LIMIT_SECONDS = 60.0
"""How long to wait where a rate limit does not say."""
CREDENTIALS_TODO = (
    "Give a personal access token that has not expired, for this organization, with the scope Work Items"
    " (read & write); a service principal must be a user of the organization, with a licence."
)
RIGHTS_TODO = "Give the account access Basic and a Contributor's rights: View and Edit work items in this node."
TARGET_TODO = "`tmi-issue-sync check` says what the project asks for; mend the tracker's target and fields."
_REFUSED = (400, 405, 413, 415, 422)
_SIGNED = ("x-vss-e2eid", "x-tfs-processid", "activityid", "x-vss-senderdeploymentid")
_LIMITS = ("retry-after", "x-ratelimit-resource", "x-ratelimit-limit", "x-ratelimit-remaining")
_OF_TARGET = re.compile(r"TF401347|TF401289|System\.AreaPath|System\.IterationPath|VS402371")
"""No such area or iteration, no right to make a tag: any draft would be refused."""
_UNSEEN = re.compile(r"TF401232|TF26198|WorkItem(?:UnauthorizedAccess|NotFound|DoesNotExist)")
_LOGIN = re.compile(r"_signin|login\.microsoftonline\.com|/login|/adfs/", re.IGNORECASE)
_PAGE = re.compile(r"sign[ -]?in|log[ -]?in|unauthorized|access denied", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RuleError:
    """One field that a rule of the process refuses. `flags` are in lower case."""

    field: str
    flags: str
    why: str

    @property
    def lacking(self) -> bool:
        return "required" in self.flags and "invalidempty" in self.flags


@dataclass(frozen=True, slots=True)
class Told:
    """What Azure DevOps itself says of a failure."""

    message: str
    kind: str = ""
    rules: tuple[RuleError, ...] = ()

    @property
    def words(self) -> str:
        """One line; every field that a rule refuses."""
        return one_line("; ".join(rule.why for rule in self.rules) or self.message) or "no words"


def request_id(reply: Reply) -> str | None:
    """Azure DevOps' own id of the request."""
    return reply.headers.get("x-vss-e2eid") or reply.headers.get("activityid")


def told(reply: Reply) -> Told | None:
    """What Azure DevOps itself says of a failure; None where a proxy or something else has spoken."""
    data = json_of(reply)
    if not isinstance(data, dict):
        return None
    value = data.get("value")
    if isinstance(value, dict) and "count" in data and isinstance(value.get("Message"), str):
        return Told(value["Message"])
    if not isinstance(data.get("message"), str) or not isinstance(data.get("typeKey"), str):
        return None
    return Told(data["message"], data["typeKey"], tuple(_rules(data.get("customProperties"))))


def _rules(properties: Any) -> list[RuleError]:
    told = properties if isinstance(properties, dict) else {}
    rows = told.get("RuleValidationErrors")
    found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    lower = [{name[:1].lower() + name[1:]: value for name, value in row.items()} for row in found or [told]]
    return [
        RuleError(
            str(row["fieldReferenceName"]), str(row.get("fieldStatusFlags")).lower(), str(row.get("errorMessage"))
        )
        for row in lower
        if row.get("fieldReferenceName")
    ]


def in_preview(reply: Reply) -> bool:
    """Whether this server has what was asked for as a preview alone, and wants to hear that we know it."""
    said = told(reply) if reply.status == 400 else None
    return said is not None and said.kind == "VssInvalidPreviewVersionException"


def is_stranger(reply: Reply) -> bool:
    """Whether the credentials were not taken, as far as the answer tells."""
    return reply.status in (203, 401) or (300 <= reply.status < 400 and _leads_to_login(reply)) or _is_page(reply)


def unseen(reply: Reply) -> str | None:
    """The words where a work item is not there for this account; None where it is, or something else is wrong."""
    said = told(reply) if reply.status in (403, 404) else None
    return said.words if said is not None and _UNSEEN.search(f"{said.kind} {said.message}") else None


def limited(reply: Reply) -> float | None:
    """For how many seconds a rate limit shuts us out; None where this is none."""
    if reply.status != 429:
        return None
    ours = _signed(reply) or told(reply) is not None or any(name in reply.headers for name in _LIMITS)
    after = retry_after(reply)
    return None if not ours else RATE_LIMIT_SECONDS if after is None else after


def of_read(reply: Reply, what: str) -> TrackerError:
    """The error of a read that did not answer with what was asked for."""
    ident, said = request_id(reply), told(reply)
    if (refusal := _refusal(reply, what)) is not None:
        return refusal
    if _is_page(reply):
        return _stranger(reply)
    if said is not None and reply.status in _REFUSED:
        return Denied(f"Azure DevOps refused {what} ({reply.status}): {said.words}", request_id=ident)
    why = f"Azure DevOps answered {what} with {_shown(reply)}"
    after = retry_after(reply) if reply.status == 503 else None
    return Unavailable(why, request_id=ident, retry_after=after, server_fault=reply.status >= 500)


def of_create(reply: Reply, what: str, brought: Set[str]) -> TrackerError:
    """The error of a create that was not answered with a new work item.

    `brought` are the fields that this draft alone filled in: where rules refuse others, every draft for this target
    would be refused, and a person must mend the target.
    """
    ident, said = request_id(reply), told(reply)
    of_parent = unseen(reply) is not None and reply.status == 404 and "relations" in brought
    if not of_parent and (refusal := _refusal(reply, what)) is not None:
        return refusal
    if said is not None and (of_parent or reply.status in _REFUSED):
        why = f"Azure DevOps refused {what} ({reply.status}): {said.words}"
        others = said.rules and brought.isdisjoint(rule.field for rule in said.rules)
        if others or (not of_parent and _OF_TARGET.search(said.message)):
            return Denied(why, todo=TARGET_TODO, request_id=ident)
        return Rejected(why, request_id=ident)
    why = f"Azure DevOps answered {what} with {_shown(reply)}; it may exist"
    return Uncertain(why, request_id=ident, server_fault=reply.status >= 500)


def _refusal(reply: Reply, what: str) -> TrackerError | None:
    """What Azure DevOps surely did not do, whatever it was."""
    ident = request_id(reply)
    if (seconds := limited(reply)) is not None:
        used = one_line(reply.headers.get("x-ratelimit-resource", ""))
        why = f"Azure DevOps' rate limit shut out {what}{f' ({used})' if used else ''}"
        return Unavailable(why, request_id=ident, retry_after=seconds)
    if reply.status == 203 or (_is_page(reply) and _signed(reply)):
        return _stranger(reply)
    if 300 <= reply.status < 400:
        if _leads_to_login(reply):
            return _stranger(reply)
        to = re.sub(r"\?\S*", "", one_line(reply.headers.get("location", ""))) or "nowhere"
        todo = "Set url to where the organization or collection is, without a redirect."
        return Denied(f"Azure DevOps redirects {what} to {to}", todo=todo, request_id=ident)
    said = told(reply)
    if said is None and reply.status in (401, 403, 404, 410) and _signed(reply):
        said = Told(f"{reply.status} ({content_type(reply)})")
    return None if said is None else _denied(reply.status, what, said, ident)


def _denied(status: int, what: str, said: Told, ident: str | None) -> TrackerError | None:
    match status:
        case 401:
            why, todo = f"Azure DevOps does not know the account: {said.words}", CREDENTIALS_TODO
        case 403:
            why, todo = f"Azure DevOps forbids {what}: {said.words}", RIGHTS_TODO
        case 404 | 410:
            why, todo = f"Azure DevOps shows nothing for {what}: {said.words}", f"Check the names. {RIGHTS_TODO}"
        case _:
            return None
    return Denied(why, todo=todo, request_id=ident)


def _stranger(reply: Reply) -> Denied:
    why = (
        f"Azure DevOps wants us to sign in ({reply.status}, a page instead of data): the credentials are not taken"
    )
    return Denied(why, todo=CREDENTIALS_TODO, request_id=request_id(reply))


def _is_page(reply: Reply) -> bool:
    """A page for people who have not signed in, in the place of an answer."""
    html = content_type(reply) == "text/html" and reply.status in (200, 401, 403)
    return html and _PAGE.search(reply.body) is not None


def _leads_to_login(reply: Reply) -> bool:
    return _LOGIN.search(reply.headers.get("location", "")) is not None


def _shown(reply: Reply) -> str:
    if (said := told(reply)) is not None:
        return f"{reply.status}: {said.words}"
    return f"{reply.status} and something that is not its form ({content_type(reply)})"


def _signed(reply: Reply) -> bool:
    return any(name in reply.headers for name in _SIGNED)
