"""The same tape for everybody: tickets made per threat, by fault, for the product and for what people use instead.

./prove rivals

Every cell is a sandbox of its own with three threats, over real HTTP. Each program is started every minute, as cron
does it, and is struck by the same faults. What counts is what the sandbox holds in the end.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog

from proof.contestants import SCRIPTS, command, run
from proof.places import Place, place
from rig import model, threat
from tmi_issue_sync.cli.show import say, table
from tmi_issue_sync.errors import SyncError
from tmi_issue_sync.tracker import installed, load

OURS = {"ours, GitHub": "github", "ours, Jira": "jira", "ours, GitLab": "gitlab"}
"""This program."""
WHO = {name: tracker for name, (tracker, _) in SCRIPTS.items()} | OURS
"""To which tracker each makes its tickets."""
N = 3
RUNS = 8
MINUTE = 60.0
LAG = 100.0
CREATE = r"/issues?$"
LINK = r"/threats/"


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the table: what goes wrong, and who pays for it."""

    name: str
    strike: Callable[[Place], None] = lambda _world: None
    lag: float = 0.0
    """Seconds for which lists leave a new ticket out."""
    kill: bool = False
    """The first run is a process, killed when it asks for its first link to be written."""
    after: Callable[[Place], None] = lambda _world: None
    """What happens after the first run."""
    doubles: frozenset[str] = frozenset()
    """Who makes a second ticket."""
    asks: bool = False
    """We ask a person: three creates in a row left nothing, where no list has shown a ticket yet."""


def _create(kind: str, times: int = 3, **more: Any) -> Callable[[Place], None]:
    return lambda world: world.strike(kind, site=world.tracker, path=CREATE, times=times, **more)


def _no_link(world: Place) -> None:
    """TMI is down for writes: what our probe and everybody's write-back need."""
    for method, path in (("PUT", LINK), ("PATCH", LINK)):
        world.strike("status-before", site="tmi", method=method, path=path, times=N, nth=2, status=503)


def _forget(world: Place) -> None:
    """A new container without its volume."""
    for path in (world.ledger_path, world.ledger_path.with_name(world.ledger_path.name + ".lock")):
        path.unlink(missing_ok=True)
    world.new_install = False


NAIVE = frozenset(SCRIPTS) - {"looks for the title"}
ALL = frozenset(SCRIPTS)
FAULTS = (
    Fault("none"),
    Fault("reply lost: RST", _create("drop-after"), doubles=NAIVE),
    Fault("reply lost: RST, eleven times", _create("drop-after", times=11), doubles=NAIVE),
    Fault("reply lost: FIN", _create("fin-after"), doubles=NAIVE),
    Fault("reply cut in half", _create("truncate"), doubles=NAIVE),
    Fault("no reply in time", _create("hang-after", seconds=1.4), doubles=NAIVE),
    Fault("502 after the commit", _create("status-after", status=502), doubles=NAIVE),
    Fault("503 before the commit", _create("status-before", times=1, status=503)),
    Fault("503 before the commit, three times", _create("status-before", status=503), asks=True),
    Fault("429 before the commit", _create("status-before", status=429, retry_after="1")),
    Fault("write-back refused: 503", _no_link, doubles=NAIVE),
    Fault("killed before the write-back", kill=True, doubles=NAIVE),
    Fault("killed, ticket closed by a person", kill=True, after=Place.close_all, doubles=ALL),
    Fault("killed, the list lags 100 s", kill=True, lag=LAG, doubles=ALL),
    Fault("reply lost, the list lags 100 s", _create("drop-after", times=1), lag=LAG, doubles=ALL),
    Fault("the same, and state lost", _create("drop-after", times=1), lag=LAG, after=_forget, doubles=ALL),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """What one program made of one fault."""

    fault: str
    who: str
    made: tuple[int, ...]
    """Tickets of each threat."""
    linked: int

    @property
    def most(self) -> int:
        return max(self.made)


def measure(faults: Iterable[Fault] = FAULTS, who: Iterable[str] = WHO) -> list[Cell]:
    """Every program under every fault; most of the time is waiting, so they run side by side."""
    pairs = [(fault, name) for fault in faults for name in who]
    for name in installed():
        load(name)  # before there are threads: of two that import one package, Python may call it a deadlock
    with ThreadPoolExecutor(12) as pool:
        return list(pool.map(lambda pair: cell(*pair), pairs))


def cell(fault: Fault, who: str) -> Cell:
    """One program under one fault, in a world of its own."""
    models = model(*(threat(n) for n in range(N)))
    with TemporaryDirectory(prefix="rivals-") as state, place(WHO[who], Path(state), models) as world:
        world.lists_late(fault.lag)
        fault.strike(world)
        for n in range(RUNS):
            (_killed if fault.kill and n == 0 else _one_run)(world, who)
            if n == 0:
                fault.after(world)
            world.wait(MINUTE)
        titles = world.titles()
        made = tuple(sum(f"Threat number {n}" in title for title in titles) for n in range(N))
        return Cell(fault.name, who, made, sum(map(bool, world.links().values())))


def _one_run(world: Place, who: str) -> None:
    """Cron starts it; how it ends is nobody's business until the next minute."""
    if who in OURS:
        with suppress(SyncError):
            world.run()
        return
    with suppress(Exception):
        run(world.servers(), SCRIPTS[who][1])


def _killed(world: Place, who: str) -> None:
    """SIGKILL when the first link is on its way. Our own first PATCH is the probe of the right to write."""
    pid: list[int] = []
    nth = 2 if who in OURS else 1
    where: dict[str, Any] = {"site": "tmi", "method": "PATCH", "path": LINK, "nth": nth}
    world.strike("call-before", **where, action=lambda: os.kill(pid[0], signal.SIGKILL))
    asked = _our_command(world) if who in OURS else command(world.servers(), who)
    clean = {key: value for key, value in os.environ.items() if not key.startswith("TMI_")}
    with subprocess.Popen(asked, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean) as process:
        pid.append(process.pid)
        process.wait(60)
    if process.returncode != -signal.SIGKILL:
        raise RuntimeError(f"{who} was not killed: it ended with {process.returncode}")


def _our_command(world: Place) -> list[str]:
    config = world.state / "config.toml"
    config.write_text(world.config())
    program = [sys.executable, "-m", "tmi_issue_sync", "--config", str(config), "--state", str(world.state)]
    return [*program, "sync", "--once"]


def main(given: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where the product made more or less than it should: one ticket of a threat, or none."""
    asked = argparse.ArgumentParser(prog="./prove rivals", description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--only", nargs="+", metavar="FAULT", choices=[fault.name for fault in FAULTS])
    only = asked.parse_args(given).only
    faults = [fault for fault in FAULTS if not only or fault.name in only]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    began = time.monotonic()
    cells = measure(faults)
    by_fault = {fault.name: [cell for cell in cells if cell.fault == fault.name] for fault in faults}
    say(f"Tickets made for each of {N} threats; every program runs {RUNS} times, a minute apart.\n")
    rows: list[tuple[object, ...]] = [
        (name, *(" ".join(map(str, cell.made)) for cell in found)) for name, found in by_fault.items()
    ]
    mine = [[cell for cell in cells if cell.who == who] for who in WHO]
    rows.append(("tickets in all", *(sum(sum(cell.made) for cell in each) for each in mine)))
    rows.append(("threats without a ticket", *(sum(cell.made.count(0) for cell in each) for each in mine)))
    rows.append(("duplicates", *(sum(max(0, made - 1) for cell in each for made in cell.made) for each in mine)))
    table(("fault", *WHO), rows)
    say(f"\n{len(faults)} faults, {len(cells)} worlds, {time.monotonic() - began:.0f} s.")
    wanted = {fault.name: 0 if fault.asks else 1 for fault in faults}
    ours = [cell for cell in cells if cell.who in OURS]
    return int(any({*cell.made, cell.linked / N} != {wanted[cell.fault]} for cell in ours))


if __name__ == "__main__":
    sys.exit(main())
