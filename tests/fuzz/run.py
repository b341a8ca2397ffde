"""As many cases as one likes: ./prove fuzz [--rooms 9700] [--threats 200] [--passes 150] [--only N]"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import structlog

from fuzz import passes, rooms, times
from fuzz.rooms import Found
from tmi_issue_sync.cli.show import say, table

KINDS: dict[str, tuple[Callable[[int, int], Found], int]] = {
    "rooms": (rooms.case, 9700),
    "threats": (passes.threats_case, 200),
    "passes": (passes.twist_case, 150),
    "times": (times.case, len(times.CASES)),
}


def run(kind: str, seed: int, numbers: Iterable[int]) -> list[Found]:
    """The cases with these numbers that found something."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    case, _ = KINDS[kind]
    return [found for n in numbers if (found := case(seed, n)).what]


def main(given: Sequence[str] | None = None) -> int:
    """Run, print what was found, exit 1 if anything was."""
    asked = argparse.ArgumentParser(prog="./prove fuzz", description=(__doc__ or "").partition(":")[0])
    for kind, (_, count) in KINDS.items():
        asked.add_argument(f"--{kind}", type=int, default=count)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--only", type=int, help="one case of each kind whose count is not 0")
    said = vars(asked.parse_args(given))
    rows, began = [], time.monotonic()
    with ProcessPoolExecutor() as pool:
        for kind in KINDS:
            first, count = said["only"] or 0, said[kind]
            numbers = range(first, first + (count if said["only"] is None else min(count, 1)))
            each = max(1, len(numbers) // (4 * (os.cpu_count() or 1)))
            parts = [numbers[n : n + each] for n in range(0, len(numbers), each)]
            found = [one for part in pool.map(partial(run, kind, said["seed"]), parts) for one in part]
            rows.append((kind, len(numbers), len(found)))
            for what, count in Counter(one.what[:80] for one in found).most_common():
                first = next(one for one in found if one.what.startswith(what))
                say(f"{count} times {first.what}\n  {first.case}\n{first.trace}")
    table(("what", "cases", "found"), rows)
    say(f"\n{sum(count for _, count, _ in rows)} cases in {time.monotonic() - began:.0f} s.")
    return int(any(count for _, _, count in rows))


if __name__ == "__main__":
    sys.exit(main())
