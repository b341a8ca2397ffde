"""What the page and the metrics read: the board, put together anew when the ledger or the passes moved on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from ..config import Settings
from ..errors import LedgerError
from ..ledger.beside import Beside
from ..ledger.rows import Entry, Known, Run, Side, Write
from ..wiring import Places, destinations
from .board import Board, Row, Trackers
from .memory import Memory, Said

DAY = 86400.0
REST = 2.0
"""Seconds for which a board holds while a pass writes: it is not made anew after each ticket."""

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Look:
    """The ledger and the passes' words at one moment."""

    board: Board
    said: Said
    runs: tuple[Run, ...]
    """The last ten passes, newest first."""
    spent: int
    """Tickets that count against the day's budget."""
    settling: bool
    intents: tuple[datetime, ...]
    """Since when each create waits whose outcome is not known."""


@dataclass(frozen=True, slots=True)
class Story:
    """One threat: its row, what the ledger keeps of it, its tickets, and every write for it, newest first."""

    row: Row
    entry: Entry | None
    tickets: tuple[Known, ...]
    writes: tuple[Write, ...]


@dataclass(frozen=True, slots=True)
class _Made:
    """A board, and what it was made of."""

    board: Board
    intents: tuple[datetime, ...]
    version: int
    passes: int
    at: float


class Reading:
    """One read-only connection, used by one thread at a time."""

    def __init__(self, settings: Settings, places: Places, memory: Memory) -> None:
        self._path = places.ledger
        homes = destinations(settings)
        instances = frozenset({settings.tmi.instance, *settings.tmi.instance_aliases})
        self._trackers = Trackers(
            {to.key: to.tracker for to in homes}, {to.key: to.traits for to in homes}, instances
        )
        self._memory = memory
        self._lock = threading.Lock()
        self._ledger: Beside | None = None
        self._made: _Made | None = None
        self.boards = 0
        """How often a board was put together: the one thing here that costs."""

    def look(self) -> Look:
        """Raises LedgerError."""
        return self._read(self._look)

    def story(self, threat_id: str) -> Story | None:
        """None where neither the ledger nor a pass knows it. Raises LedgerError."""
        return self._read(lambda ledger: self._story(ledger, threat_id))

    def said(self) -> Said:
        """What the passes said; needs no ledger."""
        return self._memory.said()

    def close(self) -> None:
        with self._lock:
            self._shut()

    def _read(self, work: Callable[[Beside], R]) -> R:
        with self._lock:
            try:
                if self._ledger is not None and not self._ledger.still_there():
                    self._shut()
                if self._ledger is None:
                    self._ledger = Beside.open(self._path, self._trackers.instances)
                return work(self._ledger)
            except LedgerError:
                self._shut()
                raise

    def _shut(self) -> None:
        if self._ledger is not None:
            self._ledger.close()
        self._ledger = self._made = None

    def _look(self, ledger: Beside) -> Look:
        said = self._memory.said()
        made = self._current(ledger, said)
        runs = tuple(ledger.runs(10))
        return Look(made.board, said, runs, ledger.spent(datetime.now(UTC), DAY), ledger.settling(), made.intents)

    def _current(self, ledger: Beside, said: Said) -> _Made:
        version, now = ledger.version(), time.monotonic()
        old = self._made
        if old and old.passes == said.passes and (old.version == version or now - old.at < REST):
            return old
        entries = ledger.entries()
        board = Board.of(entries, ledger.tickets(), said.words, self._trackers)
        intents = tuple(entry.changed_at for entry in entries.values() if entry.side is Side.INTENDED)
        self._made = _Made(board, intents, version, said.passes, now)
        self.boards += 1
        return self._made

    def _story(self, ledger: Beside, threat_id: str) -> Story | None:
        board = self._current(ledger, self._memory.said()).board
        row = next((row for row in board.rows if row.id == threat_id), None)
        if row is None:
            return None
        return Story(
            row,
            ledger.entry(threat_id),
            tuple(ledger.tickets_of(threat_id)),
            tuple(ledger.writes(threat_id, 200)),
        )
