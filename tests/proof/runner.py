"""Random schedules, as many as one likes: `./prove`; one of them again: `./prove --replay SEED`."""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from tempfile import gettempdir
from typing import TypeVar

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .draw import draw
from .exhaustive import FAMILY, TERMS, Case, cases, played
from .schedule import memory, play
from .story import shrunk, told
from .tally import Tally, show, tallied

CHUNK = 50
STORIES = 3
"""Violations that are shrunk and told; the rest is named by its seed."""
T = TypeVar("T")


def main(given: Sequence[str] | None = None) -> int:
    """0: every promise held. 1: a violation, with its seed and its story."""
    options = _options(given)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    console = Console(highlight=False)
    if options.replay is not None:
        return _replay(options.replay, console, whole=options.whole)
    worst = 0
    console.print(f"Each ledger is a real SQLite file, synchronous=FULL, in {memory() or gettempdir()}.")
    for asked, terms, what in (
        (options.full, TERMS, "three threats"),
        (options.family, FAMILY, "a threat model and two of its threats"),
    ):
        if asked:
            kinds = "every kind" if options.full else "one kind of each family"
            console.print(f"Every single fault, and pairs of {kinds}, in a pass over {what} and in the next.")
            every = list(cases(full=options.full, terms=terms))
            random.Random(0).shuffle(every)  # what is played when somebody ends it is a fair share
            found = _report(_spread(played, _chunks(every), len(every), options.jobs), console, tell=_named)
            worst = max(worst, found)
    first, count = options.seed, options.schedules
    console.print(f"Random schedules, seeds {first} to {first + count - 1}.")
    seeds = [range(at, min(at + CHUNK, first + count)) for at in range(first, first + count, CHUNK)]
    return max(worst, _report(_spread(tallied, seeds, count, options.jobs), console, tell=_story))


def _options(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./prove", description=__doc__)
    parser.add_argument("--schedules", type=int, default=5000, help="how many random schedules (default 5000)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument(
        "--replay", type=int, metavar="SEED", help="one schedule, told; shrunk if it breaks a promise"
    )
    parser.add_argument("--whole", action="store_true", help="with --replay: as it was drawn, not shrunk")
    parser.add_argument("--full", action="store_true", help="first every single fault and every pair, exhaustively")
    parser.add_argument(
        "--family", action="store_true", help="a model's ticket and those below it; pairs of one kind"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one per CPU)")
    return parser.parse_args(given)


def _chunks(every: Sequence[Case]) -> list[Sequence[Case]]:
    return [every[at : at + CHUNK] for at in range(0, len(every), CHUNK)]


def _spread(work: Callable[[T], Tally], parts: Iterable[T], total: int, jobs: int) -> tuple[Tally, float]:
    """The parts over all processors, with a bar. Ctrl-C (SIGINT) ends it: what was played is reported."""
    tally, started = Tally(), time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    deaf = (signal.SIGINT, signal.SIG_IGN)
    with (
        suppress(KeyboardInterrupt),
        multiprocessing.Pool(jobs, signal.signal, deaf) as pool,
        Progress(*columns, console=Console(stderr=True)) as bar,
    ):
        task = bar.add_task("schedules", total=total)
        for found in pool.imap_unordered(work, parts):
            tally.join(found)
            broken = f", {len(tally.broken)} violations" if tally.broken else ""
            bar.update(task, completed=tally.schedules, description=f"schedules{broken}")
    return tally, time.monotonic() - started


def _report(found: tuple[Tally, float], console: Console, tell: Callable[[int, str], str]) -> int:
    tally, seconds = found
    show(tally, seconds, console)
    for number, name, why in tally.broken[:STORIES]:
        console.print(f"\n{why}\n{tell(number, name)}", markup=False, soft_wrap=True)
    for number, _, why in tally.broken[STORIES:]:
        console.print(f"  {number}: {why}", markup=False, soft_wrap=True)
    return int(bool(tally.broken))


def _story(seed: int, name: str) -> str:
    return f"  seed {seed}, shrunk (again: ./prove --replay {seed}):\n{told(shrunk(draw(seed), name))}"


def _named(number: int, _name: str) -> str:
    return f"  case {number}"


def _replay(seed: int, console: Console, *, whole: bool) -> int:
    schedule = draw(seed)
    broken = play(schedule).broken
    if broken and not whole:
        schedule = shrunk(schedule, broken[0].name)
    console.print(told(schedule), markup=False, soft_wrap=True)
    console.print(f"{len(broken)} violations.")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
