"""The only write to TMI: a threat's link, in the dialect that the server speaks (protocol Wr1-Wr4).

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

import html
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import quote

from ..errors import Changed, LinkRefused, LinkUnknown, ThreatGone, TmiError
from ..model import Json, Threat
from .caller import Caller, NotFound, denied, refusal
from .door import Prepared, Receipt
from .reads import SORTED, listing, threats_path
from .values import moment, threat_row
from .wire import Lost, Reply

WRITABLE = (
    "name",
    "threat_type",
    "description",
    "mitigation",
    "diagram_id",
    "cell_id",
    "asset_id",
    "severity",
    "score",
    "priority",
    "mitigated",
    "status",
    "cwe_id",
    "cvss",
    "ssvc",
    "include_in_report",
    "timmy_enabled",
    "issue_uri",
)
"""Every field that a PUT replaces and a list row shows; `metadata` comes from the GET by id alone."""

PATCH_TYPE = {"Content-Type": "application/json-patch+json"}
_LINK = re.compile(
    r"\s*https?://[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
    r"(:[0-9]{1,5})?(/\S*)?\s*"
)
_ABOUT_LINKS = re.compile(r"invalid issue_uri|Error at \"/issue_uri\"|[Ff]ield '?issue_uri")


class Memory(Protocol):
    """What is remembered between processes about a server version; the ledger keeps it."""

    def get(self, key: str) -> str | None: ...

    def set(self, key: str, value: str) -> None: ...


def check_link(url: str) -> str | None:
    """Why TMI would refuse or alter such a link; None if not. Which schemes it takes, only it knows."""
    if len(url) > 1000:
        return "it is longer than 1000 characters"
    if not url.strip() or not _LINK.fullmatch(url):
        return "TMI takes http(s)://host[:port]/path with letters, digits, - and . in the host, and no spaces"
    if html.unescape(url) != url or "<" in url or ">" in url:
        return "TMI would alter it: it reads parts of it as HTML"
    if re.search(r"on\w+\s*=", url, re.IGNORECASE):
        return "TMI takes a part of it (on...=) for an HTML event handler"
    return None


class Links:
    """Writes links back as one identity. One thread."""

    def __init__(self, caller: Caller, memory: Memory, version: str) -> None:
        self._caller = caller
        self._memory = memory
        self._dialect_key = f"tmi.link.dialect.{version}"
        self._if_match_key = f"tmi.link.if_match.{version}"

    def probe(self, threat: Threat) -> None:
        """Raises TmiDenied where we may not write. The alias is read-only, so nothing can change (tmi-api 0)."""
        body: Json = [{"op": "replace", "path": "/alias", "value": "probe"}]
        try:
            reply = self._caller.harmless(
                "PATCH", _path(threat), body=body, headers=PATCH_TYPE, accept=(200, 400, 428)
            )
        except NotFound as error:
            raise ThreatGone(str(error)) from error
        if reply.status == 200 or (reply.status == 400 and "alias" not in reply.words):
            raise TmiError(
                f"TMI's answer to the probe of the right to write is new to us ({reply.status}: {reply.words})",
                todo="Is there a newer tmi-issue-sync for this TMI?",
            )

    def prepare(self, threat: Threat) -> Prepared:
        """Read what a write will be built from. Raises Changed, ThreatGone, TmiDenied, TmiError."""
        return self._for_put(threat) if self._puts else Prepared(self._unchanged(threat)[0], None)

    def write(self, prepared: Prepared, url: str) -> Receipt:
        """Send the link once. Raises as the table above says."""
        if prepared.body is None and not self._puts:
            reply = self._patch(prepared, url)
            if not _no_such_patch(reply):
                return self._patched(reply, url)
            self._memory.set(self._dialect_key, "put")
        if prepared.body is None:  # the refused PATCH proves that nothing was written
            prepared = replace(self._for_put(prepared.threat), request_id=prepared.request_id)
        body = {**(prepared.body or {}), "issue_uri": url}
        return _receipt(self._send("PUT", prepared, body, {}), self._caller.identity.name)

    @property
    def _puts(self) -> bool:
        return self._memory.get(self._dialect_key) == "put"

    def _for_put(self, threat: Threat) -> Prepared:
        """Protocol Wr1: the GET first (maybe from a cache), then the row (from the database); both must agree."""
        by_id = self._get(threat)
        seen, row = self._unchanged(threat)
        stamp = moment(by_id.get("modified_at"))
        if stamp != seen.modified_at:
            raise Changed(f"TMI's own cache of the threat {threat.id} is not up to date yet")
        if any(by_id.get(key) != row.get(key) for key in WRITABLE):
            raise Changed(f"TMI's two answers about the threat {threat.id} differ; its cache is not up to date yet")
        metadata = by_id.get("metadata")
        if not isinstance(metadata, list):
            raise TmiError(
                f"TMI's answer about the threat {threat.id} lacks its metadata, which a PUT would delete"
            )
        body = {key: by_id[key] for key in WRITABLE if by_id.get(key) is not None}
        return Prepared(seen, {**body, "metadata": metadata})

    def _get(self, threat: Threat) -> dict[str, Json]:
        try:
            body = self._caller.get(_path(threat)).table()
        except NotFound as error:
            raise ThreatGone(str(error)) from error
        if body.get("id") != threat.id:
            raise TmiError(f"TMI answered with another threat than {threat.id}", todo="See TMI's log.")
        return body

    def _unchanged(self, threat: Threat) -> tuple[Threat, Mapping[str, Json]]:
        """The threat's list row, if it is still as it was when we planned."""
        row = self._row(threat)
        seen = threat_row(dict(row), threat.model)
        if seen.modified_at != threat.modified_at:
            raise Changed(f"the threat {threat.id} was edited since it was read")
        if seen.issue_uri != threat.issue_uri:
            raise Changed(f"the link of the threat {threat.id} changed since it was read")
        return seen, row

    def _row(self, threat: Threat) -> Mapping[str, Json]:
        """Straight from the database; the filter's bounds are exclusive. Without it where it finds nothing."""
        for params in (_narrow(threat), SORTED):
            try:
                rows = listing(self._caller, threats_path(threat.model.id), "threats", params).rows
            except NotFound as error:
                raise ThreatGone(str(error)) from error
            if row := next((row for row in rows if row.get("id") == threat.id), None):
                return row
        raise ThreatGone(f"TMI's list no longer shows the threat {threat.id}")

    def _patch(self, prepared: Prepared, url: str) -> Reply:
        body: Json = [{"op": "replace", "path": "/issue_uri", "value": url}]
        return self._send("PATCH", prepared, body, PATCH_TYPE)

    def _patched(self, reply: Reply, url: str) -> Receipt:
        receipt = _receipt(reply, self._caller.identity.name)
        took = reply.table().get("issue_uri") == url
        # A PATCH that was taken and did nothing: the next pass puts.
        self._memory.set(self._dialect_key, "patch" if took else "put")
        return receipt

    def _send(self, method: str, prepared: Prepared, body: Json, headers: Mapping[str, str]) -> Reply:
        """One write; a second one only after a 428, which comes before anything is written."""
        known = self._memory.get(self._if_match_key)
        extra = {**headers, "X-Request-ID": prepared.request_id} | ({"If-Match": known} if known else {})
        threat = prepared.threat
        try:
            reply = self._caller.once(method, _path(threat), body=body, headers=extra, hurry=True)
            if reply.status == 428 and not known:
                self._memory.set(self._if_match_key, "*")
                extra["If-Match"] = "*"
                reply = self._caller.once(method, _path(threat), body=body, headers=extra, hurry=True)
        except Lost as error:
            raise LinkUnknown(f"nobody knows whether TMI took the link of {threat.id}: {error.why}") from error
        return reply


def _receipt(reply: Reply, who: str) -> Receipt:
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


def _no_such_patch(reply: Reply) -> bool:
    if reply.status in (405, 415, 501):
        return True
    return reply.status == 400 and "unsupported patch path" in reply.words


def _path(threat: Threat) -> str:
    return f"{threats_path(threat.model.id)}/{quote(threat.id, safe='')}"


def _narrow(threat: Threat) -> Mapping[str, str]:
    """The list of this very microsecond; the whole list for a time at the end of the calendar."""
    step = timedelta(microseconds=1)
    try:
        after, before = threat.created_at - step, threat.created_at + step
    except OverflowError:
        return SORTED
    return {**SORTED, "created_after": _stamp(after), "created_before": _stamp(before)}


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
