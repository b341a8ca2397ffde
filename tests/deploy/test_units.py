"""The units as systemd itself reads them: no mistake, no word too many, and little exposed."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tmi_issue_sync.errors import Locked

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "deploy" / "systemd"
SERVICES = ("tmi-issue-sync.service", "tmi-issue-sync-once.service")
PROGRAM = "/opt/tmi-issue-sync/bin/tmi-issue-sync"
ANALYZE = shutil.which("systemd-analyze")
EXPOSED = 20
"""Tenths: systemd's own scale ends at 10.0, and a bare unit has 9.6."""

needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed: units not verified")


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(ANALYZE), *map(str, words)], capture_output=True, text=True, timeout=60)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """Copies whose program exists here."""
    for unit in UNITS.glob("*.*"):
        text = unit.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true")
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    return tmp_path


@needs_systemd
@pytest.mark.parametrize("name", [*SERVICES, "tmi-issue-sync-once.timer"])
def test_systemd_has_nothing_to_say(units: Path, name: str) -> None:
    found = analyze("verify", units / name)
    assert (found.returncode, found.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize("break_it", ["Restrat=always", "ExecStart=/nowhere/at-all"])
def test_a_mistake_would_be_found(units: Path, break_it: str) -> None:
    unit = units / SERVICES[0]
    text = unit.read_text(encoding="utf-8")
    unit.write_text(re.sub(r"^ExecStart=.*$" if break_it[0] == "E" else "^Restart=.*$", break_it, text, flags=re.M))
    found = analyze("verify", unit)
    assert found.returncode or found.stderr


@needs_systemd
@pytest.mark.parametrize("name", SERVICES)
def test_little_is_exposed(units: Path, name: str) -> None:
    found = analyze("security", "--offline=true", f"--threshold={EXPOSED}", units / name)
    assert found.returncode == 0, found.stdout[-300:]


@pytest.mark.parametrize("name", SERVICES)
def test_the_command_is_real(name: str, parsed: Callable[[list[str]], str]) -> None:
    line = next(line for line in (UNITS / name).read_text().splitlines() if line.startswith("ExecStart="))
    program, *words = line.partition("=")[2].split()
    assert program == PROGRAM
    assert parsed(words) == "sync"


def test_a_pass_that_is_running_already_is_no_failure() -> None:
    assert f"SuccessExitStatus={Locked.exit_code}\n" in (UNITS / SERVICES[1]).read_text()


def test_both_services_are_hardened_alike() -> None:
    """What stands between the credentials and the end."""
    tails = [
        (UNITS / name).read_text().partition("# In the config")[2].partition("[Install]")[0] for name in SERVICES
    ]
    assert tails[0].strip() == tails[1].strip()
    assert "SystemCallFilter" in tails[0]


def test_the_cron_line_is_real(parsed: Callable[[list[str]], str]) -> None:
    lines = (ROOT / "deploy" / "cron" / "tmi-issue-sync").read_text().splitlines()
    (line,) = [line for line in lines if line and not line.startswith("#")]
    words = line.partition(" 2>")[0].split()
    assert words[5:7] == ["tmi-issue-sync", PROGRAM]  # cron.d has a user
    assert parsed(words[7:]) == "sync"


def test_any_command_has_a_terminal_or_what_is_piped() -> None:
    """One of both alone: no question can be asked, or no file can be read."""
    script = (UNITS / "tmi-issue-sync-run").read_text()
    assert {"--pty", "--pipe", "--wait"} <= set(script.split())
    assert 'tmi-issue-sync "$@"' in script
