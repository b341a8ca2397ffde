"""The tickets above: a threat model's ticket as the parent of its threats' tickets, and these put below it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from .clock import Clock
from .errors import Closed, TrackerError, Unavailable, Uncertain
from .ledger import Ledger
from .ledger.rows import Entry, Link, Side, Write
from .model import Parent, Threat, Ticket, TrackerKey
from .parents import as_threat
from .plan import FRESH
from .rules import Destination
from .sight import Seen, at_url
from .tmi.door import Tmi
from .tracker import Nester
from .urls import host_of


@dataclass(slots=True)
class Above:
    """What one pass knows of the tickets of threat models."""

    tmi: Tmi
    ledger: Ledger
    clock: Clock
    run_id: str
    seen: dict[TrackerKey, Seen]
    listed: dict[str, Threat] = field(default_factory=dict)
    listed_at: float = float("-inf")
    by_person: dict[str, Parent | None] = field(default_factory=dict)
    """What people linked to models, by URL; None where that can be no parent."""

    def model(self, model_id: str) -> Threat | None:
        """A whole model as TMI lists it now, or a moment ago (Cr1). Raises TmiError."""
        if self.clock.monotonic() - self.listed_at >= FRESH:
            self.listed_at = self.clock.monotonic()
            self.listed = {model.id: as_threat(model) for model in self.tmi.threat_models()}
        return self.listed.get(model_id)

    def parent(self, threat: Threat, to: Destination) -> Parent | None:
        """The ticket of the threat's model, where it is on the same tracker. Raises Closed, TrackerError."""
        if to.parent is None:
            return None
        entry = self.ledger.entry(threat.model.id)
        if entry and entry.link is Link.ADOPTED:
            return self._linked_by_person(entry.link_url, to.key)
        if entry is None or entry.side is not Side.CREATED:
            raise Closed("the ticket of its threat model comes first", 0.0)
        mine = next(ticket for ticket in self.ledger.tickets_of(entry.threat_id) if ticket.ref == entry.ticket)
        return Parent(mine.ref, mine.number, mine.url) if _together(mine.key, to.key) else None

    def _linked_by_person(self, url: str, key: TrackerKey) -> Parent | None:
        seen = at_url(self.seen, url, key)
        if seen is None or host_of(url) not in seen.site.traits.hosts:
            return None
        if url not in self.by_person:
            found = seen.site.tracker.get(url)
            self.by_person[url] = Parent(found.ref, found.number, found.url) if isinstance(found, Ticket) else None
        return self.by_person[url]

    def nest(self) -> Iterator[str]:
        """Put tickets below their parents where that takes a request of its own; says what was refused."""
        for entry in self.ledger.entries().values():
            seen = self.seen.get(entry.tracker) if entry.nest_under and entry.tracker else None
            if entry.side is Side.CREATED and seen and not seen.sight.closed:
                yield from self._nest(entry, seen)

    def _nest(self, entry: Entry, seen: Seen) -> Iterator[str]:
        tracker, outcome, over = seen.site.tracker, "nested", True
        if not isinstance(tracker, Nester) or entry.ticket is None:
            return
        try:
            tracker.nest(entry.ticket, entry.nest_under)
        except TrackerError as error:
            outcome, over = f"{type(error).__name__}: {error.why}", not isinstance(error, Unavailable | Uncertain)
            yield f"{entry.name}: its ticket is not below {entry.nest_under}, which it names in its text: {error}"
        now, sent, where = self.clock.now(), uuid.uuid4().hex, f"{entry.ticket.id} below {entry.nest_under}"
        self.ledger.wrote(Write(now, self.run_id, "tracker", "nest", where, entry.threat_id, sent, "", outcome))
        if over:
            self.ledger.nested(entry.threat_id)


def _together(one: TrackerKey, other: TrackerKey) -> bool:
    """Tickets of one tracker can stand above each other, also across its projects."""
    return (one.adapter, one.host) == (other.adapter, other.host)
