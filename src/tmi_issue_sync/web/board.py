"""Every threat on one board: the ledger's row, its tickets and the last pass's word, as one state and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from ..ledger.rows import Entry, Known, keeper
from ..model import TicketRef, TrackerKey
from ..standing import Trouble, odd_tickets, troubles
from ..tracker import Traits
from .memory import Word
from .states import GROUP_OF, RANK, Group, State, standing


@dataclass(frozen=True, slots=True)
class Row:
    """One threat, as the page shows it."""

    id: str
    name: str
    model_id: str
    model: str
    severity: str
    state: State
    why: str
    next: str
    until: datetime | None
    tracker: str
    """A name in the config, or a place that is no longer in it; empty where there is none."""
    number: str
    url: str
    """Of its ticket, ours or a person's."""
    troubles: tuple[Trouble, ...]

    @property
    def group(self) -> Group:
        return GROUP_OF[self.state]

    @property
    def sort_key(self) -> tuple[int, str, str, str]:
        return RANK[self.state], self.model.casefold(), self.name.casefold(), self.id


@dataclass(frozen=True, slots=True)
class Trackers:
    """What the board must know of the configuration."""

    names: Mapping[TrackerKey, str]
    traits: Mapping[TrackerKey, Traits]
    instances: frozenset[str]
    """Ours and its aliases."""


@dataclass(frozen=True, slots=True)
class Board:
    """All rows, the most urgent first."""

    rows: tuple[Row, ...]
    counts: Mapping[State, int]

    @classmethod
    def of(
        cls, entries: Mapping[str, Entry], tickets: list[Known], words: Mapping[str, Word], trackers: Trackers
    ) -> Board:
        rows = sorted(_rows(entries, tickets, words, trackers), key=lambda row: row.sort_key)
        found = Counter(row.state for row in rows)
        return cls(tuple(rows), {state: found[state] for state in State})


def _rows(
    entries: Mapping[str, Entry], tickets: list[Known], words: Mapping[str, Word], trackers: Trackers
) -> Iterator[Row]:
    by_ref = {ticket.ref: ticket for ticket in tickets}
    ours: dict[str, list[Known]] = {}
    for known in tickets:
        if known.instance in trackers.instances:
            ours.setdefault(known.threat_id, []).append(known)
    odd: dict[str, list[Trouble]] = {}
    for threat_id, trouble in odd_tickets(tickets, trackers.instances):
        odd.setdefault(threat_id, []).append(trouble)
    traits = dict(trackers.traits)
    for threat_id in {**entries, **words, **odd}:
        entry = entries.get(threat_id)
        found = (*odd.get(threat_id, ()), *(troubles(entry, traits) if entry else ()))
        ticket = _ticket(entry, by_ref, ours.get(threat_id, []))
        yield _row(threat_id, entry, words.get(threat_id), found, ticket, trackers)


def _ticket(entry: Entry | None, by_ref: Mapping[TicketRef, Known], ours: list[Known]) -> Known | None:
    """Ours: the one that the ledger names, or the one that counts of those seen."""
    if entry and entry.ticket:
        return by_ref.get(entry.ticket)
    return keeper(ours) if ours else None


def _row(
    threat_id: str,
    entry: Entry | None,
    word: Word | None,
    found: tuple[Trouble, ...],
    ticket: Known | None,
    trackers: Trackers,
) -> Row:
    state, why, turn = standing(entry, word, found)
    key = ticket.key if ticket else entry.tracker if entry else None
    theirs = entry.link_url if entry and (state is State.ADOPTED or ticket is None) else ""
    return Row(
        id=threat_id,
        name=(word.name if word else "") or (entry.name if entry else ""),
        model_id=(word.model_id if word else "") or (entry.model_id if entry else ""),
        model=(word.model if word else "") or (entry.model_name if entry else ""),
        severity=word.severity if word else "",
        state=state,
        why=why,
        next=turn,
        until=word.until if word and state is State.PENDING else None,
        tracker=trackers.names.get(key, str(key)) if key else word.tracker if word else "",
        number="" if theirs or ticket is None else ticket.number,
        url=theirs or (ticket.url if ticket else ""),
        troubles=found,
    )
