"""What TMI shows of what a pass is about: all of it, a pilot's models and threats, or what a word woke it for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from .errors import NeedsPerson, TmiDenied, TmiError, UsageError
from .ledger import Ledger
from .ledger.rows import Link, Side
from .model import ModelRead, ThreatModel
from .report import Report
from .setup import Scope
from .tmi.door import Tmi
from .tmi.wire import Passing

TOLD = 3
"""Models that could not be read and are named; more are counted."""
THREAT_ID = "A threat's id is the last part of its URL in TMI, and in `plan --json`."


@dataclass(slots=True)
class Reader:
    """Of one pass. A model that can't be read is an alert, and changes nothing."""

    tmi: Tmi
    ledger: Ledger
    scope: Scope
    report: Report
    reads: dict[str, ModelRead] = field(default_factory=dict)
    whole: bool = False
    """Every model in scope was read."""

    def read(self, stop: Callable[[], bool]) -> None:
        """Threats of every model in scope. Raises TmiError where TMI answers nothing, UsageError for a slip."""
        models = self._listed()
        full = [model for model in models if self._full(model)]
        failed = 0
        for read in self.tmi.read(full):
            if stop():
                return
            if isinstance(read, ModelRead):
                self.reads[read.model.id] = self._pilot(read)
            else:
                failed += 1
                if failed <= TOLD:
                    self.report.alerts.append(read[1])
        if failed > TOLD:
            self.report.alerts.append(TmiError(f"{failed} threat models could not be read in this pass"))
        self.whole = not failed
        self._found(models)
        self.report.models = len(models)
        self.report.threats = sum(len(read.threats) for read in self.reads.values())

    def _listed(self) -> list[ThreatModel]:
        """All models in scope; each by itself where these are few and known by their ids."""
        if self.scope.woken:
            return [model for model in map(self._woken, sorted(self.scope.models)) if model is not None]
        return [model for model in self.tmi.threat_models() if self._in_scope(model)]

    def _woken(self, model_id: str) -> ThreatModel | None:
        """One that TMI keeps from us, or can't show, is no trouble of the others; that TMI is down, is."""
        try:
            return self.tmi.threat_model(model_id)
        except (NeedsPerson, Passing):
            raise
        except TmiDenied as error:  # word comes of models that are not for us
            self.report.notes.append(f"woken for a threat model that is not for us: {error.why}")
        except TmiError as error:
            self.report.alerts.append(error)
        return None

    def _in_scope(self, model: ThreatModel) -> bool:
        wanted = self.scope.models
        return not wanted or model.id in wanted or model.name in wanted

    def _full(self, model: ThreatModel) -> bool:
        """A count of 0 only spares the call this time; not where TMI shows no link to the model's own ticket."""
        if model.threat_count > 0:
            return True
        entry = self.ledger.entry(model.id)
        wanted = entry is not None and entry.side is Side.CREATED and entry.link is not Link.OPTED_OUT
        return wanted and not model.issue_uri.strip()

    def _pilot(self, read: ModelRead) -> ModelRead:
        wanted = self.scope.threats
        if not wanted:
            return read
        return replace(read, threats=tuple(t for t in read.threats if t.id in wanted or t.name in wanted))

    def _found(self, listed: list[ThreatModel]) -> None:
        """A pilot that names what TMI does not show is a slip of the pen, and no empty pass."""
        if self.scope.woken:
            return
        models = {name for model in listed for name in (model.id, model.name)}
        threats = [threat for read in self.reads.values() for threat in read.threats]
        names = Counter(threat.name for threat in threats)
        if lost := sorted(self.scope.models - models):
            raise UsageError(f"TMI shows no model {lost[0]!r}", todo="`plan` lists them; is its name exact?")
        if lost := sorted(self.scope.threats - names.keys() - {threat.id for threat in threats}):
            raise UsageError(f"TMI shows no threat {lost[0]!r}", todo=THREAT_ID)
        if many := sorted(name for name in self.scope.threats if names[name] > 1):
            raise UsageError(f"TMI shows {names[many[0]]} threats named {many[0]!r}", todo=THREAT_ID)
