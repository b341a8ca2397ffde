"""Which threat goes where: routes, and the places that tickets can be made in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel

from .condition import Condition as Condition
from .condition import shadows as shadows
from .condition import word
from .model import Json, Threat, TrackerKey
from .tracker import Traits

DONE = ("resolved", "accepted", "false_positive", "closed")
"""Statuses that get no ticket where no routes are configured (design 5)."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A place for tickets with everything that a route or its tracker says about them."""

    tracker: str
    """The tracker's name in the config, for people."""
    key: TrackerKey
    target: BaseModel
    traits: Traits
    public: bool = False
    """The operator's word that anybody may read tickets here (design S7)."""
    confidential: bool = False
    """The operator's word that tickets here are kept confidential."""
    title: str | None = None
    """jinja2 template; None: the built-in one."""
    body: str | None = None
    labels: tuple[str, ...] = ()
    fields: Mapping[str, Json] = field(default_factory=dict)
    priority: Json = None
    """The tracker's own, as one of `fields` (`render.lookup`); None: not set."""
    parent: Destination | None = None
    """Where the ticket of a threat's model is made, which stands above the threat's; None: there is none."""


@dataclass(frozen=True, slots=True)
class Route:
    """First match wins."""

    name: str
    when: Condition
    to: Destination


def default_eligibility(threat: Threat) -> str | None:
    """Without routes: None if the threat gets a ticket, else why not, in words."""
    if threat.mitigated:
        return "the threat is mitigated"
    if word(threat.status) in DONE:
        return f"the threat's status is {word(threat.status)}"
    return None


def choose(threat: Threat, routes: Sequence[Route], default: Destination | None) -> Destination | str:
    """Where the threat's ticket goes, or in words why it gets none. First match wins."""
    reasons = []
    for route in routes:
        if route.when.asks_metadata and threat.model.metadata is None:
            return f"the metadata of its threat model is not known, and {route.name} asks for it"
        why = route.when.mismatch(threat)
        if why is None:
            return route.to
        reasons.append(f"{route.name}: {why}")
    if reasons:
        more = f"; and {len(reasons) - 3} more" if len(reasons) > 3 else ""
        return f"no route takes it ({'; '.join(reasons[:3])}{more})"
    if default is None:
        return "there is no route, and not exactly one tracker to go to without one"
    return default_eligibility(threat) or default
