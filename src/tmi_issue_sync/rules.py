"""Which threat goes where: conditions, routes, and the places that tickets can be made in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from .model import Json, TrackerKey
from .tracker import Traits


class Condition(BaseModel):
    """What a route asks of a threat (see docs: routes). Every given condition must hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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
    priority: str | None = None
    """jinja2 template that gives the tracker's own priority; None: not set."""


@dataclass(frozen=True, slots=True)
class Route:
    """First match wins."""

    name: str
    when: Condition
    to: Destination
