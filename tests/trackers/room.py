"""Trackers and a TMI whose time is the test's, a ledger on disk, and passes through the real configuration."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from rig import Silent, TestClock
from tmi_issue_sync.config import load_settings
from tmi_issue_sync.report import Report
from tmi_issue_sync.sandbox import facts
from tmi_issue_sync.sandbox.azure import AzureSite
from tmi_issue_sync.sandbox.log import Entry
from tmi_issue_sync.sandbox.trackers import Site
from tmi_issue_sync.sandbox.world import World
from tmi_issue_sync.sync import Scope, Setup, run_pass
from tmi_issue_sync.wiring import Places, wired

WAIT, LATE, LAG, LAG_AFTER_ERRORS = 5.0, 60.0, 60.0, 120.0
"""What the trackers are declared to be, in the test's seconds: those are free, so that they may be long."""
SETTLE = WAIT + LATE + LAG_AFTER_ERRORS + 20
"""After so long every horizon is over, and every new ledger has settled."""

QUICK = "wait = 1\nlate = 0.5\nlag = 0.5\nlag_after_errors = 1\n"
DECLARED = f"wait = {WAIT}\nlate = {LATE}\nlag = {LAG}\nlag_after_errors = {LAG_AFTER_ERRORS}\n"


class Killed(BaseException):
    """The process dies here."""


class MortalClock(TestClock):
    """Whoever looks at it once it is stopped dies: a kill at a request that a server has ordered."""

    stopped = False

    def monotonic(self) -> float:
        if self.stopped:
            raise Killed
        return super().monotonic()

    def stop(self) -> None:
        self.stopped = True


class Room:
    """The world of one test, serving inside of `with`."""

    def __init__(
        self, place: Path, trackers: Iterable[str], models: Iterable[Mapping[str, Any]], *, honest: bool = True
    ) -> None:
        """Not `honest`: the trackers are declared to be quick, whatever the test lets them do."""
        self.clock = MortalClock()
        self.place = place
        self.world = World(tuple(trackers), clock=self.clock.world)
        self.world.load(models)
        self._process: ExitStack | None = None
        self._setup: Setup | None = None
        text = self.world.config()
        self.configure(text.replace(QUICK, DECLARED) if honest else text)

    def configure(self, text: str) -> None:
        """The config that the next process reads."""
        (self.place / "config.toml").write_text(text, encoding="utf-8")
        self.settings = load_settings(self.place / "config.toml")

    # -- the process -------------------------------------------------------------------------------------------

    @property
    def setup(self) -> Setup:
        """Of the process that runs; one is started where none does."""
        if self._setup is None:
            process = ExitStack()
            places = Places.of(self.settings, self.place)
            self._setup = process.enter_context(wired(self.settings, places, clock=self.clock)).setup
            self._process = process
        return self._setup

    def run(self, *, apply: bool = True) -> Report:
        """One pass. Raises Killed where the clock was stopped, and what `run_pass` raises."""
        try:
            return run_pass(self.setup, Scope(), progress=Silent(), apply=apply, approve=lambda _: True)
        except Killed:
            self.clock.stopped = False
            self.end()
            raise

    def end(self) -> None:
        """The process ends; the next pass is another's."""
        process, self._process, self._setup = self._process, None, None
        if process is not None:
            process.close()

    # -- its disk ----------------------------------------------------------------------------------------------

    def lose(self, *, lock: bool) -> None:
        """The ledger is gone; `lock`: what lies beside it, too."""
        self.end()
        for path in self.place.glob("ledger.db*"):
            if lock or not path.name.endswith(".lock"):
                path.unlink()

    def copy(self) -> None:
        """A backup of the ledger. An earlier one is overwritten."""
        self.end()
        if self._ledger.exists():
            shutil.copy2(self._ledger, self._backup)

    def restore(self) -> bool:
        """The backup, if there is one, takes the ledger's place; the lock's file stays, as it does for people."""
        self.end()
        if not self._backup.exists():
            return False
        self.lose(lock=False)
        shutil.copy2(self._backup, self._ledger)
        return True

    @property
    def _ledger(self) -> Path:
        return self.place / "ledger.db"

    @property
    def _backup(self) -> Path:
        return self.place / "backup.db"

    # -- the servers -------------------------------------------------------------------------------------------

    def land(self) -> None:
        """Late commits happen."""
        for server in self.world.servers.values():
            server.land()

    def lag(self, seconds: float) -> None:
        """Lists leave out what is younger."""
        for site in self.world.sites.values():
            _lag(site, seconds)

    def links(self) -> dict[str, str]:
        """What TMI shows, by threat."""
        return {row["id"]: str(row.get("issue_uri") or "") for row in self.world.tmi_site.threats()}

    def tickets(self) -> Counter[str]:
        """How many tickets were ever committed for each threat."""
        return Counter(ticket.threat_id for ticket in facts.made(self.world.log))

    def told(self, act: Callable[[], object]) -> list[Entry]:
        """What reached the servers' log meanwhile."""
        before = len(self.world.log.entries)
        act()
        return self.world.log.entries[before:]

    def __enter__(self) -> Self:
        self.world.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        self.world.close()


def _lag(site: Site, seconds: float) -> None:
    if isinstance(site, AzureSite):
        site.settings.lag = seconds
    else:
        cast(Any, site).set_lag(seconds)


def writes(entries: Iterable[Entry]) -> list[Entry]:
    """What changed something, at TMI or a tracker."""
    return [entry for entry in entries if entry.event == "commit"]
