"""What must hold of a place and of a model before a ticket is made there, found out once in a pass (Cr1, Lo7)."""

from __future__ import annotations

from dataclasses import dataclass, field

from .errors import Closed, NeedsPerson, SyncError, TmiError
from .ledger import Ledger
from .model import Level, ModelRead, Threat, TrackerKey
from .rules import Destination
from .sight import Seen
from .site import Site
from .tmi.door import Tmi


@dataclass(slots=True)
class Gate:
    """What one pass has found out, and what it has closed."""

    tmi: Tmi
    ledger: Ledger
    seen: dict[TrackerKey, Seen]
    reads: dict[str, ModelRead]
    no_writer: str
    alerts: list[SyncError]
    closed: dict[TrackerKey, Closed] = field(default_factory=dict)
    halted: Closed | None = None
    """TMI stopped answering: tickets that can't be linked are not made."""
    checked: dict[TrackerKey, bool] = field(default_factory=dict)
    """Places that may take tickets, and whether anybody can read them."""
    probed: dict[str, TmiError | None] = field(default_factory=dict)
    """Models, and why no link may be written in them."""

    def admit(self, threat: Threat, to: Destination) -> Site:
        """The place takes tickets and the link can be written. Raises Closed, TmiError or TrackerError."""
        for closed in (self.halted, self.closed.get(to.key)):
            if closed is not None:
                raise closed
        site = self.seen[to.key].site
        if self.ledger.site(to.key).canary:
            raise Closed("the first ticket there is not listed yet: the rest follows it", site.traits.lag)
        if to.key not in self.checked:
            self.checked[to.key] = self._check(site)
        self._exposed(site, to)
        if threat.model.id not in self.probed and not self.no_writer:
            self.probed[threat.model.id] = self._probe(threat)
        denied = self.probed.get(threat.model.id)
        if denied is not None:
            raise denied
        return site

    def close(self, key: TrackerKey, error: SyncError) -> Closed:
        """Take nothing more to this place in this pass, and say why once."""
        self.alerts.append(error)
        self.closed[key] = Closed(error.why)
        return self.closed[key]

    def halt(self, error: SyncError) -> None:
        """TMI can't be written to any more: make nothing more in this pass."""
        self.alerts.append(error)
        self.halted = Closed(f"TMI stopped answering: {error.why}", 0.0)

    def _check(self, site: Site) -> bool:
        """What `check` calls an error closes the place before anything is intended. Can anybody read it?"""
        findings = list(site.tracker.check())
        if trouble := [f"{f.what}. {f.todo}" for f in findings if f.level is Level.ERROR]:
            raise self.close(site.key, NeedsPerson(f"{site.name}: {trouble[0]}"))
        return any(f.public for f in findings)

    def _exposed(self, site: Site, to: Destination) -> None:
        """Each route speaks for itself alone: one that may go public opens no place for others (Co2, design S7)."""
        if not self.checked[to.key] or (to.public and not to.confidential):
            return
        why = f"{to.key} is declared confidential, and anybody can read it."
        if not to.public:
            why = f"anybody can read {to.key}. Say public = true for it, or choose a private one."
        error = NeedsPerson(f"{site.name}: {why}")
        self._once(error)
        raise Closed(error.why)

    def _probe(self, threat: Threat) -> TmiError | None:
        """Whether links can be written in its model; a whole model is asked by one of its threats."""
        try:
            self.tmi.probe(self.reads[threat.model.id].threats[0] if threat.whole_model else threat)
        except TmiError as error:
            self._once(error)
            return error
        return None

    def _once(self, error: SyncError) -> None:
        if str(error) not in map(str, self.alerts):
            self.alerts.append(error)
