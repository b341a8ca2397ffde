"""How things stand, in words: what about a threat is not as it should be, tickets too many, the session's end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from .errors import SyncError
from .ledger.rows import Entry, Known, Link, Side
from .model import TrackerKey
from .tmi.options import Login, TmiOptions
from .tmi.session import SessionFile, ending
from .tracker import Traits

Trouble = tuple[str, str, str]
"""A state in a word or two, the reason, and what happens next and when."""


def troubles(entry: Entry, traits: dict[TrackerKey, Traits]) -> Iterator[Trouble]:
    """What about a threat is not as it should be."""
    again = f"retry {entry.threat_id}"
    if entry.side is Side.INTENDED:
        yield "in doubt", "the answer to its create was lost, or never came", _doubt_ends(entry, traits)
    elif entry.parked:
        yield "parked", entry.parked, f"when its text, route or options change, or by {again}"
    elif entry.side is Side.GONE:
        yield (
            "gone",
            entry.why or "its ticket is deleted or can't be seen",
            f"never by itself; retry --new-ticket {entry.threat_id}",
        )
    elif entry.side is Side.CREATED and entry.link is Link.BLANK:
        yield "pending", "its ticket is not linked yet", "in the next pass"
    if entry.link is Link.BLOCKED:
        yield (
            "blocked",
            entry.why or "TMI refuses the link",
            f"when the threat or TMI's version changes, daily, or by {again}",
        )
    if entry.skipped:
        yield "skipped", "by hand", again
    if entry.superseded:
        yield "superseded", "a person linked another ticket; ours is left as it is", "never"
    if entry.missing_since is not None and entry.side is not Side.NONE:
        yield (
            "missing",
            f"TMI does not show the threat since {entry.missing_since:%Y-%m-%d %H:%M}Z",
            "if it comes back",
        )


def _doubt_ends(entry: Entry, traits: dict[TrackerKey, Traits]) -> str:
    known = traits.get(entry.tracker) if entry.tracker else None
    if known is None:
        return f"when {entry.tracker} is in the config again, or with retired = true"
    if entry.doubt_from is None or entry.doubt_from.date is None:
        return "each pass looks for it"
    ends = entry.doubt_from.date + timedelta(seconds=known.horizon())
    return f"each pass looks for it; 'there is none' is believed from {ends:%Y-%m-%d %H:%M:%S}Z on"


def odd_tickets(tickets: Iterable[Known], ours: frozenset[str]) -> Iterator[tuple[str, Trouble]]:
    """Threats with tickets that are one too many, or another instance's."""
    by_threat: dict[tuple[str, int], list[Known]] = {}
    for ticket in tickets:
        if ticket.instance not in ours:
            why = f"{ticket.url} names it under {ticket.instance}"
            yield ticket.threat_id, ("foreign", why, "with that name in [tmi] instance_aliases")
        elif ticket.open and ticket.gone_since is None:
            by_threat.setdefault((ticket.threat_id, ticket.generation), []).append(ticket)
    for (threat_id, _), found in by_threat.items():
        if len(found) > 1:
            yield threat_id, ("duplicate", " and ".join(ticket.url for ticket in found), "close one by hand")


@dataclass(frozen=True, slots=True)
class SessionStanding:
    """The writer's session with TMI. `ends` is None where there is none, or it is over."""

    words: str
    ends: datetime | None
    soon: bool
    """It ends within a day, or has ended: a person should log in."""
    user: str = ""


def session(options: TmiOptions, state: Path, now: datetime) -> SessionStanding | None:
    """None where the writer needs no login."""
    if not isinstance(options.write, Login):
        return None
    try:
        saved = SessionFile(state, options.url.rstrip("/")).load()
    except SyncError as error:
        return SessionStanding(str(error), None, True)
    if saved is None:
        return SessionStanding("nobody is logged in to TMI. Run: tmi-issue-sync login", None, True)
    if saved.over:
        return SessionStanding("the session with TMI is over. Run: tmi-issue-sync login", None, True)
    near = ending(saved, now)
    words = near or f"the session of {saved.user or 'the writer'} ends {saved.ends_at[:16]}Z"
    return SessionStanding(words, saved.ends, near is not None, saved.user)
