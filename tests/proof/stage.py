"""A simulated world with our process in it, played by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from proof.faults import Strike
from proof.issues import US, Issues
from proof.issues import Row as Ticket
from proof.machine import Machine
from proof.schedule import meanwhile
from proof.threats import Row
from proof.world import INSTANCE, Terms, World
from tmi_issue_sync.model import Marker
from tmi_issue_sync.report import Report


class Stage:
    """A simulated world and our process in it."""

    def __init__(self, place: Path, **terms: Any) -> None:
        self.world = World(Terms(**{"threats": 1, "lag": 5.0, "own_only": False, **terms}), place, strike=meanwhile)
        self.machine = Machine(self.world)

    @property
    def issues(self) -> Issues:
        return self.world.trackers["a"]

    @property
    def threat(self) -> Row:
        return self.world.threats.nth(0)

    @property
    def shown(self) -> str:
        return self.threat.issue_uri

    def run(self, *strikes: Strike, wait: float = 100.0) -> Report:
        report = self.machine.run(strikes)
        self.world.time.advance(wait)
        assert report is not None
        return report

    def threats(self, more: int) -> None:
        """New ones, that nobody has touched for a while."""
        for _ in range(more):
            self.world.threats.add(self.threat.model, confidential=False).modified = self.world.time.now
        self.world.time.advance(400)

    def links(self, url: str) -> None:
        self.world.threats.save(self.threat, link=url)
        self.world.time.advance(400)

    def second(self) -> Ticket:
        """Another daemon's ticket for our threat, older than ours and listed later."""
        made = self.issues.commit(Marker(INSTANCE, self.threat.id, 0, "abcdef"), US, ours=False)
        made.history[-1] = replace(made.history[-1], shown=self.world.time.now + 50)
        self.world.time.advance(2)
        return made
