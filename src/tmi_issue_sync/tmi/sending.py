"""One write to TMI, sent once, and what each answer to it proves (protocol Wr2-Wr4).

| answer to the write  | proves              | means                                              |
|----------------------|---------------------|----------------------------------------------------|
| 2xx                  | written             | Receipt; the caller verifies by a list row         |
| 400 patch path, 405, 415, 501 to a PATCH | nothing written | this version wants a PUT: remembered, done |
| 428                  | nothing written     | `If-Match: *`: remembered, done                    |
| 400, 413, 422        | nothing written     | LinkRefused, with the server's words               |
| 401                  | nothing written     | one new token, then TmiDenied                      |
| 403 / 404            | nothing written     | TmiDenied / ThreatGone                             |
| 409, 412             | nothing written     | Changed                                            |
| 3xx, 429, no connect | nothing written     | TmiError: the next pass                            |
| 5xx, 408, no answer, no JSON | nobody knows | LinkUnknown: never the same body again            |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from ..errors import Changed, LinkRefused, LinkUnknown, ThreatGone, TmiError
from ..model import Json
from .caller import Caller, denied, refusal
from .door import Prepared, Receipt
from .values import moment
from .wire import Lost, Reply

PATCH_TYPE = {"Content-Type": "application/json-patch+json"}
_ABOUT_LINKS = re.compile(r"invalid issue_uri|Error at \"/issue_uri\"|[Ff]ield '?issue_uri")


class Memory(Protocol):
    """What is remembered between processes about a server version; the ledger keeps it."""

    def get(self, key: str) -> str | None: ...

    def set(self, key: str, value: str) -> None: ...


class Sender:
    """Sends as one identity, and remembers whether this version wants `If-Match`."""

    def __init__(self, caller: Caller, memory: Memory, version: str) -> None:
        self.caller = caller
        self.memory = memory
        self._if_match_key = f"tmi.link.if_match.{version}"

    def send(self, method: str, path: str, prepared: Prepared, body: Json, headers: Mapping[str, str]) -> Reply:
        """One write; a second one only after a 428, which comes before anything is written. Raises LinkUnknown."""
        known = self.memory.get(self._if_match_key)
        extra = {**headers, "X-Request-ID": prepared.request_id} | ({"If-Match": known} if known else {})
        try:
            reply = self.caller.once(method, path, body=body, headers=extra, hurry=True)
            if reply.status == 428 and not known:
                self.memory.set(self._if_match_key, "*")
                extra["If-Match"] = "*"
                reply = self.caller.once(method, path, body=body, headers=extra, hurry=True)
        except Lost as error:
            name = prepared.threat.id
            raise LinkUnknown(f"nobody knows whether TMI took the link of {name}: {error.why}") from error
        return reply


def receipt(reply: Reply, who: str) -> Receipt:
    """A success as proof; everything else as the error that says what it proves."""
    if not 200 <= reply.status < 300:
        raise _refused(reply, who)
    try:
        body = reply.table()
    except TmiError as error:
        raise LinkUnknown(f"nobody knows whether TMI took the link: {error.why}", todo=error.todo) from error
    return Receipt(reply.sent_id, reply.headers.get("x-request-id"), moment(body.get("modified_at")))


def _refused(reply: Reply, who: str) -> TmiError:
    if reply.status == 403:
        return denied(reply, who)
    if reply.status == 404:
        return ThreatGone(f"TMI no longer shows the threat ({reply.words})")
    if reply.status in (409, 412):
        return Changed(f"TMI says that the threat changed meanwhile ({reply.words})")
    if reply.status >= 500 or reply.status == 408:
        return LinkUnknown(f"nobody knows whether TMI took the link: status {reply.status} ({reply.words})")
    if reply.status == 429 or reply.status < 400:
        return refusal(reply, who)
    links = bool(_ABOUT_LINKS.search(reply.words))
    todo = (
        "TMI must allow such links: see TMI_SSRF_ISSUE_URI_SCHEMES and TMI_SSRF_ISSUE_URI_ALLOWLIST on the server."
        if links
        else "Mend the threat's text in TMI, or set the link by hand; TMI's own page can't save it either."
    )
    return LinkRefused(f"TMI refuses the link ({reply.status}: {reply.words})", todo=todo, every_link=links)
