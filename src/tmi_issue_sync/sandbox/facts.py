"""What the sandbox's own log says happened; nothing here believes what the synchroniser says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tmi_issue_sync.sandbox.log import Entry, Log
from tmi_issue_sync.sandbox.trackers import TRACKERS, Kind

READS = frozenset({"GET", "HEAD", "OPTIONS"})
_MARKER = re.compile(r"tmi-issue-sync v1 tmi[0-9a-f]{32} generation=\d+ threat=([^\s`<}]+)")


@dataclass(frozen=True, slots=True)
class Made:
    """A ticket that was committed."""

    n: int
    """Where it stands in the log."""
    site: str
    number: Any
    """How its site knows it."""
    name: str
    """`example/threats#3`"""
    page: str
    """Where people read it, below its site's URL."""
    threat_id: str


def made(log: Log) -> list[Made]:
    """Every ticket that a tracker committed, with the threat that its marker names."""
    return [
        _made(entry, kind)
        for entry in log.commits()
        if (kind := TRACKERS.get(entry.site)) is not None and entry.kind == kind.commit
    ]


def _made(entry: Entry, kind: Kind) -> Made:
    facts = entry.facts
    threats = _MARKER.findall(str(facts["body"]))
    name, page = kind.label.format(**facts), kind.page.format(**facts)
    return Made(entry.n, entry.site, facts[kind.number], name, page, threats[-1] if threats else "")


def lost(log: Log) -> list[tuple[Entry, Made]]:
    """Creates that a tracker committed and whose reply never left, each with its ticket."""
    tickets = made(log)
    found = []
    for site, kind in TRACKERS.items():
        for entry in log.requests(site, kind.method, kind.creates):
            before = [ticket for ticket in tickets if ticket.site == site and ticket.n < entry.n]
            if entry.facts["fault"] == "drop-after" and before:
                found.append((entry, before[-1]))
    return found


def links(log: Log) -> dict[str, str]:
    """The link that TMI holds of each threat that somebody wrote to."""
    written = [entry for entry in log.commits("tmi") if entry.kind in ("threat.put", "threat.patch")]
    return {entry.facts["threat_id"]: entry.facts["issue_uri_after"] for entry in written}


def calls(entries: Iterable[Entry]) -> tuple[int, int]:
    """How many requests reached the servers, and how many of them may have changed something."""
    requests = [entry for entry in entries if entry.event == "request"]
    writes = [entry for entry in requests if not _reads(entry) and (entry.facts["status"] or 0) < 400]
    return len(requests), len(writes)


def _reads(entry: Entry) -> bool:
    kind = TRACKERS.get(entry.site)
    return entry.kind in READS or (kind is not None and bool(re.search(kind.questions, entry.facts["path"])))


def wanted(threats: Iterable[Mapping[str, Any]]) -> set[str]:
    """The threats that should get a ticket where there is one tracker and no route."""
    done = ("resolved", "accepted", "false_positive", "closed")
    return {
        threat["id"]
        for threat in threats
        if not threat.get("mitigated")
        and not threat.get("issue_uri")
        and str(threat.get("status")).lower() not in done
    }
