"""Reading the ledger's file beside its writer, in this process or another: short reads, nothing held in between."""

from __future__ import annotations

from pathlib import Path

from ..clock import SystemClock
from .records import Records
from .store import Store


class Beside(Records):
    """Read-only. Every method raises LedgerError where the file can't be read."""

    @classmethod
    def open(cls, path: Path, instances: frozenset[str]) -> Beside:
        return cls(Store.open(path, read_only=True), SystemClock(), instances)

    def version(self) -> int:
        """Another number after every change by somebody else (SQLite's data_version)."""
        return int(self._store.rows("PRAGMA data_version")[0][0])

    def still_there(self) -> bool:
        """The opened file is still the one at its path."""
        return self._store.still_there()
