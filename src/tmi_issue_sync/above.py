"""The tickets above: a threat model's ticket as the parent of its threats' tickets, and these put below it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace

from .clock import Clock
from .errors import Closed, TrackerError, Unavailable, Uncertain
from .ledger import Ledger
from .ledger.rows import Entry, Link, Side, Write
from .model import Parent, Threat, ThreatModel, Ticket, TrackerKey
from .parents import as_threat
from .plan import FRESH
from .rules import Destination
from .sight import Seen, Watcher, at_url
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
    watcher: Watcher
    seen: dict[TrackerKey, Seen]
    listed: dict[str, ThreatModel] = field(default_factory=dict)
    listed_at: float = float("-inf")
    by_person: dict[str, Parent | None] = field(default_factory=dict)
    """What people linked to models, by URL; None where that can be no parent."""

    def model(self, read: ThreatModel) -> Threat | None:
        """A whole model as TMI lists it now or a moment ago (Cr1), its metadata as it was read. Raises TmiError."""
        if self.clock.monotonic() - self.listed_at >= FRESH:
            self.listed_at = self.clock.monotonic()
            self.listed = {model.id: model for model in self.tmi.threat_models()}
        found = self.listed.get(read.id)
        return as_threat(replace(found, metadata=read.metadata)) if found else None

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

    def nest(self, shut: Collection[TrackerKey], stop: Callable[[], bool]) -> Iterator[str]:
        """Put tickets below their parents where that takes a request of its own; says what was refused.

        Nothing is asked of the places in `shut`, and of one that says "later" no more in this pass.
        """
        shut = set(shut)
        for entry in self.ledger.entries().values():
            seen = self._nester(entry) if entry.nest_under else None
            if stop():
                return
            if seen and seen.site.key not in shut:
                error = self._nest(entry, seen)
                if isinstance(error, Unavailable):
                    shut.add(seen.site.key)
                    self.watcher.unavailable(seen.site, error)
                if error:
                    yield f"{entry.name}: its ticket is not below {entry.nest_under}, which it names: {error}"

    def _nester(self, entry: Entry) -> Seen | None:
        """Where its ticket is now; only what this very ledger sent is put anywhere."""
        mine = next((t for t in self.ledger.tickets_of(entry.threat_id) if t.ref == entry.ticket and t.sent), None)
        seen = at_url(self.seen, mine.url, mine.key) if mine and entry.side is Side.CREATED else None
        return seen if seen and not seen.sight.closed else None

    def _nest(self, entry: Entry, seen: Seen) -> TrackerError | None:
        """One request and its place in the trail; what is refused for good is left at that."""
        tracker, failed = seen.site.tracker, None
        if not isinstance(tracker, Nester) or entry.ticket is None:
            return None
        try:
            tracker.nest(entry.ticket, entry.nest_under)
        except TrackerError as error:
            failed = error
        outcome = f"{type(failed).__name__}: {failed.why}" if failed else "nested"
        now, sent, where = self.clock.now(), uuid.uuid4().hex, f"{entry.ticket.id} below {entry.nest_under}"
        self.ledger.wrote(Write(now, self.run_id, "tracker", "nest", where, entry.threat_id, sent, "", outcome))
        if not isinstance(failed, Unavailable | Uncertain):
            self.ledger.nested(entry.threat_id)
        return failed


def _together(one: TrackerKey, other: TrackerKey) -> bool:
    """Tickets of one tracker can stand above each other, also across its projects."""
    return (one.adapter, one.host) == (other.adapter, other.host)
