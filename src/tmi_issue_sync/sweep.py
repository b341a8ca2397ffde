"""The sweep: of several open tickets of one threat, ours that are too many are closed (protocol 8)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from .clock import Clock
from .errors import NeedsPerson, SyncError, TrackerError
from .ledger import Ledger, keeper
from .ledger.rows import Entry, Known, Link, Side, Write
from .model import Ticket, TrackerKey
from .sight import Seen, at_url
from .tracker import Closer
from .urls import same_url

FRESH = 10.0
"""Seconds that the reads of both tickets may be old when one of them is closed (Sw3)."""
RECENT = timedelta(hours=24)
"""For how long a ticket that another instance made is an alert."""


@dataclass(slots=True)
class Sweeper:
    """Closes only what this very ledger sent, under our own account; all else is told, with both links."""

    ledger: Ledger
    clock: Clock
    run_id: str
    seen: Mapping[TrackerKey, Seen]
    ours: frozenset[str]
    shown: Mapping[str, str]
    """What TMI links now, by threat id, for the threats of this pass."""
    whole: bool
    """The pass read all of TMI: a threat that it does not show is linked to nothing."""
    alerts: list[SyncError]
    notes: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Sweep duplicates, then tickets that a person's link superseded."""
        for tickets in duplicates(self.ledger.tickets(), self.ours):
            best = keeper(list(tickets))
            for loser in tickets:
                if loser.ref != best.ref:
                    self._duplicate(loser, best)
        for entry in self.ledger.entries().values():
            if entry.superseded and entry.link is Link.ADOPTED and entry.side is Side.CREATED:
                self._superseded(entry)

    def _duplicate(self, loser: Known, best: Known) -> None:
        told = f"duplicates: threat {loser.threat_id} has {_name(best)} and {_name(loser)}"
        seen = self._closing(loser)
        if seen is None or not seen.site.close_duplicates:
            self.notes.append(told)
        elif not self.whole and loser.threat_id not in self.shown:
            self.notes.append(f"{told}; its threat was not read in this pass")
        elif same_url(self.shown.get(loser.threat_id, ""), loser.url):
            self.notes.append(f"{told}; the link is moved first")
        else:
            public = best.key != loser.key and self._public(loser)
            words = "Duplicate of another ticket." if public else f"Duplicate of {best.url}"
            self._close(seen, loser, best, words)

    def _superseded(self, entry: Entry) -> None:
        """Ours beside a person's link: closed only if its URL was never offered to TMI (Li2)."""
        mine = next((t for t in self.ledger.tickets_of(entry.threat_id) if t.ref == entry.ticket), None)
        if mine is None or not mine.open or entry.offered or (seen := self._closing(mine)) is None:
            return
        if seen.site.close_superseded and same_url(self.shown.get(entry.threat_id, ""), entry.link_url):
            words = "TMI links another ticket" + ("." if self._public(mine) else f": {entry.link_url}")
            self._close(seen, mine, None, words)

    def _public(self, ticket: Known) -> bool:
        """Whether anybody may read it: no confidential ticket is named there; who knows an unknown place (Co3)?"""
        seen = self.seen.get(ticket.key)
        return seen is None or seen.site.public

    def _closing(self, ticket: Known) -> Seen | None:
        """Its tracker, if this ledger may close it there: sent by us, under our account, not swept before."""
        seen = at_url(self.seen, ticket.url, ticket.key)
        if seen is None or seen.sight.closed or not ticket.sent or ticket.swept == "done":
            return None
        if ticket.author != self.ledger.site(seen.site.key).account or not isinstance(seen.site.tracker, Closer):
            return None
        return seen

    def _close(self, seen: Seen, loser: Known, best: Known | None, words: str) -> None:
        """Read both by id, both open and ours, and close the loser within ten seconds (Sw3)."""
        started, tracker = self.clock.monotonic(), seen.site.tracker
        found = self._read(seen, loser)
        if best is not None and self._read(at_url(self.seen, best.url, best.key), best) is None:
            return
        if found is None or not isinstance(tracker, Closer):
            return
        self.ledger.sweeping(loser.ref)
        if self.clock.monotonic() - started >= FRESH:
            return
        try:
            tracker.close_duplicate(found, words)
        except TrackerError as error:
            self.alerts.append(error)
            self._audit(loser, f"{type(error).__name__}: {error.why}")
        else:
            self.ledger.swept(loser.ref, best)
            self._audit(loser, "closed")
            self.notes.append(f"closed {_name(loser)}: {words}")

    def _read(self, seen: Seen | None, known: Known) -> Ticket | None:
        """The ticket as it is now, if it is open and ours."""
        if seen is None or seen.sight.closed:
            return None
        try:
            found = seen.site.tracker.get(known.url)
        except TrackerError as error:
            self.alerts.append(error)
            return None
        self.ledger.read_again(known.ref, found)
        if not isinstance(found, Ticket) or found.ref != known.ref:
            return None
        return found if found.open and found.marker is not None else None

    def _audit(self, ticket: Known, outcome: str) -> None:
        now, sent = self.clock.now(), uuid.uuid4().hex
        write = Write(now, self.run_id, "tracker", "close", ticket.url, ticket.threat_id, sent, "", outcome)
        self.ledger.wrote(write)


def duplicates(tickets: Iterable[Known], ours: frozenset[str]) -> Iterable[Sequence[Known]]:
    """Threats with more than one open ticket of ours, of one generation (protocol 8)."""
    by_threat: dict[tuple[str, int], list[Known]] = {}
    for known in tickets:
        if known.open and known.gone_since is None and known.instance in ours:
            by_threat.setdefault((known.threat_id, known.generation), []).append(known)
    return [found for found in by_threat.values() if len(found) > 1]


class SecondInstance(NeedsPerson):
    """Another ledger makes tickets for this TMI (protocol Fr3)."""


def strangers(ledger: Ledger, ours: frozenset[str]) -> Iterable[SecondInstance]:
    """Tickets that another instance made for this TMI since this ledger first looked (protocol Fr3)."""
    sites = ledger.sites()
    for known in ledger.tickets():
        site = sites.get(known.key)
        if known.sent or known.instance not in ours or site is None or site.first_look is None:
            continue
        newest = site.watermark or site.first_look
        if (
            known.author == site.account
            and known.created_at > site.first_look
            and newest - known.created_at < RECENT
        ):
            yield SecondInstance(
                f"{_name(known)} was made as {known.author} on {known.created_at:%Y-%m-%d %H:%M} UTC, after this"
                f" ledger's first look on {site.first_look:%Y-%m-%d %H:%M}, and not by this ledger",
                todo="Does a second tmi-issue-sync with a ledger of its own run for this TMI? Stop one of them.",
            )


def _name(ticket: Known) -> str:
    return f"{ticket.number} ({ticket.url})"
