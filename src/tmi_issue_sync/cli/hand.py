"""`retry` and `skip`: by hand, within the promises."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from ..errors import SyncError, UsageError
from ..ledger import Ledger
from ..ledger.rows import Entry, Link, Side, SiteRow
from ..model import TrackerKey
from ..sync import Scope, run_pass
from ..wiring import Wired, open_ledger, wired
from .progress import shown
from .shell import Shell
from .show import say, short


def skip(shell: Shell, threat_id: str) -> int:
    """Remembered by the ledger alone; a ticket that exists already stays."""
    settings = shell.settings(secrets=False)
    with open_ledger(settings, shell.places(settings).ledger, change=True) as ledger:
        entry = ledger.entry(threat_id)
        if entry is None:
            _plausible(threat_id)
        ledger.skip(threat_id)
        alive = [t for t in ledger.tickets_of(threat_id) if t.open and t.gone_since is None]
    name = _name(entry.name if entry else "", threat_id)
    say(f"{name} gets no other ticket; {alive[0].url} stays." if alive else f"{name} gets no ticket.")
    if entry is None:
        say("warning: the ledger never saw this threat: is its id right?")
    say(f"Take it back with: tmi-issue-sync retry {threat_id}")
    return 0


def _name(name: str, threat_id: str) -> str:
    return f"threat {short(name, 60)!r} ({threat_id})" if name else f"threat {threat_id}"


def _plausible(threat_id: str) -> None:
    """A threat that was never seen may be skipped, a slip of the finger may not."""
    try:
        UUID(threat_id)
    except ValueError:
        todo = "It is the last part of the threat's URL in TMI."
        raise UsageError(f"{threat_id!r} is no threat's id", todo=todo) from None


def _held(entry: Entry, sites: Iterable[SiteRow]) -> bool:
    """Whether anything is there that `retry` takes away."""
    stops = (entry.parked, entry.skipped, entry.restored, entry.attempts, entry.side is Side.INTENDED)
    first = any(site.canary == entry.threat_id for site in sites)
    return any(stops) or first or entry.link in (Link.BLOCKED, Link.OPTED_OUT)


def _emptied(ledger: Ledger) -> set[TrackerKey]:
    return {site.key for site in ledger.sites().values() if site.emptied}


def retry(shell: Shell, threat_id: str, *, new_ticket: bool) -> int:
    """Forget why a threat was left alone; with `new_ticket` another ticket, where that makes no second one."""
    settings = shell.settings(secrets=new_ticket)
    places = shell.places(settings)
    if new_ticket:
        with wired(settings, places) as found:
            return _new_ticket(shell, found, threat_id)
    with open_ledger(settings, places.ledger, change=True) as ledger:
        entry = ledger.entry(threat_id)
        if entry is None and not any(ticket.threat_id == threat_id for ticket in ledger.tickets()):
            raise UsageError(f"the ledger knows nothing of threat {threat_id}, so nothing holds it back")
        held, before = entry and _held(entry, ledger.sites().values()), _emptied(ledger)
        ledger.retry(threat_id)
        emptied = _emptied(ledger) - before
    for key in sorted(emptied):
        say(f"All tickets that were known in {key} count as deleted, until a list shows one.")
    if entry is None or not held:
        if not emptied:
            name = _name(entry.name if entry else "", threat_id)
            say(f"Nothing holds {name} back: see tmi-issue-sync explain {threat_id}")
        return 0
    say(f"{_name(entry.name, threat_id)} is tried again in the next pass.")
    if entry.side is Side.INTENDED:
        say("Its last create is still in doubt: first it is looked for, until it surely does not exist.")
    return 0


def _new_ticket(shell: Shell, found: Wired, threat_id: str) -> int:
    """Protocol Id5: only after a complete look, and only where every ticket of the threat is closed or gone."""
    ledger = found.setup.ledger
    if not ledger.tickets_of(threat_id):
        raise UsageError(f"threat {threat_id} never had a ticket of ours", todo="Leave --new-ticket out.")
    with shown(shell) as progress:
        report = run_pass(found.setup, Scope.one(ledger, threat_id), progress=progress, apply=False)
    if report.alerts:
        raise SyncError(f"no new ticket: the look was not complete: {report.alerts[0]}")
    _allowed(ledger, threat_id)
    generation = ledger.new_generation(threat_id)
    say(f"threat {threat_id} gets another ticket (its generation {generation}) in the next pass.")
    return 0


def _allowed(ledger: Ledger, threat_id: str) -> None:
    entry = ledger.entry(threat_id)
    if entry and entry.side is Side.INTENDED:
        raise UsageError(
            "its last create is in doubt: a ticket may exist", todo="Wait until that is settled: status"
        )
    if ledger.settling():
        raise UsageError("the ledger is still settling", todo="Run: tmi-issue-sync sync --once --wait")
    alive = [t for t in ledger.tickets_of(threat_id) if t.open and t.gone_since is None]
    if alive:
        raise UsageError(f"it has an open ticket: {alive[0].number} {alive[0].url}", todo="Close that one first.")
