"""The Dockerfile: what it promises, and every command in it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
LAST = TEXT.rpartition("\nFROM ")[2]
HADOLINT = Path(sys.executable).with_name("hadolint")


def _words(instruction: str) -> list[str]:
    found = re.search(rf"{instruction}.*?(\[.*\])$", LAST, re.MULTILINE)
    assert found
    words: list[str] = json.loads(found[1])
    return words


def test_every_command_is_real(parsed: Callable[[list[str]], str]) -> None:
    (program,) = _words("ENTRYPOINT")
    assert program == "tmi-issue-sync"
    assert parsed(_words("^CMD")) == "sync"
    assert _words("HEALTHCHECK")[0] == program
    assert parsed(_words("HEALTHCHECK")[1:]) == "status"


def test_it_runs_as_nobody_in_particular_and_keeps_its_state_in_one_place() -> None:
    assert re.search(r"^USER 10001:10001$", LAST, re.MULTILINE)
    assert re.search(r"^VOLUME /data$", LAST, re.MULTILINE)
    assert "STATE_DIRECTORY=/data" in LAST
    assert "STOPSIGNAL SIGTERM" in LAST
    assert LAST.startswith("python:")
    assert "-slim" in LAST.splitlines()[0]
    assert TEXT.count("\nCOPY src src\n") == 1  # the sources stay in the first stage


def test_hadolint_has_nothing_to_say() -> None:
    found = subprocess.run([HADOLINT, str(ROOT / "Dockerfile")], capture_output=True, text=True, timeout=60)
    assert (found.returncode, found.stdout) == (0, "")
