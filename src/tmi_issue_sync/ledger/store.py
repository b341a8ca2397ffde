"""Opening the file: one connection, FULL durability, migrations, and refusals in words (protocol St7)."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from ..errors import LedgerError
from .schema import LATEST, migrations


class Store:
    """The connection and its transactions. All SQL errors leave it as LedgerError, one line each."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None) -> None:
        self.path = path
        self._db = connection
        self._db.row_factory = sqlite3.Row
        self._file = os.stat(path) if path else None

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Store:
        """Open or make the file. Raises LedgerError for what is no ledger, or a newer one's."""
        with _in_words(path):
            uri = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
            # A rollback journal, not WAL: SQLite before 3.51.3 can corrupt a WAL (sqlite.org/wal.html, reset bug).
            connection = sqlite3.connect(uri, uri=True, timeout=5.0, isolation_level=None, check_same_thread=False)
            try:
                store = cls(connection, path)
                store._prepare(read_only)
            except BaseException:
                connection.close()
                raise
            return store

    def _prepare(self, read_only: bool) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > LATEST:
            raise LedgerError(
                f"the ledger {self.path} is a newer version's (format {version}, this one knows {LATEST})",
                todo="Install that version again.",
            )
        if read_only:
            return
        self._db.execute("PRAGMA journal_mode=DELETE")
        self._db.execute("PRAGMA synchronous=FULL")
        if version < LATEST:
            migrations.apply(Database(self._db))
            self._db.execute(f"PRAGMA user_version={LATEST}")
        if self.path and self._file and self._file.st_mode & 0o077:
            os.chmod(self.path, 0o600)

    def copy(self) -> Store:
        """The whole content in memory: a plan beside a running service writes there."""
        with _in_words(self.path):
            memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            self._db.backup(memory)
            copied = Store(memory, None)
            copied._prepare(read_only=False)  # the file stays as it is, and may be of an older format
            return copied

    def close(self) -> None:
        self._db.close()

    def still_there(self) -> bool:
        """Whether the opened file is still the one at its path (protocol St2)."""
        if self.path is None or self._file is None:
            return True
        try:
            there = os.stat(self.path)
        except OSError:
            return False
        return (there.st_dev, there.st_ino) == (self._file.st_dev, self._file.st_ino)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """BEGIN IMMEDIATE: a claim that was read and written can't lose to another writer in between."""
        with _in_words(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with _in_words(self.path):
            return self._execute(sql, values).fetchall()

    def run(self, sql: str, *values: Any) -> None:
        with _in_words(self.path):
            self._execute(sql, values)

    def _execute(self, sql: str, values: Iterable[Any]) -> sqlite3.Cursor:
        """Lone surrogates come in by JSON, and SQLite takes none."""
        clean = (v.encode("utf-8", "replace").decode() if isinstance(v, str) else v for v in values)
        return self._db.execute(sql, tuple(clean))

    def upsert(self, table: str, keys: dict[str, Any], values: dict[str, Any]) -> None:
        """Change the given columns of the row, or insert it. Only inside a transaction.

        Not SQLite's own upsert: that one checks a whole new row against the CHECKs even where it only updates.
        """
        changes, where = ", ".join(f"{name} = ?" for name in values), " AND ".join(f"{name} = ?" for name in keys)
        with _in_words(self.path):
            sql = f"UPDATE {table} SET {changes} WHERE {where}"  # names are ours, values are bound
            if self._execute(sql, (*values.values(), *keys.values())).rowcount:
                return
            row = keys | values
            sql = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
            self._execute(sql, row.values())


@contextmanager
def _in_words(path: Path | None) -> Iterator[None]:
    """SQLite's own errors as one line with a way out."""
    try:
        yield
    except sqlite3.Error as error:
        raise LedgerError(f"the ledger {path or 'in memory'} {_why(error)}", todo=_todo(error)) from error
    except OSError as error:
        raise LedgerError(f"the ledger {path} can't be used: {error.strerror}") from error


def _why(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith("SQLITE_FULL"):
        return "can't be written: the disk is full"
    if name == "SQLITE_READONLY_DBMOVED":
        return "was moved or deleted while in use; nothing was sent"
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM")):
        return "can't be written: it is read-only"
    if name.startswith("SQLITE_IOERR"):
        return "can't be read or written: the disk refuses (full, over a quota, or failing)"
    if name.startswith("SQLITE_CANTOPEN"):
        return "can't be opened"
    if name.startswith("SQLITE_NOTADB"):
        return "is no ledger: the file is not a SQLite database"
    if name.startswith("SQLITE_CORRUPT"):
        return "is damaged"
    return f"can't be used: {error}"


def _todo(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return "Put a backup back, or move the file away: a new ledger finds our tickets again before it makes any."
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return "Free some space; the next pass goes on where this one ended."
    return "Check the place (--state) and its permissions."
