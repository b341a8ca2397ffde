"""Days of virtual time in the proof's simulated world: a pass every five minutes, faults, people and restarts.

python bench/days.py [--hours 72] [--worlds 10] [--seed 0]

The events are those that `./prove` draws; here they fall into one long life. Exit 1 if a promise was broken.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import structlog

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from proof.draw import draw
from proof.schedule import Event, Schedule, play
from proof.world import Terms
from tmi_issue_sync.cli.show import say

EVERY = 300.0
THREATS = 6


def drawn(seed: int) -> Iterator[Event]:
    """What happens, one thing after the other, without the time in between."""
    for each in count(seed * 1_000_000):
        yield from (event for event in draw(each).events if event.what != "wait")


def life(hours: float, seed: int) -> Schedule:
    """A pass every five minutes; something goes wrong with every third, something happens before every fifth."""
    rng, events = random.Random(seed), drawn(seed)
    lived: list[Event] = []
    for _ in range(int(hours * 3600 / EVERY)):
        if rng.random() < 0.2:
            lived.append(next(event for event in events if event.what != "pass"))
        odd = next(event for event in events if event.what == "pass") if rng.random() < 0.35 else Event("pass")
        lived += [odd, Event("wait", x=EVERY - 1)]
    return Schedule(Terms(threats=THREATS, models=2, new_ids=True), tuple(lived))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--hours", type=float, default=72.0)
    parser.add_argument("--worlds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    broken = 0
    for seed in range(given.seed, given.seed + given.worlds):
        began = time.monotonic()
        world = play(life(given.hours, seed))
        tickets = sum(len(issues.rows) for issues in world.trackers.values())
        struck, took = sum(world.points.struck.values()), time.monotonic() - began
        say(f"world {seed}: {world.passes} passes, {struck} faults and events, {tickets} tickets, {took:.0f} s")
        for each in world.broken:
            say(f"  BROKEN {each}")
        broken += len(world.broken)
    say(
        f"{given.worlds} worlds of {given.hours:g} h: "
        + ("the promises held" if not broken else f"{broken} broken")
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
