"""The protocol's transactions (protocol 3): every method is one durable step, or one read."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from ..clock import Clock, Instant
from ..errors import LedgerError
from ..model import Threat, Ticket, TrackerKey
from . import read
from .links import Links, names
from .lock import LedgerLock, Witness
from .looks import NO_INTENT
from .records import HERE, key_columns
from .rows import Link, Side
from .store import Store

NO_TICKET = {"adapter": None, "host": None, "project": None, "ticket_id": None, "nest_under": "", "offered": 0}

_EMPTIED = """
UPDATE trackers SET emptied = 1 WHERE seen = 0
AND (adapter, host, project) IN (SELECT adapter, host, project FROM tickets)
AND (adapter, host, project) IN (
    SELECT adapter, host, project FROM tickets WHERE threat_id = ?1
    UNION SELECT adapter, host, project FROM threats WHERE threat_id = ?1 AND side = 'intended'
)
"""
"""Places of a threat's tickets, or of its doubt, where tickets were known and none is left."""


class Ledger(Links):
    """One file, one writer. Every method raises LedgerError where the file can't be read or written."""

    def __init__(self, store: Store, clock: Clock, lock: LedgerLock | None, instances: frozenset[str]) -> None:
        super().__init__(store, clock, instances)
        self._lock = lock
        self._broken = False

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        instance: str,
        clock: Clock,
        lock: LedgerLock | None,
        aliases: frozenset[str] = frozenset(),
        settle_always: bool = False,
    ) -> Ledger:
        """Open under the lock and find out whether the ledger has lost something (St3, St4).

        Without a lock the file is copied into memory: for plans beside a running service.
        """
        store = _copied(path) if lock is None else Store.open(path)
        ledger = cls(store, clock, lock, frozenset({instance}) | aliases)
        try:
            ledger._begin(instance, settle_always)
        except BaseException:
            store.close()
            raise
        return ledger

    def _begin(self, instance: str, settle_always: bool) -> None:
        bound = self.get("instance")
        if bound not in self._instances:
            if bound is not None and not self._unnamed():
                raise self._foreign(bound, instance)
            with self._store.transaction():
                self._set("instance", instance)
        here = self._witness()
        witness = self._lock.witness() if self._lock else here
        lost = (
            not here.ledger_id or witness is None or witness.ledger_id != here.ledger_id or witness.seq > here.seq
        )
        if settle_always or lost:
            with self._store.transaction():  # first the ledger, then the witness: a crash between repeats this
                self._set("ledger", uuid.uuid4().hex)  # a copy from before is another one, whatever is lost next
                self._set("settling", "1")
                self._store.run(
                    "UPDATE trackers SET settled = 0, settle_boot = NULL, first_look = NULL, emptied = 0"
                )
                if lost:  # what was offered since is not known (Li2)
                    self._store.run("UPDATE threats SET offered = 1 WHERE side = 'created'")
        if self._lock:
            self._lock.testify(self._witness())

    def _witness(self) -> Witness:
        return Witness(self.get("ledger") or "", int(self.get("seq") or 0))

    def _unnamed(self) -> bool:
        """Whether nothing was made, seen or noted under the name yet: a slip in the first config binds nobody."""
        tables = ("creates", "tickets", "threats")
        return not any(self._store.rows(f"SELECT 1 FROM {table} LIMIT 1") for table in tables)

    def _foreign(self, bound: str, instance: str) -> LedgerError:
        kept = f'If it is the same TMI at a new address, add to [tmi]: instance = "{bound}".'
        return LedgerError(
            f"the ledger {self._store.path} belongs to the TMI {bound}, the config says {instance}",
            todo=f"{kept} Else give another --state.",
        )

    # -- creating ------------------------------------------------------------------------------------------

    def intend(self, threat: Threat, key: TrackerKey, payload: str, mark: str = "", nest_under: str = "") -> int:
        """The intent, its number and its slot of the budget, durable before anything is sent (Cr1, Cr2).

        `mark` is what the ticket will say of the create that made it; `nest_under` is the URL of the ticket that
        it is to be put below afterwards. Gives the intent's number.
        The witness is written after it and both files are checked (St2, St3).
        """
        if self._broken:
            raise LedgerError("a ticket could not be recorded, so this process makes no more", todo="Restart it.")
        with self._store.transaction():
            entry = self.entry(threat.id)
            if entry and entry.side is not Side.NONE:
                raise LedgerError(f"threat {threat.id} already has a ticket or a doubt ({entry.side})")
            seq = self._next_seq()
            now, place = read.stamp(self._clock.now()), key_columns(key)
            self._store.upsert(
                "creates",
                {"seq": seq},
                {"threat_id": threat.id, **place, "at": now, "mark": mark, "outcome": "sent"},
            )
            doubt = read.instant_columns("doubt", None)
            state = {
                "side": Side.INTENDED,
                "seq": seq,
                "payload": payload,
                "nest_under": nest_under,
                "parked": "",
                **doubt,
                **place,
            }
            self._threat(threat.id, **state, **names(threat))
            first = f"UPDATE trackers SET canary = ? WHERE {HERE} AND seen = 0"  # the rest waits for it (Lo7)
            self._store.run(first, threat.id, *key_columns(key).values())
        self._testify()
        return seq

    def _next_seq(self) -> int:
        """Counts what a ledger must not have forgotten: intents, and offers of links (St3)."""
        seq = int(self.get("seq") or 0) + 1
        self._set("seq", str(seq))
        return seq

    def _testify(self) -> None:
        if self._lock is None:
            raise LedgerError("this ledger is a copy for planning: nothing may be made with it")
        self._lock.testify(self._witness())
        if not (self._lock.still_there() and self._store.still_there()):
            raise LedgerError(
                f"the ledger {self._store.path} was moved or deleted while in use",
                todo="Nothing was sent. Put it back and start again.",
            )

    def made(self, threat: Threat, key: TrackerKey, ticket: Ticket, seq: int) -> None:
        """The very next statement after the reply: an upsert of the whole row (protocol 3)."""
        self._broken = True
        with self._store.transaction():
            self._keep_ticket(ticket, sent=True)
            self._store.run("UPDATE creates SET outcome = 'made', ticket_id = ? WHERE seq = ?", ticket.ref.id, seq)
            place = {**key_columns(key), "ticket_id": ticket.ref.id, "offered": 0}
            self._threat(threat.id, side=Side.CREATED, **place, **NO_INTENT, **names(threat))
        self._broken = False

    def refused(self, threat_id: str, seq: int, *, parked: str = "") -> None:
        """Surely no ticket: the intent is forgotten, attempts are kept."""
        with self._store.transaction():
            self._store.run("UPDATE creates SET outcome = 'refused' WHERE seq = ?", seq)
            self._threat(threat_id, side=Side.NONE, **NO_TICKET, **NO_INTENT, parked=parked)
            self._no_canary(threat_id)

    def doubt(self, threat_id: str, since: Instant) -> None:
        """The outcome is unknown: the horizon starts now (Do1)."""
        with self._store.transaction():
            self._threat(threat_id, **read.instant_columns("doubt", since))

    def none(self, threat_id: str, *, parked: str = "") -> None:
        """A complete look after the horizon proved that no ticket exists (Do3, Do4)."""
        with self._store.transaction():
            entry = self.entry(threat_id)
            if entry is None or entry.side is not Side.INTENDED:
                return
            self._store.run("UPDATE creates SET outcome = 'none' WHERE seq = ?", entry.seq)
            changes = {"attempts": entry.attempts + 1, "parked": parked}
            self._threat(threat_id, side=Side.NONE, **NO_TICKET, **NO_INTENT, **changes)
            if not parked:
                self._no_canary(threat_id)

    def nested(self, threat_id: str) -> None:
        """Its ticket stands below its parent, or never will."""
        with self._store.transaction():
            self._threat(threat_id, nest_under="")

    # -- linking -------------------------------------------------------------------------------------------

    def offered(self, threat_id: str, url: str) -> None:
        """A write of our URL is about to begin (Wr2). The witness counts it: a ledger from before it is noticed."""
        with self._store.transaction():
            self._next_seq()
            self._threat(threat_id, offered=1, link_url=url)
        self._testify()

    # -- by hand -------------------------------------------------------------------------------------------

    def skip(self, threat_id: str) -> None:
        """No ticket for this threat until `retry`."""
        with self._store.transaction():
            self._threat(threat_id, skipped=1)

    def retry(self, threat_id: str) -> None:
        """Forget parked, skipped, opted out, blocked and unlinked; a doubt stays a doubt (Do1).

        Where the rest of its tracker waits for its ticket to be listed, another one may be the first (Lo7). Where
        no known ticket is left, deleted or out of sight, it says that they are deleted (Do3, St4).
        """
        with self._store.transaction():
            self._no_canary(threat_id)
            self._store.run(_EMPTIED, threat_id)
            entry = self.entry(threat_id)
            if entry is None:  # another instance's ticket was the last that was known there
                return
            state: dict[str, Any] = {"parked": "", "skipped": 0, "restored": 0, "blocked_at": "", "why": ""}
            if entry.side is not Side.INTENDED:
                state["attempts"] = 0
            if entry.link in (Link.OPTED_OUT, Link.BLOCKED):
                state["link"] = Link.BLANK
            self._threat(threat_id, **state)

    def new_generation(self, threat_id: str) -> int:
        """Raise the generation (Id5); the caller has checked that it may. Gives the new one."""
        with self._store.transaction():
            highest = max((t.generation for t in self.tickets_of(threat_id)), default=0)
            fresh = {
                "link": Link.BLANK,
                "link_url": "",
                "restored": 0,
                "attempts": 0,
                "parked": "",
                "superseded": 0,
            }
            self._threat(threat_id, side=Side.NONE, generation=highest + 1, **NO_TICKET, **NO_INTENT, **fresh)
        return highest + 1


def _copied(path: Path) -> Store:
    original = Store.open(path, read_only=True)
    try:
        return original.copy()
    finally:
        original.close()
