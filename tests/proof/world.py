"""The world: TMI, trackers, a machine with its clock and disk, people; one seedable whole in virtual time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tmi_issue_sync.model import Draft, Marker
from tmi_issue_sync.tracker import Traits

from . import invariants as must
from .disk import Disk
from .faults import Points, Strike
from .issues import HOME, US, Issues
from .issues import Row as Ticket
from .threat_door import ThreatDoor
from .threats import Row as Threat
from .threats import Threats
from .times import MachineClock, Time

INSTANCE = "https://tmi.example.com"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a world is made of; everything else happens to it."""

    threats: int = 3
    models: int = 1
    wait: float = 60.0
    late: float = 120.0
    lag: float = 120.0
    new_ids: bool = False
    own_only: bool = True
    confidential: bool = False
    """The last model is confidential."""
    kept: bool = False
    """The operator declares that tracker `a` keeps tickets confidential."""
    closes: bool = True
    """The adapters can close duplicates, and superseded tickets of ours are closed."""
    new_install: bool = True
    quiet: float = 60.0
    dated: bool = True
    """Trackers send a `Date`; without one a wait begins again in each process (time rule)."""
    parents: bool = False
    """Threat models get tickets as well, above those of their threats."""
    nests: bool = False
    """The adapters put a ticket below another by a request of its own; else the create says it."""
    beyond: float = 1.0
    """More than 1: lags and late commits last so many times longer than declared (protocol 10.1)."""


@dataclass(frozen=True, slots=True)
class Broken:
    """An invariant that did not hold, and when."""

    name: str
    why: str
    at: float

    def __str__(self) -> str:
        return f"{self.name} at {self.at:.0f} s: {self.why}"


@dataclass
class World:
    """Everything outside the process, as values, and the record of what the servers committed."""

    terms: Terms
    place: Path
    strike: Callable[[World, Strike], None] = lambda _world, _strike: None
    """What a person does while a pass runs."""
    time: Time = field(default_factory=Time)
    record: list[tuple[float, str, str]] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    checks: Counter[str] = field(default_factory=Counter)
    passes: int = 0
    traces: list[tuple[str, ...]] = field(default_factory=list)
    """The steps of each pass."""

    def __post_init__(self) -> None:
        terms = self.terms
        self.clock = MachineClock(self.time)
        self.disk = Disk(self.place)
        self.points = Points(lambda strike: self.strike(self, strike), self.say)
        self.threats = Threats(self.time, self._on_put)
        self.threats.parents = self.parents = terms.parents
        """Of all schedule, and of the config that is there now."""
        for n in range(terms.threats):
            model = n % terms.models
            last = model == terms.models - 1
            self.threats.add(f"m{model}", confidential=terms.confidential and last)
        self.trackers = {name: self._tracker(name) for name in ("a", "b")}
        self.instance = INSTANCE
        self.aliases: frozenset[str] = frozenset()
        self.configured: dict[str, str] = {"a": "active"}
        """Trackers in the config: `active` or `retired`."""
        self.route = "a"
        self.lied: set[str] = set()
        """Trackers whose lists lied while nothing was known there (protocol 10.3)."""
        self.extra: dict[str, set[str]] = defaultdict(set)
        """Tickets too many behind that limit, by tracker: two at the most."""
        self.turned: set[str] = set()
        """Trackers that became public while a pass ran."""
        self.slack = 0
        """Passes whose restores may not have been counted: they were struck."""
        self.door: ThreatDoor | None = None
        """The running process's door to TMI."""

    def _tracker(self, name: str) -> Issues:
        terms = self.terms
        traits = Traits(
            wait=terms.wait,
            late=terms.late,
            lag=terms.lag,
            lag_after_errors=terms.lag * 2,
            title_max=200,
            body_max=4000,
            confidential=False,
            hosts=(f"{name}.example",),
        )
        issues = Issues(name, self.time, traits, new_ids=terms.new_ids, own_only=terms.own_only)
        issues.beyond, issues.dated = terms.beyond, terms.dated
        return issues

    # -- the record ----------------------------------------------------------------------------------------

    def say(self, who: str, what: str) -> None:
        self.record.append((self.time.now, who, what))

    def judge(self, name: str, why: str | None) -> None:
        """One check of one invariant."""
        self.checks[name] += 1
        if why:
            self.broken.append(Broken(name, why, self.time.now))
            self.say("VIOLATION", f"{name}: {why}")

    def tickets(self, threat_id: str) -> list[tuple[Issues, Ticket]]:
        """Every ticket on any server that carries the threat's marker or was made for it."""
        return [
            (issues, row)
            for issues in self.trackers.values()
            for row in issues.rows
            if row.marker is not None and row.marker.threat_id == threat_id
        ]

    def holder(self, url: str) -> tuple[Issues, Ticket] | None:
        """The ticket that a URL leads to."""
        for issues in self.trackers.values():
            if row := issues.find(url):
                return issues, row
        return None

    def shown(self, threat_id: str) -> Threat | None:
        """What the running process was shown last of a threat."""
        return self.door.shown.get(threat_id) if self.door else None

    # -- what the servers are told -------------------------------------------------------------------------

    def on_create(self, issues: Issues, draft: Draft) -> Callable[[bool], Ticket]:
        """A create arrives: judged now, committed when the fault lets it."""
        threat = self.threats.row(draft.marker.threat_id)
        above = issues.find(draft.parent) if draft.parent else None
        self.judge("S4", must.S4(self, threat))
        self.judge("S7", must.S7(self, issues, threat))
        self.judge("S3", must.S3_create(self, threat))
        if self.parents and not threat.whole:
            self.judge("F1", must.F1_create(self, issues, threat, above, draft.body))
        marker = Marker.parse(f"{draft.body}\n\n{draft.marker.block()}")
        self.disk.knows.add(draft.request_id)

        def commit(dropped: bool) -> Ticket:
            row = issues.commit(marker, US, ours=True)
            row.request, row.made_for = draft.request_id, threat.id
            row.named = above
            row.above = None if self.terms.nests else above
            below = f", which names {above.number}" if above else ""
            self.say(issues.name, f"commits {row.number} for {threat} generation {draft.marker.generation}{below}")
            self.judge("S1", must.S1(self, issues, row))
            if dropped:
                row.marker = None
                threat.excuses.add("marker dropped")
            return row

        return commit

    def on_close(self, issues: Issues, row: Ticket) -> None:
        """A close of ours is about to be committed."""
        self.say(issues.name, f"closes {row.number} for us")
        self.judge("S5", must.S5_close(self, row))

    def on_nest(self, issues: Issues, row: Ticket, above: Ticket) -> None:
        """A ticket is about to be put below another."""
        self.judge("F1", must.F1_nest(self, row, above))
        self.say(issues.name, f"puts {row.number} below {above.number}")
        row.above = above

    def _controlled(self, issues: Issues) -> bool:
        """Whether the ledger knows a ticket that an honest list would show: a lie can be noticed (Lo6)."""
        there = (row for row in issues.rows if row.project == HOME and not row.deleted and row.author == US)
        return any(self.disk.remembers(issues.key.host, row.ids) for row in there if not row.hidden)

    def on_strike(self, issues: Issues, kind: str, threat_id: str) -> None:
        """A fault strikes a tracker's answer: what that excuses."""
        if kind == "false-empty" and not self._controlled(issues):
            self.lied.add(issues.name)
        if kind == "503" or kind.startswith("500"):
            issues.stumble()
        if kind == "rejected":
            self.threats.row(threat_id).excuses.add("rejected")
        if kind in ("lost-before", "500-before", "nonsense-before", "cut-before"):
            self.threats.row(threat_id).lost += 1

    def _on_put(self, row: Threat, read: Threat, url: str) -> None:
        self.say("tmi", f"commits the link of {row}: {url}")
        if not row.whole:  # a PATCH names nothing but the link
            self.judge("S2", must.S2(self, row, read))
        self.judge("S3", must.S3(self, row, read, url))
