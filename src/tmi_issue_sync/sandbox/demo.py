"""`demo`: real passes over real HTTP against a TMI and a tracker on this machine, told from their own log."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tmi_issue_sync.cli.show import plural, say, table
from tmi_issue_sync.config import load_settings
from tmi_issue_sync.config_file import PREFIX
from tmi_issue_sync.log import Redactor, configure
from tmi_issue_sync.report import Outcome, Report
from tmi_issue_sync.sandbox import facts
from tmi_issue_sync.sandbox.faults import Fault
from tmi_issue_sync.sandbox.run import until_signalled
from tmi_issue_sync.sandbox.samples import MODELS
from tmi_issue_sync.sandbox.trackers import TRACKERS, Kind
from tmi_issue_sync.sandbox.world import World
from tmi_issue_sync.sync import Scope, run_pass
from tmi_issue_sync.wiring import Places, Wired, wired

LOSES = 3
"""The reply to this create gets lost."""
PASSES = 4
"""Enough for everything that one lost reply can do."""


class Silent:
    """The story is told from the log, not from the passes' progress."""

    def stage(self, text: str) -> None: ...

    def expect(self, changes: int) -> None: ...

    def done(self, outcome: Outcome) -> None: ...


def run(*, keep: bool, tracker: str) -> int:
    """Exit 1 if the servers' log shows anything but one ticket per threat. Raises UsageError."""
    configure("text", "error", Redactor())
    place = tempfile.TemporaryDirectory(prefix="tmi-issue-sync-demo-")
    with _own_environment(), place as name, World((tracker,)) as world:
        world.load(MODELS)
        config = Path(name) / "config.toml"
        config.write_text(world.config(), encoding="utf-8")
        code = _story(world, tracker, config, Path(name))
        if keep:
            say("Still serving, so that the links open. Ctrl-C ends it.")
            until_signalled()
    return code


@contextmanager
def _own_environment() -> Iterator[None]:
    """No override of the user's real configuration gets in here, and no proxy in between."""
    before = dict(os.environ)
    for variable in before:
        if variable.upper().startswith(PREFIX) or variable.lower().endswith("_proxy"):
            del os.environ[variable]
    try:
        yield
    finally:
        os.environ.update(before)


def _story(world: World, tracker: str, config: Path, state: Path) -> int:
    kind, url = TRACKERS[tracker], world.servers[tracker].url
    threats = world.tmi_site.threats()
    wanted = facts.wanted(threats)
    say(f"TMI on {world.tmi.url}, {kind.title} on {url}: both on this machine, spoken to over HTTP.")
    say(f"TMI holds {plural(len(MODELS), 'threat model')} with {plural(len(threats), 'threat')};")
    say(f"{len(wanted)} want a ticket. The others are mitigated, opted out (n/a) or linked by a person.")
    say(f"The reply to create number {LOSES} will get lost on the way.")
    world.faults.add(Fault(site=tracker, kind="drop-after", method=kind.method, path=kind.creates, nth=LOSES))
    settings = load_settings(config)
    with wired(settings, Places.of(settings, state)) as found:
        found.setup.ledger.new_install()  # nothing to settle for: there never was another ledger
        quiet = _passes(world, kind, found)
    return _verdict(world, wanted, quiet)


def _passes(world: World, kind: Kind, found: Wired) -> bool:
    """Passes until one writes nothing; says what the log shows of each."""
    for number in range(1, PASSES + 1):
        before = len(world.log.entries)
        report = run_pass(found.setup, Scope(), progress=Silent())
        calls, writes = _told(world, kind, number, before, report)
        if number > 1 and not writes:
            say(f"   Nothing was left to do: {plural(calls, 'call')}, 0 writes.")
            return True
    return False


def _told(world: World, kind: Kind, number: int, before: int, report: Report) -> tuple[int, int]:
    """One pass, from the entries that it left in the log."""
    entries = world.log.entries[before:]
    calls, writes = facts.calls(entries)
    created = [ticket for ticket in facts.made(world.log) if ticket.n > before]
    linked = [entry for entry in entries if entry.event == "commit" and entry.kind == "threat.put"]
    say()
    say(f"Pass {number}: {plural(report.threats, 'threat')} read in {plural(calls, 'call')};")
    tickets, done = plural(len(created), "ticket"), plural(len(linked), "link")
    say(f"   {tickets} committed by {kind.title}, {done} written in TMI.")
    for entry, ticket in facts.lost(world.log):
        if entry.n > before:
            say(f"   Log: {entry.kind} {entry.facts['path']} committed {ticket.name}, reply dropped.")
        elif ticket.threat_id in {link.facts["threat_id"] for link in linked}:
            say(f"   Log: {ticket.name} was found again and linked; no second one was made.")
    return calls, writes


def _verdict(world: World, wanted: set[str], quiet: bool) -> int:
    tickets, links = facts.made(world.log), facts.links(world.log)
    rows, wrong = [], not quiet
    for threat in world.tmi_site.threats():
        mine = [ticket for ticket in tickets if ticket.threat_id == threat["id"]]
        if threat["id"] in wanted:
            wrong |= len(mine) != 1 or links.get(threat["id"]) != world.url(mine[0])
        else:
            wrong |= bool(mine) or threat["id"] in links
        name = ", ".join(ticket.name for ticket in mine) or "-"
        rows.append((threat["name"], name, threat.get("issue_uri") or "-"))
    say()
    table(("threat", "ticket", "link in TMI"), rows)
    calls, writes = facts.calls(world.log.entries)
    say()
    say(f"In all {plural(calls, 'call')}, {writes} of them writes.")
    if wrong or len(tickets) != len(wanted):
        say("WRONG: the servers' log shows something else than one ticket and its link per threat.")
        return 1
    say(f"One ticket for each of the {len(wanted)} threats that want one, each linked, none twice.")
    return 0
