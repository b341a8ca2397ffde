"""Bookkeeping: what TMI and the trackers show goes into the ledger; nothing is sent anywhere."""

from __future__ import annotations

from collections.abc import Mapping

from .ledger import Ledger
from .ledger.rows import Entry, Known, Link
from .model import ModelRead
from .plan import Decision, Kind, Plan


class Books:
    """Enters what a plan saw."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def enter(self, found: Plan, reads: Mapping[str, ModelRead], *, whole: bool) -> None:
        """What TMI shows goes into the ledger; nothing is sent anywhere."""
        entries, tickets = self._ledger.entries(), {known.url: known for known in self._ledger.tickets()}
        for decision in found.of(Kind.OPTED_OUT):
            entry = entries.get(decision.threat.id)
            if decision.threat.issue_uri.strip() and (entry is None or entry.link is not Link.OPTED_OUT):
                self._ledger.opted_out(decision.threat)
        for decision in found.of(Kind.KEEP):
            self._keep(decision, entries.get(decision.threat.id), tickets.get(decision.url))
        if whole:
            self._missing(reads)

    def _keep(self, decision: Decision, entry: Entry | None, mine: Known | None) -> None:
        threat, url = decision.threat, decision.url
        if mine is None or mine.threat_id != threat.id:  # a person's link, adopted before
            return
        if entry is None or entry.ticket != mine.ref:
            self._ledger.point(threat, mine)
        if entry is None or entry.link is not Link.LINKED or entry.link_url != url:
            self._ledger.linked(threat, url)

    def _missing(self, reads: Mapping[str, ModelRead]) -> None:
        """Threats that a complete list of their model does not show: only noted (Lo2, Go2)."""
        shown = {threat.id for read in reads.values() for threat in read.threats}
        entries = [e for e in self._ledger.entries().values() if e.model_id in reads and e.threat_id != e.model_id]
        gone = [e.threat_id for e in entries if e.threat_id not in shown and e.missing_since is None]
        back = [e.threat_id for e in entries if e.threat_id in shown and e.missing_since is not None]
        if gone:
            self._ledger.missing(gone)
        if back:
            self._ledger.seen_again(back)
