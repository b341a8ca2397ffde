"""The protocol's stories (numbers of its section 9) against the shipped code: real HTTP, a clock that we set."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from rig import REPO, Rig, model, rig, threat
from tmi_issue_sync.errors import LedgerError, Locked, SyncError
from tmi_issue_sync.ledger import LedgerLock
from tmi_issue_sync.ledger.rows import Side
from tmi_issue_sync.plan import Kind, Policy
from tmi_issue_sync.report import Report
from tmi_issue_sync.sandbox import facts
from tmi_issue_sync.sync import Scope

N = 3
SETTLE = 30.0
"""More than wait + late + lag + 10 of the rig's tracker."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path, model(*(threat(n) for n in range(N)))) as found:
        yield found


def finish(world: Rig, passes: int = 6) -> Report:
    """Let time pass until two passes had nothing to wait for; every threat must be linked to exactly one ticket."""
    settled = 0
    for _ in range(passes):
        report = world.run()
        world.wait(SETTLE)
        settled = settled + 1 if report.waits is None and all(world.links().values()) else 0
        if settled == 2:
            break
    links = world.links()
    assert len(set(links.values())) == N
    assert all(links.values())
    assert len(world.made()) == N
    return report


AFTER = ["drop-after", "fin-after", "truncate", "hang-after", "stall"]
BEFORE = ["drop-before"]


@pytest.mark.parametrize("kind", AFTER + BEFORE)
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_lost_answer_never_makes_a_second_ticket(world: Rig, kind: str, nth: int) -> None:
    world.strike(kind, nth=nth, seconds=0.2)
    finish(world)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
@pytest.mark.parametrize("kind", ["status-after", "status-before"])
def test_a_server_error_is_a_doubt(world: Rig, kind: str, status: int) -> None:
    world.strike(kind, status=status)
    finish(world)


def test_story_2_a_create_that_commits_after_we_gave_up_is_found(world: Rig) -> None:
    world.strike("late", seconds=0.3)
    world.run()
    world.drain()
    finish(world)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH"])
@pytest.mark.parametrize("site", ["tmi", "github"])
@pytest.mark.parametrize("nth", [1, 2, 4])
@pytest.mark.parametrize("kind", ["drop-before", "drop-after", "truncate", "html"])
def test_single_faults_anywhere_end_well(world: Rig, site: str, method: str, nth: int, kind: str) -> None:
    world.strike(kind, site=site, method=method, path=".", nth=nth)
    for _ in range(2):
        with suppress(SyncError):  # in words, never a traceback; the next passes mend whatever this one left
            world.run()
        world.wait(SETTLE)
    finish(world)


def test_story_4_a_lost_ledger_settles_before_it_makes_anything(world: Rig) -> None:
    world.new_install = False
    world.strike("drop-after")
    world.options = {"lag": 2.0}
    report = world.run()
    assert {d.kind for d in report.decisions} == {Kind.WAIT}
    assert world.made() == []
    world.wait(SETTLE)
    world.run()
    made = len(world.made())
    world.ledger_path.unlink()
    world.run()
    assert len(world.made()) == made
    finish(world)


def test_story_5_an_older_ledger_settles_too(world: Rig, tmp_path: Path) -> None:
    world.run(Scope(limit=1))
    copy = tmp_path / "yesterday.db"
    shutil.copy(world.ledger_path, copy)
    world.strike("drop-after")
    world.run(Scope(limit=1))
    assert len(world.made()) == 2
    shutil.copy(copy, world.ledger_path)
    world.github.set_lag(20.0)
    report = world.run()
    assert report.created == 0
    assert any("settling" in note for note in report.notes)
    world.github.set_lag(0.0)
    finish(world)


def test_story_6_a_ledger_deleted_under_a_live_process_stops_it(world: Rig) -> None:
    with world.setup() as setup:
        world.ledger_path.unlink()
        row = next(setup.tmi.read(setup.tmi.threat_models()))
        assert not isinstance(row, tuple)
        with pytest.raises(LedgerError, match="moved or deleted"):
            setup.ledger.intend(row.threats[0], setup.sites[0].key, "x")
    assert world.made() == []


def test_a_second_start_names_the_holder(world: Rig) -> None:
    with LedgerLock(world.ledger_path), pytest.raises(Locked, match=r"process \d+"), LedgerLock(world.ledger_path):
        pass


@pytest.mark.parametrize("jump", [10 * 86_400.0, -10 * 86_400.0])
def test_story_3_a_wall_clock_that_jumps_ends_no_horizon_and_prolongs_none(world: Rig, jump: float) -> None:
    world.run(Scope(limit=1))
    world.strike("drop-before")
    world.run()
    world.clock.wall = jump
    report = world.run()
    assert [d.kind for d in report.decisions].count(Kind.WAIT) == 1
    assert len(world.made()) == N - 1
    finish(world)


def test_story_13_a_doubt_outlives_its_route(world: Rig) -> None:
    world.github.add_repo("example/other")
    world.strike("drop-after")
    world.run(Scope(limit=1))
    world.sites = ("example/other", REPO)
    finish(world)
    assert sum(entry.facts["repo"] == REPO for entry in world.made()) == 1


def test_story_14_a_doubt_whose_tracker_left_the_config_is_parked(world: Rig) -> None:
    world.github.add_repo("example/other")
    world.strike("drop-before")
    world.run(Scope(limit=1))
    world.sites = ("example/other",)
    world.wait(SETTLE)
    report = world.run(Scope(limit=1))
    parked = [d for d in report.decisions if d.kind is Kind.PARKED]
    assert len(parked) == 1
    assert "retired = true" in parked[0].reason


def test_story_15_a_lost_ledger_looks_at_every_tracker(world: Rig) -> None:
    world.github.add_repo("example/other")
    world.strike("status-before", site="tmi", method="PUT", path="/threats/", times=N, status=503)
    world.run(Scope(limit=1))
    world.ledger_path.unlink()
    world.sites = ("example/other", REPO)
    world.new_install = False
    finish(world)


def test_story_21_a_list_that_lies_is_noticed(world: Rig) -> None:
    world.run(Scope(limit=1))
    world.wait(SETTLE)
    world.github.set_lag(1e6)
    report = world.run()
    assert any("does not show it" in str(alert) for alert in report.alerts)
    assert len(world.made()) == 1
    world.github.set_lag(0.0)
    finish(world)


def test_story_27_a_clone_is_reported_and_never_touched(world: Rig) -> None:
    world.run()
    world.github.clone(1)
    world.wait(90_000)  # another author's tickets show in the daily full look
    report = world.run()
    assert any("duplicates" in note and "issues/1" in note for note in report.notes)
    assert not world.log.commits("github", "issue.closed")
    assert not world.log.commits("github", "issue.edited")


def test_story_30_a_save_behind_a_stale_read_is_not_undone(world: Rig) -> None:
    first = threat(0)["id"]
    world.tmi(_get(world, first))  # fills the server's cache of five minutes
    world.tmi.edit_row(first, description="newer")
    world.wait(70)
    report = world.run()
    assert world.rows()[first]["description"] == "newer"
    assert not world.rows()[first].get("issue_uri")
    assert len(world.made()) == N
    assert any("waits" in outcome.text for outcome in report.outcomes)
    world.wait(400)
    finish(world)


def _get(world: Rig, threat_id: str):  # type: ignore[no-untyped-def]
    from tmi_issue_sync.sandbox.wire import Request

    path = f"/threat_models/{model()['id']}/threats/{threat_id}"
    return Request.of("GET", path, {"Authorization": f"Bearer {world.bot}", "Accept": "*/*"}, b"", world.tmi_url)


def test_story_32_a_lost_ledger_finds_its_spent_budget_again(tmp_path: Path) -> None:
    with rig(tmp_path, model(*(threat(n) for n in range(8)))) as world:
        world.policy = Policy(per_pass=50, per_day=4)
        world.run()
        assert len(world.made()) == 4
        for _ in range(3):
            world.ledger_path.unlink()
            world.run()
        assert len(world.made()) == 4
        world.wait(90_000)
        world.run()
        assert len(world.made()) == 8


def test_the_canary_must_be_seen_before_the_rest_is_made(world: Rig) -> None:
    world.github.set_lag(0.4)
    world.options = {"lag": 0.4}
    world.run()
    assert len(world.made()) == 1
    world.wait(5)
    finish(world)


def test_the_canary_is_the_only_one_in_later_passes_too(world: Rig) -> None:
    world.github.set_lag(60)
    world.options = {"lag": 60}
    for _ in range(3):
        report = world.run()
        assert (len(world.made()), report.exit_code) == (1, 0)
        told = [outcome.text for outcome in report.outcomes] + [decision.reason for decision in report.decisions]
        assert sum("the first ticket there" in text for text in told) >= N - 1
    world.wait(70)
    finish(world)


def test_a_canary_that_shows_nowhere_stays_alone_until_a_person_says_go_on(world: Rig) -> None:
    """Nobody knows whether it was deleted, or is hidden as all that follows would be."""
    world.github.set_lag(60)
    world.options = {"lag": 60}
    world.run()
    world.github.delete(1)
    world.github.set_lag(0)
    world.wait(70)
    for _ in range(3):
        report = world.run()
        assert (len(world.made()), report.exit_code) == (1, 77)
    first = facts.made(world.log)[0].threat_id
    assert str(report.alerts[0]).endswith(f"go on with: retry {first}")
    with world.setup() as setup:
        setup.ledger.retry(first)
    world.run()
    assert len(world.made()) == N


def test_a_canary_in_doubt_holds_the_rest_back(world: Rig) -> None:
    world.github.set_lag(60)
    world.options = {"lag": 60}
    world.strike("drop-after")
    world.run()
    world.run()
    assert len(world.made()) == 1
    world.wait(70)
    finish(world)


def test_a_doubt_is_not_ended_while_a_canary_is_unseen(world: Rig) -> None:
    finish(world)
    world.tmi.load([model(threat(8), threat(9), n=2)], owner="alice")
    world.wait(7200)
    world.github.set_lag(3600)
    world.options = {"lag": 60}
    world.strike("drop-after")
    world.run(Scope(limit=1))  # in doubt, where a list has shown tickets before
    for number in range(1, N + 1):
        world.github.delete(number)
    world.run()  # every known ticket is gone: the other threat's ticket is the canary
    world.github.delete(N + 2)
    world.wait(300)
    world.run()
    assert len(world.made()) == N + 2
    with world.setup() as setup:
        assert Side.INTENDED in [entry.side for entry in setup.ledger.entries().values()]


def test_where_every_ticket_went_the_next_is_a_canary_again(world: Rig) -> None:
    """They may be hidden: a doubt that ends there makes one ticket more at the most."""
    finish(world)
    world.tmi.load([model(threat(8), threat(9), n=2)], owner="alice")
    for number in range(1, N + 1):
        world.github.delete(number)
    world.github.set_lag(60)
    world.options = {"lag": 60}
    world.wait(70)
    world.run()
    world.run()
    assert len(world.made()) == N + 1


def test_a_first_run_of_more_than_ten_wants_a_word(tmp_path: Path) -> None:
    with rig(tmp_path, model(*(threat(n) for n in range(11)))) as world:
        report = world.run(yes=False)
        assert (report.approval, report.exit_code, len(world.made())) == (11, 77, 0)
        assert world.run(Scope(limit=2), yes=False).created == 2
        assert world.run(yes=False).exit_code == 0
        assert len(world.made()) == 11


def test_an_http_link_that_tmi_refuses_closes_the_place_after_one(tmp_path: Path) -> None:
    with rig(tmp_path, model(*(threat(n) for n in range(N))), issue_uri_schemes=("https",)) as world:
        report = world.run()
        assert len(world.made()) == 1
        assert any("scheme" in str(alert) for alert in report.alerts)
        world.run()
        assert len(world.made()) == 1


def test_an_unwritable_model_gets_no_ticket(world: Rig) -> None:
    world.bot = world.tmi.add_user("stranger-reader")
    world.tmi.load([model(threat(50), n=9, authorization=[_reader()])], owner="alice")
    report = world.run()
    assert report.exit_code == 77
    assert world.made() == []


def _reader() -> dict[str, str]:
    return {"principal_type": "user", "provider": "tmi", "provider_id": "stranger-reader", "role": "reader"}


@pytest.mark.parametrize(("private", "place"), [(False, {}), (False, {"confidential": True, "public": True})])
def test_a_public_repository_gets_nothing_without_the_word(
    tmp_path: Path, private: bool, place: dict[str, bool]
) -> None:
    with rig(tmp_path, model(threat(0)), private=private) as world:
        world.place = place
        assert world.run().exit_code == 77
        assert world.made() == []


def test_a_public_repository_that_the_operator_named_gets_its_tickets(tmp_path: Path) -> None:
    with rig(tmp_path, model(threat(0)), private=False) as world:
        world.place = {"public": True}
        assert world.run().exit_code == 0
        assert len(world.made()) == 1


def test_a_confidential_model_reaches_only_a_confidential_place(tmp_path: Path) -> None:
    with rig(tmp_path, model(threat(0), is_confidential=True)) as world:
        report = world.run()
        assert [d.kind for d in report.decisions] == [Kind.REFUSED]
        assert world.made() == []
        world.place = {"confidential": True}
        assert world.run().created == 1


def test_one_bad_threat_never_stops_the_others(tmp_path: Path) -> None:
    bad = threat(1, name="   ", description="x" * 100_000)
    with rig(tmp_path, model(threat(0), bad, threat(2))) as world:
        world.strike("status-before", nth=2, status=422)
        report = world.run()
        assert len(world.made()) == 2
        assert report.exit_code == 1
        again = world.run()
        assert [d.kind for d in again.decisions].count(Kind.PARKED) == 1
        assert again.exit_code == 0
