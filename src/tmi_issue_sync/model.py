"""The nouns: threat models, threats, tickets, markers, drafts. Frozen, and they know of nothing else."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


class Severity(StrEnum):
    """TMI's severities, most severe first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFORMATIONAL = "informational"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """0 is the most severe."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class ThreatModel:
    """One row of TMI's list of threat models. Whether it is confidential is in no list row."""

    id: str
    name: str
    status: str = ""
    owner: str = ""
    description: str = ""
    framework: str = ""
    issue_uri: str = ""
    threat_count: int = 0
    created_at: datetime | None = None
    modified_at: datetime | None = None
    metadata: tuple[tuple[str, str], ...] | None = None
    """In no list row: None where it was not read (`models`)."""
    owner_address: str = ""
    """The owner's e-mail address, where TMI tells one; `owner` is the name."""


@dataclass(frozen=True, slots=True)
class Cvss:
    vector: str
    score: float | None


@dataclass(frozen=True, slots=True)
class Threat:
    """One threat as a list row shows it; severity, priority and status are normalised, all text is raw."""

    id: str
    model: ThreatModel
    name: str
    created_at: datetime
    modified_at: datetime
    description: str = ""
    mitigation: str = ""
    threat_type: tuple[str, ...] = ()
    severity: Severity = Severity.UNKNOWN
    priority: str = "unknown"
    status: str = "open"
    score: float | None = None
    mitigated: bool = False
    include_in_report: bool = True
    cwe: tuple[str, ...] = ()
    cvss: tuple[Cvss, ...] = ()
    ssvc: str = ""
    issue_uri: str = ""
    alias: int | None = None
    whole_model: bool = False
    """It stands for its threat model, which gets a ticket as a threat does (`parents`)."""


@dataclass(frozen=True, slots=True)
class ModelRead:
    """All threats of one model, from one complete listing."""

    model: ThreatModel
    threats: tuple[Threat, ...]
    as_of: datetime
    """TMI's own Date of the first page."""
    read_at: float
    """Our uptime when the first page was asked for (`Clock.monotonic`)."""


@dataclass(frozen=True, slots=True, order=True)
class TrackerKey:
    """Where tickets are made; the ledger names trackers by this, not by their name in the config (Id6)."""

    adapter: str
    host: str
    project: str

    def __str__(self) -> str:
        return f"{self.adapter} {self.project} on {self.host}"


@dataclass(frozen=True, slots=True, order=True)
class TicketRef:
    """A ticket's identity for good: `id` is unique on the host and survives renames where the tracker lets it."""

    adapter: str
    host: str
    id: str


_BLOCK = re.compile(
    r"^`?tmi-issue-sync v1 (?P<word>tmi[0-9a-f]{32}) generation=(?P<generation>\d{1,6})"
    r" threat=(?P<threat>[^\s`]{1,200}) instance=(?P<instance>[^\s`]{1,500})"
    r"(?: create=(?P<create>[0-9a-f]{1,32}))?`?$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Marker:
    """Which threat a ticket is for (protocol Id3). It travels inside the request that creates the ticket."""

    instance: str
    threat_id: str
    generation: int = 0
    create: str = ""
    """Which create made the ticket: a clone carries that of another, so origin is a fact (protocol, ours)."""

    @property
    def word(self) -> str:
        """One searchable word. No generation and no tracker in it: every ticket of the threat carries the same."""
        digest = hashlib.sha256(f"{self.instance}\n{self.threat_id}".encode()).hexdigest()
        return f"tmi{digest[:32]}"

    def block(self) -> str:
        """The line of fixed grammar that goes last into the ticket's body."""
        return (
            f"`tmi-issue-sync v1 {self.word} generation={self.generation}"
            f" threat={self.threat_id} instance={self.instance}{f' create={self.create}' if self.create else ''}`"
        )

    @classmethod
    def parse(cls, text: str) -> Marker | None:
        """The marker of a ticket's body: its last block, if word, threat and instance agree."""
        found = list(_BLOCK.finditer(text.replace("\r\n", "\n")))
        if not found:
            return None
        last = found[-1]
        marker = cls(last["instance"], last["threat"], int(last["generation"]), last["create"] or "")
        return marker if marker.word == last["word"] else None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as its tracker shows it now. `marker` is None where its body carries no block that verifies."""

    ref: TicketRef
    project: str
    number: str
    """For people: `example/threats#5`, `SEC-12`."""
    url: str
    marker: Marker | None
    author: str
    created_at: datetime
    open: bool
    request_id: str | None = None
    """The tracker's own id of the request that made it; only on a create's answer."""


@dataclass(frozen=True, slots=True)
class Gone:
    """A read by id says deleted, or shows nothing at all: the two can't be told apart (protocol Go1)."""

    why: str


@dataclass(frozen=True, slots=True)
class NotMine:
    """Not a ticket of this tracker: another host or project, a pull request, no ticket's URL."""

    why: str


@dataclass(frozen=True, slots=True)
class Look:
    """What a listing or search showed, complete (protocol 1). `as_of` is the tracker's Date of the first page."""

    as_of: datetime | None
    tickets: tuple[Ticket, ...]
    account: str
    """Who we are there: the control of protocol Lo6 counts our own tickets only."""


@dataclass(frozen=True, slots=True)
class Parent:
    """The ticket that stands above another: a threat model's, or an issue that a person linked to the model."""

    ref: TicketRef
    number: str
    url: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A ticket to be. An adapter refuses what it can't keep; it drops nothing in silence."""

    marker: Marker
    title: str
    body: str
    """CommonMark, without the marker's block: the adapter puts that where its tracker keeps it."""
    target: object
    """The adapter's own `Target` model: the place and kind of the ticket."""
    labels: tuple[str, ...] = ()
    fields: Mapping[str, Json] = field(default_factory=dict)
    priority: str | None = None
    parent: TicketRef | None = None
    """Named in the body, too: a tracker without a place for it leaves it at that."""
    confidential: bool = False
    request_id: str = ""
    """Ours, sent along and kept in the audit trail."""


class Level(StrEnum):
    """How bad a finding of `check` is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `check`: what was looked at, how it is, and the line to add or the click to make."""

    level: Level
    what: str
    todo: str = ""
    public: bool | None = None
    """Set by the finding that read the target's visibility: can anybody on the internet read it?"""
    lines: tuple[str, ...] = ()
    """TOML for the place's own table that mends it as it is: `fields."Team" = "Red"`, one dotted key a line."""
