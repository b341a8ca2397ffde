"""Calls, time, tickets and links of three passes, beside the script that anybody would write first.

python bench/calls.py [--load FILE] [--models 10] [--threats 40] [--dialect 1.8.22|documented]

All numbers but the time come from the sandbox's own log.
"""

from __future__ import annotations

import argparse
import math
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from naive import Script
from world import Model, Stage, given, stage

from tmi_issue_sync.cli.show import say, table
from tmi_issue_sync.sandbox import facts
from tmi_issue_sync.sandbox.tmi.rules import Dialect

DIALECTS: tuple[Dialect, ...] = ("1.8.22", "documented")

PASSES = ("first", "second", "third")
"""Our second pass lists the tickets that the first one made; the third is idle."""
REST = 12.0
"""Seconds before our third pass: a look goes a few seconds back, and lists what is as young as that once more."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One pass of one program."""

    who: str
    which: str
    tmi: int
    tracker: int
    seconds: float
    tickets: int
    """Tickets that exist when the pass is over."""
    linked: int
    """Threats whose link in TMI names a ticket that exists."""

    @property
    def calls(self) -> int:
        return self.tmi + self.tracker


def measured(who: str, which: str, stage: Stage, one_pass: Callable[[], None]) -> Measured:
    """Run it, and read from the log what happened."""
    log, begin = stage.world.log, time.perf_counter()
    before = len(log.entries)
    one_pass()
    seconds = time.perf_counter() - begin
    sites = [entry.site for entry in log.entries[before:] if entry.event == "request"]
    urls = {stage.world.url(ticket) for ticket in facts.made(log)}
    linked = sum(threat.get("issue_uri") in urls for threat in stage.world.tmi_site.threats())
    return Measured(who, which, sites.count("tmi"), len(sites) - sites.count("tmi"), seconds, len(urls), linked)


def both_passes(models: Sequence[Model], dialect: Dialect) -> tuple[list[Measured], int]:
    """Each program over a sandbox of its own; and how many threats want a ticket."""
    with stage(models, dialect) as fresh:
        wanted = len(facts.wanted(fresh.world.tmi_site.threats()))
        ours = [measured("tmi-issue-sync", PASSES[0], fresh, lambda: fresh.sync("--yes", "--new-install"))]
        for name in PASSES[1:]:
            time.sleep(REST if name == PASSES[-1] else 0)
            ours.append(measured("tmi-issue-sync", name, fresh, fresh.sync))
    with stage(models, dialect) as other:
        script = _script(other)
        theirs = [measured("naive script", name, other, script.run) for name in PASSES]
    return [*ours, *theirs], wanted


def _script(stage: Stage) -> Script:
    config = tomllib.loads(stage.world.config())
    tracker = config["trackers"]["sandbox"]
    tmi, repo = config["tmi"], tracker["target"]["repo"]
    return Script(tmi["url"], tmi["write"]["token"], tracker["url"], tracker["token"], repo)


def budget(models: Sequence[Model], tickets: int) -> tuple[int, int]:
    """The most calls that a first pass and one with nothing to do may cost."""
    sizes = [len(model.get("threats") or []) for model in models]
    reading = math.ceil(len(sizes) / 100) + sum(math.ceil(size / 100) for size in sizes)
    each = sum(2 + math.ceil(size / 100) for size in sizes if size)
    return reading + each + 4 * tickets + 5 + 5, reading + 2


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    asked.add_argument("--load", type=Path, help="models as JSON, as `tmi-issue-sync sandbox --load` takes them")
    asked.add_argument("--models", type=int, default=10)
    asked.add_argument("--threats", type=int, default=40, help="in each model")
    asked.add_argument("--dialect", choices=DIALECTS, default=DIALECTS[0], help="how TMI takes links")
    said = asked.parse_args()
    models = given(said.load, said.models, said.threats)
    rows, wanted = both_passes(models, said.dialect)
    threats = sum(len(model.get("threats") or []) for model in models)
    say(f"{len(models)} models, {threats} threats, {wanted} want a ticket; TMI takes links as {said.dialect}.\n")
    heads = ("program", "pass", "TMI calls", "GitHub calls", "calls", "seconds", "tickets", "duplicates", "linked")
    table(
        heads,
        [
            (r.who, r.which, r.tmi, r.tracker, r.calls, f"{r.seconds:.2f}", r.tickets, r.tickets - wanted, r.linked)
            for r in rows
        ],
    )
    say()
    most = dict(zip((PASSES[0], PASSES[-1]), budget(models, wanted), strict=True))
    for ours, theirs in zip(rows[:3], rows[3:], strict=True):
        allowed = f" of at most {most[ours.which]}" if ours.which in most else ""
        say(
            f"{ours.which} pass: {ours.calls} calls{allowed}; the naive script's: "
            f"{theirs.calls / ours.calls:.1f} times the calls, {theirs.seconds / ours.seconds:.1f} times the time."
        )
    say("The time of tmi-issue-sync includes the start of its process; that of the script does not.")


if __name__ == "__main__":
    main()
