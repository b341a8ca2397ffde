"""What looks show, kept whole, and what they prove (protocol 5): adoption, watermarks, settling, doubts' clocks."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from ..clock import Instant, elapsed
from ..errors import LedgerError
from ..model import Gone, Look, NotMine, Ticket, TicketRef, TrackerKey
from . import read
from .records import Records, key_columns
from .rows import Known, Side, SiteRow, keeper

_NONE_LEFT = """
UPDATE trackers SET seen = 0
WHERE (adapter, host, project) NOT IN (SELECT adapter, host, project FROM tickets WHERE gone_since IS NULL)
"""
"""Where no known ticket is left, deleted, moved or out of sight, nothing shows that lists are true (Lo7)."""
_UNCLAIMED = """
SELECT DISTINCT threat_id FROM tickets LEFT JOIN threats USING (threat_id)
WHERE tickets.gone_since IS NULL AND coalesce(threats.side, 'none') <> 'created'
AND tickets.generation >= coalesce(threats.generation, 0)
"""
_REOPENED = """
SELECT DISTINCT threat_id FROM tickets JOIN threats USING (threat_id)
WHERE threats.side = 'none' AND tickets.open AND tickets.gone_since IS NULL
AND tickets.generation < threats.generation
"""
IT = "adapter = ? AND host = ? AND id = ?"
"""The ticket, with `_ref` behind it."""
NO_INTENT: dict[str, Any] = {"seq": None, **read.instant_columns("doubt", None)}


class Looks(Records):
    """Transactions that follow from looking."""

    def settled(self) -> None:
        self.set("settling", "0")

    def new_install(self) -> None:
        """The operator's word that no earlier ledger existed: nothing to settle for (St4)."""
        if not self.settling():
            return
        if self._store.rows("SELECT 1 FROM creates LIMIT 1") or self._store.rows("SELECT 1 FROM tickets LIMIT 1"):
            raise LedgerError(
                "--new-install is for a TMI whose threats never got tickets from us, and this ledger knows some",
                todo="Leave it out: the ledger settles by itself (`sync --once --wait` waits for it).",
            )
        with self._store.transaction():
            self._set("settling", "0")
            self._store.run("UPDATE trackers SET settled = 1")

    def observe(self, key: TrackerKey, look: Look, at: Instant, *, full: bool, lag: float, settle: float) -> None:
        """Keep everything that a complete, controlled look showed, and its watermark, in one step (Lo2-Lo5)."""
        with self._store.transaction():
            self._keep(look)
            row = self.site(key)
            changes: dict[str, Any] = {"account": look.account}
            if look.as_of is not None:
                changes["watermark"] = read.stamp(look.as_of - timedelta(seconds=lag + 10))
            if row.first_look is None and look.as_of is not None:
                changes["first_look"] = read.stamp(look.as_of)
            if full:
                changes["full_look_at"] = read.stamp(self._clock.now())
            if look.tickets:
                changes |= {"seen": 1, "canary": "", "emptied": 0}
            if not row.settled:
                changes |= self._settle(row, at, math.inf if self.dark(key, look) else settle)
            self._store.upsert("trackers", key_columns(key), {"settled": int(row.settled), **changes})
            self._start_doubts(key, at)

    def dark(self, key: TrackerKey, look: Look) -> bool:
        """It shows nothing where tickets were known: deleted, or out of sight, and only a person knows which."""
        return not look.tickets and self.knew(key) and not self.site(key).emptied

    def adopt(self) -> None:
        """Point every row without a ticket at a known one, whenever that was seen.

        An alias may have come since (Id4), or a person reopened it before one of a new generation was made (Id5).
        """
        with self._store.transaction():
            for row in self._store.rows(_UNCLAIMED):
                self._adopt(row["threat_id"])
            for row in self._store.rows(_REOPENED):
                back = [t for t in self.tickets_of(row["threat_id"]) if t.open and t.gone_since is None]
                if back:
                    self._threat(row["threat_id"], side=Side.CREATED, **ticket_columns(keeper(back)))

    def keep(self, look: Look) -> None:
        """Tickets of a look that proves nothing else (a find, an uncontrolled listing): always kept (Lo2)."""
        with self._store.transaction():
            self._keep(look)
            self._store.run(_NONE_LEFT)

    def _keep(self, look: Look) -> None:
        threats: dict[str, None] = {}
        for ticket in look.tickets:
            self._keep_ticket(ticket)
            if ticket.author == look.account:
                self._claim(ticket)
            if ticket.marker and ticket.marker.instance in self._instances:
                threats[ticket.marker.threat_id] = None
        for threat_id in threats:
            self._adopt(threat_id)

    def _keep_ticket(self, ticket: Ticket, *, sent: bool = False) -> None:
        if ticket.marker is None:
            return
        values = {
            "project": ticket.project,
            "number": ticket.number,
            "url": ticket.url,
            "threat_id": ticket.marker.threat_id,
            "instance": ticket.marker.instance,
            "generation": ticket.marker.generation,
            "author": ticket.author,
            "created_at": read.stamp(ticket.created_at),
            "open": int(ticket.open),
            "gone_since": None,
        }
        if sent:
            values["sent"] = 1
        ref = ticket.ref
        self._store.upsert("tickets", {"adapter": ref.adapter, "host": ref.host, "id": ref.id}, values)
        if not ticket.open:  # whoever closed it: it is swept once (Sw3)
            where = f"{IT} AND swept = 'begun'"
            self._store.run(f"UPDATE tickets SET swept = 'done' WHERE {where}", *_ref(ref))

    def _claim(self, ticket: Ticket) -> None:
        """It says which create made it: this ledger's own, in doubt or given up too early (protocol 10, 1).

        A clone says the same, but of a create whose ticket is known by then.
        """
        if ticket.marker is None or not ticket.marker.create:
            return
        where = "mark = ? AND ticket_id IS NULL AND outcome IN ('sent', 'none')"
        rows = self._store.rows(f"SELECT seq FROM creates WHERE {where}", ticket.marker.create)
        if rows:
            done = "UPDATE creates SET outcome = 'made', ticket_id = ? WHERE seq = ?"
            self._store.run(done, ticket.ref.id, rows[0]["seq"])
            self._sent(ticket.ref)

    def _adopt(self, threat_id: str) -> None:
        """Point the threat's row at its ticket, where a look shows one (table in protocol 3, Do2)."""
        entry = self.entry(threat_id)
        side, wanted = (entry.side, entry.generation) if entry else (Side.NONE, 0)
        ours = [t for t in self.tickets_of(threat_id) if t.generation >= wanted and t.gone_since is None]
        if not ours:
            return
        best = keeper(ours)
        if side is Side.CREATED and entry and (best.generation == wanted or best.ref == entry.ticket):
            return
        self._threat(threat_id, side=Side.CREATED, **ticket_columns(best), **NO_INTENT, parked="")

    def _sent(self, ref: TicketRef) -> None:
        self._store.run(f"UPDATE tickets SET sent = 1 WHERE {IT}", *_ref(ref))

    def _settle(self, row: SiteRow, at: Instant, settle: float) -> dict[str, Any]:
        passed = elapsed(row.settle_start, at) if row.settle_start else None
        if passed is None:  # the first reply after the start, or no clock to compare with: start (again)
            return read.instant_columns("settle", at)
        return {"settled": 1} if passed >= settle else {}

    def _start_doubts(self, key: TrackerKey, at: Instant) -> None:
        """An intent without a clock is a process that died (St6); one that can't be compared starts again."""
        for entry in self.doubts(key):
            if entry.doubt_from is None or elapsed(entry.doubt_from, at) is None:
                self._threat(entry.threat_id, **read.instant_columns("doubt", at))

    def no_canary(self, threat_id: str) -> None:
        """Nothing waits for this threat's ticket to be listed: it is elsewhere (Lo7)."""
        with self._store.transaction():
            self._no_canary(threat_id)

    def _no_canary(self, threat_id: str) -> None:
        self._store.run("UPDATE trackers SET canary = '' WHERE canary = ?", threat_id)

    def trouble(self, key: TrackerKey, at: Instant) -> None:
        """It answered 5xx: for a while it may list late."""
        with self._store.transaction():
            row = self.site(key)
            changes = {"settled": int(row.settled), **read.instant_columns("trouble", at)}
            self._store.upsert("trackers", key_columns(key), changes)

    def sweeping(self, ref: TicketRef) -> None:
        """About to close this ticket of ours as a duplicate (Sw3)."""
        with self._store.transaction():
            self._sweep_row(ref, "begun")

    def swept(self, ref: TicketRef, instead: Known | None) -> None:
        """It is closed; the threat's row points at the keeper from now on."""
        with self._store.transaction():
            self._sweep_row(ref, "done")
            self._store.run(f"UPDATE tickets SET open = 0 WHERE {IT}", *_ref(ref))
            entry = self.entry(instead.threat_id) if instead else None
            if instead and entry and entry.side is Side.CREATED and entry.generation == instead.generation:
                self._threat(instead.threat_id, **ticket_columns(instead))

    def _sweep_row(self, ref: TicketRef, state: str) -> None:
        self._store.run(f"UPDATE tickets SET swept = ? WHERE {IT}", state, *_ref(ref))

    def pause(self, what: object, seconds: float) -> None:
        """Leave a tracker or a threat alone; counted in uptime, so that no clock change prolongs it."""
        self.set(f"pause {what}", f"{self._clock.boot_id()} {self._clock.monotonic() + seconds}")

    def paused(self, what: object) -> float:
        """Seconds that are left of a pause; 0 after a reboot."""
        boot, _, until = (self.get(f"pause {what}") or "").rpartition(" ")
        return max(0.0, float(until) - self._clock.monotonic()) if boot == self._clock.boot_id() else 0.0

    def read_again(self, ref: TicketRef, found: Ticket | Gone | NotMine) -> None:
        """What a read by id says of a known ticket: deleted, somewhere else, or as it is (Go1)."""
        if isinstance(found, Gone):
            self.gone(ref, found.why)
        elif isinstance(found, Ticket) and found.ref != ref:
            self.moved(ref, found)
        elif isinstance(found, Ticket):
            self.keep(Look(None, (found,), ""))

    def gone(self, ref: TicketRef, why: str) -> None:
        """A read by id says deleted, or shows nothing (Go1). A live ticket of the threat takes its place."""
        with self._store.transaction():
            self._gone(ref, why)

    def moved(self, ref: TicketRef, to: Ticket) -> None:
        """A read of its URL led to another identity: it is the same ticket, and who sent it stays true (Go1)."""
        with self._store.transaction():
            self._keep(Look(None, (to,), ""))
            where = f"{IT} AND sent = 1"
            if to.marker and self._store.rows(f"SELECT id FROM tickets WHERE {where}", *_ref(ref)):
                self._sent(to.ref)
            self._gone(ref, f"moved to {to.number}")

    def _gone(self, ref: TicketRef, why: str) -> None:
        now = read.stamp(self._clock.now())
        where = f"{IT} AND gone_since IS NULL"
        self._store.run(f"UPDATE tickets SET gone_since = ? WHERE {where}", now, *_ref(ref))
        self._store.run(_NONE_LEFT)
        where = "adapter = ? AND host = ? AND ticket_id = ? AND side = 'created'"
        for row in self._store.rows(f"SELECT threat_id FROM threats WHERE {where}", *_ref(ref)):
            left = [t for t in self.tickets_of(row["threat_id"]) if t.gone_since is None]
            if left:
                self._threat(row["threat_id"], **ticket_columns(keeper(left)))
            else:
                self._threat(row["threat_id"], side=Side.GONE, why=why)


def _ref(ref: TicketRef) -> tuple[str, str, str]:
    return (ref.adapter, ref.host, ref.id)


def ticket_columns(known: Known) -> dict[str, Any]:
    return {**key_columns(known.key), "ticket_id": known.ref.id, "generation": known.generation}
