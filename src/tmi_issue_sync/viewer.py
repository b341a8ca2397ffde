"""What a plan may know beside the threats: gathered from the ledger, the looks and the operator's choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from .errors import TrackerError
from .ledger.rows import Known
from .making import Maker
from .model import Threat, TrackerKey
from .plan import View
from .rules import Destination
from .setup import Scope, Setup
from .sight import Seen, settle_left
from .tracker import Closer

DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Viewer:
    """Of one pass."""

    setup: Setup
    scope: Scope
    seen: Mapping[TrackerKey, Seen]
    maker: Maker
    no_writer: str

    def view(self) -> View:
        """As of now: it grows while the pass makes tickets."""
        setup, ledger = self.setup, self.setup.ledger
        tickets: dict[str, list[Known]] = {}
        foreign: dict[str, Known] = {}
        for known in ledger.tickets():
            if known.instance in setup.ours:
                tickets.setdefault(known.threat_id, []).append(known)
            else:
                foreign[known.threat_id] = known
        policy = setup.policy
        if self.scope.limit is not None:
            policy = replace(policy, per_pass=min(policy.per_pass, self.scope.limit))
        settling, left = self.settling()
        return View(
            now=setup.clock.now(),
            policy=policy,
            routes=setup.routes,
            default=setup.default,
            hosts=frozenset(host for site in setup.sites for host in site.traits.hosts),
            entries=ledger.entries(),
            tickets={threat_id: tuple(found) for threat_id, found in tickets.items()},
            foreign=foreign,
            sights={key: seen.sight for key, seen in self.seen.items()},
            sweeping=self._sweeping(),
            confidential=ledger.confidential(),
            unlinkable=ledger.unlinkable(),
            no_writer=self.no_writer,
            settling=settling,
            settle_left=left,
            spent_today=ledger.spent(setup.clock.now(), DAY),
            held=ledger.paused,
            payload=self._payload,
            version=setup.version,
        )

    def settling(self) -> tuple[str, float | None]:
        """Why nothing is made yet, in words, and for how many seconds more, where that can be told (St4)."""
        if not self.setup.ledger.settling():
            return "", None
        left = settle_left(self.setup.sites, self.setup.ledger, self.seen)
        return "settling" + ("" if left is None else f" for {max(1, round(left))} s more"), left

    def _sweeping(self) -> dict[TrackerKey, str]:
        sites = [site for site in self.setup.sites if site.close_duplicates and isinstance(site.tracker, Closer)]
        return {site.key: self.setup.ledger.site(site.key).account for site in sites}

    def _payload(self, threat: Threat, to: Destination) -> str:
        """What would be sent, as a hash; a draft that can't be rendered has none."""
        try:
            return self.maker.payload(threat, to)
        except TrackerError:
            return ""
