"""A threat's link into TMI, in the dialect that the server speaks (protocol Wr1-Wr4)."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote

from ..errors import Changed, ThreatGone, TmiError
from ..model import Json, Threat
from .caller import NotFound
from .door import Prepared, Receipt
from .reads import SORTED, listing, threats_path
from .sending import PATCH_TYPE, Sender, receipt
from .values import moment, threat_row
from .whole import WRITABLE, altered, refuse_damage, refuse_loss
from .wire import Reply

_LINK = re.compile(
    r"\s*https?://[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
    r"(:[0-9]{1,5})?(/\S*)?\s*"
)


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

    def __init__(self, sender: Sender, version: str) -> None:
        self._sender = sender
        self._caller = sender.caller
        self._memory = sender.memory
        self._dialect_key = f"tmi.link.dialect.{version}"

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
        """Read what a write will be built from. Raises Changed, LinkRefused, ThreatGone, TmiDenied, TmiError."""
        return self._for_put(threat) if self._puts else Prepared(self._unchanged(threat)[0], None)

    def write(self, prepared: Prepared, url: str) -> Receipt:
        """Send the link once. Raises as the table in `sending` says."""
        if prepared.body is None and not self._puts:
            reply = self._patch(prepared, url)
            if not _no_such_patch(reply):
                return self._patched(reply, url)
            self._memory.set(self._dialect_key, "put")
        if prepared.body is None:  # the refused PATCH proves that nothing was written
            prepared = replace(self._for_put(prepared.threat), request_id=prepared.request_id)
        body = {**(prepared.body or {}), "issue_uri": url}
        refuse_damage(body, url)
        reply = self._sender.send("PUT", _path(prepared.threat), prepared, body, {})
        proof = receipt(reply, self._caller.identity.name)
        return replace(proof, altered=altered(body, reply.table()))

    @property
    def _puts(self) -> bool:
        return self._memory.get(self._dialect_key) == "put"

    def _for_put(self, threat: Threat) -> Prepared:
        """Protocol Wr1: the GET first (maybe from a cache), then the row (from the database); both must agree."""
        by_id = self._get(threat)
        refuse_loss(by_id)
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
        return self._sender.send("PATCH", _path(prepared.threat), prepared, body, PATCH_TYPE)

    def _patched(self, reply: Reply, url: str) -> Receipt:
        proof = receipt(reply, self._caller.identity.name)
        took = reply.table().get("issue_uri") == url
        # A PATCH that was taken and did nothing: the next pass puts.
        self._memory.set(self._dialect_key, "patch" if took else "put")
        return proof


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
