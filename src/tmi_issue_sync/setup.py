"""What a pass works with, and what it is asked to look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .clock import Clock
from .ledger import Ledger
from .plan import Policy
from .render import Renderer
from .rules import Destination, Route
from .site import Site
from .tmi.door import Tmi


@dataclass(frozen=True, slots=True)
class Scope:
    """A pilot: the pass looks at these models and threats only, and makes at most `limit` tickets."""

    models: frozenset[str] = frozenset()
    """Ids or exact names; empty means all."""
    threats: frozenset[str] = frozenset()
    """The same; a name that several threats have is refused."""
    limit: int | None = None
    woken: bool = False
    """Somebody said that these models changed: one that TMI does not show is no slip of the pen."""

    @classmethod
    def one(cls, ledger: Ledger, threat_id: str) -> Scope:
        """One threat, or one whole model where that is what the ledger knows by this id."""
        entry = ledger.entry(threat_id)
        models = frozenset({entry.model_id}) if entry and entry.model_id else frozenset[str]()
        return cls(models, frozenset() if threat_id in models else frozenset({threat_id}))


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything that a pass works with; made by the service, or by a simulated world."""

    tmi: Tmi
    sites: tuple[Site, ...]
    routes: tuple[Route, ...]
    default: Destination | None
    renderer: Renderer
    ledger: Ledger
    clock: Clock
    policy: Policy
    instance: str
    aliases: frozenset[str] = frozenset()
    version: Callable[[], str] = lambda: ""
    """TMI's version, asked for only where a link is refused."""
    no_writer: Callable[[], str] = lambda: ""
    """Why nobody can write links for now, where tickets are made all the same (`links = "pending"`)."""

    @property
    def ours(self) -> frozenset[str]:
        """Every name that this TMI has or had (Id2)."""
        return self.aliases | {self.instance}
