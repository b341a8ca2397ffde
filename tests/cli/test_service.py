"""The service as a process: it logs for machines, works, and ends on a signal."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tmi_issue_sync.config_tables import SyncOptions
from tmi_issue_sync.errors import ConfigError
from tmi_issue_sync.sandbox import facts
from tmi_issue_sync.sandbox.world import World
from tmi_issue_sync.schedule import trigger


def _serve(config: Path, state: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tmi_issue_sync", "--config", str(config), "--state", str(state)]
    return subprocess.Popen(
        [*command, "--log-format", "json", "sync", "--new-install"], stderr=subprocess.PIPE, text=True
    )


def test_it_works_and_ends_on_sigterm(world: World, config: Path, tmp_path: Path) -> None:
    with _serve(config, tmp_path / "state") as process:
        until = time.monotonic() + 20
        while len(facts.links(world.log)) < 5 and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert len(facts.made(world.log)) == len(facts.links(world.log)) == 5
    lines = [json.loads(line) for line in err.splitlines()]
    assert lines[0]["event"] == "serving"
    assert lines[-1]["event"] == "ended"
    assert [line["threat"] for line in lines if str(line["event"]).startswith("created")]


def test_a_mistake_in_the_config_ends_it(config: Path, tmp_path: Path) -> None:
    config.write_text(config.read_text().replace('every = "5s"', 'cron = "every now and then"'))
    with _serve(config, tmp_path / "state") as process:
        _, err = process.communicate(timeout=20)
    assert process.returncode == 78
    assert "sync.cron" in err
    assert len(err.splitlines()) == 1


def test_the_clock_of_the_service() -> None:
    assert "0:05:00" in str(trigger(SyncOptions()))
    assert "minute='*/10'" in str(trigger(SyncOptions(cron="*/10 * * * *")))
    with pytest.raises(ConfigError, match="cron"):
        trigger(SyncOptions(cron="nonsense"))
