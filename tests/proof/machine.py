"""The machine that the daemon runs on: processes that start, pass, die and start again over the shipped code."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import cache
from unittest import mock

from pydantic import BaseModel

from tmi_issue_sync import clock as clock_module
from tmi_issue_sync.cli.hand import _allowed
from tmi_issue_sync.errors import ConfigError, LedgerError, Locked, SyncError, UsageError
from tmi_issue_sync.ledger import Ledger
from tmi_issue_sync.plan import Policy
from tmi_issue_sync.render import Renderer
from tmi_issue_sync.report import Outcome, Report
from tmi_issue_sync.rules import Destination
from tmi_issue_sync.sync import Scope, Setup, Site, run_pass
from tmi_issue_sync.tracker import guarded

from . import invariants as must
from .disk import PointedLock, struck
from .faults import PowerCut, Strike
from .issue_door import door_class
from .threat_door import ThreatDoor
from .world import World

FATAL = (ConfigError, LedgerError, Locked)
"""What ends the service (as the service has it)."""


class Target(BaseModel):
    project: str


class Silent:
    """Hears how a pass goes and says nothing."""

    def stage(self, text: str) -> None: ...

    def expect(self, changes: int) -> None: ...

    def done(self, outcome: Outcome) -> None: ...


@cache
def _renderer(instance: str) -> Renderer:
    """Its templates are compiled once for all worlds; it keeps nothing else."""
    return Renderer(instance, None)


class Machine:
    """One daemon, process after process."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._stack = ExitStack()
        self._setup: Setup | None = None
        self._started = 0

    # -- processes -----------------------------------------------------------------------------------------

    def start(self) -> Setup:
        world = self.world
        world.points.revive()
        self._stack.enter_context(mock.patch.object(clock_module, "_PROCESS", f"process {self._started}"))
        self._started += 1
        lock = self._stack.enter_context(PointedLock(world.disk.ledger, world.points))
        with struck(world.points):
            ledger = Ledger.open(
                world.disk.ledger,
                instance=world.instance,
                clock=world.clock,
                lock=lock,
                aliases=world.aliases,
            )
        self._stack.callback(ledger.close)
        if self._started == 1 and world.terms.new_install:
            ledger.new_install()
        world.door = ThreatDoor(world.threats, world.points, world.time, world.clock)
        self._setup = self._wired(ledger, world.door)
        return self._setup

    def _wired(self, ledger: Ledger, door: ThreatDoor) -> Setup:
        world = self.world
        sites, places = [], {}
        for name, state in world.configured.items():
            issues = world.trackers[name]
            told = (world.on_create, world.on_strike, world.on_close, world.on_nest)
            door_of = door_class(closes=world.terms.closes, nests=world.terms.nests)
            inner = door_of(issues, world.points, world.time, *told)
            kept = world.terms.kept and name == "a"
            retired = state == "retired"
            site = Site(name, issues.key, guarded(inner), issues.traits, confidential=kept, retired=retired)
            sites.append(replace(site, close_superseded=world.terms.closes))
            to = Destination(name, issues.key, Target(project="SEC"), issues.traits, confidential=kept)
            places[name] = replace(to, parent=to) if world.parents else to
        return Setup(
            tmi=door,
            sites=tuple(sites),
            routes=(),
            default=places.get(world.route),
            renderer=_renderer(world.instance),
            ledger=ledger,
            clock=world.clock,
            policy=Policy(quiet=world.terms.quiet),
            instance=world.instance,
            aliases=world.aliases,
            version=lambda: "simulated",
        )

    def stop(self) -> None:
        """It ends, in whatever way: files are closed, nothing else happens."""
        with suppress(SyncError):
            self._stack.close()
        self._stack, self._setup, self.world.door = ExitStack(), None, None

    # -- a pass --------------------------------------------------------------------------------------------

    def run(self, strikes: Iterable[Strike] = ()) -> Report | None:
        """One pass, in the running process or in a new one. None: it did not come to its end."""
        world = self.world
        strikes = tuple(strikes)
        world.points.arm(strikes)
        world.passes += 1
        world.slack += bool(strikes)
        world.turned.clear()
        try:
            setup = self._setup or self.start()
            report = run_pass(setup, Scope(), progress=Silent(), approve=lambda _report: True)
        except PowerCut:
            world.say("daemon", "dies")
            self.stop()
        except FATAL as error:
            world.say("daemon", f"ends: {error}")
            self.stop()
        except SyncError as error:
            world.say("daemon", f"pass fails: {error}")
        except Exception as error:  # noqa: BLE001 - a bug of ours is a finding, whatever it is
            world.judge("no traceback", f"{type(error).__name__}: {error}")
            self.stop()
        else:
            self._over(setup, report)
            return report
        finally:
            world.traces.append(tuple(world.points.trace))
        return None

    def _over(self, setup: Setup, report: Report) -> None:
        """A pass came to its end: what it must have left behind."""
        world = self.world
        world.say("daemon", f"pass {world.passes}: {report.summary()}")
        decided = {decision.threat.id for decision in report.decisions if decision.reason}
        live = [row for row in world.threats.rows.values() if not row.deleted]
        shown = {row.id for row in live} | {row.model for row in live if world.parents}
        clean = not world.points.faulty
        world.judge("L2", "a threat has no decision with a reason" if clean and shown - decided else None)
        for known in setup.ledger.tickets():
            if known.gone_since is not None and (held := world.holder(known.url)):
                world.judge("S5", must.S5(world, held[1]))
        planned = [decision.threat for decision in report.decisions]
        world.disk.opted_out |= {row.id for row in planned if row.issue_uri.strip().lower() == "n/a"}

    # -- the operator --------------------------------------------------------------------------------------

    def by_hand(self, what: str, threat_id: str) -> None:
        """A command of the operator's, in a process of its own."""
        world = self.world
        world.points.arm(())
        self.stop()
        try:
            setup = self.start()
            if what == "skip":
                setup.ledger.skip(threat_id)
                world.disk.opted_out.add(threat_id)
            elif what == "retry" and (setup.ledger.entry(threat_id) or setup.ledger.tickets_of(threat_id)):
                setup.ledger.retry(threat_id)
                self._forgiven(threat_id)
            elif what == "new ticket":
                self._new_ticket(setup, threat_id)
        except SyncError as error:
            world.say("operator", f"{what}: {error}")
        finally:
            self.stop()

    def _forgiven(self, threat_id: str) -> None:
        world, row = self.world, self.world.threats.row(threat_id)
        world.disk.opted_out.discard(threat_id)
        world.slack += 3
        row.forgiven |= row.excuses & {"rejected"} | ({"held back before"} if row.lost or row.unlinked else set())
        row.unlinked = row.lost = 0
        row.excuses.discard("rejected")

    def _new_ticket(self, setup: Setup, threat_id: str) -> None:
        """As the command does it: a pass that only looks, then the conditions of Id5."""
        if not setup.ledger.tickets_of(threat_id):
            return
        report = run_pass(setup, Scope.one(setup.ledger, threat_id), progress=Silent(), apply=False)
        if report.alerts:
            raise UsageError("the look was not complete")
        _allowed(setup.ledger, threat_id)
        generation = setup.ledger.new_generation(threat_id)
        self.world.say("operator", f"new ticket: generation {generation}")
        self.world.threats.row(threat_id).excuses.add("new ticket")
        self._forgiven(threat_id)
