"""Every command against the sandbox, over real HTTP."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tmi_issue_sync.sandbox import facts
from tmi_issue_sync.sandbox.faults import Fault
from tmi_issue_sync.sandbox.world import World

from .conftest import Ran

Command = Callable[..., Ran]
SQL = "11111111-0000-7000-8000-000000000011"
ZIP = "33333333-0000-7000-8000-000000000031"


def test_plan_settles_and_changes_nothing(sync: Command, world: World) -> None:
    ran = sync("plan")
    assert ran.code == 0
    assert "the threat is mitigated" in ran.out
    assert "settling" in ran.out
    assert not facts.made(world.log)
    assert not facts.links(world.log)


def test_plan_check_says_that_something_is_to_do(sync: Command) -> None:
    assert sync("plan", "--check").code == 3
    assert sync("sync", "--once", "--new-install").code == 0
    assert sync("plan", "--check").code == 0


def test_plan_in_json(sync: Command) -> None:
    found = json.loads(sync("plan", "--json", "--model", "Example Shop").out)
    assert found["version"] == 1
    assert {d["threat"]["model"]["name"] for d in found["decisions"]} == {"Example Shop"}
    assert all(d["decision"] and d["reason"] for d in found["decisions"])
    assert found["counts"]["skip"] == 1


def test_one_ticket_per_threat(sync: Command, world: World) -> None:
    first = sync("sync", "--once", "--new-install", "--json")
    found = json.loads(first.out)
    assert (first.code, found["version"], found["created"]) == (0, 1, 5)
    assert len(facts.made(world.log)) == len(facts.links(world.log)) == 5
    again = sync("sync", "--once")
    assert again.code == 0
    assert "0 created, 0 linked" in again.out
    assert len(facts.made(world.log)) == 5


def test_waiting_out_a_new_ledger_in_one_run(sync: Command, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("tmi_issue_sync.clock.SystemClock.sleep", lambda _self, seconds: slept.append(seconds))
    monkeypatch.setattr("tmi_issue_sync.once.WAIT_MAX", 5.0)
    ran = sync("sync", "--once", "--wait")
    assert "is left for the next run" in ran.out
    assert not slept
    assert ran.code == 0
    assert not facts.made(world.log)


def test_a_limit_counts_for_the_whole_run(sync: Command, world: World) -> None:
    assert sync("sync", "--once", "--wait", "--new-install", "--limit", "2").code == 0
    assert len(facts.made(world.log)) == 2


def test_a_pilot_of_one_threat(sync: Command, world: World) -> None:
    assert sync("sync", "--once", "--new-install", "--threat", ZIP).code == 0
    assert [ticket.threat_id for ticket in facts.made(world.log)] == [ZIP]


def test_a_lost_reply_is_shown_and_found_again(sync: Command, world: World) -> None:
    world.faults.add(Fault(site="github", kind="drop-after", method="POST", path="/issues$", nth=2))
    first = sync("sync", "--once", "--new-install")
    assert first.code == 1 or "lost" in first.out
    shown = json.loads(sync("status", "--json").out)
    assert [item["state"] for item in shown["attention"]] == ["in doubt"]
    assert "believed from" in shown["attention"][0]["next"]
    assert sync("sync", "--once").code == 0
    assert len(facts.made(world.log)) == 5
    assert json.loads(sync("status", "--json").out)["attention"] == []


def test_status_before_and_after(sync: Command) -> None:
    assert "no ledger yet" in sync("status").out
    sync("sync", "--once", "--new-install")
    ran = sync("status")
    assert ran.code == 0
    assert "5 linked, 1 linked by people" in ran.out
    assert "No threat needs attention" in ran.out
    found = json.loads(sync("status", "--json").out)
    assert found["version"] == 1
    assert found["runs"][0]["exit_code"] == 0


def test_status_says_that_tickets_are_stuck_and_why(sync: Command, world: World) -> None:
    world.faults.add(Fault(site="github", kind="status-before", status=403, times=-1))
    assert sync("sync", "--once", "--new-install").code == 77
    ran = sync("status")
    assert "No threat needs attention" not in ran.out
    assert "5 threats want a ticket and have none: see `plan`." in ran.out
    found = json.loads(sync("status", "--json").out)
    assert found["waiting"] == 5
    assert "5 waiting: sandbox: GitHub forbids" in found["runs"][0]["did"]


def test_what_waits_is_counted_and_not_read_from_words(sync: Command, tmp_path: Path) -> None:
    sync("sync", "--once", "--new-install")
    ledger = sqlite3.connect(tmp_path / "state" / "ledger.db")
    ledger.execute("UPDATE runs SET summary = summary || ', 1 failed: it says: go, 7 waiting'")
    ledger.commit()
    ledger.close()
    assert json.loads(sync("status", "--json").out)["waiting"] == 0
    assert "want a ticket" not in sync("status").out


@pytest.mark.usefixtures("hasty")
def test_status_does_not_praise_a_pass_that_failed(sync: Command, world: World) -> None:
    world.tmi.close()
    assert sync("sync", "--once").code == 69
    assert "The last pass ended with 69" in sync("status").out


def test_times_in_json_are_written_alike(sync: Command) -> None:
    sync("sync", "--once", "--new-install")
    times = [json.loads(sync("status", "--json").out)["runs"][0]["started"]]
    times += [json.loads(sync("plan", "--json").out)["started"]]
    times += [json.loads(sync("audit", "--json").out)["writes"][0]["at"]]
    times += [json.loads(sync("explain", SQL, "--json").out)["writes"][0]["at"]]
    assert all(time[10] == "T" and time.endswith("Z") for time in times)


def test_status_says_until_when_a_ledger_settles(sync: Command, config: Path) -> None:
    assert sync("sync", "--once").code == 0
    found = json.loads(sync("status", "--json").out)
    until = datetime.fromisoformat(found["settling_until"])
    assert timedelta(0) < until - datetime.fromisoformat(found["runs"][0]["started"]) < timedelta(seconds=30)
    assert f"new tickets wait until {until:%Y-%m-%d %H:%M:%S}Z" in sync("status").out
    config.write_text(config.read_text().replace("example/threats", "example/never-asked"))
    assert "until every tracker has answered" in sync("status").out


def test_a_look_is_no_pass(sync: Command) -> None:
    for arguments in (["plan"], ["check"], ["explain", SQL], ["adopt"]):
        assert sync(*arguments).code == 0
    assert json.loads(sync("status", "--json").out)["runs"] == []
    assert (sync("status", "--alive").code, sync("status", "--alive").out) == (1, "no pass yet\n")


def test_one_threats_story_by_id_number_and_url(sync: Command, world: World) -> None:
    sync("sync", "--once", "--new-install")
    number = next(ticket.name for ticket in facts.made(world.log) if ticket.threat_id == SQL)
    stories = [json.loads(sync("explain", "--json", key).out) for key in (SQL, number, facts.links(world.log)[SQL])]
    assert stories[0] == stories[1] == stories[2]
    story = stories[0]
    assert story["decision"]["decision"] == "keep"
    assert story["ledger"]["side"] == "created"
    actions = {(write["side"], write["action"]) for write in story["writes"]}
    assert {side for side, _ in actions} == {"tracker", "tmi"}
    assert all(write["sent_id"] for write in story["writes"])
    text = sync("explain", SQL)
    assert number in text.out
    assert "our request id" in text.out


def test_one_threats_story_by_short_number_and_name(sync: Command, world: World) -> None:
    name = next(threat["name"] for threat in world.tmi_site.threats() if threat["id"] == SQL)
    assert f"threat {SQL}: {name}" in sync("explain", name).out  # before the ledger knows it
    assert name in sync("plan", "--threat", name).out
    sync("sync", "--once", "--new-install")
    number = next(ticket.name for ticket in facts.made(world.log) if ticket.threat_id == SQL).rpartition("#")[2]
    for what in (number, f"#{number}", name):
        assert f"threat {SQL}: {name}" in sync("explain", what).out


def test_a_name_that_two_threats_have_is_refused(sync: Command, world: World) -> None:
    name = next(threat["name"] for threat in world.tmi_site.threats() if threat["id"] == SQL)
    world.tmi_site.edit_threat(ZIP, name=name)
    for arguments in (["explain", name], ["plan", "--threat", name]):
        ran = sync(*arguments)
        assert (ran.code, len(ran.told)) == (2, 1)
        assert "TMI shows 2 threats named" in ran.told[0]
        assert "the last part of its URL in TMI" in ran.told[0]


@pytest.mark.usefixtures("hasty")
def test_the_story_goes_on_without_tmi(sync: Command, world: World) -> None:
    sync("sync", "--once", "--new-install")
    name = next(threat["name"] for threat in world.tmi_site.threats() if threat["id"] == SQL)
    world.tmi.close()
    for what in (SQL, name):
        ran = sync("explain", what)
        assert ran.code == 0
        assert "next pass: unknown" in ran.out
    assert "ticket: example/threats#" in ran.out


def test_skip_and_retry(sync: Command, world: World) -> None:
    assert sync("skip", SQL).code == 0
    assert sync("sync", "--once", "--new-install").code == 0
    assert SQL not in {ticket.threat_id for ticket in facts.made(world.log)}
    assert "skipped" in sync("status").out
    assert "in the next pass" in sync("retry", SQL).out
    assert sync("sync", "--once").code == 0
    assert SQL in {ticket.threat_id for ticket in facts.made(world.log)}
    assert "Nothing holds" in sync("retry", SQL).out


def test_a_persons_word_that_all_tickets_of_a_place_are_deleted(
    sync: Command, world: World, tmp_path: Path
) -> None:
    sync("sync", "--once", "--new-install")
    for ticket in facts.made(world.log):
        world.github_site.delete(ticket.number)
    with closing(sqlite3.connect(tmp_path / "state" / "ledger.db", isolation_level=None)) as ledger:
        ledger.execute("UPDATE tickets SET created_at = '2026-01-05T00:00:00.000000Z'")  # old enough to be listed
    sync("sync", "--once")
    ran = sync("retry", SQL)
    assert ran.out.startswith("All tickets that were known in github example/threats on")
    assert "Nothing holds" not in ran.out
    assert "Nothing holds" in sync("retry", SQL).out


def test_skip_says_what_stays_and_whom_it_does_not_know(sync: Command, world: World) -> None:
    assert "the ledger never saw this threat" in sync("skip", ZIP).out
    sync("sync", "--once", "--new-install")
    ran = sync("skip", SQL)
    assert f"gets no other ticket; {facts.links(world.log)[SQL]} stays." in ran.out
    assert "never saw" not in ran.out


def test_another_ticket_only_where_the_old_one_is_closed(sync: Command, world: World) -> None:
    sync("sync", "--once", "--new-install")
    refused = sync("retry", "--new-ticket", SQL)
    assert refused.code == 2
    assert "it has an open ticket" in refused.told[0]
    world.github_site.close(next(ticket.number for ticket in facts.made(world.log) if ticket.threat_id == SQL))
    assert sync("retry", "--new-ticket", SQL).code == 0
    assert sync("sync", "--once", "--wait").code == 0  # our own link was an edit, a second ago
    assert len([ticket for ticket in facts.made(world.log) if ticket.threat_id == SQL]) == 2


def test_check_is_content_and_names_literal_secrets(sync: Command, world: World) -> None:
    ran = sync("check")
    assert ran.code == 0
    assert "trackers.sandbox.token is written down literally" in ran.out
    assert "may write to the model" in ran.out
    assert "state:" in ran.out
    found = json.loads(sync("check", "--json").out)
    assert (found["version"], found["exit_code"]) == (1, 0)
    assert not facts.made(world.log)


def test_check_refuses_a_public_place_without_a_word(sync: Command, world: World) -> None:
    world.github_site.set_repo(private=False)
    ran = sync("check")
    assert ran.code == 78
    assert "add public = true to [trackers.sandbox]" in ran.out


def test_check_names_a_place_that_is_public_by_the_operators_word(
    sync: Command, world: World, config: Path
) -> None:
    world.github_site.set_repo(private=False)
    config.write_text(config.read_text().replace("wait = 1\n", "wait = 1\npublic = true\n"))
    ran = sync("check")
    assert ran.code == 0
    assert f"go to github example/threats on {world.github.url[7:]}, declared public" in ran.out
    assert "ok      sandbox (example/threats): example/threats is public" in ran.out


def test_check_refuses_a_confidential_word_on_a_public_place(sync: Command, world: World, config: Path) -> None:
    world.github_site.set_repo(private=False)
    config.write_text(config.read_text().replace("wait = 1\n", "wait = 1\npublic = true\nconfidential = true\n"))
    ran = sync("check")
    assert ran.code == 78
    assert "the config says confidential = true" in ran.out


def test_check_finds_a_template_with_an_unknown_field(sync: Command, config: Path) -> None:
    config.write_text(config.read_text().replace("wait = 1\n", 'wait = 1\ntitle = "{{ threat.nmae }}"\n'))
    ran = sync("check")
    assert ran.code == 78
    assert "nmae" in ran.out


def test_plan_promises_nothing_that_a_template_can_not_hold(sync: Command, config: Path) -> None:
    route = '[[routes]]\nname = "all"\ntracker = "sandbox"\ntitle = "\\n{{ 1 // 0 }}"\n'
    config.write_text(config.read_text() + route)
    words = "[[routes]] number 1: sandbox: title: line 2 failed with ZeroDivisionError: integer division"
    for name in ("plan", "check"):
        ran = sync(name)
        assert ran.code == 78
        assert ran.out.count(words) == 1


def test_commands_beside_a_running_instance(sync: Command, tmp_path: Path) -> None:
    from tmi_issue_sync.ledger import LedgerLock

    sync("sync", "--once", "--new-install")
    with LedgerLock(tmp_path / "state" / "ledger.db"):
        busy = sync("sync", "--once")
        assert busy.code == 75
        assert "is in use by process" in busy.told[0]
        assert "a copy" in sync("plan").out
        assert sync("status").code == 0
        assert sync("explain", SQL).code == 0


def test_a_first_run_of_many_wants_a_word(sync: Command, world: World) -> None:
    model = {"id": "44444444-0000-4000-8000-000000000004", "name": "Many", "created_at": "2026-01-01T00:00:00Z"}
    threats = [
        {"name": f"threat {n}", "status": "open", "threat_type": [], "created_at": "2026-01-01T00:00:00Z"}
        for n in range(8)
    ]
    world.load([{**model, "threats": threats}])
    ran = sync("sync", "--once", "--new-install")
    assert ran.code == 77
    assert "13 tickets" in ran.out
    assert "13 tickets wait for a person's word (--yes)" in sync("status").out
    assert not facts.made(world.log)
    assert sync("sync", "--once", "--yes").code == 0
    assert len(facts.made(world.log)) == 13
