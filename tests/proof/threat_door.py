"""The product's door to TMI (`Tmi`), onto a simulated one: reads by list, writes by PUT after two reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from tmi_issue_sync.errors import Changed, LinkRefused, LinkUnknown, ThreatGone, TmiDenied, TmiError
from tmi_issue_sync.model import ModelRead, Threat, ThreatModel
from tmi_issue_sync.tmi.door import Prepared, Receipt

from .faults import Points, Strike
from .threats import Row, Threats
from .times import MachineClock, Time

LATE = 30.0
"""Longest time after which a write whose answer was lost still arrives."""


@dataclass
class ThreatDoor:
    """One process's door to TMI."""

    threats: Threats
    points: Points
    time: Time
    clock: MachineClock
    shown: dict[str, Row] = field(default_factory=dict)
    """What this process was shown last of each threat, for the judge."""
    _bodies: dict[str, Row] = field(default_factory=dict)
    """What `prepare` read, by request: a write is built from that."""

    def threat_models(self) -> list[ThreatModel]:
        strike = self._reach("models")
        found = [] if strike and strike.kind == "false-empty" else self.threats.listed()
        for model in found:
            self.shown[model.id] = self.threats.models[model.id].copy()
        self.points.leave(strike)
        return found

    def threat_model(self, model_id: str) -> ThreatModel | None:
        return next((model for model in self.threats.listed() if model.id == model_id), None)

    def read(self, models: Sequence[ThreatModel]) -> Iterator[ModelRead | tuple[ThreatModel, TmiError]]:
        for model in models:
            read_at = self.clock.monotonic()
            try:
                strike = self._reach("read")
            except TmiError as error:
                yield model, error
                continue
            if self.threats.models[model.id].deleted:
                yield model, TmiError("404")
                continue
            as_of, rows = self.time.date(), self.threats.of(model)
            if strike and strike.kind == "false-empty":
                rows = ()
            for row in rows:
                self.shown[row.id] = self.threats.rows[row.id].copy()
            self.points.leave(strike)
            yield ModelRead(model, rows, as_of, read_at)

    def is_confidential(self, model: ThreatModel) -> bool:
        strike = self._reach("confidential")
        found = self.threats.models[model.id].confidential
        self.points.leave(strike)
        return found

    def metadata(self, model: ThreatModel) -> tuple[tuple[str, str], ...]:
        return ()

    def probe(self, threat: Threat) -> None:
        self.points.leave(self._reach("probe"))

    def prepare(self, threat: Threat) -> Prepared:
        """As the client does it: GET by id (maybe from a cache), then the list row; both must agree (Wr1)."""
        strike = self._reach("prepare")
        row = self.threats.row(threat.id)
        if row.deleted:
            raise ThreatGone("404")
        by_id = self.threats.cached(row)
        if threat.whole_model:
            return self._model_prepared(threat, by_id, strike)
        if by_id.modified != row.modified or (strike and strike.kind == "stale-cache"):
            raise Changed("the cache is not up to date yet")
        if self.threats.modified(row) != threat.modified_at or row.issue_uri != threat.issue_uri:
            raise Changed("edited since it was read")
        prepared = Prepared(self.threats.shown(row, threat.model), {})
        self._bodies[prepared.request_id] = self.shown[row.id] = row.copy()
        self.points.leave(strike)
        return prepared

    def _model_prepared(self, model: Threat, by_id: Row, strike: Strike | None) -> Prepared:
        """The link that the PATCH will insist on; a cache that is not up to date is found out by the `test`."""
        if by_id.issue_uri != model.issue_uri:
            raise Changed("the link changed since it was read")
        prepared = Prepared(model, {})
        self._bodies[prepared.request_id] = by_id.copy()
        self.points.leave(strike)
        return prepared

    def write(self, prepared: Prepared, url: str) -> Receipt:
        """One PUT of everything that `prepare` read, with the link; of a model a PATCH that tests the link."""
        read = self._bodies[prepared.request_id]
        strike = self.points.reach("write")
        kind, x = (strike.kind, strike.x) if strike else ("", 0.0)
        self.time.advance(0.1)
        if error := _refused(kind):
            raise error
        if kind in ("late", "cut-late", "lost-before"):
            return self._lost(kind, x, read, url)
        send = self.threats.patch if read.whole else self.threats.put
        row = send(read, url if kind != "altered" else f"{url}?altered=1")
        if row is None:
            raise ThreatGone("404")
        modified = self.threats.modified(row)
        self.points.leave(strike)
        self.time.advance(0.1)
        if kind == "lost-after":
            raise LinkUnknown("the answer was lost")
        return Receipt(prepared.request_id, None, modified)

    def _lost(self, kind: str, x: float, read: Row, url: str) -> Receipt:
        if kind in ("late", "cut-late"):
            self.time.later(min(x, LATE - 1.0), lambda: self._arrive(read, url))
        if kind == "cut-late":
            self.points.cut()
        raise LinkUnknown("no answer in time")

    def _arrive(self, read: Row, url: str) -> None:
        """A write whose answer nobody hears."""
        with suppress(Changed):
            (self.threats.patch if read.whole else self.threats.put)(read, url)

    def _reach(self, call: str) -> Strike | None:
        self.time.advance(0.1)
        strike = self.points.reach(call)
        if strike and strike.kind == "tmi-error":
            raise TmiError("503")
        if strike and strike.kind == "tmi-denied":
            raise TmiDenied("403")
        return strike


def _refused(kind: str) -> TmiError | None:
    match kind:
        case "refused-link":
            return LinkRefused("400: another field is not allowed")
        case "blip":
            return TmiError("429")
        case "tmi-error":
            return LinkUnknown("503")
        case "tmi-denied":
            return TmiDenied("403")
    return None
