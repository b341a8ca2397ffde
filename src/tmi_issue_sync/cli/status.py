"""`status`: what is pending, parked, blocked, in doubt; read from a copy of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from .. import standing
from ..config import Settings
from ..ledger import Ledger
from ..ledger.rows import Entry, Link
from ..standing import odd_tickets, troubles
from ..wiring import Places, destinations, open_ledger
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
    session = standing.session(settings.tmi, places.state, datetime.now(UTC))
    return {
        "version": shapes.VERSION,
        "ledger": str(places.ledger),
        "instance": settings.tmi.instance,
        "settling": ledger.settling(),
        "session": session.words if session else "",
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


def _attention(settings: Settings, ledger: Ledger, entries: dict[str, Entry]) -> Iterator[Item]:
    traits = {to.key: to.traits for to in destinations(settings)}
    numbers = {ticket.ref: ticket for ticket in ledger.tickets()}
    for entry in entries.values():
        for state, why, turn in troubles(entry, traits):
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


def _of_tickets(settings: Settings, ledger: Ledger) -> Iterator[Item]:
    """Tickets that are one too many, or another instance's."""
    ours = frozenset({settings.tmi.instance, *settings.tmi.instance_aliases})
    for threat_id, (state, why, turn) in odd_tickets(ledger.tickets(), ours):
        yield _item(threat_id, state, why, turn)


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
