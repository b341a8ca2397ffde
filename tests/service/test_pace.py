"""What is down is left alone for longer and longer, and noticed soon when it is back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rig import Silent, TestClock
from service.served import Config
from tmi_issue_sync.config import load_settings
from tmi_issue_sync.config_tables import SyncOptions
from tmi_issue_sync.errors import TmiDenied
from tmi_issue_sync.log import Redactor, configure
from tmi_issue_sync.pace import LONGEST, Pace
from tmi_issue_sync.rounds import Rounds, herald_of
from tmi_issue_sync.sandbox.faults import Fault
from tmi_issue_sync.sandbox.samples import MODELS
from tmi_issue_sync.sandbox.world import World
from tmi_issue_sync.schedule import Due, first_after
from tmi_issue_sync.sync import Scope
from tmi_issue_sync.wiring import Places, wired


def test_it_doubles_and_ends_at_a_quarter_of_an_hour() -> None:
    pace = Pace(SyncOptions(every=60))
    assert [pace.failed("tmi") for _ in range(6)] == [0.0, 90.0, 210.0, 450.0, LONGEST, LONGEST]
    assert pace.failed("another") == 0.0
    pace.well("tmi")
    assert pace.failed("tmi") == 0.0


def test_with_a_cron_line_it_begins_with_a_minute() -> None:
    pace = Pace(SyncOptions(cron="0 3 * * *"))
    assert [pace.failed("tmi") for _ in range(2)] == [0.0, 90.0]


@contextmanager
def rounds(config: Path, state: Path) -> Iterator[tuple[Rounds, TestClock]]:
    """The service's passes in this thread, with a clock to set."""
    clock = TestClock()
    settings = load_settings(config)
    with wired(settings, Places.of(settings, state), clock=clock) as found:
        setup = found.setup
        setup.ledger.new_install()
        herald = herald_of(found, lambda: False)
        yield Rounds(found, Silent(), lambda _report: True, lambda: False, Pace(settings.sync), herald), clock


def test_tmi_is_left_alone(world: World, config: Config, state: Path) -> None:
    world.faults.add(Fault(site="tmi", kind="status-before", status=503, times=-1))
    with rounds(config(every="60s"), state) as (found, clock):
        found.run(Scope())
        assert found.rest == 0  # the clock's next pass asks again
        assert set(found.closed) == {"tmi"}
        found.run(Scope())
        assert found.rest == pytest.approx(90, abs=2)
        clock.offset += 91
        assert found.rest == 0
        world.faults.clear()
        passed = found.run(Scope())
        assert passed.report is not None
        assert passed.report.created == 5
        assert not found.closed


def test_a_tracker_is_left_alone_and_the_others_are_not(world: World, config: Config, state: Path) -> None:
    world.faults.add(Fault(site="github", kind="status-before", status=502, times=-1))
    with rounds(config(every="60s"), state) as (found, clock):
        for _ in range(2):
            passed = found.run(Scope())
            assert passed.error is None
        asked = len(world.log.requests("github"))
        found.run(Scope())
        assert len(world.log.requests("github")) == asked  # its pause is in the ledger
        assert "not before" in next(iter(found.closed.values()))
        world.faults.clear()
        clock.offset += 91
        passed = found.run(Scope())
        assert passed.report is not None
        assert not found.closed
        assert len(world.log.requests("github")) > asked


def test_a_woken_pass_says_nothing_of_tmi_as_a_whole(world: World, config: Config, state: Path) -> None:
    with rounds(config(every="60s"), state) as (found, _):
        found.run(Scope())
        world.faults.add(Fault(site="tmi", kind="status-before", status=503, times=-1))
        for _ in range(3):
            woken = found.run(Scope(frozenset({str(MODELS[0]["id"])}), woken=True))
            assert woken.error is not None
        assert (found.rest, found.closed) == (0, {})


def test_a_tmi_that_answers_again_is_not_closed_any_more(world: World, config: Config, state: Path) -> None:
    world.faults.add(Fault(site="tmi", kind="status-before", status=503, times=-1))
    with rounds(config(every="60s"), state) as (found, clock):
        for _ in range(2):
            failed = found.run(Scope())
        assert failed.calls["tmi"] > 0
        assert failed.run_id == found.found.setup.ledger.runs(1)[0].id
        clock.offset += 91
        world.faults.clear()
        world.faults.add(Fault(site="tmi", kind="status-before", path=r"/threat_models$", status=403, times=-1))
        assert isinstance(found.run(Scope()).error, TmiDenied)
        assert not found.closed
        world.faults.clear()
        world.faults.add(Fault(site="tmi", kind="status-before", status=503, times=-1))
        found.run(Scope())
        assert found.rest == 0, "it counts from the start"


def test_a_tracker_rests_for_the_reason_that_it_had(
    world: World, config: Config, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.faults.add(Fault(site="github", kind="status-before", status=502, times=-1))
    with rounds(config(every="60s"), state) as (found, _):
        for _ in range(2):
            first = found.run(Scope())
        configure("json", "info", Redactor())
        passed = found.run(Scope())
        log = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        closed = dict(found.closed)
    assert first.report is not None
    assert passed.report is not None
    assert [str(alert) for alert in passed.report.alerts] == [str(alert) for alert in first.report.alerts]
    assert "502" in next(iter(closed.values()))
    assert [line["event"] for line in log if line["level"] == "error"] == []
    assert [line for line in log if line["event"] == "a tracker rests" and "502" in line["reason"]]


def test_the_next_pass_is_one_that_asks() -> None:
    every = SyncOptions(every=60, jitter=10)
    rested = NOON + timedelta(seconds=90)
    assert first_after(every, NOON + timedelta(seconds=30), rested) == NOON + timedelta(seconds=90)
    assert first_after(every, NOON + timedelta(seconds=40), rested) == NOON + timedelta(seconds=100)
    assert first_after(SyncOptions(cron="*/5 * * * *"), NOON, rested) == NOON + timedelta(minutes=5)
    assert first_after(every, rested, NOON) == rested


def test_a_login_that_is_missing_is_no_outage(config: Config, state: Path) -> None:
    path = config()
    path.write_text("\n".join(_with_login(line) for line in path.read_text().splitlines()))
    with rounds(path, state) as (found, _):
        for _ in range(3):
            passed = found.run(replace(Scope(), limit=0))
        assert "nobody is logged in" in str(passed.error)
        assert found.rest == 0


def _with_login(line: str) -> str:
    return "write = { login = true }" if line.startswith("write = ") else line


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_a_clock_that_is_set_back_makes_no_pass_late() -> None:
    due = Due(longest=70.0)
    assert not due.late(NOON + timedelta(seconds=60), NOON, 1000.0)
    assert not due.late(NOON + timedelta(seconds=60), NOON - timedelta(hours=1), 1080.0)
    assert due.late(NOON + timedelta(seconds=60), NOON - timedelta(hours=1), 1091.0)


def test_nor_one_that_is_set_back_before_anybody_looked() -> None:
    due = Due(longest=70.0)
    assert not due.late(NOON + timedelta(seconds=60), NOON - timedelta(hours=1), 1000.0)
    assert due.late(NOON + timedelta(seconds=60), NOON - timedelta(hours=1), 1101.0)


def test_by_a_cron_line_the_time_that_was_left_counts() -> None:
    due = Due(longest=None)
    assert not due.late(NOON + timedelta(hours=6), NOON, 0.0)
    assert not due.late(NOON + timedelta(hours=6), NOON - timedelta(days=1), 6 * 3600.0)
    assert due.late(NOON + timedelta(hours=6), NOON - timedelta(days=1), 6 * 3600.0 + 31)
