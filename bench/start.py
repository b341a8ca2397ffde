"""How long a start takes: `sync --once` until its first request reaches TMI, and `--help` until it is printed.

python bench/start.py [--runs 9]

Exit 1 if the median of the first is a second or more, or if `--help` imports a client library.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime

from world import COMMAND, Stage, environment, invented, stage

from tmi_issue_sync.cli.show import say, table

MOST = 1.0
CLIENTS = ("httpx", "requests", "github", "jira", "gitlab", "sqlite_utils", "apscheduler", "jinja2")


def first_request(stage: Stage) -> float:
    """Seconds from the start of the process to the first line in the sandbox's log."""
    before = len(stage.world.log.entries)
    begin = datetime.now(UTC)
    stage.sync()
    return (stage.world.log.entries[before].at - begin).total_seconds()


def helping() -> float:
    begin = time.perf_counter()
    subprocess.run([*COMMAND, "--help"], env=environment(), check=True, capture_output=True)
    return time.perf_counter() - begin


def imported() -> list[str]:
    """Client libraries that `--help` imports."""
    command = [sys.executable, "-X", "importtime", *COMMAND[1:], "--help"]
    done = subprocess.run(command, env=environment(), check=True, capture_output=True, text=True)
    names = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    return sorted(names.intersection(CLIENTS))


def main() -> int:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    asked.add_argument("--runs", type=int, default=9)
    runs = asked.parse_args().runs
    with stage(invented(3, 10)) as fresh:
        fresh.sync("--yes", "--new-install")
        first = [first_request(fresh) for _ in range(runs)]
    helps = [helping() for _ in range(runs)]
    rows = [
        (what, *(f"{value:.2f}" for value in (statistics.median(took), min(took), max(took))))
        for what, took in (("sync --once: first request", first), ("--help: printed", helps))
    ]
    table(("seconds from the start", "median", "least", "most"), rows)
    clients = imported()
    say(f"\n--help imports {', '.join(clients) or 'no client library'}.")
    return int(statistics.median(first) >= MOST or bool(clients))


if __name__ == "__main__":
    sys.exit(main())
