"""`status --alive`: for health checks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tmi_issue_sync.sandbox.faults import Fault
from tmi_issue_sync.sandbox.world import World

from .conftest import Command


def test_before_the_first_pass(sync: Command) -> None:
    assert sync("status", "--alive").code == 1


@pytest.mark.usefixtures("hasty")
def test_while_passes_go_on_however_they_end(world: World, sync: Command) -> None:
    world.faults.add(Fault(site="tmi", kind="status-before", status=503, times=-1))
    assert sync("sync", "--once").code == 69
    assert sync("status", "--alive").code == 0


@pytest.mark.parametrize(("clock", "late"), [('every = "1m"', True), ('cron = "0 0 1 1 *"', False)])
def test_when_they_stopped(
    sync: Command, config: Path, monkeypatch: pytest.MonkeyPatch, clock: str, late: bool
) -> None:
    config.write_text(config.read_text().replace('every = "5s"', clock).replace('jitter = "0s"', "pass_limit = 60"))
    monkeypatch.setattr("tmi_issue_sync.clock.SystemClock.now", lambda _: datetime.now(UTC) - timedelta(hours=1))
    sync("sync", "--once")
    monkeypatch.undo()
    assert sync("status", "--alive").code == int(late)


def test_when_the_clock_was_set_back(sync: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restart mends it: its first pass counts, whatever date the one before has."""
    ahead = datetime.now(UTC) + timedelta(hours=1)
    monkeypatch.setattr("tmi_issue_sync.clock.SystemClock.now", lambda _: ahead)
    sync("sync", "--once")
    monkeypatch.undo()
    result = sync("status", "--alive")
    assert result.code == 1
    assert "the clock was set back" in result.out
    sync("sync", "--once")
    assert sync("status", "--alive").code == 0
