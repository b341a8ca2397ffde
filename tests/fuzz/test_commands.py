"""The commands before servers that send anything: an exit code of the documented ones, no traceback, no secret."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import structlog

from fuzz.passes import hostile_threat
from fuzz.stage import CANARIES, EXITS, GITHUB, TMI, Mask, Twists, leaks, stage
from rig import REPO, threat
from tmi_issue_sync.cli import run

COMMANDS = (["check"], ["plan"], ["sync", "--once", "--yes"], ["status"], ["plan", "--json"], ["explain"])


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody waits, and the log is afterwards as it was."""
    monkeypatch.setattr("tmi_issue_sync.clock.SystemClock.sleep", lambda _self, _seconds: None)
    root = logging.getLogger()
    before, level, how = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:] = before
    root.setLevel(level)
    structlog.configure(**how)


@pytest.mark.parametrize("n", range(6))
def test_commands_before_hostile_servers(tmp_path: Path, capsys: pytest.CaptureFixture[str], n: int) -> None:
    rng = Random(f"commands {n}")
    rows = [threat(k) for k in range(4)]
    config = tmp_path / "config.toml"
    config.write_text(
        f"""
[tmi]
url = "http://127.0.0.1:{TMI}"
write = {{ token = "{CANARIES[TMI]}" }}
[trackers.issues]
adapter = "github"
url = "http://127.0.0.1:{GITHUB}"
token = "{CANARIES[GITHUB]}"
target = {{ repo = "{REPO}" }}
seconds_between_writes = 0
"""
    )
    state = tmp_path / "state"
    with stage(state, rng, *rows) as world:
        world.mask = Mask({rows[k]["id"]: hostile_threat(rng, k) for k in range(1, 4)})
        for command in (*COMMANDS, *rng.sample(COMMANDS, 3)):
            world.twists = Twists(rng, frozenset(rng.sample(range(1, 12), rng.choice((0, 1, 3)))))
            which = [rows[1]["id"]] if command == ["explain"] else []
            code = run(["--config", str(config), "--state", str(state), *command, *which])
            out, err = capsys.readouterr()
            assert code in EXITS, err
            assert "Traceback" not in out + err
            assert not leaks(out, err, *(path.read_bytes() for path in state.rglob("*") if path.is_file()))
