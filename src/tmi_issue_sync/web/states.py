"""How a threat stands, in a word or two, and which of them an operator wants to see first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from ..ledger.rows import Entry, Link
from ..plan import Kind
from ..standing import Trouble
from .memory import Word


class State(StrEnum):
    """One of these for each threat. The metric's label is the name in lower case."""

    PARKED = "parked"
    BLOCKED = "blocked"
    REFUSED = "refused"
    FOREIGN = "foreign"
    DUPLICATE = "duplicate"
    GONE = "gone"
    UNLINKED = "unlinked"
    IN_DOUBT = "in doubt"
    PENDING = "pending"
    NOT_SEEN = "not looked at yet"
    LINKED = "linked"
    ADOPTED = "linked by a person"
    SUPERSEDED = "superseded"
    SKIPPED = "skipped"
    OPTED_OUT = "opted out"
    NOTE = "note"
    NOT_WANTED = "no ticket wanted"
    MISSING = "missing"


class Group(StrEnum):
    """What an operator asks for. In the order of their urgency, as the states are."""

    ATTENTION = "needs attention"
    PENDING = "pending"
    SYNCED = "synced"
    LEFT = "left alone"


GROUPS: Mapping[Group, tuple[State, ...]] = {
    Group.ATTENTION: tuple(State)[:7],
    Group.PENDING: (State.IN_DOUBT, State.PENDING, State.NOT_SEEN),
    Group.SYNCED: (State.LINKED, State.ADOPTED),
    Group.LEFT: tuple(State)[12:],
}
GROUP_OF = {state: group for group, states in GROUPS.items() for state in states}
RANK = {state: rank for rank, state in enumerate(State)}

_OF_KIND = {
    Kind.SKIP: State.NOT_WANTED,
    Kind.OPTED_OUT: State.OPTED_OUT,
    Kind.NOTE: State.NOTE,
    Kind.UNLINKED: State.UNLINKED,
    Kind.GONE: State.GONE,
    Kind.PARKED: State.PARKED,
    Kind.BLOCKED: State.BLOCKED,
    Kind.FOREIGN: State.FOREIGN,
    Kind.REFUSED: State.REFUSED,
    Kind.KEEP: State.LINKED,
}
"""What the plan said of a threat that the ledger has nothing to say of; every other kind is on its way."""
_OF_LINK = {Link.LINKED: State.LINKED, Link.ADOPTED: State.ADOPTED, Link.OPTED_OUT: State.OPTED_OUT}


def standing(entry: Entry | None, word: Word | None, found: Sequence[Trouble]) -> tuple[State, str, str]:
    """The state that counts, its reason, and what happens next: the ledger's trouble, its link, the plan's word."""
    said = word.reason if word else ""
    if found:
        state, why, turn = min(((State(s), why, turn) for s, why, turn in found), key=lambda each: RANK[each[0]])
        return state, f"{why}: {said}" if word and word.failed else why, turn
    if entry and (linked := _OF_LINK.get(entry.link)):
        return linked, said, ""
    if word is None:
        return State.NOT_SEEN, "no pass of this process has looked at it yet", "in the next pass"
    state = _OF_KIND.get(word.kind, State.PENDING)
    return state, said, "in the next pass" if state is State.PENDING else ""
