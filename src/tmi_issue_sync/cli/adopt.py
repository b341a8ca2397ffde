"""`adopt`: tickets that exist already become the links of their threats. A dry run, unless told otherwise."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import TrackerError, UsageError
from ..ledger.rows import Link, Side
from ..model import Gone, Look, Threat, Ticket
from ..plan import Decision, Kind
from ..report import Report
from ..sync import Progress, Scope, Setup, run_pass
from ..tmi.link import check_link
from ..urls import host_of, same_url
from ..wiring import wired
from .progress import drawn, shown
from .shell import Shell
from .show import plural, say, short, table
from .summary import print_pass, print_trouble

NOTHING_NEW = Scope(limit=0)
"""A pass that links and adopts and makes no ticket."""
FOUND = {
    Kind.ADOPT: "TMI links it: adopted",
    Kind.EXAMINE: "TMI links it: read, then adopted",
    Kind.LINK: "carries our marker: linked",
    Kind.FOLLOW: "carries our marker: linked",
    Kind.RESTORE: "its link vanished: restored",
}
"""What a pass does by itself about tickets that exist."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A threat and the ticket that somebody says is its own. `where`: where that was said, for mistakes."""

    threat_id: str
    url: str
    where: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a pair. `threat` is None where nothing does."""

    pair: Pair
    words: str
    threat: Threat | None = None
    ticket: Ticket | None = None


def run(shell: Shell, threat: str | None, url: str | None, file: Path | None, *, apply: bool) -> int:
    """Exit 1 where a pair can't be adopted. Raises SyncError."""
    pairs = list(_pairs(threat, url, file))
    settings = shell.settings()
    places = shell.places(settings)
    with wired(settings, places, beside=not apply) as found, shown(shell) as progress:
        report = run_pass(found.setup, NOTHING_NEW, progress=progress, apply=False)
        verdicts = list(_verdicts(pairs, report, found.setup))
        done = _apply(found.setup, verdicts, progress) if apply else None
    refused = [verdict for verdict in verdicts if verdict.threat is None]
    _print(verdicts, report)
    if done is not None:
        print_pass(done, each=drawn(shell))
        return done.exit_code or (1 if refused else 0)
    print_trouble(report)
    if any(verdict.threat for verdict in verdicts) or any(decision.kind in FOUND for decision in report.decisions):
        say("Nothing was changed: add --apply to do it.")
    return report.exit_code or (1 if refused else 0)


def _pairs(threat: str | None, url: str | None, file: Path | None) -> Iterator[Pair]:
    if (threat is None) != (url is None):
        raise UsageError("a threat needs the URL of its ticket", todo="adopt THREAT URL, or --csv FILE")
    if threat is not None and url is not None:
        yield Pair(threat, url.strip(), "the command line")
    if file is not None:
        yield from _read(file)


def _read(file: Path) -> Iterator[Pair]:
    """Lines of a threat's id and a URL; a first line without a URL is a heading. Raises UsageError."""
    try:
        lines = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{file} can't be read: {error}") from error
    for number, cells in enumerate(lines, 1):
        cells = [cell.strip() for cell in cells]
        if not any(cells) or (number == 1 and not any("://" in cell for cell in cells)):
            continue
        if len(cells) < 2 or not all(cells[:2]):
            raise UsageError(f"{file}, line {number}: a line is a threat's id and the URL of its ticket")
        yield Pair(cells[0], cells[1], f"line {number}")


# -- what becomes of each -----------------------------------------------------------------------------------


def _verdicts(pairs: Iterable[Pair], report: Report, setup: Setup) -> Iterator[Verdict]:
    decisions = {decision.threat.id: decision for decision in report.decisions}
    asked: dict[str, Pair] = {}
    for pair in pairs:
        first = asked.setdefault(pair.threat_id, pair)
        decision = decisions.get(pair.threat_id)
        if first is not pair:
            yield Verdict(pair, f"left: {first.where} names another ticket for this threat")
        elif decision is None:
            yield Verdict(pair, "left: TMI shows no such threat")
        elif why := _taken(decision, pair, setup) or check_link(pair.url):
            yield Verdict(pair, f"left: {why}")
        else:
            yield _looked_at(pair, decision.threat, setup)


def _taken(decision: Decision, pair: Pair, setup: Setup) -> str:
    """Why this threat takes no other ticket; empty where it does."""
    shown, entry = decision.threat.issue_uri.strip(), setup.ledger.entry(pair.threat_id)
    if shown:
        own = entry is not None and entry.link is Link.LINKED and same_url(shown, entry.link_url)
        whose = "our own link" if own else "a person's word"
        if same_url(shown, pair.url):
            return "it is linked already, by us" if own else "it is linked already"
        return f"TMI shows {shown!r} there, {whose}"
    if entry is not None and entry.side is Side.INTENDED:
        return "a ticket of ours may exist: the answer to its create was lost"
    ours = [t for t in setup.ledger.tickets_of(pair.threat_id) if t.open and t.gone_since is None]
    other = next((ticket for ticket in ours if not same_url(ticket.url, pair.url)), None)
    return (
        f"it has an open ticket of ours, {other.number}: close that, or link the other one in TMI" if other else ""
    )


def _looked_at(pair: Pair, threat: Threat, setup: Setup) -> Verdict:
    """Read where a configured tracker can."""
    words = "linked; not checked: no configured tracker reads it"
    for site in setup.sites:
        if host_of(pair.url) not in site.traits.hosts:
            continue
        try:
            found = site.tracker.get(pair.url)
        except TrackerError as error:
            return Verdict(pair, f"left: it could not be read: {error.why}")
        if isinstance(found, Gone):
            return Verdict(pair, f"left: {found.why}")
        if isinstance(found, Ticket):
            return _ticket(pair, threat, found)
        words = f"linked; not checked: {found.why}"
    return Verdict(pair, words, threat)


def _ticket(pair: Pair, threat: Threat, found: Ticket) -> Verdict:
    if found.marker is not None and found.marker.threat_id != threat.id:
        return Verdict(pair, f"left: {found.number} is the ticket of threat {found.marker.threat_id}")
    state = "" if found.open else ", which is closed"
    whose = "ours by its marker" if found.marker else "a person's"
    return Verdict(pair, f"linked to {found.number}{state} ({whose})", threat, found)


# -- doing it -----------------------------------------------------------------------------------------------


def _apply(setup: Setup, verdicts: Iterable[Verdict], progress: Progress) -> Report:
    """The ledger learns whose ticket it is; the pass writes the link, with all its checks."""
    for verdict in verdicts:
        if verdict.ticket is not None and verdict.ticket.marker is not None:
            setup.ledger.keep(Look(None, (verdict.ticket,), ""))
        elif verdict.threat is not None:
            setup.ledger.adopted(verdict.threat, verdict.ticket.url if verdict.ticket else verdict.pair.url)
    return run_pass(setup, NOTHING_NEW, progress=progress)


def _print(verdicts: Iterable[Verdict], report: Report) -> None:
    names = {decision.threat.id: decision.threat.name for decision in report.decisions}
    rows = [(short(names.get(v.pair.threat_id, v.pair.threat_id), 50), v.pair.url, v.words) for v in verdicts]
    asked = {verdict.pair.threat_id for verdict in verdicts}
    found = [d for d in report.decisions if d.kind in FOUND and d.threat.id not in asked]
    rows += [(short(decision.threat.name, 50), decision.url, FOUND[decision.kind]) for decision in found]
    if rows:
        table(("threat", "ticket", "what becomes of it"), rows)
        say()
    exist = "exists" if len(rows) == 1 else "exist"
    say(f"{plural(len(rows), 'ticket')} that {exist} already." if rows else "No ticket to adopt.")
