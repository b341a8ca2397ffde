"""What no list row says of a threat model: read where a plan needs it, and kept in the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from .clock import Clock
from .errors import SyncError, TmiError
from .ledger import Ledger
from .ledger.rows import Entry, Link, Side
from .model import ModelRead, Threat, ThreatModel
from .plan import Kind, Plan
from .render import asks_metadata
from .rules import Destination, Route
from .tmi.door import Tmi

KEPT = timedelta(hours=1)
"""For so long metadata that was read is believed: people change it, and TMI says nothing of it."""


@dataclass(frozen=True, slots=True)
class Models:
    """Asks TMI; what can't be read is an alert, and stays unknown."""

    tmi: Tmi
    ledger: Ledger
    clock: Clock
    alerts: list[SyncError]

    def confidential(self, found: Plan) -> bool:
        """Learn it of the models whose threats were refused for not knowing, once for good. Was anything asked?"""
        known = self.ledger.confidential()
        asked = {d.threat.model.id: d.threat.model for d in found.of(Kind.REFUSED)}
        unknown = [model for model_id, model in asked.items() if model_id not in known]
        for model in unknown:
            try:
                self.ledger.set_confidential(model.id, self.tmi.is_confidential(model))
            except TmiError as error:
                self.alerts.append(error)
        return bool(unknown)

    def metadata(self, reads: Iterable[ModelRead]) -> Iterator[ModelRead]:
        """The reads of models that have a threat to be decided about, with the models' metadata."""
        known, entries = self.ledger.metadata(self.clock.now() - KEPT), self.ledger.entries()
        for read in reads:
            if not any(_undecided(threat, entries.get(threat.id)) for threat in read.threats):
                continue
            try:
                pairs = known.get(read.model.id)
                yield _with(read, replace(read.model, metadata=self._read(read.model) if pairs is None else pairs))
            except TmiError as error:
                self.alerts.append(error)

    def _read(self, model: ThreatModel) -> tuple[tuple[str, str], ...]:
        pairs = self.tmi.metadata(model)
        self.ledger.set_metadata(model.id, pairs)
        return pairs


def _undecided(threat: Threat, entry: Entry | None) -> bool:
    """Whether it may get a ticket: nothing of ours exists, and nobody said no."""
    if entry is None:
        return not threat.issue_uri.strip()
    return entry.side is Side.NONE and entry.link is Link.BLANK and not entry.skipped


def wants_metadata(routes: Sequence[Route], default: Destination | None) -> bool:
    """Whether any route or template asks for it."""
    places = [*(route.to for route in routes), *([default] if default else [])]
    return any(route.when.asks_metadata for route in routes) or any(map(asks_metadata, places))


def _with(read: ModelRead, model: ThreatModel) -> ModelRead:
    return replace(read, model=model, threats=tuple(replace(threat, model=model) for threat in read.threats))
