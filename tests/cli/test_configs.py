"""`config init`, `config show`, `adapters`, `--help`, `--version`."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tmi_issue_sync import __version__
from tmi_issue_sync.config import load_settings

from .conftest import Ran

Command = Callable[..., Ran]
CANARY = "canary-3f9a1c"
HEAVY = ("httpx", "github", "pydantic", "rich", "structlog", "apscheduler", "jinja2", "sqlite_utils", "requests")


def test_the_first_config_loads(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "xdg-config" / "tmi-issue-sync" / "config.toml"
    assert command("config", "init").code == 0
    assert path.stat().st_mode & 0o077 == 0
    again = command("config", "init")
    assert (again.code, len(again.told)) == (2, 1)
    monkeypatch.setenv("GITHUB_TOKEN", CANARY)
    assert load_settings(path).default is not None
    assert command("config", "show").code == 0  # found without --config


def test_secrets_are_never_shown(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.toml"
    path.write_text(
        f'[tmi]\nurl = "https://tmi.example.com"\nwrite = {{ token = "{CANARY}-a" }}\n'
        f'read = {{ client_id = "tmi_cc_x", client_secret = "{CANARY}-b" }}\n'
        f'proxy = "http://user:{CANARY}@proxy.example.com:3128"\n'
        f'[trackers.work]\nadapter = "github"\ntarget = {{ repo = "example/threats" }}\ntoken = "{CANARY}-c"\n'
    )
    ran = command("--config", path, "config", "show")
    assert ran.code == 0
    assert CANARY not in ran.out + ran.err
    shown = tomllib.loads(ran.out)
    assert shown["trackers"]["work"]["token"] == "**********"
    assert shown["sync"]["max_new_tickets"] == {"per_pass": 50, "per_day": 500}
    monkeypatch.setenv("TMI_ISSUE_SYNC__TRACKERS__WORK__TOKEN", f"{CANARY} with spaces")
    refused = command("--config", path, "config", "show")
    assert refused.code == 78
    assert CANARY not in refused.out + refused.err
    assert "TMI_ISSUE_SYNC__TRACKERS__WORK__TOKEN" in refused.told[0]


def test_adapters_and_version(command: Command) -> None:
    assert "github" in command("adapters").out
    assert command("--version").out.strip() == f"tmi-issue-sync {__version__}"


def test_help_imports_no_client_library() -> None:
    """One process: help comes from here, and nothing heavy is loaded for it."""
    code = (
        "import sys; from tmi_issue_sync.cli import run; code = run(['--help']);"
        f"bad = [name for name in {HEAVY!r} if name in sys.modules]; sys.exit(code or (3 if bad else 0))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    for name in ("demo", "sandbox", "login", "check", "plan", "sync", "status", "explain", "retry", "skip"):
        assert f"  {name} " in done.stdout


@pytest.mark.parametrize("name", ["sync", "plan", "check", "demo", "sandbox", "config", "explain", "login"])
def test_every_command_has_help(command: Command, name: str) -> None:
    ran = command(name, "--help")
    assert ran.code == 0
    assert "Usage: tmi-issue-sync" in ran.out
