"""One writer: who comes second is told who holds the lock."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tmi_issue_sync.errors import Locked
from tmi_issue_sync.ledger import LedgerLock


def test_a_second_writer_is_told_who_the_first_is(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with LedgerLock(path), pytest.raises(Locked, match=f"in use by process {os.getpid()}"):
        LedgerLock(path).__enter__()
    with LedgerLock(path) as lock:
        assert lock.still_there()
