"""Facts, runs, the audit trail, and every read: nothing in here decides anything."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import structlog

from ..clock import Clock
from ..model import TrackerKey
from . import read
from .rows import Entry, Known, Run, SiteRow, Write
from .store import Store

_log = structlog.get_logger()
RUNS = 10_000
"""Runs that are remembered: a month at one in five minutes. What was written is kept in `writes`."""
IN_FLIGHT = 180.0
"""Seconds added to a budget's window: a create sent before it may have been committed in it (Cr5)."""


HERE = "adapter = ? AND host = ? AND project = ?"
"""The place, with `key_columns` behind it."""


class Records:
    """What the ledger knows. Every method raises LedgerError where the file can't be read or written."""

    def __init__(self, store: Store, clock: Clock, instances: frozenset[str]) -> None:
        self._store = store
        self._clock = clock
        self._instances = instances

    def close(self) -> None:
        self._store.close()

    def get(self, key: str) -> str | None:
        found = self._store.rows("SELECT value FROM facts WHERE name = ?", key)
        return found[0]["value"] if found else None

    def set(self, key: str, value: str) -> None:
        with self._store.transaction():
            self._set(key, value)

    def _set(self, key: str, value: str) -> None:
        self._store.upsert("facts", {"name": key}, {"value": value})

    def settling(self) -> bool:
        """True until every tracker has settled once after something was lost (St4)."""
        return self.get("settling") == "1"

    def confidential(self) -> dict[str, bool]:
        """What is known of models' confidentiality, by model id; it can't change (tmi-api 0)."""
        rows = self._store.rows("SELECT model_id, confidential FROM models WHERE confidential IS NOT NULL")
        return {row["model_id"]: bool(row["confidential"]) for row in rows}

    def set_confidential(self, model_id: str, confidential: bool) -> None:
        with self._store.transaction():
            self._store.upsert("models", {"model_id": model_id}, {"confidential": int(confidential)})

    def metadata(self, since: datetime) -> dict[str, tuple[tuple[str, str], ...]]:
        """Models' metadata, by model id, where it was read since then."""
        where = "metadata_at > ? AND metadata_at <= ?"
        now = read.stamp(self._clock.now())
        rows = self._store.rows(f"SELECT * FROM models WHERE {where}", read.stamp(since), now)
        return {row["model_id"]: tuple((key, value) for key, value in json.loads(row["metadata"])) for row in rows}

    def set_metadata(self, model_id: str, pairs: tuple[tuple[str, str], ...]) -> None:
        with self._store.transaction():
            values = {"metadata": json.dumps(pairs), "metadata_at": read.stamp(self._clock.now())}
            self._store.upsert("models", {"model_id": model_id}, values)

    # -- reading -------------------------------------------------------------------------------------------

    def entry(self, threat_id: str) -> Entry | None:
        rows = self._store.rows("SELECT * FROM threats WHERE threat_id = ?", threat_id)
        return read.entry(rows[0]) if rows else None

    def entries(self) -> dict[str, Entry]:
        return {row["threat_id"]: read.entry(row) for row in self._store.rows("SELECT * FROM threats")}

    def tickets(self) -> list[Known]:
        """Every marked ticket ever seen, other instances' included."""
        return [read.known(row) for row in self._store.rows("SELECT * FROM tickets ORDER BY created_at, number")]

    def living(self, key: TrackerKey) -> list[Known]:
        """Marked tickets in this place that are not gone."""
        where = f"{HERE} AND gone_since IS NULL"
        rows = self._store.rows(f"SELECT * FROM tickets WHERE {where}", *key_columns(key).values())
        return [read.known(row) for row in rows]

    def knew(self, key: TrackerKey, *, gone: bool = False) -> bool:
        """Whether a marked ticket was ever seen in this place; or whether one has gone from there."""
        where = f"{HERE} AND gone_since IS NOT NULL" if gone else HERE
        return bool(self._store.rows(f"SELECT 1 FROM tickets WHERE {where} LIMIT 1", *key_columns(key).values()))

    def doubts(self, key: TrackerKey) -> list[Entry]:
        """Rows whose create is in doubt in this place."""
        where = f"side = 'intended' AND {HERE}"
        rows = self._store.rows(f"SELECT * FROM threats WHERE {where}", *key_columns(key).values())
        return [read.entry(row) for row in rows]

    def tried_since(self, moment: datetime) -> bool:
        """Whether any create since then left nothing (Lo4)."""
        where = "attempts > 0 AND changed_at > ?"
        return bool(self._store.rows(f"SELECT 1 FROM threats WHERE {where} LIMIT 1", read.stamp(moment)))

    def tickets_of(self, threat_id: str) -> list[Known]:
        """The threat's tickets under our instance and its aliases, in any state."""
        rows = self._store.rows("SELECT * FROM tickets WHERE threat_id = ?", threat_id)
        return [known for known in map(read.known, rows) if known.instance in self._instances]

    def site(self, key: TrackerKey) -> SiteRow:
        """What is known of a tracker; one that is new to a whole ledger has nothing to settle for."""
        rows = self._store.rows(f"SELECT * FROM trackers WHERE {HERE}", *key_columns(key).values())
        return (
            read.site(rows[0])
            if rows
            else SiteRow(key, "", None, None, False, "", False, None, not self.settling(), None, None)
        )

    def sites(self) -> dict[TrackerKey, SiteRow]:
        return {site.key: site for site in map(read.site, self._store.rows("SELECT * FROM trackers"))}

    def unlinkable(self) -> dict[TrackerKey, str]:
        """Trackers whose links TMI refuses as such, with its words."""
        rows = self._store.rows(
            "SELECT * FROM threats WHERE unlinkable = 1 AND side = 'created' AND missing_since IS NULL"
        )
        return {TrackerKey(row["adapter"], row["host"], row["project"]): row["why"] for row in rows}

    def spent(self, now: datetime, window: float) -> int:
        """Tickets of the last `window` seconds: sent ones not surely refused, and found ones (Cr5)."""
        at = read.stamp(now - timedelta(seconds=window + IN_FLIGHT))
        sent = "SELECT count(*) AS n FROM creates WHERE at >= ? AND outcome IN ('sent', 'made')"
        found = "SELECT count(*) AS n FROM tickets WHERE created_at >= ? AND sent = 0"
        return int(self._store.rows(sent, at)[0]["n"]) + int(self._store.rows(found, at)[0]["n"])

    def first_run(self) -> bool:
        """True until a whole pass was small enough, or a person said that its tickets may be made."""
        return self.get("approved") is None

    # -- runs and audit ------------------------------------------------------------------------------------

    def begin_run(self, run_id: str) -> None:
        """One more run; those before the last RUNS are forgotten."""
        with self._store.transaction():
            self._store.upsert("runs", {"id": run_id}, {"started": read.stamp(self._clock.now())})
            self._store.run("DELETE FROM runs WHERE rowid <= (SELECT max(rowid) FROM runs) - ?", RUNS)

    def end_run(self, run_id: str, exit_code: int, summary: str, waiting: int | None = None) -> None:
        """`waiting`: how many threats it left without the ticket that they want; None where it did not count."""
        with self._store.transaction():
            self._store.run(
                "UPDATE runs SET ended = ?, exit_code = ?, summary = ?, waiting = ? WHERE id = ?",
                *(read.stamp(self._clock.now()), exit_code, summary, waiting, run_id),
            )

    def runs(self, limit: int = 10) -> list[Run]:
        """The last ones, newest first: as they began, whatever the clock said then."""
        return [read.run(row) for row in self._store.rows("SELECT * FROM runs ORDER BY rowid DESC LIMIT ?", limit)]

    def wrote(self, write: Write) -> None:
        """One external write into the audit trail, and into the log."""
        _log.info(
            f"wrote to {write.side}",
            action=write.action,
            target=write.target,
            threat=write.threat_id,
            request_id=write.sent_id,
            their_request_id=write.got_id,
            outcome=write.outcome,
        )
        values = (read.stamp(write.at), write.run_id, write.side, write.action, write.target, write.threat_id)
        with self._store.transaction():
            self._store.run(
                "INSERT INTO writes (at, run_id, side, action, target, threat_id, sent_id, got_id, outcome)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                *(*values, write.sent_id, write.got_id, write.outcome),
            )

    def writes(
        self, threat_id: str | None = None, limit: int | None = 1000, *, since: datetime | None = None
    ) -> list[Write]:
        """The audit trail, newest first."""
        rows = self._store.rows(
            "SELECT * FROM writes WHERE (threat_id = ?1 OR ?1 IS NULL) AND at >= ?2 ORDER BY n DESC LIMIT ?3",
            *(threat_id, read.stamp(since) if since else "", -1 if limit is None else limit),
        )
        return [read.write(row) for row in rows]

    def _threat(self, threat_id: str, **values: Any) -> None:
        values["changed_at"] = read.stamp(self._clock.now())
        self._store.upsert("threats", {"threat_id": threat_id}, values)


def key_columns(key: TrackerKey) -> dict[str, str]:
    return {"adapter": key.adapter, "host": key.host, "project": key.project}
