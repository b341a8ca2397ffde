"""What the sandbox's own log says happened; nothing here believes what the synchroniser says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tmi_issue_sync.model import Marker
from tmi_issue_sync.sandbox.log import Entry, Log

READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Made:
    """A ticket that was committed."""

    n: int
    """Where it stands in the log."""
    number: int
    name: str
    """`example/threats#3`"""
    threat_id: str


def made(log: Log) -> list[Made]:
    """Every ticket that GitHub committed, with the threat that its marker names."""
    return [
        Made(
            entry.n,
            entry.facts["number"],
            f"{entry.facts['repo']}#{entry.facts['number']}",
            marker.threat_id if (marker := Marker.parse(str(entry.facts["body"]))) else "",
        )
        for entry in log.commits("github", "issue.created")
    ]


def lost(log: Log) -> list[tuple[Entry, Made]]:
    """Creates that GitHub committed and whose reply never left, each with its ticket."""
    tickets = made(log)
    found = []
    for entry in log.requests("github", "POST", r"/issues$"):
        before = [ticket for ticket in tickets if ticket.n < entry.n]
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
    writes = [entry for entry in requests if entry.kind not in READS and (entry.facts["status"] or 0) < 400]
    return len(requests), len(writes)


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
