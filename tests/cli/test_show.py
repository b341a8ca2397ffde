"""Tables on a terminal, and what is said of a pass."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from tmi_issue_sync.cli.summary import print_trouble
from tmi_issue_sync.errors import NeedsPerson, SyncError, TmiError
from tmi_issue_sync.report import Report

URL = "https://github.example.com/example/threats/issues/1234567890"
PROGRAM = f"""
from tmi_issue_sync.cli.show import table
name = "A long name of a threat that goes on and on"
table(("at", "threat", "outcome"), [("2026-01-01 10:00:00Z", name, "made {URL}"), ("2026-01-02", name, "x")])
"""


class Waiting(Report):
    """The next pass would get further by time alone, as far as that goes."""

    @property
    def waits(self) -> float | None:
        return 1.0


@pytest.mark.parametrize(
    ("alerts", "approval", "told"),
    [
        ([], 0, True),
        ([TmiError("down")], 0, True),
        ([], 13, False),
        ([NeedsPerson("nobody is logged in")], 0, False),
    ],
)
def test_no_time_is_promised_where_a_person_must_act(
    capsys: pytest.CaptureFixture[str], alerts: list[SyncError], approval: int, told: bool
) -> None:
    report = Waiting("pass", datetime(2026, 1, 1, tzinfo=UTC), True, alerts=alerts, approval=approval)
    print_trouble(report)
    assert ("It goes on in 1 s." in capsys.readouterr().out) is told


@pytest.mark.parametrize("width", [50, 80, 110, 200])
def test_a_link_in_a_table_is_never_folded(width: int) -> None:
    ours, theirs = pty.openpty()
    env = os.environ | {"COLUMNS": str(width), "TERM": "xterm"}
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=theirs, stdin=theirs, env=env):
        os.close(theirs)
        text = _all(ours)
    lines = text.splitlines()
    assert sum(URL in line for line in lines) == 1
    assert "goes" in " ".join(lines)
    if width >= 100:
        assert max(len(line) for line in lines if "\x1b" not in line) <= width


def _all(terminal: int) -> str:
    text = b""
    try:
        while piece := os.read(terminal, 4096):
            text += piece
    except OSError:  # the other end is closed
        os.close(terminal)
    return text.decode()
