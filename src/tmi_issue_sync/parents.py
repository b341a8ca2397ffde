"""The ticket of a whole threat model, above those of its threats: the model stands in the plan as a threat does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from .model import Threat, ThreatModel
from .rules import Destination, Route, choose

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def as_threat(model: ThreatModel) -> Threat:
    """The model under its own id, so that plan, ledger, marker and write-back hold for it as they are."""
    created = model.created_at or LONG_AGO
    return Threat(
        id=model.id,
        model=model,
        name=model.name,
        created_at=created,
        modified_at=model.modified_at or created,
        description=model.description,
        status=model.status,
        issue_uri=model.issue_uri,
        whole_model=True,
    )


def wanted(routes: Sequence[Route], default: Destination | None) -> bool:
    """Whether any place wants its threats' models to have tickets."""
    return any(to and to.parent for to in (default, *(route.to for route in routes)))


def place(threats: Iterable[Threat], routes: Sequence[Route], default: Destination | None) -> Destination | str:
    """Where the model's ticket goes: above the first place, in the routes' order, that takes one of its threats."""
    taken = [to for to in (choose(threat, routes, default) for threat in threats) if not isinstance(to, str)]
    for to in (*(route.to for route in routes), default):
        if to and to.parent and to in taken:
            return to.parent
    return "none of its threats goes to a place where models get tickets (parent)"
