"""Smallest stories about places: public ones and retired ones; the mutations name them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rig import REPO, model, rig, threat
from sync.doors import only, run_with
from sync.test_more_sweep import _two_tickets
from tmi_issue_sync.plan import Kind
from tmi_issue_sync.rules import Condition, Route
from tmi_issue_sync.sync import Setup

OPEN = "example/open"


@pytest.mark.parametrize("sites", [(OPEN, REPO), (REPO, OPEN)], ids=["public first", "private first"])
def test_the_comment_on_a_duplicate_in_public_names_no_other_ticket(tmp_path: Path, sites: tuple[str, ...]) -> None:
    """A create in private came later than any should, when the route named a public repository already."""

    def public(setup: Setup) -> Setup:
        return replace(setup, sites=tuple(replace(site, public=OPEN in str(site.key)) for site in setup.sites))

    with rig(tmp_path, model(threat(0))) as world:
        world.github.add_repo(OPEN, private=False)
        world.sites, world.place = (REPO, OPEN), {"public": True}
        world.strike("late", seconds=0.3)
        run_with(world, public)
        world.drain()
        world.github.set_lag(40.0)
        world.wait(30)
        world.sites = (OPEN, REPO)
        run_with(world, public)
        world.wait(90_000)
        world.sites = sites
        for _ in range(3):
            run_with(world, public)
            world.wait(60)
        (one_too_many,) = world.github.issues(OPEN)
        assert one_too_many["state"] == "closed"
        assert one_too_many["comments"] == ["Duplicate of another ticket."]


def test_a_route_that_may_go_public_opens_no_place_for_another(tmp_path: Path) -> None:
    with rig(tmp_path, model(threat(1, severity="critical"), threat(2, severity="low")), private=False) as world:
        to, _ = world.destination()
        world.routes = (
            Route("may", Condition.model_validate({"severity": ["critical"]}), replace(to, public=True)),
            Route("may not", Condition(), to),
        )
        report = world.run()
        assert [issue["title"] for issue in world.github.issues()] == ["[Threat] Threat number 1"]
    assert ["anybody can read" in str(alert) for alert in report.alerts] == [True]


def test_a_retired_place_gets_no_ticket(tmp_path: Path) -> None:
    def retired(setup: Setup) -> Setup:
        return replace(setup, sites=tuple(replace(site, retired=True) for site in setup.sites))

    with rig(tmp_path, model(threat(0))) as world:
        report = run_with(world, retired)
        assert only(report) is Kind.SKIP
        assert "retired" in report.decisions[0].reason
        assert world.made() == []


def test_a_duplicate_that_was_transferred_is_still_ours_to_close(tmp_path: Path) -> None:
    with rig(tmp_path, model(threat(0))) as world:
        _two_tickets(world)
        world.github.transfer(2, world.github.add_repo("example/other"))
        world.sites = (REPO, "example/other")
        for _ in range(3):
            world.run()
            world.wait(60)
        (moved,) = world.github.issues("example/other")
        assert moved["state"] == "closed"
        assert [issue["state"] for issue in world.github.issues(REPO)] == ["open"]
