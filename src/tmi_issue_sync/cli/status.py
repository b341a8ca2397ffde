"""`status`: what is pending, parked, blocked, in doubt; read from a copy of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
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
    settings = shell.settings(secrets=False)
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
    entries, runs = ledger.entries(), ledger.runs(5)
    spent = ledger.spent(datetime.now(UTC), DAY)
    session = standing.session(settings.tmi, places.state, datetime.now(UTC))
    return {
        "version": shapes.VERSION,
        "ledger": str(places.ledger),
        "instance": settings.tmi.instance,
        "settling": ledger.settling(),
        "settling_until": _settles(settings, ledger) if ledger.settling() else None,
        "waiting": (runs[0].waiting or 0) if runs else 0,  # one that came to no count says why in its line
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
            for run in runs
        ],
    }


def _settles(settings: Settings, ledger: Ledger) -> datetime | None:
    """When the slowest tracker was watched long enough; None where one has not answered yet."""
    rows, until = ledger.sites(), list[datetime]()
    for key, traits in {to.key: to.traits for to in destinations(settings)}.items():
        row = rows.get(key)
        if row and row.settled:
            continue
        if row is None or row.settle_start is None or row.settle_start.date is None:
            return None
        until.append(row.settle_start.date + timedelta(seconds=traits.settle()))
    return max(until, default=None)


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
        until = found["settling_until"]
        when = "until every tracker has answered, and longer"
        if until:
            late = until < datetime.now(UTC)
            when = "until a pass shows every tracker" if late else f"until {until:%Y-%m-%d %H:%M:%S}Z"
        say(f"settling: new tickets wait {when}, because this ledger is new, or not the last one")
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
    if found["waiting"]:
        say(_wanting(found["waiting"]))
    if not found["attention"]:
        if not found["waiting"]:
            say(_content(found["runs"]))
        return
    found_rows = [
        (item["state"], short(item["name"] or item["threat"], 50), short(item["why"], 200), item["next"])
        for item in found["attention"]
    ]
    table(("state", "threat", "why", "next try"), found_rows)


def _wanting(waiting: int) -> str:
    if waiting == 1:
        return "1 threat wants a ticket and has none: see `plan`."
    return f"{waiting} threats want a ticket and have none: see `plan`."


def _content(runs: list[Item]) -> str:
    """What a ledger without trouble means: nothing, where the last pass did not come to its end."""
    if not runs:
        return "There was no pass yet."
    code = runs[0]["exit_code"]
    return f"The last pass ended with {code}: see above, and `check`." if code else "No threat needs attention."
