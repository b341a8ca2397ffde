"""What the log keeps, finds and writes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from tmi_issue_sync.sandbox.log import Log

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def test_the_log_selects_and_writes_lines(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.jsonl", clock=lambda: NOON)
    log.request("a", "GET", "/one", (("q", "1"),), 200, None, {"Authorization": "x"})
    log.request("b", "POST", "/two", (), None, "drop-after", {})
    log.commit("b", "made", number=1)
    assert [entry.n for entry in log.requests(path_re="two")] == [2]
    assert [entry.n for entry in log.requests(site="a", method="GET")] == [1]
    assert [entry.facts["number"] for entry in log.commits(site="b", kind="made")] == [1]
    assert log.commits(site="a") == []
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert lines == [entry.as_json() for entry in log.entries]
    assert lines[0]["at"] == "2026-05-01T12:00:00+00:00"
