"""The control: lists and searches are held against the tickets that they should show (protocol Lo6, Do3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from .errors import TrackerError
from .ledger import Ledger
from .ledger.rows import Known, SiteRow
from .model import Look, Marker, Ticket
from .site import Site

READS = 20
"""Tickets that one pass reads one by one because a full look or a search did not show them."""


@dataclass(frozen=True, slots=True)
class Held:
    """What came of it."""

    lie: str = ""
    """Why the list is not believed; empty where it shows a known ticket, or none is known in its range."""
    proves: bool = True
    """False where every ticket that should be in its range has gone: only a full look can show more."""


class Control:
    """Costs no call where a list shows what it should; else known tickets are read by id."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def known(self, row: SiteRow, until: datetime | None, *, anybodys: bool = False) -> list[Known]:
        """Known tickets there, old enough to be listed, newest first; others' too only where all are listed."""
        known = self._ledger.living(row.key)
        old = [t for t in known if until is None or t.created_at <= until]
        mine = [t for t in old if anybodys or t.author == row.account]
        return sorted(mine, key=lambda t: t.created_at, reverse=True)

    def held(self, site: Site, look: Look, since: datetime | None) -> Held:
        """Whether a list of what changed since then, or of all, may be believed. Raises what a read raises."""
        row = self._ledger.site(site.key)
        listed = {ticket.ref for ticket in look.tickets}
        until = look.as_of - timedelta(seconds=site.traits.lag) if look.as_of else None
        known = self.known(row, until, anybodys=since is None)  # no Date: all; the read by id decides anyway
        in_range = [ticket for ticket in known if since is None or ticket.created_at >= since]
        unseen = [ticket for ticket in in_range if ticket.ref not in listed]
        blind = bool(in_range) and len(unseen) == len(in_range)
        if since and not blind:
            return Held()
        for ticket in unseen[:READS]:
            if self._exists_here(site, ticket) and blind:
                who = f" of {look.account} (before: {row.account})" if look.account != row.account else ""
                why = "lost permission or an ignored filter"
                return Held(f"{ticket.number} exists and the list{who} does not show it: {why}")
        living = {ticket.ref for ticket in self._ledger.living(site.key)}
        vanished = blind and not any(ticket.ref in living for ticket in unseen[:READS])
        if vanished and since is None and len(unseen) > READS:
            none = f"the list shows none of {len(unseen)} known tickets"
            return Held(f"{none}; {READS} were read and are there no more")
        return Held(proves=not vanished)

    def search(self, site: Site) -> None:
        """A search in the widest scope shows a known ticket, where one is known. Raises TrackerError."""
        row = self._ledger.site(site.key)
        known = self.known(row, row.watermark)[:READS]
        for each in known:
            look = site.tracker.find(Marker(each.instance, each.threat_id, each.generation))
            self._ledger.keep(look)
            if look.tickets:
                return
            if self._exists_here(site, each):
                raise TrackerError(f"{site.name}: {each.number} exists and the search does not show it")
        if known and not self._ledger.living(site.key):
            raise TrackerError(f"{site.name}: every known ticket has gone, so that no search proves anything")

    def _exists_here(self, site: Site, known: Known) -> bool:
        """Read one known ticket by its URL; gone and moved ones are kept as such (Go1)."""
        found = site.tracker.get(known.url)
        self._ledger.read_again(known.ref, found)
        if not isinstance(found, Ticket):
            return False
        return found.ref == known.ref and found.project == known.key.project and found.marker is not None
