"""What is down is left alone for longer and longer, and noticed soon when it is back."""

from __future__ import annotations

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
from tmi_issue_sync.pace import LONGEST, Pace
from tmi_issue_sync.rounds import Rounds, herald_of
from tmi_issue_sync.sandbox.faults import Fault
from tmi_issue_sync.sandbox.world import World
from tmi_issue_sync.schedule import Due
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
