"""What a project demands is told with lines to paste, and pasted as they are they work."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from tmi_issue_sync.sandbox import facts
from tmi_issue_sync.sandbox.jira import JiraSite
from tmi_issue_sync.sandbox.samples import MODELS
from tmi_issue_sync.sandbox.world import World

from .conftest import Command, Ran

INDENT = " " * 8


class Room:
    """A Jira on loopback, a config for it, and the commands."""

    def __init__(self, tracker: str, world: World, command: Command, place: Path) -> None:
        self.world = world
        self.site = cast(JiraSite, world.sites[tracker])
        self._command = command
        self._place = place
        self.config = place / "config.toml"
        self.config.write_text(world.config(), encoding="utf-8")

    def run(self, *words: str) -> Ran:
        return self._command("--config", self.config, "--state", self._place / "state", *words)

    def add(self, text: str) -> None:
        with self.config.open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")

    def told(self, ran: Ran) -> str:
        """The lines to paste, as they were printed."""
        return "\n".join(line for line in ran.out.splitlines() if line.startswith(INDENT))

    def fields(self) -> list[dict[str, Any]]:
        return [issue["fields"] for issue in self.site.issues()]


Open = Callable[[str], Room]


@pytest.fixture(params=["jira", "jira-dc"])
def room(request: pytest.FixtureRequest, command: Command, tmp_path: Path) -> Iterator[Room]:
    with World((request.param,)) as world:
        world.load(MODELS)
        yield Room(request.param, world, command, tmp_path)


def test_the_lines_of_check_work_as_they_are(room: Room) -> None:
    room.site.require("Team", kind="select", options=["Red", "Blue"])
    room.site.require('The "score"', kind="number")
    room.site.security_level("Internal", required=True, project="SEC")
    first = room.run("check")
    assert first.code == 78, first.out
    assert "ERROR   sandbox (SEC): SEC asks for more of a Task: Security Level, Team" in first.out
    assert "Paste below [trackers.sandbox]:" in first.out
    assert not facts.made(room.world.log)
    room.add(room.told(first))

    again = room.run("check")
    assert (again.code, room.told(again)) == (0, ""), again.out
    assert "has all that Jira asks for" in again.out
    assert room.run("sync", "--once", "--new-install").code == 0
    made = facts.made(room.world.log)
    assert {ticket.threat_id for ticket in made} == set(facts.links(room.world.log))
    assert len(made) == 5
    for fields in room.fields():
        assert (fields["Team"], fields['The "score"']) == ("Red", 0)


KINDS: list[tuple[Any, Any]] = [
    ("text", ()),
    ("textarea", ()),
    ("date", ()),
    ("datetime", ()),
    ("multiselect", ('Red,  dark\u200d "x"', "Blue")),
    ("cascading", {"EMEA": ["Oslo", "Rome"]}),
    ("labels", ()),
    ("user", ()),
]


def test_lines_for_every_kind_of_field(room: Room) -> None:
    for kind, options in KINDS:
        room.site.require(f"A {kind}", kind=kind, options=options)
    room.add(room.told(room.run("check")))
    again = room.run("check")
    assert again.code == 0, again.out
    assert room.run("sync", "--once", "--new-install", "--limit", "1").code == 0
    assert len(facts.made(room.world.log)) == 1


def test_plan_tells_it_before_the_first_create(room: Room) -> None:
    room.site.require("Team", kind="select", options=["Red", "Blue"])
    ran = room.run("plan")
    assert ran.code == 78
    assert room.told(ran).strip() == 'fields."Team" = "Red"  # or: Blue'
    shape = json.loads(room.run("plan", "--json").out)
    assert [found["lines"] for found in shape["findings"]] == [['fields."Team" = "Red"  # or: Blue']]
    room.add(room.told(ran))
    assert room.run("plan").code == 0
    assert room.run("sync", "--once", "--new-install").code == 0
    before = len(room.world.log.requests("jira")) + len(room.world.log.requests("jira-dc"))
    room.site.require("Later", kind="text")
    assert room.run("plan").code == 0  # nothing is to be made there
    calls = room.world.log.requests("jira") + room.world.log.requests("jira-dc")
    assert not [entry for entry in calls[before:] if "createmeta" in entry.facts["path"]]


@pytest.mark.parametrize(
    ("written", "found", "line"),
    [
        ('fields."Team" = "Rde"', "Team: no 'Rde' (did you mean 'Red'?)", 'fields."Team" = "Red"'),
        ('fields."Taem" = "Red"', "Taem: a Task has no such field", 'fields."Team"'),
        ('fields."Team" = "zzz"', "Team: no 'zzz' (there are: Red, Blue)", 'fields."Team" = "Red"'),
        ('fields."Many" = ["Up", "Dwn"]', "Many: no 'Dwn'", 'fields."Many" = ["Up", "Down"]'),
        ('fields."Where" = "EMEA > Olso"', "below EMEA: no 'Olso'", 'fields."Where" = "EMEA > Oslo"'),
        ('priority = "Hihg"', "no priority 'Hihg'", 'priority = "High"'),
        ('target.security = "Intrenal"', "no security level 'Intrenal'", 'target.security = "Internal"'),
        ('target.components = ["Shpo"]', "no component 'Shpo'", 'target.components = ["Shop"]'),
        ('target.issue_type = "Bgu"', "takes no Bgu", 'target.issue_type = "Bug"'),
    ],
)
def test_what_jira_does_not_know_is_named_with_the_nearest(room: Room, written: str, found: str, line: str) -> None:
    room.site.add_field("Team", kind="select", options=["Red", "Blue"])
    room.site.add_field("Many", kind="multiselect", options=["Up", "Down"])
    room.site.add_field("Where", kind="cascading", options={"EMEA": ["Oslo", "Rome"]})
    room.site.security_level("Internal", project="SEC")
    room.site.add_component("Shop")
    before = room.config.read_text(encoding="utf-8")
    room.add(written)
    ran = room.run("check")
    assert ran.code in (77, 78)
    assert found in ran.out
    assert f"Write {line}" in ran.out
    if " = " in line:
        room.config.write_text(f"{before}{line}\n", encoding="utf-8")
        assert room.run("check").code == 0


def test_what_only_some_threats_lack_is_a_warning(room: Room) -> None:
    room.site.require("Impact", kind="select", options=["Big", "Small"])
    room.site.require("CVSS", kind="number")
    room.add('fields."Impact" = { from = "severity", critical = "Big", high = "Smal", medium = "Small" }')
    room.add('fields."CVSS" = "{{ threat.score }}"')
    assert "Impact: no 'Smal' (did you mean 'Small'?)" in room.run("check").out
    room.config.write_text(room.config.read_text().replace('"Smal"', '"Small"'), encoding="utf-8")
    ran = room.run("check")
    assert ran.code == 0, ran.out
    assert "warning sandbox (SEC): a threat whose severity is low: SEC asks for more of a Task: Impact" in ran.out
    assert "a threat that says little: SEC asks for more of a Task: Impact, CVSS" in ran.out
    assert "Give it a default." in ran.out
    assert not room.told(ran)


def test_what_is_confidential_needs_a_level(room: Room) -> None:
    room.site.security_level("Internal", project="SEC")
    room.add("confidential = true")
    ran = room.run("check")
    assert (ran.code, room.told(ran).strip()) == (78, 'target.security = "Internal"')
    room.add(room.told(ran))
    assert room.run("check").code == 0


def test_a_place_for_the_confidential_without_levels(room: Room) -> None:
    room.add("confidential = true")
    ran = room.run("check")
    assert ran.code == 78
    assert "need a security level" in ran.out
    assert "confidential = false" in ran.out


def test_lines_of_a_route_belong_there(room: Room) -> None:
    room.site.require("Team", kind="select", options=["Red", "Blue"], issue_type="Bug")
    room.add('[[routes]]\ntracker = "sandbox"\ntarget = { project = "SEC", issue_type = "Bug" }')
    ran = room.run("check")
    assert "Paste below [[routes]] number 1:" in ran.out
    room.add(room.told(ran))
    assert room.run("check").code == 0


def test_plan_asks_only_for_places_that_get_tickets_now(room: Room) -> None:
    room.site.require("Team", kind="select", options=["Red", "Blue"], issue_type="Bug")
    room.add('[[routes]]\ntracker = "sandbox"\nwhen = { model = "None of ours" }\ntarget.project = "SEC"')
    room.add('target.issue_type = "Bug"\n[[routes]]\ntracker = "sandbox"')
    assert room.run("check").code == 78
    assert room.run("plan").code == 0


def test_a_table_in_braces_takes_no_more_lines_and_that_is_said(room: Room) -> None:
    room.site.require("Team", kind="select", options=["Red", "Blue"])
    room.site.require("Size", kind="number")
    room.add('fields = { Team = "Red" }')
    ran = room.run("check")
    assert "Paste below [trackers.sandbox], and write what stands at fields = in that way, too:" in ran.out
    text = room.config.read_text(encoding="utf-8").replace('fields = { Team = "Red" }', 'fields.Team = "Red"')
    room.config.write_text(text, encoding="utf-8")
    room.add(room.told(ran))
    assert room.run("check").code == 0


def test_what_epics_ask_for_is_found_too(room: Room) -> None:
    if room.site.name == "jira":  # a Data Center asks for it by itself
        room.site.require("Epic Name", kind="epic-name", issue_type="Epic")
    room.add('parent.kind = "epic"')
    ran = room.run("check")
    assert ran.code == 78, ran.out
    assert "asks for more of a Epic: Epic Name" in ran.out
    assert room.told(ran).strip() == 'parent.fields."Epic Name" = "{{ model.name }}"'
    room.add(room.told(ran))
    assert room.run("check").code == 0
    assert room.run("sync", "--once", "--new-install").code == 0
    named = [fields["Epic Name"] for fields in room.fields() if "Epic Name" in fields]
    assert named == ["Example Shop", "Example Mobile App", "Example Batch Import"]


def test_a_tracker_that_is_down_is_told_once(room: Room, hasty: None) -> None:
    room.world.servers[room.site.name].close()
    ran = room.run("check")
    assert ran.code == 69
    assert "asks of a ticket" not in ran.out
