"""What a pass did: counts, failures, what waits and until when, and the exit code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from .errors import SyncError
from .model import TrackerKey
from .plan import Decision, Kind

WHY = 160
"""Characters of an error that the ledger keeps of a pass; the log has all of it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far the pass came with one decision. `error` is None where all went well."""

    decision: Decision
    text: str
    """What happened, in words: "created example/threats#5 and linked"."""
    url: str = ""
    error: SyncError | None = None
    waits: float | None = None
    """Seconds after which another pass would get further, where that can be told."""
    created: bool = False
    wrote: bool = False


@dataclass(slots=True)
class Report:
    """One pass. Filled while it runs, read when it is over."""

    run_id: str
    started: datetime
    applied: bool
    ended: datetime | None = None
    decisions: list[Decision] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    alerts: list[SyncError] = field(default_factory=list)
    """Trouble of the pass as a whole: a model that could not be read, a tracker that is closed."""
    closed: dict[TrackerKey, SyncError] = field(default_factory=dict)
    """Trackers that took nothing more in this pass for another reason than time, and why; alerts tell it, too."""
    notes: list[str] = field(default_factory=list)
    """What a person should know and need not mend: settling, budgets, duplicates."""
    looked: int = 0
    """Trackers that the pass looked at."""
    models: int = 0
    threats: int = 0
    wanting: int = 0
    """Threats that want a ticket and have none yet, those that wait included."""
    approval: int = 0
    """How many tickets the first run would make without a person's word; 0 where that is given."""

    def counts(self) -> dict[str, int]:
        """Decisions by kind, every kind present."""
        found = Counter(decision.kind for decision in self.decisions)
        return {str(kind): found[kind] for kind in Kind}

    @property
    def created(self) -> int:
        return sum(outcome.created for outcome in self.outcomes)

    @property
    def waiting(self) -> int:
        """Threats that it leaves without the ticket that they want."""
        return max(0, self.wanting - self.created)

    @property
    def changed(self) -> bool:
        """Whether anything was made or written."""
        return any(outcome.created or outcome.wrote for outcome in self.outcomes)

    @property
    def failed(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.error is not None]

    @property
    def waits(self) -> float | None:
        """Seconds until the next pass would get further; None where nothing waits for time alone."""
        times = [outcome.waits for outcome in self.outcomes if outcome.waits is not None]
        times += [decision.seconds for decision in self.decisions if decision.seconds is not None]
        return min(times, default=None)

    def summary(self) -> str:
        """One line for people."""
        linked = sum(outcome.wrote and outcome.error is None for outcome in self.outcomes)
        parts = [f"{self.threats} threats in {self.models} models", f"{self.created} created", f"{linked} linked"]
        parts += [f"{self.waiting} waiting"] if self.waiting else []
        parts += [f"{len(self.failed)} failed"] if self.failed else []
        return ", ".join(parts)

    def remembered(self) -> str:
        """The line for the ledger's table of runs: the summary, and why the pass came to little."""
        errors = [*self.alerts, *(outcome.error for outcome in self.failed if outcome.error)]
        whys = [f"{self.approval} tickets wait for a person's word (--yes)"] if self.approval else []
        whys += [" ".join(error.why.split()) for error in errors[:1]]
        return ": ".join([self.summary(), *(why if len(why) <= WHY else f"{why[: WHY - 1]}…" for why in whys[:1])])

    @property
    def exit_code(self) -> int:
        """Design section 7: the worst that happened; a wait and a parked threat are no failure."""
        codes = {alert.exit_code for alert in self.alerts}
        if self.failed:
            codes.add(1)
        if self.approval:
            codes.add(77)
        return next((code for code in (78, 75, 77, 69, 2, 1) if code in codes), 0)
