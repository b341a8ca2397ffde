"""The disk of the machine: the shipped ledger and lock, struck at every commit and at every witness."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from tmi_issue_sync.errors import LedgerError
from tmi_issue_sync.ledger import LedgerLock
from tmi_issue_sync.ledger import ledger as ledger_module
from tmi_issue_sync.ledger.lock import Witness
from tmi_issue_sync.ledger.store import Store

from .faults import Points


class PointedLock(LedgerLock):
    """The shipped lock; writing the witness is a step that may be struck."""

    def __init__(self, ledger: Path, points: Points) -> None:
        super().__init__(ledger)
        self._points = points

    def testify(self, witness: Witness) -> None:
        strike = self._points.reach("witness")
        if strike and strike.kind == "disk-full":
            raise LedgerError("the disk is full")
        if strike and strike.kind == "torn":
            self.path.write_text('{"ledger": "')
            self._points.cut()
        super().testify(witness)
        self._points.leave(strike)


def pointed_store(points: Points) -> type[Store]:
    """The shipped store; each COMMIT is a step that may be struck."""

    class PointedStore(Store):
        @contextmanager
        def transaction(self) -> Iterator[None]:
            with super().transaction():
                yield
                strike = points.reach("commit")
                if strike and strike.kind == "disk-full":
                    raise sqlite3.OperationalError("database or disk is full")
            points.leave(strike)

    return PointedStore


@contextmanager
def struck(points: Points) -> Iterator[None]:
    """Ledgers opened in here are made of stores that can be struck."""
    with mock.patch.object(ledger_module, "Store", pointed_store(points)):
        yield


@dataclass
class Disk:
    """Where the ledger lives, and what a person does to its files."""

    place: Path
    knows: set[str] = field(default_factory=set)
    """Requests whose intents the ledger that is there now has recorded."""
    opted_out: set[str] = field(default_factory=set)
    """Threats that this ledger has seen a person opt out of: it alone remembers (protocol 10.7)."""
    _copies: list[tuple[frozenset[str], frozenset[str]]] = field(default_factory=list)

    @property
    def ledger(self) -> Path:
        return self.place / "ledger.db"

    def lose(self, *, lock: bool) -> None:
        """The file is deleted; with the lock file it is a new container."""
        self.ledger.unlink(missing_ok=True)
        self.ledger.with_name("ledger.db-journal").unlink(missing_ok=True)
        if lock:
            self.ledger.with_name("ledger.db.lock").unlink(missing_ok=True)
        self.knows, self.opted_out = set(), set()

    def copy(self) -> None:
        """Last night's backup."""
        if self.ledger.exists():
            shutil.copy(self.ledger, self.place / f"copy{len(self._copies)}")
            self._copies.append((frozenset(self.knows), frozenset(self.opted_out)))

    def restore(self, n: int) -> bool:
        if not self._copies:
            return False
        n %= len(self._copies)
        shutil.copy(self.place / f"copy{n}", self.ledger)
        self.knows, self.opted_out = map(set, self._copies[n])
        return True

    def intent(self, threat_id: str) -> int | None:
        """The seq of the threat's durable intent, as another process reads it from the file."""
        found = self._ask("SELECT seq FROM threats WHERE threat_id = ? AND side = 'intended'", threat_id)
        return found[0] if found else None

    def remembers(self, host: str, ids: Iterable[str]) -> bool:
        """Whether the ledger knows a ticket by one of the ids that it had."""
        sql = "SELECT count(*) FROM tickets WHERE host = ? AND id = ?"
        return any(self._ask(sql, host, each) not in ([], [0]) for each in ids)

    def _ask(self, sql: str, *values: str | None) -> list[int]:
        if not self.ledger.exists():
            return []
        connection = sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True)
        try:
            return [int(row[0]) for row in connection.execute(sql, values).fetchall()]
        finally:
            connection.close()

    def witness(self) -> int | None:
        try:
            found = json.loads(self.ledger.with_name("ledger.db.lock").read_text())
        except (OSError, ValueError):
            return None
        seq = found.get("seq") if isinstance(found, dict) else None
        return seq if isinstance(seq, int) else None
