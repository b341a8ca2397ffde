"""Schedules that a reader of the protocol found, each of which broke one of its rules once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from proof.faults import Strike
from proof.issue_door import IssueDoor
from proof.issues import US, Issues
from proof.issues import Row as Ticket
from proof.machine import Machine, Silent
from proof.people import close, delete, link_elsewhere, new_threat, unlink
from proof.schedule import meanwhile
from proof.threat_door import ThreatDoor
from proof.threats import Row
from proof.world import INSTANCE, Terms, World
from tmi_issue_sync.errors import LinkRefused, TmiDenied
from tmi_issue_sync.model import Look, Marker
from tmi_issue_sync.plan import Kind
from tmi_issue_sync.report import Report
from tmi_issue_sync.sight import READS
from tmi_issue_sync.sync import Scope, run_pass

WIKI = "https://wiki.example/page/0"
DAY = 86_400.0


class Stage:
    """A simulated world and our process in it."""

    def __init__(self, place: Path, **terms: Any) -> None:
        self.world = World(Terms(**{"threats": 1, "lag": 5.0, "own_only": False, **terms}), place, strike=meanwhile)
        self.machine = Machine(self.world)

    @property
    def issues(self) -> Issues:
        return self.world.trackers["a"]

    @property
    def threat(self) -> Row:
        return self.world.threats.nth(0)

    @property
    def shown(self) -> str:
        return self.threat.issue_uri

    def run(self, *strikes: Strike, wait: float = 100.0) -> Report:
        report = self.machine.run(strikes)
        self.world.time.advance(wait)
        assert report is not None
        return report

    def threats(self, more: int) -> None:
        """New ones, that nobody has touched for a while."""
        for _ in range(more):
            self.world.threats.add(self.threat.model, confidential=False).modified = self.world.time.now
        self.world.time.advance(400)

    def links(self, url: str) -> None:
        self.world.threats.save(self.threat, link=url)
        self.world.time.advance(400)

    def second(self) -> Ticket:
        """Another daemon's ticket for our threat, older than ours and listed later."""
        made = self.issues.commit(Marker(INSTANCE, self.threat.id, 0, "abcdef"), US, ours=False)
        made.history[-1] = replace(made.history[-1], shown=self.world.time.now + 50)
        self.world.time.advance(2)
        return made


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    made: list[Stage] = []

    def opened(**terms: Any) -> Stage:
        made.append(Stage(tmp_path, **terms))
        return made[-1]

    yield opened
    for each in made:
        each.machine.stop()
        assert not each.world.broken


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


@pytest.mark.parametrize("asked", ["retry", "another ticket"])
def test_a_doubt_ends_where_all_that_was_known_was_deleted(stage: Callable[..., Stage], asked: str) -> None:
    """Lo7: by the ticket of another threat, or by a person's word."""
    play = stage()
    play.run()
    play.threats(1)
    play.run(Strike("create", 0, "lost-before"), wait=DAY)
    play.issues.delete(play.issues.rows[0])
    assert play.run().exit_code == 77
    assert len(play.issues.rows) == 1
    if asked == "retry":
        play.machine.by_hand("retry", play.world.threats.nth(1).id)
    else:
        play.threats(1)
        play.run()
    play.run()
    play.run()
    assert play.world.threats.nth(1).issue_uri


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
