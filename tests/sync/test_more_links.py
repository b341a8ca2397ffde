"""Smallest stories for the rules about links, rows, places and settling; the mutations name them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from fuzz.pipe import Answer
from fuzz.stage import TMI, Twists, stage
from fuzz.twist import Headers, answer
from rig import REPO, Rig, model, rig, threat
from sync.doors import FIRST, Wrapped, entry, only, posts, run_with
from tmi_issue_sync.errors import Uncertain
from tmi_issue_sync.ledger.rows import Link
from tmi_issue_sync.plan import Kind
from tmi_issue_sync.sandbox.wire import Reply, Request
from tmi_issue_sync.sync import Setup
from tmi_issue_sync.tmi.door import Prepared, Receipt
from tmi_issue_sync.tracker import guarded


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path, model(threat(0))) as found:
        yield found


def test_what_tmi_keeps_is_looked_at_whatever_it_answered(world: Rig) -> None:
    def change(setup: Setup) -> Setup:
        def write(prepared: Prepared, url: str) -> Receipt:
            receipt = setup.tmi.write(prepared, url)
            world.tmi.edit_row(FIRST, issue_uri="https://other.example.com/1")
            return receipt

        return replace(setup, tmi=Wrapped(setup.tmi, write=write))

    run_with(world, change)
    assert entry(world).link is not Link.LINKED
    world.run()
    assert world.links()["Threat number 0"] == "https://other.example.com/1"


def test_a_lost_link_is_left_alone_for_a_while_and_counts_as_offered(world: Rig) -> None:
    world.strike("drop-before", site="tmi", method="PUT", path="/threats/")
    world.run()
    assert entry(world).offered
    world.run()
    assert len(world.log.requests("tmi", "PUT")) == 1
    world.wait(40)
    world.run()
    assert world.links()["Threat number 0"]


def test_a_row_read_long_ago_is_read_again_before_its_ticket_is_made(world: Rig) -> None:
    def stop() -> bool:
        world.wait(61)
        world.tmi.edit_threat(FIRST, mitigated=True)
        return False

    world.run(stop=stop)
    assert posts(world) == 0


def test_a_threat_is_left_alone_for_the_whole_quiet_minute(world: Rig) -> None:
    world.tmi.edit_threat(FIRST, description="half of a sen")
    world.wait(40)
    assert only(world.run()) is Kind.WAIT
    world.wait(30)
    assert world.run().created == 1


def test_whether_a_model_is_confidential_must_have_been_read(world: Rig) -> None:
    world.strike("status-before", site="tmi", method="GET", path=r"/threat_models/[^/]+$", times=-1, status=404)
    assert only(world.run()) is Kind.REFUSED
    assert posts(world) == 0


def test_what_check_calls_an_error_stops_the_first_create(world: Rig) -> None:
    world.github.set_repo(has_issues=True, archived=True)
    report = world.run()
    assert posts(world) == 0
    assert report.exit_code == 77


def test_a_process_that_we_cannot_see_may_still_be_waiting(world: Rig) -> None:
    world.new_install = False
    world.options = {"wait": 60.0}
    world.run()
    world.wait(40)
    world.run()
    assert posts(world) == 0
    world.wait(60)
    world.run()
    assert posts(world) == 1


def test_every_tracker_settles_before_any_gets_a_ticket(world: Rig) -> None:
    world.new_install = False
    world.github.add_repo("example/other")
    world.sites = (REPO, "example/other")
    world.strike("status-before", method="GET", path="example/other/issues", times=-1, status=503)
    for _ in range(3):
        world.run()
        world.wait(60)
    assert posts(world) == 0


def test_the_watermark_is_the_trackers_time_less_its_lag(world: Rig) -> None:
    world.clock.wall = 3600.0
    world.options = {"lag": 30.0}
    world.run()
    with world.setup() as setup:
        row = setup.ledger.site(setup.sites[0].key)
        late = world.clock.world() - row.watermark if row.watermark else timedelta()
    assert timedelta(seconds=39) < late < timedelta(seconds=60)


def test_an_answer_without_metadata_is_no_reason_to_delete_them(tmp_path: Path) -> None:
    def change(_: Random, request: Request, reply: Reply, headers: Headers) -> Answer:
        told = reply.payload()
        if request.path.endswith(FIRST):
            told = json.dumps({**json.loads(told), "metadata": None}).encode()
        return answer(reply.status, headers, told)

    kept = [{"key": "owner", "value": "team"}]
    with stage(tmp_path, Random(0), threat(0, metadata=kept)) as shown:
        shown.twists = Twists(Random(0), always=True, port=TMI, change=change)
        shown.rig.run()
        assert shown.rig.rows()[FIRST]["metadata"] == kept


def test_what_tmi_changed_besides_the_link_is_told_once(tmp_path: Path) -> None:
    def change(_: Random, request: Request, reply: Reply, headers: Headers) -> Answer:
        told = reply.payload()
        if request.method == "PUT":
            told = json.dumps({**json.loads(told), "description": "Somebody does", "score": 1.5}).encode()
        return answer(reply.status, headers, told)

    with stage(tmp_path, Random(0), threat(0)) as shown:
        shown.twists = Twists(Random(0), always=True, port=TMI, change=change)
        report = shown.rig.run()
        (alert,) = report.alerts
        assert FIRST in str(alert)
        assert "TMI altered its description, score" in str(alert)
        assert report.outcomes[0].text.endswith("; TMI altered its description, score")
        with shown.rig.setup() as setup:
            (line,) = [write.outcome for write in setup.ledger.writes() if write.action == "link"]
        assert line == "written; TMI altered its description, score"
        assert (entry(shown.rig).link, report.exit_code) == (Link.LINKED, 1)
        assert shown.rig.run().alerts == []


def test_a_text_that_tmi_would_alter_blocks_the_link_until_it_is_edited(tmp_path: Path) -> None:
    with rig(tmp_path, model(threat(0, mitigation="Encode <b>all</b>"))) as world:
        world.run()
        assert (entry(world).link, posts(world)) == (Link.BLOCKED, 1)
        assert "mitigation" in entry(world).why
        assert entry(world).why.endswith("/example/threats/issues/1")
        assert world.run().outcomes == []
        world.tmi.edit_threat(FIRST, mitigation="Encode all")
        world.wait(120)
        world.run()
        assert (entry(world).link, posts(world)) == (Link.LINKED, 1)


def test_a_failure_that_no_adapter_foresaw_is_a_doubt() -> None:
    def create(_: object) -> object:
        raise KeyError("id")

    with pytest.raises(Uncertain):
        guarded(Wrapped(object(), create=create)).create(None)  # type: ignore[arg-type]
