"""One POST that carries everything, and what comes back as a ticket."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tmi_issue_sync.errors import Denied, Rejected
from tmi_issue_sync.model import Level, Marker, TicketRef
from tmi_issue_sync.sandbox.azure import AzureSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server
from tmi_issue_sync_adapters.azure_devops.options import BODY_MAX

from .world import ADAPTER, PROJECT, Room, draft, marker, number, open_tracker


def test_one_request_makes_a_ticket_with_all_that_it_has(room: Room) -> None:
    room.site.add_area(PROJECT, "Web", "Shop")
    room.site.add_iteration(PROJECT, "Sprint 1")
    room.site.add_field("Team")
    room.fill(1, marked=False)
    target = {"area": "web/Shop", "iteration": f"{PROJECT}\\Sprint 1", "parent": 1}
    made = room.tracker.create(
        draft(target=target, labels=("severity/high", "TMI", "a; b, c"), priority="1", fields={"team": "AppSec"})
    )
    assert len(room.posts()) == 1
    item = room.item(2)
    assert item["tags"] == ["tmi", "severity/high", "a b c"]
    assert item["fields"]["System.AreaPath"] == f"{PROJECT}\\Web\\Shop"
    assert item["fields"]["System.IterationPath"] == f"{PROJECT}\\Sprint 1"
    assert item["fields"]["Microsoft.VSTS.Common.Priority"] == 1
    assert item["fields"]["Custom.Team"] == "AppSec"
    link = {"rel": "System.LinkTypes.Hierarchy-Reverse", "url": f"{room.url}/example/_apis/wit/workItems/1"}
    assert item["relations"] == [link]
    assert (made.number, made.project, made.open) == (f"{PROJECT}#2", "example/sec threats", True)
    assert made.url == f"{room.url}/example/Sec%20Threats/_workitems/edit/2"
    assert made.ref == TicketRef("azure-devops", room.url.removeprefix("http://"), "example/2")
    assert made.author == room.site.user_id("bot") == room.tracker.changed(None).account
    assert made.marker == marker()
    assert made.request_id
    assert abs(datetime.now(UTC) - made.created_at) < timedelta(seconds=5)


def test_what_was_made_is_what_is_listed_and_read(room: Room) -> None:
    made = replace(room.tracker.create(draft(marker=marker("t-<&>'", create="ab12"))), request_id=None)
    assert room.tracker.changed(None).tickets == (made,)
    assert room.tracker.get(made.ref) == room.tracker.get(made.url) == made


def test_a_collection_of_a_server_with_blanks_in_its_names() -> None:
    log = Log()
    site = AzureSite(log=log, organization="tfs/Main One", project="Ä b (2)")
    with Server(site, log=log) as server:
        target = ADAPTER.target(project="ä B (2)", type="User Story")
        tracker = open_tracker(
            f"{server.url}/tfs/Main%20One/", {"project": "ä B (2)"}, token=site.add_user("bot"), api_version="6.0"
        )
        assert not [one for one in tracker.check() if one.level is Level.ERROR]
        made = tracker.create(draft(target={"project": "ä B (2)", "type": "User Story"}))
        assert made.url == f"{server.url}/tfs/Main%20One/%C3%84%20b%20%282%29/_workitems/edit/1"
        assert tracker.get(made.url) == tracker.get(made.ref) == replace(made, request_id=None)
        [found] = tracker.changed(None).tickets
        assert (
            found.project
            == ADAPTER.key(ADAPTER.options(url=f"{server.url}/tfs/Main%20One", token="x"), target).project
        )
    assert [entry.facts["issue_type"] for entry in log.commits()] == ["User Story"]


def test_a_bug_has_its_text_where_people_read_it(room: Room) -> None:
    made = room.connect({"type": "Bug"}).create(draft(target={"type": "Bug"}))
    fields = room.item(number(made))["fields"]
    assert "It is <em>bad</em>." in fields["Microsoft.VSTS.TCM.ReproSteps"]
    assert "System.Description" not in fields
    assert made.marker == marker()


@pytest.mark.parametrize("kind", ["User Story", "Epic", "Task"])
def test_a_type_with_a_blank_in_its_name(room: Room, kind: str) -> None:
    room.tracker.create(draft(target={"type": kind}))
    assert room.item(1)["type"] == kind


def test_a_parent_of_a_draft_goes_before_that_of_the_target(room: Room) -> None:
    room.fill(2, marked=False)
    above = room.tracker.create(draft("m-1", target={"type": "Epic"}))
    made = room.tracker.create(draft(target={"parent": 1}, parent=above.ref))
    assert room.item(number(made))["relations"][0]["url"].endswith("/3")
    with pytest.raises(Rejected, match="TF401232"):
        room.tracker.create(draft(parent=replace(above.ref, id="example/99")))
    with pytest.raises(Denied, match="TF401232"):
        room.tracker.create(draft(target={"parent": 99}))
    elsewhere = room.tracker.create(draft("t-2", parent=replace(above.ref, id="other/3")))
    assert room.item(number(elsewhere))["relations"] == []


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script> & <b onclick=x>x</b>",
        f"quoted: {marker('t-2').block()}",
        f"```\n{marker('t-2').block()}\n```",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "x" * (BODY_MAX - 300),
        "> - 1. `a` **b** [c](https://example.com/?a=b&c=d)",
    ],
)
def test_the_marker_survives_what_is_made_of_the_text(room: Room, body: str) -> None:
    made = room.tracker.create(draft(body=body))
    assert made.marker == marker()
    [found] = room.tracker.find(marker()).tickets
    assert found.marker == marker()
    assert "<script" not in room.item(1)["body"]
    assert "onclick=" not in room.item(1)["body"].replace("&lt;b onclick=x&gt;", "")


def test_a_marker_with_a_name_that_html_would_swallow(room: Room) -> None:
    ours = Marker("https://tmi.example.com/?a=<b>&amp;c", "t&lt;1", 2, "ff")
    room.tracker.create(draft(marker=ours))
    [found] = room.tracker.find(ours).tickets
    assert found.marker == ours


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": " "}, "title is empty"),
        ({"title": "x" * 256}, "255"),
        ({"title": "a\nb"}, "one line"),
        ({"labels": ("x" * 401,)}, "label"),
        ({"labels": ("\U0001f600" * 201,)}, "label"),
        ({"labels": (";",)}, "label"),
        ({"labels": tuple(f"l{n}" for n in range(100))}, "labels"),
        ({"target": {"project": "Other"}}, "another place"),
        ({"fields": {"Tam": "x"}}, "no such field"),
        ({"fields": {"Title": "x"}}, "place of its own: title"),
        ({"fields": {"system.description": "x"}}, "place of its own: body"),
        ({"fields": {"Assigned To": ["x"]}}, "one value"),
        ({"fields": {"Due Date": "soon"}}, "a day"),
        ({"priority": "Highest"}, "no priority"),
    ],
)
def test_what_can_not_be_kept_is_refused_before_anything_is_sent(
    room: Room, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(Rejected, match=words):
        room.tracker.create(draft(**changes))  # type: ignore[arg-type]
    assert not room.posts()


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("漢" * 255, "漢" * 255),
        ("\U0001f600" * 127, "\U0001f600" * 127),
        ("\U0001f600" * 255, "\U0001f600" * 127 + "…"),
    ],
)
def test_a_title_is_as_long_as_azure_devops_counts_it(room: Room, title: str, kept: str) -> None:
    """An emoji is two of its characters."""
    room.tracker.create(draft(title=title))
    assert room.item(1)["title"] == kept


def test_a_type_that_is_not_there_is_named_with_the_nearest(room: Room) -> None:
    with pytest.raises(Denied, match="did you mean 'Issue'"):
        room.tracker.create(draft(target={"type": "Isue"}))
    assert not room.posts()


def test_what_is_confidential_is_not_for_a_public_project(room: Room) -> None:
    room.tracker.create(draft(confidential=True))
    room.site.set_project(PROJECT, public=True)
    with pytest.raises(Denied, match="public"):
        room.tracker.create(draft("t-2", confidential=True))
    assert len(room.made()) == 1


def test_mails_can_be_suppressed(room: Room) -> None:
    room.connect(suppress_notifications=True).create(draft())
    assert ["suppressNotifications", "true"] in [list(pair) for pair in room.posts()[0].facts["query"]]


def test_nothing_ever_bypasses_the_rules(room: Room) -> None:
    room.tracker.rehearse(draft())
    room.tracker.create(draft())
    assert not any("bypassRules" in dict(one.facts["query"]) for one in room.log.requests())
