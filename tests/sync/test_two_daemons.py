"""Two daemons with a ledger each on one TMI and one tracker: noticed, told, and swept to one open ticket (Fr3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rig import Rig, model, rig, threat
from tmi_issue_sync.plan import Kind

FIRST = threat(0)["id"]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Rig, Rig]]:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with rig(tmp_path / "a", model(threat(0))) as one:
        yield one, replace(one, state=tmp_path / "b")


def both_create(one: Rig, other: Rig) -> None:
    """Neither sees the other's ticket in time: the list lags, and TMI refuses the first link."""
    for world in (one, other):
        world.run(apply=False)
    one.wait(5)
    one.github.set_lag(1.0)
    one.strike("status-before", site="tmi", method="PUT", path="/threats/", status=503)
    one.run()
    other.run()
    one.github.set_lag(0.0)
    one.wait(60)


def open_tickets(world: Rig) -> list[int]:
    return [issue["number"] for issue in world.github.issues() if issue["state"] == "open"]


def converge(one: Rig, other: Rig) -> None:
    for _ in range(3):
        for world in (one, other):
            world.run()
            world.wait(40)


def test_both_say_who_and_since_when(pair: tuple[Rig, Rig]) -> None:
    one, other = pair
    one.closing = other.closing = False
    both_create(one, other)
    for world in pair:
        report = world.run()
        alerts = " ".join(str(alert) for alert in report.alerts)
        assert "second tmi-issue-sync" in alerts
        assert "made as bot on" in alerts
        assert report.exit_code == 77
        (note,) = [note for note in report.notes if note.startswith("duplicates")]
        assert "issues/1" in note
        assert "issues/2" in note
    assert open_tickets(one) == [1, 2]


def test_they_converge_to_the_oldest_open_ticket_and_its_link(pair: tuple[Rig, Rig]) -> None:
    one, other = pair
    both_create(one, other)
    converge(one, other)
    assert open_tickets(one) == [1]
    assert one.links()["Threat number 0"].endswith("/issues/1")
    closed = one.log.commits("github", "issue.closed")
    assert [entry.facts["number"] for entry in closed] == [2]
    assert len(one.log.commits("github", "comment.created")) == 1
    assert [d.kind for d in one.run().decisions] == [Kind.KEEP]
    assert [d.kind for d in other.run().decisions] == [Kind.KEEP]


def test_a_ticket_is_swept_once_and_a_person_may_reopen_it(pair: tuple[Rig, Rig]) -> None:
    one, other = pair
    both_create(one, other)
    converge(one, other)
    one.github.reopen(2)
    one.wait(60)
    converge(one, other)
    assert open_tickets(one) == [1, 2]


def test_story_27_a_clone_under_our_own_account_is_never_closed(pair: tuple[Rig, Rig]) -> None:
    one, _ = pair
    one.run()
    number = one.github.clone(1, author="bot")
    for _ in range(3):
        one.wait(60)
        one.run()
    assert open_tickets(one) == [1, number]
    assert not one.log.commits("github", "issue.closed")


def test_story_24_a_person_closes_one_and_the_sweep_leaves_the_other(pair: tuple[Rig, Rig]) -> None:
    one, other = pair
    both_create(one, other)
    one.github.close(1)
    one.wait(60)
    converge(one, other)
    assert open_tickets(one) == [2]


def test_superseded_is_closed_only_if_it_was_never_offered_and_the_operator_said_so(pair: tuple[Rig, Rig]) -> None:
    one, _ = pair
    theirs = "https://other.example.com/browse/SEC-1"
    one.strike("drop-after")
    one.run()
    one.tmi.edit_threat(FIRST, issue_uri=theirs)
    one.wait(60)
    one.run()
    assert open_tickets(one) == [1]
    one.superseding = True
    one.run()
    assert open_tickets(one) == []
    assert one.links()["Threat number 0"] == theirs


def test_superseded_stays_open_where_tmi_has_shown_it(pair: tuple[Rig, Rig]) -> None:
    one, _ = pair
    one.superseding = True
    one.run()
    one.tmi.edit_threat(FIRST, issue_uri="https://other.example.com/browse/SEC-1")
    one.wait(60)
    one.run()
    one.run()
    assert open_tickets(one) == [1]
