"""Values of fields, what a process requires, and the lines that mend it."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tmi_issue_sync.errors import Denied, Rejected
from tmi_issue_sync.model import Level
from tmi_issue_sync_adapters.azure_devops.meta import FieldMeta
from tmi_issue_sync_adapters.azure_devops.values import BadValue, one_of

from .world import PROJECT, Room, draft, levels

FIELD = FieldMeta("Custom.X", "X")


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("string", " AppSec ", "AppSec"),
        ("string", 7, 7),
        ("string", True, True),
        ("string", None, None),
        ("", "a\nb", "a\nb"),
        ("html", "a <b>\n\nc", "<p>a &lt;b&gt;</p>\n<p>c</p>"),
        ("integer", "7", 7),
        ("integer", 7.0, 7),
        ("double", "7.5", 7.5),
        ("boolean", "True", True),
        ("boolean", False, False),
        ("dateTime", "2026-12-31", "2026-12-31"),
        ("dateTime", "2026-12-31T12:00:00+02:00", "2026-12-31T10:00:00Z"),
        ("dateTime", "+30d", f"{datetime.now(UTC).date() + timedelta(days=30)}"),
    ],
)
def test_values_by_kind(kind: str, value: Any, kept: Any) -> None:
    assert one_of(FIELD, kind, value) == kept


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", "7.5"),
        ("integer", "x"),
        ("double", "nan"),
        ("boolean", "yes"),
        ("dateTime", "2026-13-01"),
        ("dateTime", "tomorrow"),
        ("string", "a\nb"),
        ("string", "x" * 256),
        ("string", "\U0001f600" * 128),
        ("string", {"a": 1}),
        ("html", ["a"]),
    ],
)
def test_values_that_are_none(kind: str, value: Any) -> None:
    with pytest.raises(BadValue, match=r"^X"):
        one_of(FIELD, kind, value)


def test_a_rehearsal_names_what_the_process_requires_and_the_lines_mend_it(room: Room) -> None:
    room.site.require("Team", allowed=("Red", "Blue"))
    room.site.require("Effort", kind="integer")
    room.site.require("Until", kind="dateTime")
    room.site.require("Owner", kind="identity")
    room.site.require("Why", kind="html")
    room.site.require("Sure", kind="boolean")
    [found] = room.tracker.rehearse(draft())
    assert found.level is Level.ERROR
    assert "Team, Effort, Until, Owner, Why, Sure" in found.what
    assert 'fields."Team" = "Red"  # or: Blue' in found.lines
    given = tomllib.loads("\n".join(found.lines))["fields"]
    [found] = room.tracker.rehearse(draft(fields=given))
    assert found.level is Level.OK
    assert not room.made()
    room.tracker.create(draft(fields=given))
    assert room.item(1)["fields"]["Custom.Team"] == "Red"


def test_a_value_that_is_not_taken_is_named_with_the_nearest(room: Room) -> None:
    room.site.require("Team", allowed=("Red", "Blue"))
    [found] = room.tracker.rehearse(draft(fields={"Team": "Rad"}))
    assert found.what == "Team: no 'Rad' (did you mean 'Red'?)"
    assert found.todo == 'Write fields."Team" = "Red".'


def test_a_rehearsal_says_what_can_not_be_kept(room: Room) -> None:
    for wrong, words in (
        (draft(title=""), "title"),
        (draft(fields={"Tam": 1}), "no such field"),
        (draft(target={"type": "Nothing"}), "no type"),
        (draft(target={"area": "Nowhere"}), "AreaPath"),
        (draft(target={"type": "Old"}), "disabled"),
        (draft(target={"parent": 77}), "TF401232"),
    ):
        assert words in levels(list(room.tracker.rehearse(wrong)), Level.ERROR)
    room.site.set_rights("bot", ["read"])
    assert "TF237111" in levels(list(room.tracker.rehearse(draft())), Level.ERROR)
    assert not room.made()


def test_a_rule_that_no_draft_meets_closes_the_target(room: Room) -> None:
    room.site.require("Team")
    with pytest.raises(Denied, match="Rule Error for field Team"):
        room.tracker.create(draft())


def test_a_rule_that_this_draft_breaks_is_its_own(room: Room) -> None:
    room.site.add_field("Team", allowed=("Red", "Blue"))
    with pytest.raises(Rejected, match="Rule Error for field Team"):
        room.tracker.create(draft(fields={"Team": "Green"}))
    assert not room.made()


def test_every_rule_that_is_broken_is_named(room: Room) -> None:
    room.site.require("Team")
    room.site.require("Cost")
    with pytest.raises(Denied, match=r"field Team\..*field Cost\."):
        room.tracker.create(draft())


def test_an_area_that_is_not_there_and_a_tag_that_may_not_be_made_close_the_target(room: Room) -> None:
    with pytest.raises(Denied, match="TF401347"):
        room.tracker.create(draft(target={"area": "Nowhere"}))
    room.site.set_rights("bot", ["read", "write"])
    with pytest.raises(Denied, match="TF401289"):
        room.tracker.create(draft())
    assert PROJECT
