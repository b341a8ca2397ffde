"""Schedules in which our account sees less than there is: lists that lie, places that went dark (Lo6, Lo7, Do3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from proof.faults import Strike
from proof.issue_door import IssueDoor
from proof.issues import US, Issues
from proof.people import move, new_threat
from proof.stage import Stage
from tmi_issue_sync.control import READS
from tmi_issue_sync.plan import Kind

DAY = 86_400.0


def test_another_account_that_sees_nothing_is_not_believed(
    stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lo6: what is known counts as control whoever made it."""
    play, me = stage(), [US]
    listed, listing = Issues.listed, IssueDoor._listing
    monkeypatch.setattr(
        Issues,
        "listed",
        lambda self, *where, **more: (t for t in listed(self, *where, **more) if t.author == me[0]),
    )
    monkeypatch.setattr(IssueDoor, "_listing", lambda self, *asked: replace(listing(self, *asked), account=me[0]))
    play.run()
    new_threat(play.world, 0, 0)
    play.world.time.advance(100)
    play.run(Strike("create", 0, "lost-after"))
    me[0] = "bot2"
    for _ in range(4):
        report = play.run(wait=150)
    assert "(before: bot)" in str(report.alerts[0])
    assert len(play.issues.rows) == 2


def test_an_account_that_made_nothing_itself_is_controlled_by_what_others_made(
    stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lo6: it saw everything once; then it may see only what it made itself, which is nothing."""
    play, blind = stage(), list[bool]()
    listed, listing = Issues.listed, IssueDoor._listing
    monkeypatch.setattr(
        Issues, "listed", lambda self, *where, **more: (t for t in listed(self, *where, **more) if not blind)
    )
    play.run()
    monkeypatch.setattr(IssueDoor, "_listing", lambda self, *asked: replace(listing(self, *asked), account="bot2"))
    play.run()
    new_threat(play.world, 0, 0)
    play.world.time.advance(100)
    play.run(Strike("create", 0, "lost-after"))
    blind.append(True)
    play.threats(1)
    for _ in range(4):
        play.run(wait=DAY)
    assert len(play.issues.rows) == 2


def test_a_list_is_held_against_older_tickets_too_where_the_newest_have_gone(stage: Callable[..., Stage]) -> None:
    """Lo6, Lo7: "gone" may mean "out of sight", and a list that shows nothing then has shown nothing at all."""
    play = stage()
    play.run()
    for _ in range(2):
        play.threats(1)
        play.run()
    assert len(play.issues.rows) == 3
    for row in play.issues.rows:
        play.issues.delete(row)
    play.issues.blind = True
    play.threats(4)
    for _ in range(3):
        play.run(wait=30)
    assert len(play.issues.rows) == 4


def test_a_doubt_is_not_ended_where_all_that_was_known_is_out_of_sight(stage: Callable[..., Stage]) -> None:
    """Do3: lists are empty and reads say 404, as for an account that may not see them any more."""
    play = stage()
    play.run()
    play.threats(1)
    play.run(Strike("create", 0, "lost-after"))
    play.issues.shut = True
    for wait in (DAY, DAY, 100, 100):
        report = play.run(wait=wait)
    assert (len(play.issues.rows), report.exit_code) == (2, 77)
    [alert] = report.alerts
    waits = next(decision for decision in report.decisions if decision.kind is Kind.PARKED)
    assert f"go on with: retry {waits.threat.id}" in str(alert)
    assert "a list that shows another ticket ends it" in waits.reason
    play.issues.shut = False
    report = play.run()
    assert (len(play.issues.rows), report.exit_code) == (2, 0)
    assert Kind.GONE not in [decision.kind for decision in report.decisions]
    assert all(row.issue_uri for row in play.world.threats.all())


def test_a_ticket_too_new_to_be_listed_proves_nothing_either(stage: Callable[..., Stage]) -> None:
    """Do3: it was made in the last minutes; all that is older reads as gone, and the list shows nothing."""
    play = stage(lag=300.0)
    play.run()
    play.threats(1)
    play.issues.lag = 294.0
    play.run(Strike("create", 0, "lost-after"), wait=1)
    play.world.threats.add(play.threat.model, confidential=False).modified = play.world.time.now
    play.world.time.advance(200)
    play.run(wait=1)
    assert len(play.issues.rows) == 3
    play.issues.shut = True
    play.world.time.advance(240)
    for _ in range(3):
        play.run(wait=40)
    assert len(play.issues.rows) == 3


@pytest.mark.parametrize("asked", ["retry", "another ticket"])
def test_a_doubt_ends_where_all_that_was_known_was_taken_away(stage: Callable[..., Stage], asked: str) -> None:
    """Lo7: by the ticket of another threat, or by a person's word."""
    play = stage()
    play.run()
    play.threats(1)
    play.run()
    play.threats(1)
    play.run(Strike("create", 0, "lost-before"), wait=DAY)
    play.issues.move(play.issues.rows[0])
    play.issues.delete(play.issues.rows[1])
    assert play.run().exit_code == 77
    assert len(play.issues.rows) == 2
    if asked == "retry":
        play.machine.by_hand("retry", play.world.threats.nth(2).id)
    else:
        play.threats(1)
        play.run()
    play.run()
    play.run()
    assert play.world.threats.nth(2).issue_uri


def test_a_first_ticket_that_is_in_no_list_is_told_by_a_tracker_without_a_clock_too(
    stage: Callable[..., Stage],
) -> None:
    """Lo7: its replies carry no Date, and all that follows waits for a person who has to be told."""
    play = stage(dated=False, new_install=True)
    play.run(Strike("create", 0, "marker-dropped"))
    report = play.run()
    [alert] = report.alerts
    assert "is in no list; is its marker still in it?" in str(alert)
    assert report.exit_code == 77


def test_a_list_that_shows_none_of_many_is_not_believed_before_all_are_read(stage: Callable[..., Stage]) -> None:
    """Lo6: 20 are read in each pass; the last of them may be the one that exists."""
    play = stage(threats=READS + 5)
    for _ in range(3):
        play.run()
    made = len(play.issues.rows)
    assert made == READS + 5
    for row in play.issues.rows[1:]:
        play.issues.delete(row)
    play.issues.blind = True
    play.threats(1)
    for _ in range(3):
        report = play.run()
        assert (len(play.issues.rows), report.exit_code) == (made, 1)


def _lost_in_doubt(stage: Callable[..., Stage], **terms: Any) -> Stage:
    """A ticket is known, another create is in doubt, and the ledger that knew of it is deleted."""
    play = stage(**terms)
    play.run(wait=400)
    play.run()
    play.threats(1)
    play.run(Strike("create", 0, "lost-after"), wait=1)
    play.machine.stop()
    play.world.disk.lose(lock=True)
    play.issues.lag = 0.0
    return play


def test_a_lost_ledger_does_not_settle_where_all_that_it_saw_is_out_of_sight(stage: Callable[..., Stage]) -> None:
    """St4: a list that shows nothing would not show the lost ledger's tickets either."""
    play = _lost_in_doubt(stage)
    hidden = play.issues.rows[1]
    hidden.history[-1] = replace(hidden.history[-1], shown=play.world.time.now + 100)
    play.run(wait=1)
    play.issues.shut = True
    play.run(wait=DAY)
    for _ in range(3):
        report = play.run(wait=DAY)
    assert (len(play.issues.rows), report.exit_code) == (2, 77)
    assert "the ledger can't settle there" in str(report.alerts[0])
    assert report.waits is None
    play.issues.shut = False
    report = play.run()
    assert (len(play.issues.rows), report.exit_code) == (2, 0)
    assert all(row.issue_uri for row in play.world.threats.all())


def test_a_lost_ledger_settles_by_a_persons_word_where_all_that_it_saw_was_deleted(
    stage: Callable[..., Stage],
) -> None:
    """St4: `retry` of the threat that the alert names."""
    play = _lost_in_doubt(stage)
    play.run(wait=1)
    for row in play.issues.rows:
        play.issues.delete(row)
    play.threats(1)
    report = play.run()
    assert (len(play.issues.rows), report.exit_code) == (2, 77)
    last = play.world.threats.nth(1).id
    assert str(report.alerts[0]).endswith(f"go on with: retry {last}")
    play.machine.by_hand("retry", last)
    play.run()
    assert play.run().exit_code == 0
    assert play.world.threats.nth(2).issue_uri
    assert len(play.issues.rows) == 3


def test_what_comes_into_sight_comes_with_older_ones(stage: Callable[..., Stage]) -> None:
    """Lo4, limit 3: a lost ledger settles in the dark, its first ticket is one too many, and the last."""
    play = stage(threats=3, own_only=True)
    for _ in range(3):
        play.run()
    for row in play.world.threats.all():
        play.world.threats.save(row, link="")
    play.machine.stop()
    play.world.disk.lose(lock=True)
    play.issues.shut = True
    play.run(wait=400)
    play.run()
    assert len(play.issues.rows) == 4
    play.issues.shut = False
    play.run()
    assert len(play.issues.rows) == 4


def _moved_in_doubt(play: Stage) -> None:
    """The answer to the second create is lost, and a person moves its ticket where no configured place is."""
    play.run()
    new_threat(play.world, 0, 0)
    play.world.time.advance(100)
    play.run(Strike("create", 0, "lost-after"), wait=1)
    move(play.world, 1, 0)
    play.world.time.advance(400)


def test_one_search_that_shows_nothing_is_not_believed(stage: Callable[..., Stage]) -> None:
    """Do3: one answer of a search may be that of a node that has fallen behind."""
    play = stage()
    _moved_in_doubt(play)
    play.run(Strike("find", 0, "false-empty"))
    assert len(play.issues.rows) == 2


def test_a_search_that_shows_no_known_ticket_is_not_believed(stage: Callable[..., Stage]) -> None:
    """Do3: a search that sees nothing of what is there ends no doubt, however often it is asked."""
    play = stage()
    _moved_in_doubt(play)
    report = play.run(*(Strike("find", n, "false-empty") for n in range(3)))
    assert "SEC-1 exists and the search does not show it" in str(report.alerts[0])
    assert play.run().exit_code == 0
    assert len(play.issues.rows) == 2


def test_a_search_is_held_against_older_tickets_where_the_newest_lost_its_marker(
    stage: Callable[..., Stage],
) -> None:
    """Do3: no search shows the newest ticket, and the doubt of another one ends all the same."""
    play = stage()
    play.run()
    play.threats(1)
    play.run(Strike("create", 0, "marker-dropped"))
    play.threats(1)
    play.run(Strike("create", 0, "lost-before"), wait=400)
    play.run()
    assert len(play.issues.rows) == 3


def test_a_search_that_is_shut_out_is_not_believed(stage: Callable[..., Stage]) -> None:
    """Do3: the list was whole; before the search the account loses sight of all that this could be held against."""
    play = stage()
    _moved_in_doubt(play)
    report = play.run(Strike("find", 0, "person:shuts out"))
    assert "every known ticket has gone" in str(report.alerts[0])
    play.run()
    assert len(play.issues.rows) == 2
