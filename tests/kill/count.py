"""The real command killed in every way of `kill.cases`: kills survived, tickets, duplicates.

./prove kills [--random 60] [--jobs 2]

Each kill has a world of its own: three threats, real SQLite, real sockets. It is survived if the next starts make
good what is missing: three tickets, three links, nothing closed. Exit 1 if one is not.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from kill import cases
from kill.cases import Kill
from process import N, finish, restarted, world_of
from tmi_issue_sync.cli.show import say, table


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one world. `why` is empty where all was made good."""

    kill: Kill
    kills: int
    tickets: int
    why: str


def tried(kill: Kill) -> Outcome:
    """Strike, start again, run out every horizon, count."""
    with TemporaryDirectory(prefix="kill-") as place, world_of(Path(place)) as world:
        kills, why = 0, ""
        try:
            kills = kill.strike(world)
            restarted(world)
            finish(world)
        except AssertionError as error:
            why = str(error) or "not every threat has one ticket and its link"
        return Outcome(kill, kills, len(world.made()), why)


def main(given: Sequence[str] | None = None) -> int:
    """Kill, print the table; 1 where something was not survived."""
    asked = argparse.ArgumentParser(prog="./prove kills", description=(__doc__ or "").partition(":")[0])
    asked.add_argument("--random", type=int, default=60, help="worlds with two kills at random times (default 60)")
    asked.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    said = asked.parse_args(given)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    sure = (*cases.at_requests(), *cases.losing_the_ledger(), *cases.losing_answers(), *cases.terminated())
    began = time.monotonic()
    with ThreadPoolExecutor(said.jobs) as pool:
        outcomes = list(pool.map(tried, (*sure, *cases.at_random(said.random))))
    for one in outcomes:
        if one.why:
            say(f"{one.kill}: {one.why}")
    _show(outcomes)
    say(f"\n{len(outcomes)} worlds in {time.monotonic() - began:.0f} s.")
    return int(any(one.why for one in outcomes))


def _show(outcomes: Sequence[Outcome]) -> None:
    """One row for each kind, and their sum."""
    rows = []
    for kind in dict.fromkeys(one.kill.kind for one in outcomes):
        rows.append((kind, *_sums([one for one in outcomes if one.kill.kind == kind])))
    table(("killed", "kills", "survived", "tickets", "duplicates"), [*rows, ("in all", *_sums(outcomes))])


def _sums(some: Sequence[Outcome]) -> tuple[int, int, int, int]:
    survived = sum(one.kills for one in some if not one.why)
    made = sum(one.tickets for one in some)
    return sum(one.kills for one in some), survived, made, sum(max(0, one.tickets - N) for one in some)


if __name__ == "__main__":
    sys.exit(main())
