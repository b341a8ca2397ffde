"""What three passes cost on each tracker of the sandbox: tickets, links, and every call by its kind.

python bench/trackers.py [--tracker jira ...] [--load FILE] [--models 10] [--threats 10]

Exit 1 unless each threat that wants a ticket has one, linked, and the later passes write nothing.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from calls import REST, measured
from world import Model, given, stage

from tmi_issue_sync.cli.show import say, table
from tmi_issue_sync.sandbox import facts
from tmi_issue_sync.sandbox.log import Entry
from tmi_issue_sync.sandbox.trackers import TRACKERS

PASSES = ("first", "second", "third")
"""The second lists what the first made. It comes so late that the third need not: that one is idle."""
_NAME = re.compile(r"(?<=/)(?<!/api/)([0-9a-f]{8}-[0-9a-f-]{27}|[A-Z]+-\d+|\d+)(?=/|$)")


def kinds(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """Calls by site, method and path, what names one thing taken out; how often each."""
    asked = [entry for entry in entries if entry.event == "request"]
    found = Counter(f"{one.site} {one.kind} {_NAME.sub('{}', one.facts['path'])}" for one in asked)
    return [(f"{count} x", name) for name, count in sorted(found.items())]


def run(tracker: str, models: Sequence[Model]) -> bool:
    """Three passes with a sandbox of their own; whether all went well."""
    rows, listed, well = [], [], True
    with stage(models, trackers=(tracker,)) as fresh:
        log, wanted = fresh.world.log, len(facts.wanted(fresh.world.tmi_site.threats()))
        for name in PASSES:
            time.sleep(REST if name == PASSES[1] else 0)
            words, before = ("--yes", "--new-install") if name == PASSES[0] else (), len(log.entries)
            one = measured(tracker, name, fresh, lambda words=words: fresh.sync(*words))  # type: ignore[misc]
            entries = log.entries[before:]
            writes = facts.calls(entries)[1]
            rows.append((name, one.tmi, one.tracker, writes, f"{one.seconds:.2f}", one.tickets, one.linked))
            listed.append((name, kinds(entries)))
            well &= one.tickets == one.linked == wanted and (name == PASSES[0] or writes == 0)
    say(f"\n{TRACKERS[tracker].title}: {wanted} threats want a ticket")
    table(("pass", "TMI calls", "tracker calls", "writes", "seconds", "tickets", "linked"), rows)
    for name, calls in listed:
        say(f"\n{name} pass")
        table(("how often", "call"), calls)
    return well


def main() -> int:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    asked.add_argument("--tracker", action="append", choices=sorted(TRACKERS))
    asked.add_argument("--load", type=Path, help="models as JSON, as `tmi-issue-sync sandbox --load` takes them")
    asked.add_argument("--models", type=int, default=10)
    asked.add_argument("--threats", type=int, default=10, help="in each model")
    said = asked.parse_args()
    models = given(said.load, said.models, said.threats)
    well = [run(tracker, models) for tracker in said.tracker or TRACKERS]
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
