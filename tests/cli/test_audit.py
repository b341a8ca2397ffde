"""`audit`: every external write, who, when, with the request ids of both sides; the log says the same."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tmi_issue_sync.sandbox import facts
from tmi_issue_sync.sandbox.faults import Fault
from tmi_issue_sync.sandbox.trackers import BOT
from tmi_issue_sync.sandbox.world import World

from .conftest import Command


def test_every_write_is_there(world: World, sync: Command) -> None:
    world.faults.add(Fault(site="github", kind="status-before", method="POST", path=r"/issues$", status=422, nth=2))
    ran = sync("--log-format", "json", "sync", "--once", "--new-install")
    found = json.loads(sync("audit", "--json").out)
    assert found["version"] == 1
    rows = found["writes"]
    sent = [row for row in rows if row["action"] == "create"]
    asked = world.log.requests("github", "POST", r"/issues$")
    assert len(sent) == len(asked) == 5
    assert sum("Rejected" in row["outcome"] for row in sent) == 1
    assert {row["actor"] for row in sent} == {BOT}
    links = [row for row in rows if row["action"] == "link"]
    written = {entry.facts["request_id"] for entry in world.log.commits("tmi", "threat.put")}
    assert {row["request_id"] for row in links} == written
    assert all(row["their_request_id"] for row in rows if "Rejected" not in row["outcome"])
    logged = [json.loads(line) for line in ran.err.splitlines() if line.startswith("{")]
    told = [line for line in logged if str(line["event"]).startswith("wrote to")]
    assert [line["request_id"] for line in told] == [row["request_id"] for row in rows]
    assert {line["pass"] for line in told} == {row["pass"] for row in rows}


def test_since_and_csv(world: World, sync: Command) -> None:
    sync("sync", "--once", "--new-install")
    rows = list(csv.DictReader(io.StringIO(sync("audit", "--csv", "--since", "1h").out)))
    assert len(rows) == 10
    assert len(facts.made(world.log)) == 5
    assert list(csv.DictReader(io.StringIO(sync("audit", "--csv", "--since", "2100-01-01").out))) == []
    one = rows[0]["threat"]
    mine = json.loads(sync("audit", "--json", "--threat", one).out)["writes"]
    assert {row["threat"] for row in mine} == {one}
    assert len(mine) == 2


def test_before_there_is_a_ledger(sync: Command) -> None:
    assert sync("audit").out == "nothing was written\n"


@pytest.mark.parametrize("words", [("--since", "yesterday"), ("--json", "--csv")])
def test_what_makes_no_sense(sync: Command, words: tuple[str, ...]) -> None:
    ran = sync("audit", *words)
    assert (ran.code, len(ran.told)) == (2, 1)
