"""How the command ends where it is cut: Ctrl-C, a reader that has seen enough, a disk without room, no words."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tmi_issue_sync.sandbox import facts
from tmi_issue_sync.sandbox.faults import Fault
from tmi_issue_sync.sandbox.world import World

from .conftest import Command

MODEL = {"id": "44444444-0000-4000-8000-000000000004", "name": "Many", "created_at": "2026-01-01T00:00:00Z"}
Started = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def started(config: Path, tmp_path: Path) -> Started:
    """The command in a process of its own."""

    def start(
        *words: str, stdin: int | None = None, stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE
    ) -> subprocess.Popen[str]:
        place = ("--config", str(config), "--state", str(tmp_path / "state"))
        return subprocess.Popen(
            [sys.executable, "-m", "tmi_issue_sync", *place, *words],
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            encoding="utf-8",
            preexec_fn=_hears_ctrl_c,
        )

    return start


def _hears_ctrl_c() -> None:
    """A shell that starts the tests in the background has them ignore SIGINT, and so what they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_is_told(started: Started, world: World) -> None:
    """In the middle of a command that has no way of its own to stop."""
    world.faults.add(
        Fault(site="tmi", kind="call-before", times=1, action=lambda: os.kill(process.pid, signal.SIGINT))
    )
    with started("plan") as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "tmi-issue-sync: interrupted: nothing more was begun"


def test_ctrl_c_at_the_question_makes_nothing(started: Started, world: World) -> None:
    threat = {"status": "open", "threat_type": [], "created_at": "2026-01-01T00:00:00Z"}
    world.load([{**MODEL, "threats": [{**threat, "name": f"threat {n}"} for n in range(8)]}])
    ours, theirs = pty.openpty()
    with started("sync", "--once", "--new-install", stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        assert "Go on? [y/N]" in _read(ours, "Go on? [y/N]")
        time.sleep(0.5)  # nobody types while the prompt is still being written
        process.send_signal(signal.SIGINT)
        assert "tmi-issue-sync: interrupted: no ticket was made" in _read(ours, "interrupted: no ticket was made")
        assert process.wait(timeout=60) == 130
    os.close(ours)
    assert not facts.made(world.log)


def _read(terminal: int, words: str) -> str:
    """What is written there until the words come, or nothing more for some seconds."""
    text = ""
    while words not in text and select.select([terminal], [], [], 20)[0]:
        try:
            text += os.read(terminal, 4096).decode(errors="replace")
        except OSError:  # the other end is closed
            break
    return text


def test_a_reader_that_has_seen_enough(started: Started) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    with started("plan", stdout=theirs) as process:
        os.close(theirs)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (141, "")


@pytest.mark.parametrize("words", [["status"], ["--help"], ["audit", "--csv"]])
def test_an_output_without_room_is_no_bug(started: Started, words: list[str]) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full, started(*words, stdout=full.fileno()) as process:
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors.splitlines()) == (
        74,
        ["tmi-issue-sync: the output can't be written: No space left on device"],
    )


@pytest.mark.parametrize("words", [[], ["config"], ["webhook"]])
def test_no_words_get_the_help_as_it_is(command: Command, words: list[str]) -> None:
    ran = command(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == command(*words, "--help").out


def test_no_line_for_each_write_tears_the_bar(started: Started, world: World) -> None:
    ours, theirs = pty.openpty()
    with started("sync", "--once", "--new-install", stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        text = _read(ours, "ledger: ")
        assert process.wait(timeout=60) == 0
    os.close(ours)
    assert len(facts.made(world.log)) == 5
    assert "making tickets" in text
    assert "wrote to" not in text
