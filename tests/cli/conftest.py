"""Commands run in this process, with nothing of the machine's own configuration in reach."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from tmi_issue_sync.cli import run
from tmi_issue_sync.sandbox.samples import MODELS
from tmi_issue_sync.sandbox.world import World


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> list[str]:
        """The lines of the errors that the user saw."""
        return [line for line in self.err.splitlines() if line.startswith("tmi-issue-sync: ")]


Command = Callable[..., Ran]


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in list(os.environ):
        if name.upper().startswith("TMI_ISSUE_SYNC") or name == "STATE_DIRECTORY":
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg-config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg-state"))
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    def ran(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Ran(code, out, err)

    return ran


@pytest.fixture
def world() -> Iterator[World]:
    with World() as made:
        made.load(MODELS)
        yield made


@pytest.fixture
def config(world: World, tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(world.config(), encoding="utf-8")
    return path


@pytest.fixture
def sync(command: Command, config: Path, tmp_path: Path) -> Command:
    """A command with the sandbox's config and a state of its own."""
    return lambda *arguments: command("--config", config, "--state", tmp_path / "state", *arguments)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two tries of a read."""
    monkeypatch.setattr("tmi_issue_sync.clock.SystemClock.sleep", lambda _self, _seconds: None)
