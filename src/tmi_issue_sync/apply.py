"""The hands of a pass: carry out one decision at a time (protocol 6-8)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .errors import TrackerError
from .ledger import Ledger
from .ledger.rows import Link
from .linking import Linker
from .making import Maker
from .model import Look, Ticket, TrackerKey
from .plan import Decision, Kind
from .report import Outcome
from .sight import Seen, at_url, sites_at


@dataclass(frozen=True, slots=True)
class Hands:
    """Acts on decisions; making is the maker's, writing links the linker's."""

    ledger: Ledger
    linker: Linker
    maker: Maker
    seen: dict[TrackerKey, Seen]

    def act(self, decision: Decision) -> Outcome:
        """Carry out one decision. Raises only LedgerError; all else is an outcome with its reason."""
        match decision.kind:
            case Kind.CREATE:
                return self.maker.make(decision)
            case Kind.LINK | Kind.FOLLOW:
                return self.linker.put(decision)
            case Kind.RESTORE:
                return self._restore(decision)
            case Kind.EXAMINE:
                return self._examine(decision)
            case Kind.ADOPT:
                return self._adopt(decision)
            case _:
                return Outcome(decision, "nothing to do yet", waits=decision.seconds)

    def _adopt(self, decision: Decision) -> Outcome:
        self.ledger.adopted(decision.threat, decision.url)
        return Outcome(decision, f"adopted {decision.url}", decision.url)

    def _restore(self, decision: Decision) -> Outcome:
        """Put a vanished link back; our own ticket is read first (Li3)."""
        entry = self.ledger.entry(decision.threat.id)
        if entry is None or entry.link is Link.ADOPTED or entry.tracker is None:
            return self.linker.put(decision, ours=False)
        seen = at_url(self.seen, decision.url, entry.tracker)
        if seen is None or seen.sight.closed:
            return Outcome(decision, f"waits: {entry.tracker} can't be asked whether its ticket exists", waits=0.0)
        try:
            found = seen.site.tracker.get(decision.url)
        except TrackerError as error:
            return Outcome(decision, "its ticket could not be read", error=error)
        if entry.ticket:
            self.ledger.read_again(entry.ticket, found)
        if isinstance(found, Ticket):
            return self.linker.put(replace(decision, url=found.url))
        return Outcome(decision, f"its ticket is gone: {found.why}")

    def _examine(self, decision: Decision) -> Outcome:
        """Ours if its block says so, else a person's (Li1)."""
        sites = sites_at(self.seen, decision.url)
        why = "" if sites else "its tracker is not configured"
        for seen in sites:
            if why := seen.sight.closed:
                break
            try:
                found = seen.site.tracker.get(decision.url)
            except TrackerError as error:
                return Outcome(decision, "the link could not be read", decision.url, error=error)
            if isinstance(found, Ticket):
                return self._recognise(decision, found)
        if why:
            return Outcome(decision, f"not read yet: {why}", decision.url, waits=0.0)
        return self._adopt(decision)

    def _recognise(self, decision: Decision, found: Ticket) -> Outcome:
        threat = decision.threat
        if found.marker is not None and found.marker.threat_id == threat.id:
            self.ledger.keep(Look(None, (found,), ""))
            if any(known.ref == found.ref for known in self.ledger.tickets_of(threat.id)):
                self.ledger.linked(threat, decision.url)  # as TMI shows it: a moved ticket is followed from there
                return Outcome(decision, f"{found.number} is ours: recorded as linked", found.url)
        return self._adopt(decision)
