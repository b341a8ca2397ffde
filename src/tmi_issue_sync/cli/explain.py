"""`explain`: one threat's whole story."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from ..errors import SyncError, UsageError
from ..ledger import Ledger
from ..ledger.rows import Entry, Known
from ..plan import Decision
from ..reading import THREAT_ID
from ..standing import troubles
from ..sync import Scope, run_pass
from ..urls import same_url
from ..wiring import Wired, destinations, wired
from ..words import duration
from . import shapes
from .progress import shown
from .shell import Shell
from .show import clean, say, say_json, table


def run(shell: Shell, what: str, *, json: bool) -> int:
    """`what` is a threat's id or name, a ticket's number or a ticket's URL."""
    settings = shell.settings()
    with wired(settings, shell.places(settings), beside=True) as found:
        ledger = found.setup.ledger
        threat_id = _threat(ledger, what)
        decision, trouble = _decided(shell, found, threat_id)
        if decision:
            threat_id = decision.threat.id
        elif not isinstance(trouble, UsageError):
            threat_id = _named(ledger, threat_id)
        entry, tickets = ledger.entry(threat_id), ledger.tickets_of(threat_id)
        if entry is None and decision is None and not tickets:
            raise trouble or UsageError(f"neither the ledger nor TMI knows {what!r}", todo=THREAT_ID)
        story = {
            "version": shapes.VERSION,
            "threat": threat_id,
            "decision": shapes.decision(decision) if decision else None,
            "not_read": str(trouble) if trouble else None,
            "ledger": _row(entry),
            "tickets": [_ticket(ticket) for ticket in tickets],
            "writes": [asdict(write) for write in ledger.writes(threat_id)],
        }
        if json:
            say_json(story)
        else:
            _print(story, entry, tickets, decision, found)
    return 0


def _threat(ledger: Ledger, what: str) -> str:
    """The id behind a ticket's number or URL that the ledger knows; else the word itself. Raises UsageError."""
    if "/threat/" in what:
        what = what.rstrip("/").rsplit("/", 1)[-1]
    ids = {ticket.threat_id for ticket in ledger.tickets() if _names(ticket, what)}
    if "://" in what:
        entries = ledger.entries().values()
        ids |= {entry.threat_id for entry in entries if entry.link_url and same_url(entry.link_url, what)}
    return _only(ids, what)


def _named(ledger: Ledger, name: str) -> str:
    """The id behind a name, where TMI can't be asked. Raises UsageError."""
    return _only({entry.threat_id for entry in ledger.entries().values() if entry.name == name}, name)


def _only(ids: set[str], what: str) -> str:
    if len(ids) > 1:
        raise UsageError(f"{what!r} may be one of {len(ids)} threats: {', '.join(sorted(ids))}", todo=THREAT_ID)
    return next(iter(ids), what)


def _names(ticket: Known, what: str) -> bool:
    """`3` and `#3` are short for `example/threats#3`."""
    if "://" in what:
        return same_url(ticket.url, what)
    digits = what.removeprefix("#")
    end = re.search(r"\d+$", ticket.number)
    return what in (ticket.number, ticket.ref.id) or (end is not None and end[0] == digits)


def _decided(shell: Shell, found: Wired, threat_id: str) -> tuple[Decision | None, SyncError | None]:
    """What the next pass would do; None where TMI can't be read, or does not show the threat."""
    try:
        with shown(shell) as progress:
            scope = Scope.one(found.setup.ledger, threat_id)
            report = run_pass(found.setup, scope, progress=progress, apply=False)
    except SyncError as error:
        return None, error
    decision = next((d for d in report.decisions if threat_id in (d.threat.id, d.threat.name)), None)
    return decision, None if decision or not report.alerts else report.alerts[0]


def _row(entry: Entry | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    row = asdict(entry)
    return {**row, "tracker": str(entry.tracker) if entry.tracker else None, "side": str(entry.side)}


def _ticket(ticket: Known) -> dict[str, Any]:
    return {**asdict(ticket), "key": str(ticket.key)}


def _print(
    story: dict[str, Any], entry: Entry | None, tickets: list[Known], decision: Decision | None, found: Wired
) -> None:
    name = decision.threat.name if decision else entry.name if entry else ""
    say(f"threat {story['threat']}: {clean(name) or '(name unknown)'}")
    if decision:
        when = f" (in {duration(decision.seconds)})" if decision.seconds else ""
        say(f"next pass: {decision.kind}{when}: {clean(decision.reason)}")
    else:
        say(f"next pass: unknown, {story['not_read'] or 'TMI does not show the threat'}")
    if entry:
        say(f"ledger: ticket {entry.side}, link {entry.link}, since {entry.changed_at:%Y-%m-%d %H:%M:%S}Z")
        traits = {to.key: to.traits for to in destinations(found.settings)}
        for state, why, turn in troubles(entry, traits):
            say(f"  {state}: {clean(why)}; next: {turn}")
    else:
        say("ledger: nothing")
    for ticket in tickets:
        state = "gone" if ticket.gone_since else "open" if ticket.open else "closed"
        say(
            f"ticket: {ticket.number} {ticket.url}"
            f" ({state}, by {clean(ticket.author)}, generation {ticket.generation})"
        )
    if story["writes"]:
        say()
        rows = [
            (
                f"{w['at']:%Y-%m-%d %H:%M:%S}Z",
                w["side"],
                w["action"],
                w["outcome"],
                w["sent_id"],
                w["got_id"] or "-",
            )
            for w in story["writes"]
        ]
        table(("write", "to", "what", "outcome", "our request id", "theirs"), rows)
