"""Every row of the truth table above `plan`, over real HTTP, asserted on what the servers committed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rig import Rig, model, rig, threat
from tmi_issue_sync.model import Marker
from tmi_issue_sync.plan import RESTORES, Kind
from tmi_issue_sync.report import Report

FIRST = threat(0)["id"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path, model(threat(0))) as found:
        yield found


def only(report: Report) -> Kind:
    assert [str(alert) for alert in report.alerts] == []
    (decision,) = report.decisions
    return decision.kind


def link(world: Rig) -> str:
    return str(world.rows()[FIRST].get("issue_uri", ""))


@pytest.mark.parametrize("blank", ["", "   ", None])
def test_blank_and_nothing_known_is_created_and_linked(tmp_path: Path, blank: str | None) -> None:
    with rig(tmp_path, model(threat(0, issue_uri=blank))) as world:
        assert only(world.run()) is Kind.CREATE
        assert link(world).endswith("/example/threats/issues/1")
        assert only(world.run()) is Kind.KEEP
        assert len(world.made()) == 1


def test_blank_and_intended_waits_for_the_horizon_then_is_made_once_more(world: Rig) -> None:
    world.strike("drop-before")
    assert only(world.run()) is Kind.CREATE
    assert only(world.run()) is Kind.WAIT
    assert world.made() == []
    world.wait(30)
    report = world.run()
    assert any("made no ticket" in note for note in report.notes)
    assert len(world.made()) == 1
    assert link(world).endswith("/issues/1")


def test_blank_and_intended_is_found_when_the_answer_was_lost(world: Rig) -> None:
    world.strike("drop-after")
    world.run()
    assert link(world) == ""
    assert only(world.run()) is Kind.LINK
    assert link(world).endswith("/issues/1")
    assert len(world.made()) == 1


def test_created_but_never_shown_is_linked(world: Rig) -> None:
    world.strike("status-before", site="tmi", method="PUT", path="/threats/", status=503)
    world.run()
    assert link(world) == ""
    assert only(world.run()) is Kind.WAIT  # the write whose answer was lost may still arrive (Wr2)
    world.wait(31)
    assert only(world.run()) is Kind.LINK
    assert link(world).endswith("/issues/1")
    assert len(world.made()) == 1


def test_a_vanished_link_is_restored_three_times_then_left_to_the_person(world: Rig) -> None:
    world.run()
    for _ in range(RESTORES):
        world.run()
        world.tmi.edit_threat(FIRST, issue_uri=None)
        assert only(world.run()) is Kind.RESTORE
        assert link(world).endswith("/issues/1")
    world.tmi.edit_threat(FIRST, issue_uri=None)
    assert only(world.run()) is Kind.UNLINKED
    assert link(world) == ""
    assert len(world.made()) == 1


@pytest.mark.parametrize("text", ["n/a", "N/A", " n/a "])
def test_not_applicable_opts_out_and_stays_out_when_the_field_is_blanked(tmp_path: Path, text: str) -> None:
    with rig(tmp_path, model(threat(0, issue_uri=text))) as world:
        assert only(world.run()) is Kind.OPTED_OUT
        world.tmi.edit_threat(FIRST, issue_uri=None)
        world.wait(120)
        assert only(world.run()) is Kind.OPTED_OUT
        assert world.made() == []
        with world.setup() as setup:
            setup.ledger.retry(FIRST)
        assert only(world.run()) is Kind.CREATE


def test_skip_by_hand_opts_out_until_retry(world: Rig) -> None:
    with world.setup() as setup:
        setup.ledger.skip(FIRST)
    assert only(world.run()) is Kind.OPTED_OUT
    with world.setup() as setup:
        setup.ledger.retry(FIRST)
    assert only(world.run()) is Kind.CREATE


def test_a_note_is_left_alone(tmp_path: Path) -> None:
    with rig(tmp_path, model(threat(0, issue_uri="ask Sam"))) as world:
        assert only(world.run()) is Kind.NOTE
        assert world.made() == []
        assert world.writes("tmi") == []


def test_our_marked_ticket_linked_without_a_ledger_is_recorded(world: Rig) -> None:
    world.run()
    world.ledger_path.unlink()
    assert only(world.run()) is Kind.KEEP
    with world.setup() as setup:
        entry = setup.ledger.entry(FIRST)
    assert entry is not None
    assert entry.ticket is not None
    assert len(world.made()) == 1


def test_a_persons_link_is_adopted_and_restored_when_it_vanishes(tmp_path: Path) -> None:
    url = "https://other.example.com/browse/SEC-1"
    with rig(tmp_path, model(threat(0, issue_uri=url))) as world:
        assert only(world.run()) is Kind.ADOPT
        assert only(world.run()) is Kind.KEEP
        world.tmi.edit_threat(FIRST, issue_uri=None)
        world.wait(120)
        assert only(world.run()) is Kind.RESTORE
        assert link(world) == url
        assert world.made() == []


def test_a_persons_ticket_in_our_tracker_is_examined_and_adopted(world: Rig) -> None:
    world.run()
    hand = world.github.clone(1)
    world.github.edit(hand, body="by hand, no marker")
    url = f"{world.github_url}/example/threats/issues/{hand}"
    world.tmi.edit_threat(FIRST, issue_uri=url)
    assert only(world.run()) is Kind.EXAMINE
    assert only(world.run()) is Kind.KEEP
    assert link(world) == url
    assert not any(entry.kind == "issue.closed" for entry in world.log.commits("github"))
    with world.setup() as setup:
        entry = setup.ledger.entry(FIRST)
    assert entry is not None
    assert entry.superseded


def test_another_url_than_ours_wins_and_ours_is_superseded(world: Rig) -> None:
    world.run()
    world.tmi.edit_threat(FIRST, issue_uri="https://other.example.com/browse/SEC-2")
    assert only(world.run()) is Kind.ADOPT
    assert link(world) == "https://other.example.com/browse/SEC-2"
    with world.setup() as setup:
        entry = setup.ledger.entry(FIRST)
    assert entry is not None
    assert entry.superseded


def test_a_deleted_ticket_is_gone_and_made_again_only_by_hand(world: Rig) -> None:
    world.run()
    world.run()
    world.github.delete(1)
    world.tmi.edit_threat(FIRST, issue_uri=None)
    world.run()
    assert only(world.run()) is Kind.GONE
    assert len(world.made()) == 1
    with world.setup() as setup:
        setup.ledger.new_generation(FIRST)
    world.wait(120)
    assert only(world.run()) is Kind.CREATE
    assert len(world.made()) == 2
    assert only(world.run()) is Kind.KEEP


def test_a_moved_ticket_is_followed(tmp_path: Path) -> None:
    with rig(tmp_path, model(threat(0))) as world:
        world.github.add_repo("example/moved")
        world.sites = ("example/threats", "example/moved")
        world.run()
        world.run()
        world.wait(120)
        world.github.transfer(1, "example/moved")
        world.wait(90_000)  # a day: the full look reads what it does not see
        world.run()
        world.run()
        assert link(world).endswith("/example/moved/issues/1")
        assert only(world.run()) is Kind.KEEP


def test_a_moved_ticket_that_a_new_ledger_meets_is_followed_too(tmp_path: Path) -> None:
    with rig(tmp_path, model(threat(0))) as world:
        world.github.add_repo("example/moved")
        world.run()
        world.ledger_path.unlink()
        world.github.transfer(1, "example/moved")
        assert only(world.run()) is Kind.EXAMINE
        assert only(world.run()) is Kind.FOLLOW
        assert link(world).endswith("/example/moved/issues/1")
        assert only(world.run()) is Kind.KEEP


def test_a_deleted_threat_keeps_its_row_and_its_marker(world: Rig) -> None:
    world.strike("drop-after")
    world.run()
    world.tmi.delete_threat(FIRST)
    world.wait(60)
    assert world.run().decisions == []
    world.tmi.restore_threat(FIRST)
    assert only(world.run()) is Kind.LINK
    assert len(world.made()) == 1


def test_a_new_route_counts_for_new_tickets_only(tmp_path: Path) -> None:
    with rig(tmp_path, model(threat(0))) as world:
        world.github.add_repo("example/other")
        world.run()
        world.sites = ("example/other", "example/threats")  # the first one is the default place now
        assert only(world.run()) is Kind.KEEP
        assert len(world.made()) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mitigated": True}, "mitigated"),
        ({"status": "resolved"}, "resolved"),
        ({"status": "Accepted"}, "accepted"),
        ({"status": "false_positive"}, "false_positive"),
        ({"status": "closed"}, "closed"),
    ],
)
def test_without_routes_finished_threats_are_skipped_with_a_reason(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    with rig(tmp_path, model(threat(0, **changes))) as world:
        report = world.run()
        assert only(report) is Kind.SKIP
        assert words in report.decisions[0].reason.lower()
        assert world.made() == []


def test_a_threat_edited_a_moment_ago_waits(world: Rig) -> None:
    world.tmi.edit_threat(FIRST, name="half ty")
    report = world.run()
    assert only(report) is Kind.WAIT
    assert report.decisions[0].seconds is not None
    world.wait(61)
    assert only(world.run()) is Kind.CREATE


def test_a_ticket_under_another_instance_forbids_a_create(tmp_path: Path) -> None:
    with rig(tmp_path, model(threat(0))) as world:
        world.run()
        number = world.github.clone(1)
        body = world.github.issues()[-1]["body"].replace(world.tmi_url, "https://old.example.com")
        word = Marker("https://old.example.com", FIRST).word
        mine = Marker(world.tmi_url, FIRST).word
        world.github.edit(number, body=body.replace(mine, word))
        world.github.delete(1)
        world.tmi.edit_threat(FIRST, issue_uri=None)
        world.ledger_path.unlink()
        world.wait(120)
        world.run()
        world.wait(120)
        report = world.run()
        assert only(report) is Kind.FOREIGN
        assert "https://old.example.com" in report.decisions[0].reason
        assert len(world.made()) == 2
