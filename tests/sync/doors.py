"""Doors with some methods replaced, and short words for what a world shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rig import Rig, Silent, threat
from tmi_issue_sync.model import Draft, Ticket
from tmi_issue_sync.plan import Kind
from tmi_issue_sync.report import Report
from tmi_issue_sync.sync import Scope, Setup, run_pass

FIRST = threat(0)["id"]


class Killed(BaseException):
    """The process dies here: nothing catches it."""


class Wrapped:
    """A door with some of its methods replaced."""

    def __init__(self, inner: Any, **methods: Callable[..., Any]) -> None:
        self._inner = inner
        self._methods = methods

    def __getattr__(self, name: str) -> Any:
        return self._methods.get(name) or getattr(self._inner, name)


def run_with(world: Rig, change: Callable[[Setup], Setup]) -> Report:
    with world.setup() as setup:
        return run_pass(change(setup), Scope(), progress=Silent(), approve=lambda _: True)


def tracked(setup: Setup, **methods: Callable[..., Any]) -> Setup:
    site = setup.sites[0]
    return replace(setup, sites=(replace(site, tracker=Wrapped(site.tracker, **methods)),))


def posts(world: Rig) -> int:
    return len(world.log.requests("github", "POST", r"/issues$"))


def only(report: Report) -> Kind:
    (decision,) = report.decisions
    return decision.kind


def entry(world: Rig) -> Any:
    with world.setup() as setup:
        return setup.ledger.entry(FIRST)


def dies_after_the_create(world: Rig) -> None:
    def change(setup: Setup) -> Setup:
        def create(draft: Draft) -> Ticket:
            setup.sites[0].tracker.create(draft)
            raise Killed

        return tracked(setup, create=create)

    with pytest.raises(Killed):
        run_with(world, change)
