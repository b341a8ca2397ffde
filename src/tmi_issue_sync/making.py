"""Making tickets: doubts resolved, then one intent, one request, one record at a time (protocol 6, 7)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from .above import Above
from .clock import Clock, Instant
from .decide import doubt
from .errors import (
    Closed,
    Denied,
    LinkRefused,
    NeedsPerson,
    Rejected,
    SyncError,
    ThreatGone,
    TmiDenied,
    TmiError,
    TrackerError,
    Unavailable,
    Uncertain,
)
from .gate import Gate
from .ledger import Ledger
from .ledger.rows import Entry, Side, Write
from .linking import Linker
from .model import Draft, Marker, ModelRead, Parent, Threat, Ticket, TrackerKey
from .plan import ATTEMPTS, FRESH, Decision, Kind
from .render import Renderer, payload_hash
from .report import Outcome
from .rules import Destination
from .sight import Seen, Watcher, doubt_start
from .site import Site
from .tmi.door import Tmi
from .tracker import Nester

LOST_IN_A_ROW = 2
"""Lost answers after which a tracker is left alone for this pass."""


@dataclass(slots=True)
class Maker:
    """What one pass works with, and what it has learned on the way."""

    tmi: Tmi
    ledger: Ledger
    clock: Clock
    renderer: Renderer
    instance: str
    aliases: frozenset[str]
    run_id: str
    linker: Linker
    watcher: Watcher
    above: Above
    gate: Gate
    seen: dict[TrackerKey, Seen]
    reads: dict[str, ModelRead]
    decide: Callable[[Threat, ModelRead], Decision]
    alerts: list[SyncError]
    lost: dict[TrackerKey, int] = field(default_factory=dict)
    """Lost answers in a row, by tracker."""
    sent: int = 0
    """Creates that were begun."""

    # -- doubts --------------------------------------------------------------------------------------------

    def resolve(self, entries: Iterable[Entry]) -> Iterable[str]:
        """Find or disprove the tickets whose horizon is over (Do1-Do4); says what came of each."""
        for entry in entries:
            seen = self.seen.get(entry.tracker) if entry.tracker else None
            if entry.side is not Side.INTENDED or seen is None:
                continue
            kind, _, _ = doubt(entry.threat_id, seen.sight)
            if kind is Kind.PARKED:
                self.alerts.append(_dark(seen, entry))
            if kind is not Kind.FIND:
                continue
            try:
                yield self._resolve(entry, seen)
            except TrackerError as error:
                self.alerts.append(error)

    def _resolve(self, entry: Entry, seen: Seen) -> str:
        name = entry.name or entry.threat_id
        over = self.watcher.left(seen.site, entry, self._sought(entry, seen)) == 0
        if over and self._in_doubt(entry):  # one answer proves too little: a search has nodes that fall behind
            self.watcher.control.search(seen.site)
            self._sought(entry, seen)
        if not self._in_doubt(entry):
            return f"{name}: the ticket whose answer was lost exists"
        if not over:
            return f"{name}: still in doubt"
        parked = f"{ATTEMPTS} creates left no ticket; the tracker's own log may tell why"
        self.ledger.none(entry.threat_id, parked=parked if entry.attempts + 1 >= ATTEMPTS else "")
        return f"{name}: the create whose answer was lost made no ticket"

    def _sought(self, entry: Entry, seen: Seen) -> Instant:
        """When its ticket was looked for in the widest scope; what was found is kept."""
        asked = []
        for name in (*sorted(self.aliases), self.instance):  # it may have been sent under an earlier name (Id2)
            look, at = self.watcher.find(seen.site, Marker(name, entry.threat_id, entry.generation))
            asked.append(at)
            self.ledger.keep(look)
        return asked[0]

    def _in_doubt(self, entry: Entry) -> bool:
        now = self.ledger.entry(entry.threat_id)
        return now is not None and now.side is Side.INTENDED

    # -- making --------------------------------------------------------------------------------------------

    def make(self, planned: Decision) -> Outcome:
        """All of Cr1 again, then intend, create, record, link."""
        try:
            assert planned.to is not None
            site = self.gate.admit(planned.threat, planned.to)
            parent = self.above.parent(planned.threat, planned.to)
            decision = self._still_wanted(planned)  # last: what comes before may take its time (Cr1)
            if decision.kind is not Kind.CREATE or decision.to != planned.to:
                return Outcome(decision, f"not made: {decision.reason}", waits=decision.seconds)
            draft = self.draft(decision.threat, planned.to, parent)
        except Closed as closed:
            return Outcome(planned, f"waits: {closed.why}", waits=closed.seconds)
        except (TmiError, TrackerError) as error:
            return Outcome(planned, "not made", error=error)
        nest_under = parent.url if parent and isinstance(site.tracker, Nester) else ""
        ticket = self._create(decision, planned.to, site, draft, nest_under)
        if isinstance(ticket, Outcome):
            return ticket
        linked = self.linker.put(replace(decision, url=ticket.url), f"created {ticket.number}, ", created=True)
        self._after(site, linked)
        return linked

    def _still_wanted(self, decision: Decision) -> Decision:
        """The row must be fresh when its ticket is made: else one more list of its model (Cr1)."""
        entry = self.ledger.entry(decision.threat.id)
        if entry is not None and entry.side is not Side.NONE:
            return replace(decision, kind=Kind.WAIT, reason="a ticket of it has shown since", seconds=0.0)
        read = self.reads[decision.threat.model.id]
        if self.clock.monotonic() - read.read_at >= FRESH:
            again = next(iter(self.tmi.read([read.model])))
            if not isinstance(again, ModelRead):
                raise again[1]
            self.reads[read.model.id] = read = again
        rows = [self.above.model(read.model)] if decision.threat.whole_model else read.threats
        row = next((threat for threat in rows if threat and threat.id == decision.threat.id), None)
        if row is None:
            return replace(decision, kind=Kind.SKIP, reason="TMI shows it no more")
        return decision if row == decision.threat else self.decide(row, read)

    def payload(self, threat: Threat, to: Destination) -> str:
        """What would be sent, as a hash. Raises Rejected where a template can't be rendered."""
        above = f"below {threat.model.issue_uri}" if to.parent else ""
        return payload_hash(self.draft(threat, to, None), above)

    def draft(self, threat: Threat, to: Destination, parent: Parent | None) -> Draft:
        """What would be sent for this threat. Raises Rejected where a template can't be rendered."""
        entry = self.ledger.entry(threat.id)
        ident = uuid.uuid4().hex
        marker = Marker(self.instance, threat.id, entry.generation if entry else 0, ident[:12])
        confidential = self.ledger.confidential().get(threat.model.id, True)
        return self.renderer.draft(threat, to, marker, confidential=confidential, request_id=ident, parent=parent)

    def _create(
        self, decision: Decision, to: Destination, site: Site, draft: Draft, nest_under: str
    ) -> Ticket | Outcome:
        """Intent, one request, record: nothing may come between the last two (protocol Cr2-Cr4)."""
        threat = decision.threat
        self.sent += 1
        seq = self.ledger.intend(threat, site.key, self.payload(threat, to), draft.marker.create, nest_under)
        try:
            ticket = site.tracker.create(draft)
        except TrackerError as error:
            return self._not_made(decision, site, draft, seq, error)
        self.ledger.made(threat, site.key, replace(ticket, marker=draft.marker), seq)
        self.lost.pop(site.key, None)
        self._audit(site, draft, f"created {ticket.number}", ticket.request_id)
        if ticket.marker is None:
            lost = f"{ticket.number} did not come back as it was sent (its marker, or what keeps it confidential)"
            todo = "No more tickets are made there until that is mended."
            self.gate.close(site.key, NeedsPerson(lost, todo=todo))
        return ticket

    def _not_made(self, decision: Decision, site: Site, draft: Draft, seq: int, error: TrackerError) -> Outcome:
        """What each refusal proves (design section 3)."""
        threat_id = decision.threat.id
        match error:
            case Rejected():
                self.ledger.refused(threat_id, seq, parked=error.why)
            case Denied() | Unavailable():
                self.ledger.refused(threat_id, seq)
                self.gate.close(site.key, error)
            case _:
                self.ledger.doubt(threat_id, doubt_start(self.seen[site.key], self.clock))
                self.lost[site.key] = self.lost.get(site.key, 0) + 1
                if self.lost[site.key] >= LOST_IN_A_ROW:
                    self.gate.close(site.key, error)
        if isinstance(error, Unavailable):
            self.watcher.unavailable(site, error)
        if isinstance(error, Uncertain) and error.server_fault:
            self.ledger.trouble(site.key, doubt_start(self.seen[site.key], self.clock))
        self._audit(site, draft, f"{type(error).__name__}: {error.why}", error.request_id)
        return Outcome(decision, "not made", error=error)

    def _after(self, site: Site, linked: Outcome) -> None:
        """One ticket first: its link must be taken, and it must be listed, before the next is made (Lo7)."""
        match linked.error:
            case LinkRefused(every_link=True) as error:
                self.gate.close(site.key, error)
            case TmiDenied() as error:
                self.gate.probed[linked.decision.threat.model.id] = error
            case None | LinkRefused() | ThreatGone():
                pass
            case error:
                self.gate.halt(error)
        if site.key not in self.gate.closed and self.ledger.site(site.key).canary:
            self._canary(site)

    def _canary(self, site: Site) -> None:
        again = self.watcher.look(site)
        self.seen[site.key] = again
        if again.error is not None:
            self.gate.close(site.key, again.error)
        elif again.sight.unproven:
            self.gate.closed[site.key] = Closed(again.sight.unproven, site.traits.lag)

    def _audit(self, site: Site, draft: Draft, outcome: str, got_id: str | None) -> None:
        threat_id, now = draft.marker.threat_id, self.clock.now()
        write = Write(
            now, self.run_id, "tracker", "create", str(site.key), threat_id, draft.request_id, got_id or "", outcome
        )
        self.ledger.wrote(write)


def _dark(seen: Seen, entry: Entry) -> Denied:
    todo = f"May the account see them? Else mend that, and go on with: retry {entry.threat_id}"
    return Denied(f"{seen.site.name}: a create is in doubt, and {seen.sight.dark}", todo=todo)
