"""The door to TMI: what the core asks of the server, so that a simulated one can stand in."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ..errors import TmiError
from ..model import Json, ModelRead, Threat, ThreatModel


@dataclass(frozen=True, slots=True)
class Prepared:
    """A threat read twice and found unchanged (protocol Wr1): what a write may now be built from."""

    threat: Threat
    body: dict[str, Json] | None = field(repr=False)
    """Every writable field for a full PUT; None where the server takes the documented PATCH."""
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Ours, sent along with the write and kept in the audit trail."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of a write for the audit trail."""

    sent_id: str
    got_id: str | None
    modified_at: datetime | None
    """TMI's own stamp of the write, where the answer carries one."""
    altered: tuple[str, ...] = ()
    """Fields other than the link that TMI changed with it, by its own answer."""


class Tmi(Protocol):
    """Everything we ask of TMI. Every method raises only `TmiError`s; all have timeouts."""

    def threat_models(self) -> list[ThreatModel]:
        """All models that we may see, from complete pages. Raises TmiError for a `null` list."""
        ...

    def threat_model(self, model_id: str) -> ThreatModel | None:
        """One model, by one read; None where TMI shows it no more (or not to us)."""
        ...

    def read(self, models: Sequence[ThreatModel]) -> Iterator[ModelRead | tuple[ThreatModel, TmiError]]:
        """The threats of each model, in the models' order, read by a few workers; a failure is a value."""
        ...

    def is_confidential(self, model: ThreatModel) -> bool:
        """One read of the model; the answer never changes (tmi-api: set at creation only)."""
        ...

    def metadata(self, model: ThreatModel) -> tuple[tuple[str, str], ...]:
        """One read of the model's keys and values; TMI's own cache may be 7 minutes late (tmi-api 6)."""
        ...

    def probe(self, threat: Threat) -> None:
        """Raises TmiDenied where the writer may not write to the threat's model. Changes nothing."""
        ...

    def prepare(self, threat: Threat) -> Prepared:
        """Protocol Wr1. Raises Changed, LinkRefused, ThreatGone, TmiDenied, TmiError."""
        ...

    def write(self, prepared: Prepared, url: str) -> Receipt:
        """Protocol Wr2, sent once. Raises LinkRefused, LinkUnknown, ThreatGone, TmiDenied."""
        ...
