"""A ticket for each threat model: by the same plan, ledger and promises as a threat's, and above its threats'."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rig import Rig, model, rig, threat
from sync.doors import Wrapped, run_with
from tmi_issue_sync.ledger.rows import Side
from tmi_issue_sync.plan import Kind, Policy
from tmi_issue_sync.report import Report
from tmi_issue_sync.sync import Scope, Setup
from tmi_issue_sync.tmi.door import Prepared, Receipt

MODEL = model(n=1)["id"]
OTHER = model(n=2)["id"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path, model(threat(0), threat(1), n=1), model(threat(2, mitigated=True), n=2)) as found:
        found.parents = True
        yield found


def issues(world: Rig) -> dict[str, dict[str, Any]]:
    return {issue["title"]: issue for issue in world.github.issues()}


def of_model(report: Report, model_id: str = MODEL) -> Kind:
    return next(d.kind for d in report.decisions if d.threat.id == model_id)


def link(world: Rig, model_id: str = MODEL) -> str:
    return str(world.tmi.model(model_id).get("issue_uri") or "")


def parents(world: Rig) -> list[int | None]:
    return [issue["parent"] for title, issue in issues(world).items() if title.startswith("[Threat] ")]


def test_a_model_gets_a_ticket_before_its_threats_and_they_stand_below_it(world: Rig) -> None:
    report = world.run()
    titles = [entry.facts["title"] for entry in world.made()]
    assert titles == ["[Threat model] Model 1", "[Threat] Threat number 0", "[Threat] Threat number 1"]
    assert parents(world) == [1, 1]
    assert link(world).endswith("/issues/1")
    assert "Part of [`example/threats#1`](" in issues(world)["[Threat] Threat number 0"]["body"]
    assert (report.created, report.exit_code) == (3, 0)


def test_a_second_pass_writes_nothing(world: Rig) -> None:
    world.run()
    before = len(world.writes("tmi")) + len(world.writes("github"))
    report = world.run()
    assert len(world.writes("tmi")) + len(world.writes("github")) == before
    assert of_model(report) is Kind.KEEP


def test_a_model_whose_threats_need_no_ticket_gets_none(world: Rig) -> None:
    report = world.run()
    assert of_model(report, OTHER) is Kind.SKIP
    assert link(world, OTHER) == ""


def test_what_the_model_says_stays_as_it_was(world: Rig) -> None:
    before = world.tmi.model(MODEL)
    world.run()
    after = world.tmi.model(MODEL)
    different = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert different <= {"issue_uri", "modified_at", "threats"}


def test_a_lost_answer_makes_no_second_ticket_for_the_model(world: Rig) -> None:
    world.strike("drop-after", nth=1)
    first = world.run()
    assert len(world.made()) == 1  # the threats wait until it is known
    assert [d.kind for d in first.decisions].count(Kind.CREATE) == 3
    for _ in range(3):
        world.wait(60)
        world.run()
    assert len(world.made()) == 3
    assert parents(world) == [1, 1]
    assert link(world).endswith("/issues/1")


def test_a_lost_ledger_finds_the_models_ticket_again(world: Rig) -> None:
    world.run(Scope(limit=1))
    assert len(world.made()) == 1
    world.ledger_path.unlink()
    world.run()
    assert len(world.made()) == 3
    assert parents(world) == [1, 1]


def test_an_issue_that_a_person_linked_to_the_model_is_the_parent(world: Rig) -> None:
    number = world.github.file("The epic of this model")
    world.tmi.edit_model(MODEL, issue_uri=f"{world.github_url}/example/threats/issues/{number}")
    report = world.run()
    assert of_model(report) is Kind.EXAMINE
    assert [e.facts["title"] for e in world.made() if e.facts["author"] == "bot"] == [
        "[Threat] Threat number 0",
        "[Threat] Threat number 1",
    ]
    assert parents(world) == [number, number]


@pytest.mark.parametrize("uri", ["n/a", "see the wiki", "https://other.example.com/browse/SEC-1"])
def test_a_model_linked_elsewhere_or_not_at_all_leaves_its_threats_alone(world: Rig, uri: str) -> None:
    world.tmi.edit_model(MODEL, issue_uri=uri)
    world.run()
    assert link(world) == uri
    assert parents(world) == [None, None]


def test_a_link_that_a_person_sets_meanwhile_is_not_overwritten(world: Rig) -> None:
    theirs = "https://other.example.com/browse/SEC-1"

    def change(setup: Setup) -> Setup:
        def write(prepared: Prepared, url: str) -> Receipt:
            if prepared.threat.id == MODEL:
                world.tmi.edit_model(MODEL, issue_uri=theirs)
            return setup.tmi.write(prepared, url)

        return replace(setup, tmi=Wrapped(setup.tmi, write=write))

    run_with(world, change)
    assert link(world) == theirs
    world.run()
    assert link(world) == theirs
    assert len(world.made()) == 3


def test_tmi_that_refuses_the_models_link_blocks_it_and_makes_no_second_ticket(world: Rig) -> None:
    world.strike("status-before", site="tmi", method="PATCH", path=f"/threat_models/{MODEL}$", times=-1, status=422)
    world.run()
    report = world.run()
    assert of_model(report) is Kind.BLOCKED
    assert len(world.made()) == 3
    assert parents(world) == [1, 1]


def test_the_models_ticket_takes_its_turn_in_the_budget(world: Rig) -> None:
    world.policy = Policy(per_pass=2)
    world.run()
    titles = [entry.facts["title"] for entry in world.made()]
    assert titles == ["[Threat model] Model 1", "[Threat] Threat number 0"]
    world.run()
    assert len(world.made()) == 3


def test_a_parent_that_takes_no_more_children_leaves_the_link_in_the_text(world: Rig) -> None:
    world.strike("status-before", path=r"/sub_issues$", times=-1, status=422)
    report = world.run()
    assert any("is not below" in note for note in report.notes)
    assert len(world.made()) == 3
    assert not world.run().notes


def test_a_child_is_put_below_its_parent_later_where_the_tracker_stumbled(world: Rig) -> None:
    world.strike("status-before", path=r"/sub_issues$", status=502)
    world.run()
    assert parents(world) == [None, None]  # who stumbles is left alone for the rest of the pass
    world.wait(60)
    world.run()
    assert parents(world) == [1, 1]


def test_a_deleted_parent_is_not_made_again(world: Rig) -> None:
    world.run(Scope(limit=2))
    world.github.delete(1)
    world.tmi.edit_model(MODEL, issue_uri="")
    world.run()
    with world.setup() as setup:
        entry = setup.ledger.entry(MODEL)
    assert entry is not None
    assert entry.side is Side.GONE
    assert [entry.facts["title"] for entry in world.made()].count("[Threat model] Model 1") == 1


def test_a_person_may_ask_for_another_ticket_of_the_model(world: Rig) -> None:
    world.run()
    world.github.delete(1)
    world.tmi.edit_model(MODEL, issue_uri="")
    world.run()
    with world.setup() as setup:
        setup.ledger.new_generation(MODEL)
    world.wait(70)
    world.run(Scope(models=frozenset({MODEL})))
    assert link(world).endswith("/issues/4")


def test_a_model_that_lost_its_threats_is_linked_all_the_same(world: Rig) -> None:
    world.strike("status-before", site="tmi", method="PATCH", path=f"/threat_models/{MODEL}$", status=429)
    world.run()
    assert link(world) == ""
    for n in (0, 1):
        world.tmi.delete_threat(threat(n)["id"])
    world.wait(60)
    world.run()
    assert link(world).endswith("/issues/1")
