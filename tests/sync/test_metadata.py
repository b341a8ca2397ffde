"""Routes that ask for a threat model's metadata: read where it is needed, kept, and never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rig import Rig, model, rig, threat
from tmi_issue_sync.plan import Kind
from tmi_issue_sync.rules import Condition, Route

TIER = [{"key": "tier", "value": "1"}]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rig]:
    first = model(threat(0), threat(1), n=1, metadata=TIER)
    second = model(threat(2), n=2, metadata=[{"key": "tier", "value": "3"}])
    with rig(tmp_path, first, second, model(threat(3, issue_uri="n/a"), n=3)) as found:
        to, _ = found.destination()
        found.routes = (
            Route("first", Condition.model_validate({"metadata": {"tier": ["1", "2"]}}), to),
            Route("rest", Condition(), replace(to, labels=("{{ model.metadata.tier }}", "rest"))),
        )
        yield found


def asked(world: Rig) -> int:
    return sum("metadata" in str(entry.facts["path"]) for entry in world.log.requests("tmi", "GET"))


def test_the_metadata_decides_and_templates_see_it(world: Rig) -> None:
    world.run()
    labels = {issue["title"]: set(issue["labels"]) for issue in world.github.issues()}
    assert "rest" not in labels["[Threat] Threat number 0"]
    assert {"3", "rest"} <= labels["[Threat] Threat number 2"]
    assert asked(world) == 2  # once for each model that has something to decide


def test_a_pass_with_nothing_to_decide_reads_none(world: Rig) -> None:
    world.run()
    before = asked(world)
    world.wait(7200)
    world.run()
    assert asked(world) == before


def test_it_is_kept_for_an_hour(world: Rig) -> None:
    world.run(apply=False)
    world.run(apply=False)
    assert asked(world) == 2
    world.wait(3601)
    world.run(apply=False)
    assert asked(world) == 4


def test_what_can_not_be_read_is_not_guessed(world: Rig) -> None:
    world.strike("status-before", site="tmi", method="GET", path="/metadata$", times=-1, status=403)
    report = world.run()
    assert {decision.kind for decision in report.decisions} == {Kind.SKIP, Kind.OPTED_OUT}
    assert "not known" in report.decisions[0].reason
    assert report.exit_code == 77
    assert not world.made()


def test_a_models_own_ticket_sees_it_too(tmp_path: Path) -> None:
    with rig(tmp_path, model(threat(0), metadata=TIER)) as world:
        to, _ = world.destination()
        above = replace(to, labels=("tier-{{ model.metadata.tier }}",))
        world.routes = (Route("all", Condition(), replace(to, parent=above)),)
        world.run()
        world.wait(60)
        world.run()
        labels = [issue["labels"] for issue in world.github.issues()]
    assert ["tier-1" in each for each in labels] == [True, False]
