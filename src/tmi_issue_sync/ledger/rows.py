"""The ledger's rows as values: what is known of a threat's ticket, of its link, of every marked ticket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ..clock import Instant
from ..model import TicketRef, TrackerKey


class Side(StrEnum):
    """The ticket side of a row (protocol 3): what may exist in a tracker."""

    NONE = "none"
    INTENDED = "intended"
    CREATED = "created"
    GONE = "gone"


class Link(StrEnum):
    """The link side of a row: what TMI shows. It never overwrites the ticket side."""

    BLANK = "blank"
    LINKED = "linked"
    ADOPTED = "adopted"
    OPTED_OUT = "opted out"
    BLOCKED = "blocked"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Known:
    """A marked ticket that some look showed or that we made; kept for good (protocol Lo5)."""

    ref: TicketRef
    key: TrackerKey
    """The tracker project that it was seen in last."""
    number: str
    url: str
    threat_id: str
    instance: str
    generation: int
    author: str
    created_at: datetime
    open: bool
    sent: bool
    """This very ledger sent the create (a reply, or found for its own doubt)."""
    swept: str
    """`begun` or `done` where we close it as a duplicate; a ticket is swept once (Sw3)."""
    gone_since: datetime | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One threat's row."""

    threat_id: str
    model_id: str
    name: str
    model_name: str
    side: Side
    generation: int
    """Of the intent or of the ticket; the wanted one where there is none."""
    tracker: TrackerKey | None
    payload: str
    seq: int | None
    doubt_from: Instant | None
    """Null while the live process waits, and after a crash until the first look (St6)."""
    attempts: int
    ticket: TicketRef | None
    nest_under: str
    """The URL of the ticket that this one is still to be put below (`tracker.Nester`); empty where it is there."""
    offered: bool
    """A write of our URL to TMI was begun (Wr2)."""
    link: Link
    link_url: str
    """What TMI showed last, or what we wrote last."""
    why: str
    """Words beside the state: why blocked, parked, gone."""
    blocked_at: str
    """`modified_at` and server version of the refusal: tried again when they change (Wr4)."""
    restored: int
    parked: str
    skipped: bool
    superseded: bool
    missing_since: datetime | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class SiteRow:
    """What is known of one tracker project."""

    key: TrackerKey
    account: str
    watermark: datetime | None
    full_look_at: datetime | None
    seen: bool
    """Some look has shown a ticket of ours here, and not all that are known have gone since (Lo7)."""
    canary: str
    """The threat of the one create that was sent here while nothing was seen; empty when a look shows a ticket, or
    when it surely made none (Lo7)."""
    emptied: bool
    """A person's word that all tickets which were known here are deleted; until a list shows one."""
    first_look: datetime | None
    """The tracker's Date when this ledger first looked: younger tickets that it did not send are another's."""
    settled: bool
    settle_start: Instant | None
    troubled: Instant | None
    """When it last answered 5xx: trackers that stumble also list late."""


@dataclass(frozen=True, slots=True)
class Write:
    """One external write, for the audit trail."""

    at: datetime
    run_id: str
    side: str
    """`tracker` or `tmi`."""
    action: str
    target: str
    threat_id: str
    sent_id: str
    """The request id that we sent."""
    got_id: str
    """The one that came back."""
    outcome: str


@dataclass(frozen=True, slots=True)
class Run:
    """One pass that was begun; `ended` is None where it was cut."""

    id: str
    started: datetime
    ended: datetime | None
    exit_code: int | None
    summary: str
    waiting: int | None
    """Threats that it left without the ticket that they want; None where it came to no count: cut, or failed as a
    whole."""


def keeper(tickets: list[Known]) -> Known:
    """Which of a threat's tickets counts: the highest generation, open before closed, then the oldest (Sw1)."""
    return min(tickets, key=lambda t: (-t.generation, not t.open, t.created_at, t.key, len(t.ref.id), t.ref.id))
