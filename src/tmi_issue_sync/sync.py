"""One pass is the whole story: read TMI, look at the trackers, plan, apply, report."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterable
from copy import copy
from typing import Protocol

from structlog.contextvars import bound_contextvars

from .above import Above
from .apply import Hands
from .books import Books
from .decide import decide
from .errors import SyncError, TrackerError
from .gate import Gate
from .linking import Linker
from .making import Maker
from .model import TrackerKey
from .models import Models, wants_metadata
from .plan import CHANGES, Decision, Kind, Plan
from .planner import plan, with_parents
from .reading import Reader
from .report import Outcome, Report
from .setup import Scope, Setup
from .sight import Seen, Watcher
from .site import Site
from .sweep import Sweeper, strangers
from .viewer import Viewer

__all__ = ["Progress", "Scope", "Setup", "Site", "run_pass"]

FIRST_RUN = 10
"""More tickets than this on a first run want a person's word."""
STOPPED = "stopped before the end: the next pass goes on"


class Progress(Protocol):
    """Told how a pass goes; the bar and the plain lines of the command line implement it."""

    def stage(self, text: str) -> None: ...

    def expect(self, changes: int) -> None: ...

    def done(self, outcome: Outcome) -> None: ...


def run_pass(
    setup: Setup,
    scope: Scope,
    *,
    progress: Progress,
    apply: bool = True,
    approve: Callable[[Report], bool] = lambda _report: False,
    stop: Callable[[], bool] = lambda: False,
) -> Report:
    """Run one pass. `apply=False` ends after the plan. `approve` is asked once, before a first run makes
    more than ten tickets. `stop` is asked before each model is read and each change is made. Raises SyncError
    where no pass is possible."""
    report = Report(uuid.uuid4().hex[:12], setup.clock.now(), apply)
    if apply:  # a look is no pass: whoever asks whether passes go on must not count it
        setup.ledger.begin_run(report.run_id)
    try:
        with bound_contextvars(**{"pass": report.run_id}):
            _Pass(setup, scope, report, progress).run(apply, approve, stop)
    except SyncError as error:
        if apply:
            setup.ledger.end_run(report.run_id, error.exit_code, str(error))
        raise
    report.ended = setup.clock.now()
    if apply:
        setup.ledger.end_run(report.run_id, report.exit_code, report.remembered(), report.waiting)
    return report


class _Pass:
    """The steps of one pass, in their order."""

    def __init__(self, setup: Setup, scope: Scope, report: Report, progress: Progress) -> None:
        self._setup = setup
        self._scope = scope
        self._report = report
        self._progress = progress
        self._ledger = setup.ledger
        self._watcher = Watcher(setup.ledger, setup.clock)
        self._seen: dict[TrackerKey, Seen] = {}
        self._reader = Reader(setup.tmi, setup.ledger, scope, report)
        self._reads = self._reader.reads
        self._no_writer = setup.no_writer()
        self._linker = Linker(setup.tmi, setup.ledger, setup.clock, report.run_id, setup.version, self._no_writer)
        self._above = Above(setup.tmi, setup.ledger, setup.clock, report.run_id, self._watcher, self._seen)
        self._gate = Gate(setup.tmi, setup.ledger, self._seen, self._reads, self._no_writer, report.alerts)
        self._maker = Maker(
            tmi=setup.tmi,
            ledger=setup.ledger,
            clock=setup.clock,
            renderer=setup.renderer,
            instance=setup.instance,
            aliases=setup.aliases,
            run_id=report.run_id,
            linker=self._linker,
            watcher=self._watcher,
            above=self._above,
            gate=self._gate,
            seen=self._seen,
            reads=self._reads,
            decide=lambda threat, read: decide(threat, read, with_parents([read], self._viewer.view())),
            alerts=report.alerts,
        )
        self._viewer = Viewer(setup, scope, self._seen, self._maker, self._no_writer)
        self._hands = Hands(setup.ledger, self._linker, self._maker, self._seen)

    def run(self, apply: bool, approve: Callable[[Report], bool], stop: Callable[[], bool]) -> None:
        self._progress.stage("reading threat models")
        self._reader.read(stop)
        if stop():
            self._report.notes.append(STOPPED)
            return
        self._look()
        if apply:
            self._report.notes += self._maker.resolve(self._ledger.entries().values())
        found = self._plan()
        self._report.decisions = list(found.decisions)
        self._report.wanting = sum(decision.wants for decision in found.decisions)
        self._tell()
        if apply:
            Books(self._ledger).enter(found, self._reads, whole=not self._scope.threats)
            self._apply(self._approved(found, approve), found.spare, stop)
            self._report.notes += self._above.nest(self._gate.closed, stop)
            self._sweep()

    # -- look ----------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Every configured tracker, whatever the routes say now (Lo1)."""
        for site in self._setup.sites:
            self._progress.stage(f"looking at {site.key}")
            seen = self._watcher.look(site)
            self._seen[site.key] = seen
            self._report.looked += 1
            if seen.error is not None:
                error = _at(site, seen.error)
                self._report.alerts.append(error)
                self._report.closed[site.key] = error
        self._ledger.adopt()
        settled = all(self._ledger.site(site.key).settled for site in self._setup.sites)
        if self._ledger.settling() and settled:
            self._ledger.settled()

    # -- plan ----------------------------------------------------------------------------------------------

    def _plan(self) -> Plan:
        """Plan, with what no list row says of a model read where it is needed."""
        models = Models(self._setup.tmi, self._ledger, self._setup.clock, self._report.alerts)
        if wants_metadata(self._setup.routes, self._setup.default):
            self._reads |= {read.model.id: read for read in models.metadata(self._reads.values())}
        found = plan(self._reads.values(), self._viewer.view())
        return plan(self._reads.values(), self._viewer.view()) if models.confidential(found) else found

    def _tell(self) -> None:
        """What a person should know and no decision says: settling, links that wait, another instance."""
        text, _ = self._viewer.settling()
        if text and self._report.wanting:
            why = "this ledger is new, or not the last one, so every tracker is watched before anything is made"
            self._report.notes.append(f"{text}: {why}")
        if self._no_writer:
            self._report.notes.append(f"links wait: {self._no_writer}")
        self._report.alerts += strangers(self._ledger, self._setup.ours)

    # -- apply ---------------------------------------------------------------------------------------------

    def _approved(self, found: Plan, approve: Callable[[Report], bool]) -> list[Decision]:
        """The decisions to act on; a first run of more than ten tickets wants a person's word first."""
        actions = [decision for decision in found.decisions if decision.kind in CHANGES]
        creates = [decision for decision in actions if decision.kind is Kind.CREATE]
        if len(creates) <= FIRST_RUN or not self._ledger.first_run():
            if creates and self._scope == Scope():  # a pilot is no word for the rest
                self._ledger.set("approved", self._setup.clock.now().isoformat())
            return actions
        self._report.approval = len(creates)
        if approve(self._report):
            self._ledger.set("approved", self._setup.clock.now().isoformat())
            self._report.approval = 0
            return actions
        return [decision for decision in actions if decision.kind is not Kind.CREATE]

    def _apply(self, actions: list[Decision], spare: Iterable[Decision], stop: Callable[[], bool]) -> None:
        """The budget is spent by creates that are sent: one that could not be leaves its turn to the next (Cr5)."""
        self._progress.stage("making tickets")
        self._progress.expect(len(actions))
        todo, spare = deque(actions), deque(() if self._report.approval else spare)
        while todo:
            if stop():
                self._report.notes.append(STOPPED)
                break
            decision, before = todo.popleft(), self._maker.sent
            outcome = self._hands.act(decision)
            self._report.outcomes.append(outcome)
            self._progress.done(outcome)
            if spare and decision.kind is Kind.CREATE and self._maker.sent == before:
                todo.append(spare.popleft())
        for key, closed in self._gate.closed.items():
            if closed.seconds is None:  # else time alone opens it
                self._report.closed.setdefault(key, closed)
        if self._report.outcomes:
            self._progress.stage("verifying links")
        verified = {outcome.decision.threat.id: outcome for outcome in self._linker.verify()}
        self._report.outcomes = [verified.get(o.decision.threat.id, o) for o in self._report.outcomes]
        self._report.alerts += self._linker.alerts

    # -- sweep ---------------------------------------------------------------------------------------------

    def _sweep(self) -> None:
        """Of several open tickets of one threat, close ours that are too many; links were moved before (Sw2)."""
        shown = {threat.id: threat.issue_uri for read in self._reads.values() for threat in read.threats}
        shown |= {read.model.id: read.model.issue_uri for read in self._reads.values()}
        written = [o for o in self._report.outcomes if o.wrote and o.error is None]
        shown |= {outcome.decision.threat.id: outcome.url for outcome in written}
        report, setup = self._report, self._setup
        whole = self._scope == Scope() and self._reader.whole
        sweeper = Sweeper(
            self._ledger, setup.clock, report.run_id, self._seen, setup.ours, shown, whole, report.alerts
        )
        sweeper.run()
        report.notes += sweeper.notes


def _at(site: Site, error: TrackerError) -> TrackerError:
    """The same error, naming its tracker: two of a kind fail alike."""
    if error.why.startswith(site.name):
        return error
    named = copy(error)
    named.why = f"{site.name}: {error.why}"
    return named
