"""Schedules that a reader of the protocol found, each of which broke one of its rules once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from proof.faults import Strike
from proof.issue_door import IssueDoor
from proof.machine import Silent
from proof.people import close, delete, link_elsewhere, new_threat, unlink
from proof.stage import Stage
from proof.threat_door import ThreatDoor
from proof.world import INSTANCE
from tmi_issue_sync.errors import LinkRefused, TmiDenied
from tmi_issue_sync.model import Look, Marker
from tmi_issue_sync.sync import Scope, run_pass

WIKI = "https://wiki.example/page/0"
DAY = 86_400.0


def test_an_alias_that_comes_late_finds_the_tickets_that_were_seen_before(stage: Callable[..., Stage]) -> None:
    """Id4: the next look is no full one, so only what is kept can tell."""
    play = stage(own_only=True)
    play.run()
    new_threat(play.world, 0, 0)
    play.world.time.advance(100)
    play.run()
    play.machine.stop()
    play.world.disk.lose(lock=True)
    play.world.instance = "https://tmi.other.example"
    for row in play.world.threats.rows.values():
        play.world.threats.save(row, link="", behind=False)
    for _ in range(4):
        play.world.time.advance(300)
        play.run()
    play.machine.stop()
    play.world.aliases = frozenset({INSTANCE})
    play.run()
    assert len(play.issues.rows) == 2


def test_a_persons_link_that_could_not_be_put_back_stays_a_persons(stage: Callable[..., Stage]) -> None:
    """S3: 'blocked' is what became of a write, not whose link it is."""
    play = stage(closes=False)
    play.run()
    link_elsewhere(play.world, 0, 0)
    play.world.time.advance(400)
    play.run()
    unlink(play.world, 0, 0)
    play.world.time.advance(400)
    play.run(Strike("write", 0, "refused-link"))
    link_elsewhere(play.world, 0, 0)
    play.world.time.advance(400)
    play.run()
    assert play.shown == WIKI


def test_a_threat_that_is_skipped_gets_no_new_ticket_that_was_asked_for_before(
    stage: Callable[..., Stage],
) -> None:
    """S3: the word that came last counts, also while TMI still links the closed ticket."""
    play = stage()
    play.run()
    close(play.world, 0, 0)
    play.run()
    play.machine.by_hand("new ticket", play.threat.id)
    play.machine.by_hand("skip", play.threat.id)
    for _ in range(3):
        play.run()
    assert len(play.issues.rows) == 1
    play.machine.by_hand("retry", play.threat.id)
    play.run()
    assert len(play.issues.rows) == 2


def test_the_link_of_a_model_without_threats_is_put_back_too(stage: Callable[..., Stage]) -> None:
    """Li3: a model that has a ticket is read where its link has vanished, though no threat is left in it."""
    play = stage(parents=True, nests=False)
    play.run()
    model = play.world.threats.models[play.threat.model]
    assert model.issue_uri
    delete(play.world, 0, 0)
    play.world.threats.save(model, link="", behind=False)
    play.world.time.advance(400)
    play.run()
    assert model.issue_uri


def test_a_refused_restore_makes_no_ticket(stage: Callable[..., Stage]) -> None:
    """Wr4: a 400 never leads to a create."""
    play = stage()
    play.links(WIKI)
    play.run()
    play.links("")
    play.run(Strike("write", 0, "refused-link"))
    play.run()
    play.run(wait=2 * DAY)
    assert not play.issues.rows


def test_threats_that_can_not_be_made_leave_their_turn_to_others(
    stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cr5: the budget counts creates that were sent."""
    play, real = stage(), ThreatDoor.probe

    def probe(self: ThreatDoor, threat: Any) -> None:
        if threat.model.id == "m0":
            raise TmiDenied("403")
        real(self, threat)

    monkeypatch.setattr(ThreatDoor, "probe", probe)
    for model, count in (("m0", 59), ("m1", 5)):
        for _ in range(count):
            play.world.threats.add(model, confidential=False)
    play.run()
    assert len(play.issues.rows) == 5


def test_a_ticket_that_a_person_opens_again_takes_the_new_ones_place(stage: Callable[..., Stage]) -> None:
    """Id5: its conditions hold when the new one is made, too."""
    play = stage()
    play.run()
    close(play.world, 0, 0)
    play.world.time.advance(100)
    play.run()
    play.machine.by_hand("new ticket", play.threat.id)
    play.issues.close(play.issues.rows[0], open_=True)
    play.world.time.advance(100)
    play.run()
    assert len(play.issues.rows) == 1


def test_one_reply_from_next_year_stops_nothing_for_long(
    stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time rule: a Date that went back compares with nothing, and the wait begins again."""
    play, real, ahead = stage(new_install=False), IssueDoor._listing, [timedelta(days=365)]

    def listing(self: IssueDoor, *asked: Any) -> Look:
        look = real(self, *asked)
        assert look.as_of is not None
        return replace(look, as_of=look.as_of + (ahead.pop() if ahead else timedelta(0)))

    monkeypatch.setattr(IssueDoor, "_listing", listing)
    for _ in range(3):
        play.run(wait=DAY)
    assert len(play.issues.rows) == 1


def test_a_woken_pass_closes_no_ticket_that_an_unread_threat_links(stage: Callable[..., Stage]) -> None:
    """Sw2: what TMI links has to be known."""
    play = stage(threats=2, models=2)
    play.second()
    play.run()
    assert play.machine._setup is not None
    play.world.points.arm(())
    report = run_pass(play.machine._setup, Scope(models=frozenset({"m1"}), woken=True), progress=Silent())
    assert "was not read in this pass" in report.notes[-1]
    assert all(issue.open for issue in play.issues.rows)


def test_a_refused_link_of_a_deleted_threat_closes_no_tracker(
    stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wr4: it is tried no more, so it tells nothing of what TMI takes today."""
    play, real, refuse = stage(), ThreatDoor.write, [True]

    def write(self: ThreatDoor, prepared: Any, url: str) -> Any:
        if refuse[0]:
            raise LinkRefused("400: host not allowed", every_link=True)
        return real(self, prepared, url)

    monkeypatch.setattr(ThreatDoor, "write", write)
    play.run()
    delete(play.world, 0, 0)
    refuse[0] = False
    play.world.threats.add("m0", confidential=False)
    play.run(wait=DAY)
    play.run()
    assert len(play.issues.rows) == 2


def test_another_daemons_ticket_that_shows_while_we_make_is_no_failure(
    stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Id1: a lost claim is an outcome."""
    play, real = stage(threats=2), IssueDoor.create

    def create(self: IssueDoor, draft: Any) -> Any:
        made = real(self, draft)
        other = next(each for each in play.world.threats.rows if each != draft.marker.threat_id)
        play.issues.commit(Marker(INSTANCE, other, 0, "abcdef"), "bot2", ours=False)
        return made

    monkeypatch.setattr(IssueDoor, "create", create)
    play.run()
    assert len(play.issues.rows) == 2


def test_a_persons_own_link_that_is_taken_away_stays_away(stage: Callable[..., Stage]) -> None:
    """S3, Li3: three times by accident, then it is a will."""
    play, back = stage(), 0
    play.links(WIKI)
    play.run()
    for _ in range(6):
        play.links("")
        play.run(wait=DAY)
        back += play.shown == WIKI
    assert back == 3


def test_the_link_that_a_person_wrote_last_comes_back(stage: Callable[..., Stage]) -> None:
    """Where two URLs differ in what follows the path only, they are two."""
    play = stage()
    for number in (4, 5):
        play.links(f"https://bugs.example/show_bug.cgi?id={number}")
        play.run()
    play.links("")
    play.run()
    assert play.shown.endswith("id=5")


def test_what_was_closed_by_a_close_without_an_answer_is_not_closed_again(stage: Callable[..., Stage]) -> None:
    """Sw3: a ticket is swept once."""
    play = stage()
    play.second()
    play.run()
    play.run(Strike("close", 0, "lost-after"))
    play.run()
    play.issues.close(play.issues.rows[1], open_=True)
    play.run()
    assert play.issues.rows[1].open


def test_a_row_is_fresh_after_a_slow_check_too(
    stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cr1: read from TMI less than a minute before its ticket is made."""
    play, real = stage(), IssueDoor.check

    def check(self: IssueDoor) -> Any:
        play.links(WIKI)
        return real(self)

    monkeypatch.setattr(IssueDoor, "check", check)
    play.run()
    assert not play.issues.rows


def test_a_persons_link_is_not_written_again_while_the_first_write_may_arrive(stage: Callable[..., Stage]) -> None:
    """Wr2: the threat is left alone for 30 s, whoever's link it was."""
    play = stage()
    play.links(WIKI)
    play.run()
    play.links("")
    play.run(Strike("write", 0, "late", 29.0), wait=1)
    report = play.run()
    assert report.decisions[0].reason.startswith("the answer to its link was lost")


def test_an_older_copy_of_the_ledger_knows_that_links_may_have_been_offered(stage: Callable[..., Stage]) -> None:
    """St3, Li2: the witness counts offers as it counts intents."""
    play = stage(closes=True)
    play.run(Strike("prepare", 0, "stale-cache"))
    play.machine.stop()
    play.world.disk.copy()
    play.run()
    play.machine.stop()
    assert play.world.disk.restore(0)
    link_elsewhere(play.world, 0, 0)
    play.world.time.advance(400)
    for _ in range(3):
        play.run()
    assert play.issues.rows[0].open


def test_a_keeper_takes_no_row_that_is_in_doubt(stage: Callable[..., Stage]) -> None:
    """Two old tickets are opened again while a new one is in doubt: the sweep leaves the doubt alone."""
    play = stage(closes=True)
    play.second()
    play.run()
    for issue in play.issues.rows:
        play.issues.close(issue)
    play.world.time.advance(100)
    play.run()
    play.machine.by_hand("new ticket", play.threat.id)
    play.world.time.advance(100)
    play.run(Strike("create", 0, "lost-before"))
    for issue in play.issues.rows:
        play.issues.close(issue, open_=True)
    play.world.threats.save(play.threat, link="")
    for _ in range(3):
        play.run()


def test_a_doubt_begins_by_the_trackers_clock(stage: Callable[..., Stage]) -> None:
    """The time rule: our own clock is an hour slow, and the machine starts anew: the doubt is not over for that."""
    play = stage()
    play.world.clock.offset = -3600.0
    play.run(Strike("create", 0, "late", 100.0), wait=1)
    play.machine.stop()
    play.world.clock.reboot()
    for _ in range(3):
        play.run(wait=150)
    assert len(play.issues.rows) == 1
    assert play.shown
