"""`status`: what is pending, parked, blocked, in doubt; read from a copy of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from ..clock import SystemClock
from ..config import Settings
from ..errors import SyncError
from ..ledger import Ledger
from ..ledger.rows import Entry, Known, Link, Side
from ..model import TrackerKey
from ..tmi.options import Login
from ..tmi.session import ending
from ..tracker import Traits
from ..wiring import Forgetful, Places, destinations, open_ledger, open_tmi
from . import shapes
from .shell import Shell
from .show import say, say_json, short, table

DAY = 86400.0
Item = dict[str, Any]


def run(shell: Shell, *, json: bool) -> int:
    """Works while the service runs. Always exit 0: what it shows is no failure of its own."""
    settings = shell.settings()
    places = shell.places(settings)
    if not places.ledger.exists():
        say_json({"version": shapes.VERSION, "ledger": None}) if json else say(f"no ledger yet at {places.ledger}")
        return 0
    with open_ledger(settings, places.ledger, change=False) as ledger:
        found = _gathered(settings, places, ledger)
    if json:
        say_json(found)
    else:
        _print(found)
    return 0


def _gathered(settings: Settings, places: Places, ledger: Ledger) -> Item:
    entries = ledger.entries()
    spent = ledger.spent(datetime.now(UTC), DAY)
    return {
        "version": shapes.VERSION,
        "ledger": str(places.ledger),
        "instance": settings.tmi.instance,
        "settling": ledger.settling(),
        "session": _session(settings, places),
        "tickets": {
            "linked": sum(entry.link is Link.LINKED for entry in entries.values()),
            "adopted": sum(entry.link is Link.ADOPTED for entry in entries.values()),
            "made_in_24_hours": spent,
            "most_in_24_hours": settings.sync.max_new_tickets.per_day,
        },
        "attention": [*_attention(settings, ledger, entries), *_of_tickets(settings, ledger)],
        "runs": [
            {
                "pass": run.id,
                "started": run.started,
                "ended": run.ended,
                "exit_code": run.exit_code,
                "did": run.summary,
            }
            for run in ledger.runs(5)
        ],
    }


def _session(settings: Settings, places: Places) -> str:
    if not isinstance(settings.tmi.write, Login):
        return ""
    with open_tmi(settings.tmi, places.state, SystemClock(), Forgetful()) as tmi:
        try:
            saved = tmi.session_file.load()
        except SyncError as error:
            return str(error)
    if saved is None:
        return "nobody is logged in to TMI. Run: tmi-issue-sync login"
    if saved.over:
        return "the session with TMI is over. Run: tmi-issue-sync login"
    return (
        ending(saved, datetime.now(UTC))
        or f"the session of {saved.user or 'the writer'} ends {saved.ends_at[:16]}Z"
    )


def _attention(settings: Settings, ledger: Ledger, entries: dict[str, Entry]) -> Iterator[Item]:
    traits = {to.key: to.traits for to in destinations(settings)}
    numbers = {ticket.ref: ticket for ticket in ledger.tickets()}
    for entry in entries.values():
        for state, why, turn in states(entry, traits):
            ticket = numbers.get(entry.ticket) if entry.ticket else None
            yield {
                "threat": entry.threat_id,
                "name": entry.name,
                "model": entry.model_name,
                "state": state,
                "why": why,
                "next": turn,
                "ticket": ticket.url if ticket else None,
            }


def states(entry: Entry, traits: dict[TrackerKey, Traits]) -> Iterator[tuple[str, str, str]]:
    """What about a threat is not as it should be: its state, the reason, and what happens next and when."""
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


def _of_tickets(settings: Settings, ledger: Ledger) -> Iterator[Item]:
    """Tickets that are one too many, or another instance's."""
    ours = {settings.tmi.instance, *settings.tmi.instance_aliases}
    by_threat: dict[tuple[str, int], list[Known]] = {}
    for ticket in ledger.tickets():
        if ticket.instance not in ours:
            why = f"{ticket.url} names it under {ticket.instance}"
            yield _item(ticket.threat_id, "foreign", why, "with that name in [tmi] instance_aliases")
        elif ticket.open and ticket.gone_since is None:
            by_threat.setdefault((ticket.threat_id, ticket.generation), []).append(ticket)
    for (threat_id, _), tickets in by_threat.items():
        if len(tickets) > 1:
            yield _item(threat_id, "duplicate", " and ".join(ticket.url for ticket in tickets), "close one by hand")


def _item(threat_id: str, state: str, why: str, turn: str) -> Item:
    facts: Item = {"threat": threat_id, "name": "", "model": "", "state": state, "why": why, "next": turn}
    return {**facts, "ticket": None}


def _print(found: Item) -> None:
    tickets = found["tickets"]
    say(f"ledger: {found['ledger']} for {found['instance']}")
    if found["settling"]:
        say("settling: new tickets wait until every tracker was watched for a while")
    if found["session"]:
        say(found["session"])
    say(f"{tickets['linked']} linked, {tickets['adopted']} linked by people")
    say(f"{tickets['made_in_24_hours']} of at most {tickets['most_in_24_hours']} tickets in the last 24 hours")
    if found["runs"]:
        say()
        rows = [
            (f"{r['started']:%Y-%m-%d %H:%M:%S}Z", r["exit_code"] if r["ended"] else "cut", r["did"])
            for r in found["runs"]
        ]
        table(("pass", "exit", "did"), rows)
    say()
    if not found["attention"]:
        say("No threat needs attention.")
        return
    found_rows = [
        (item["state"], short(item["name"] or item["threat"], 50), short(item["why"], 200), item["next"])
        for item in found["attention"]
    ]
    table(("state", "threat", "why", "next try"), found_rows)
