"""More stories of the protocol, each the smallest one that a rule is needed for; the mutations name them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from rig import REPO, Rig, model, rig, threat
from sync.doors import FIRST, Killed, Wrapped, dies_after_the_create, entry, only, posts, run_with, tracked
from tmi_issue_sync.ledger.rows import Side
from tmi_issue_sync.model import Look, Marker
from tmi_issue_sync.plan import Kind, Policy
from tmi_issue_sync.sync import Scope, Setup
from tmi_issue_sync.tmi.door import Prepared, Receipt


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path, model(threat(0))) as found:
        yield found


def test_killed_between_the_create_and_its_record_while_the_list_lags(world: Rig) -> None:
    world.options = {"lag": 60.0}
    world.run(apply=False)
    world.github.set_lag(50.0)
    dies_after_the_create(world)
    for _ in range(5):
        world.run()
        world.wait(20)
    assert posts(world) == 1
    assert world.links()["Threat number 0"]


def test_killed_before_the_link_the_ticket_is_known_though_the_list_lags(world: Rig) -> None:
    world.options = {"lag": 60.0}
    world.github.set_lag(50.0)

    def change(setup: Setup) -> Setup:
        def write(prepared: Prepared, url: str) -> Receipt:
            raise Killed

        return replace(setup, tmi=Wrapped(setup.tmi, write=write))

    with pytest.raises(Killed):
        run_with(world, change)
    assert entry(world).side is Side.CREATED


@pytest.mark.parametrize(
    ("options", "status", "seconds"),
    [
        ({"late": 100.0, "lag": 1.0}, None, 100),
        ({"late": 1.0, "lag": 100.0}, None, 100),
        ({"late": 1.0, "lag": 1.0, "lag_after_errors": 100.0}, 502, 95),
    ],
    ids=["late", "lag", "lag after a 5xx"],
)
def test_a_doubt_lasts_its_whole_horizon(
    world: Rig, options: dict[str, float], status: int | None, seconds: float
) -> None:
    world.options = options
    world.strike("status-before" if status else "drop-before", status=status or 500)
    world.run()
    world.wait(seconds)
    assert only(world.run()) is Kind.WAIT
    world.wait(20)
    world.run()
    assert posts(world) == 2


@pytest.mark.parametrize("jump", [10 * 86_400.0, -10 * 86_400.0])
def test_story_3_a_doubt_that_begins_while_the_wall_clock_is_wrong(world: Rig, jump: float) -> None:
    world.clock.wall = jump
    world.strike("drop-before")
    world.run()
    world.clock.wall = 0.0
    assert only(world.run()) is Kind.WAIT
    world.wait(30)
    world.run()
    assert posts(world) == 2


def test_story_10_ledger_and_link_lost_the_ticket_is_a_year_old(world: Rig) -> None:
    world.run()
    world.wait(400 * 86_400)
    world.ledger_path.unlink()
    world.tmi.edit_threat(FIRST, issue_uri=None)
    world.new_install = False
    for _ in range(4):
        world.wait(100)
        world.run()
    assert len(world.made()) == 1
    assert world.links()["Threat number 0"]


def test_story_11_a_ticket_seen_while_tmi_shows_nothing_is_kept(world: Rig) -> None:
    world.run()
    world.wait(30 * 86_400)
    world.ledger_path.unlink()
    world.tmi.edit_threat(FIRST, issue_uri=None)
    world.new_install = False
    run_with(world, lambda setup: replace(setup, tmi=Wrapped(setup.tmi, threat_models=list)))
    for _ in range(4):
        world.wait(100)
        world.run()
    assert len(world.made()) == 1


def test_story_13_a_doubt_that_no_look_shows_outlives_its_route(world: Rig) -> None:
    world.github.add_repo("example/other")
    world.strike("late", seconds=0.3)
    world.run()
    world.drain()
    world.github.set_lag(20.0)
    world.sites = ("example/other", REPO)
    assert only(world.run()) is Kind.WAIT
    assert posts(world) == 1


def test_story_16_a_threat_that_vanishes_takes_no_doubt_with_it(tmp_path: Path) -> None:
    with rig(tmp_path, model(threat(0), threat(1, mitigated=True))) as world:
        world.strike("drop-before")
        world.run()
        world.tmi.delete_threat(FIRST)
        world.run()
        world.tmi.restore_threat(FIRST)
        world.run()
        assert posts(world) == 1
        assert entry(world).side is Side.INTENDED


def test_story_17_the_horizon_ends_with_one_look_in_the_widest_scope(world: Rig) -> None:
    world.strike("drop-after")
    world.run()
    world.wait(60)

    def change(setup: Setup) -> Setup:
        def changed(since: datetime | None) -> Look:
            return replace(setup.sites[0].tracker.changed(since), tickets=())

        return tracked(setup, changed=changed)

    run_with(world, change)
    assert posts(world) == 1
    assert entry(world).side is Side.CREATED


def test_three_creates_that_leave_nothing_are_enough(world: Rig) -> None:
    world.strike("drop-before", times=-1)
    for _ in range(6):
        report = world.run()
        world.wait(60)
    assert posts(world) == 3
    assert only(report) is Kind.PARKED


def test_looks_are_full_after_an_attempt_that_left_nothing(world: Rig) -> None:
    world.strike("drop-before")
    world.strike("status-before", nth=2, status=429, retry_after="1")
    world.run()
    world.wait(60)
    world.run()
    world.wait(60)
    world.faults.clear()
    start = len(world.log.entries)
    world.run()
    asked = world.log.requests("github", "GET", "/issues$")
    first = next(request for request in asked if request.n > start)
    assert "since" not in dict(first.facts["query"])


def test_a_tracker_that_asks_for_a_year_gets_an_hour(world: Rig) -> None:
    world.strike("status-before", method="GET", status=429, retry_after=str(365 * 86_400))
    world.run()
    world.wait(3700)
    assert world.run().created == 1


@pytest.mark.parametrize("status", [401, 429])
def test_a_sure_refusal_is_no_doubt(world: Rig, status: int) -> None:
    world.strike("status-before", status=status, retry_after="1")
    world.run()
    found = entry(world)
    assert (found.side, found.attempts) == (Side.NONE, 0)


def test_doubts_count_for_the_budget(tmp_path: Path) -> None:
    with rig(tmp_path, model(*(threat(n) for n in range(5)))) as world:
        world.policy = Policy(per_pass=50, per_day=3)
        world.run(Scope(limit=1))
        world.strike("drop-before", times=2)
        for _ in range(2):
            world.run()
        assert posts(world) == 3


def test_a_dropped_marker_closes_the_tracker(tmp_path: Path) -> None:
    with rig(tmp_path, model(*(threat(n) for n in range(3)))) as world:

        def change(setup: Setup) -> Setup:
            return tracked(setup, create=lambda draft: replace(setup.sites[0].tracker.create(draft), marker=None))

        report = run_with(world, change)
        assert len(world.made()) == 1
        assert any("did not come back as it was sent" in str(alert) for alert in report.alerts)


def test_story_20_every_generation_carries_the_same_word() -> None:
    assert Marker("https://tmi.example.com", "t-1", 0).word == Marker("https://tmi.example.com", "t-1", 1).word


def test_a_block_whose_word_does_not_fit_is_nobodys() -> None:
    block = Marker("https://tmi.example.com", "t-1").block()
    assert Marker.parse(block) == Marker("https://tmi.example.com", "t-1")
    assert Marker.parse(block.replace("threat=t-1", "threat=t-2")) is None
