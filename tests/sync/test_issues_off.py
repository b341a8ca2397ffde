"""Somebody switches the repository's issues off: lists are empty then, and nothing of ours is gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from rig import Rig, model, rig, threat
from sync.doors import entry, only, posts
from tmi_issue_sync.ledger.rows import Link, Side
from tmi_issue_sync.plan import Kind
from tmi_issue_sync.report import Report

DAY = timedelta(days=1).total_seconds()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path, model(threat(0))) as found:
        yield found


def told(report: Report) -> None:
    """One alert says what is wrong and what to do, and no threat is said to have no ticket."""
    [alert] = report.alerts
    assert "issues are switched off in example/threats" in str(alert)
    assert report.exit_code == 77


@pytest.mark.parametrize("later", [60, 2 * DAY])
def test_tickets_of_switched_off_issues_are_not_gone(world: Rig, later: float) -> None:
    world.run()
    world.github.set_repo(has_issues=False)
    for _ in range(3):
        world.wait(later)
        told(world.run())
    with world.setup() as setup:
        assert [known.gone_since for known in setup.ledger.tickets()] == [None]
    world.github.set_repo(has_issues=True)
    world.wait(later)
    assert only(world.run()) is Kind.KEEP
    assert len(world.made()) == 1


@pytest.mark.parametrize("later", [60, 2 * DAY])
def test_a_doubt_outlives_issues_that_are_switched_off(world: Rig, later: float) -> None:
    world.strike("drop-after")
    world.run()
    world.github.set_repo(has_issues=False)
    for _ in range(3):
        world.wait(later)
        told(world.run())
        assert entry(world).side is Side.INTENDED
    world.github.set_repo(has_issues=True)
    for _ in range(2):
        world.wait(later)
        world.run()
    assert (entry(world).side, entry(world).link) == (Side.CREATED, Link.LINKED)
    assert (posts(world), len(world.made())) == (1, 1)
