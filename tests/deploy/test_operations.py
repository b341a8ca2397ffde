"""docs/operations.md says what the program says: messages, causes, states, files."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tmi_issue_sync import causes

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
TROUBLE = PAGE.partition("## Troubleshooting")[2]


def _source() -> str:
    """All that the program may say: strings joined as Python joins them."""
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "adapters").rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return re.sub(r'"\s*\n\s*f?"', "", text)


SOURCE = _source()


def _said() -> list[str]:
    """What the tables quote, in the pieces between what changes from case to case."""
    cells = re.findall(r"^\| (`[^|]*) \|", TROUBLE, re.MULTILINE)
    quotes = [quote for cell in cells for quote in re.findall(r"`([^`]+)`", cell)]
    own = [quote for quote in quotes if quote not in ("Restart", "watchdog")]  # the journal says these
    return [piece.strip() for quote in own for piece in quote.split("...") if piece.strip()]


@pytest.mark.parametrize("words", _said())
def test_every_quoted_message_is_real(words: str) -> None:
    assert words in SOURCE


def test_enough_is_quoted() -> None:
    assert len(_said()) >= 35


def test_every_cause_is_explained() -> None:
    table = PAGE.partition("| cause | means | do |")[2].partition("\n\n")[0]
    named = set(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE))
    names = {causes.LOGIN, causes.SESSION, causes.TMI, causes.DENIED, causes.PASS}
    assert named == names | {causes.PARKED, causes.INSTANCES, causes.APPROVAL, "target ..."}


def test_every_state_is_explained() -> None:
    """As `status` shows them (standing.py)."""
    text = (ROOT / "src" / "tmi_issue_sync" / "standing.py").read_text(encoding="utf-8")
    states = set(re.findall(r'yield "([a-z ]+)",', text)) | set(re.findall(r'yield \(\s*"([a-z ]+)"', text))
    states |= set(re.findall(r', \("([a-z]+)",', text))
    table = TROUBLE.partition("### One threat hangs")[2].partition("###")[0]
    shown = set(re.findall(r"^\| ([a-z ]+) \|", table, re.MULTILINE)) - {"state in"}
    assert states - shown == {"pending", "skipped"}  # they need nobody


def test_files_that_it_names_are_there() -> None:
    for name in re.findall(r"(?<![\w/])(deploy/[\w./-]+)", PAGE):
        assert (ROOT / name.rstrip(".,")).exists(), name


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="the sqlite3 command is not installed")
def test_the_backup_is_whole_and_nobody_elses(tmp_path: Path) -> None:
    (line,) = re.findall(r"^\(umask .*$", PAGE, re.MULTILINE)
    copy = tmp_path / "copy.db"
    assert "/var/backups/ledger.db" in line
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as ledger:
        ledger.execute("CREATE TABLE t (x)")
        ledger.execute("BEGIN EXCLUSIVE")  # a pass writes
        ledger.execute("INSERT INTO t VALUES (1)")
        command = ["sh", "-c", line.replace("/var/backups/ledger.db", str(copy))]
        backup = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        with pytest.raises(subprocess.TimeoutExpired):
            backup.wait(0.5)
        ledger.execute("COMMIT")
        assert (backup.communicate(timeout=30)[1], backup.returncode) == ("", 0)
    assert copy.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(copy)) as copied:
        assert copied.execute("SELECT x FROM t").fetchall() == [(1,)]
