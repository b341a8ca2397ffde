"""A model's ticket when things go wrong at the wrong moment: lost answers, links that change, a second daemon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rig import Rig, model, rig, threat
from sync.doors import run_with, tracked
from sync.test_parents import MODEL, link, of_model, parents
from tmi_issue_sync.model import Look
from tmi_issue_sync.plan import Kind
from tmi_issue_sync.sync import Scope, Setup


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rig]:
    (tmp_path / "a").mkdir()
    with rig(tmp_path / "a", model(threat(0), threat(1), n=1)) as found:
        found.parents = True
        yield found


def below(world: Rig) -> list[str]:
    """Titles of the tickets that we made, in their order."""
    return [str(entry.facts["title"]) for entry in world.made()]


def test_a_model_whose_threats_have_tickets_already_gets_none(world: Rig) -> None:
    world.parents = False
    world.run()
    world.parents = True
    report = world.run()
    assert of_model(report) is Kind.SKIP
    assert len(below(world)) == 2


def test_a_model_whose_create_is_refused_holds_back_its_threats(world: Rig) -> None:
    world.strike("status-before", nth=1, status=422)
    world.run()
    assert below(world) == []
    assert of_model(world.run()) is Kind.PARKED
    assert below(world) == []


def test_a_model_that_a_person_links_before_its_ticket_is_made_gets_none(world: Rig) -> None:
    theirs = "https://other.example.com/browse/SEC-1"

    def change(setup: Setup) -> Setup:
        def changed(since: object) -> Look:
            world.tmi.edit_model(MODEL, issue_uri=theirs)
            return setup.sites[0].tracker.changed(None)

        return tracked(setup, changed=changed)

    run_with(world, change)
    assert link(world) == theirs
    assert "[Threat model] Model 1" not in below(world)


def test_a_ticket_whose_answer_was_lost_is_put_below_when_it_is_found(world: Rig) -> None:
    world.strike("drop-after", nth=2)
    world.run()
    assert None in parents(world)
    world.wait(60)
    world.run()
    assert parents(world) == [1, 1]
    assert len(below(world)) == 3


def test_below_another_is_asked_again_where_the_answer_was_lost(world: Rig) -> None:
    world.strike("drop-before", path=r"/sub_issues$")
    world.run()
    assert parents(world) == [None, None]
    world.run()
    assert parents(world) == [1, 1]


def test_of_two_tickets_of_a_model_the_one_that_tmi_links_stays_until_the_link_is_moved(world: Rig) -> None:
    other = replace(world, state=world.state.parent / "b")
    other.state.mkdir()
    for each in (world, other):
        each.run(apply=False)
    world.wait(5)
    world.github.set_lag(1.0)
    world.strike("status-before", site="tmi", method="PATCH", path=f"/threat_models/{MODEL}$", status=503)
    world.run(Scope(limit=1))  # its link is not taken, so the other one makes and links a second ticket
    other.run(Scope(limit=1))
    world.github.set_lag(0.0)
    assert below(world) == ["[Threat model] Model 1"] * 2
    assert link(world).endswith("/issues/2")
    world.wait(60)
    world.strike("status-before", site="tmi", method="PATCH", path=f"/threat_models/{MODEL}$", times=2, status=503)
    for _ in range(2):
        other.run()
        assert [issue["state"] for issue in world.github.issues()][:2] == ["open", "open"]
        world.wait(60)
    other.run()
    assert link(world).endswith("/issues/1")
    assert [issue["state"] for issue in world.github.issues()][:2] == ["open", "closed"]
