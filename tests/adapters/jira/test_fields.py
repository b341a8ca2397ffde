"""Fields by name and by id, as their schemas want them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tmi_issue_sync.errors import Rejected
from tmi_issue_sync.model import Json
from tmi_issue_sync_adapters.jira.fields import BadValue, Values
from tmi_issue_sync_adapters.jira.meta import Choice, FieldMeta, TypeMeta

from .world import Room, draft

RED, BLUE = Choice("1", "Red"), Choice("2", "Blue, deep")
PLACES = (Choice("10", "EMEA", (Choice("11", "Oslo"), Choice("12", "Rome"))), Choice("20", "APAC"))
ROME: Json = {"id": "10", "child": {"id": "12"}}
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def person(text: str) -> Json:
    if text == "nobody":
        raise BadValue("no such user")
    return {"accountId": text}


def one(kind: str, value: Json, *, cloud: bool = True, **more: Any) -> Json:
    return Values(cloud, NOW, person).one(FieldMeta("customfield_1", "Field", False, kind, **more), value)


@pytest.mark.parametrize(
    ("kind", "more", "value", "taken"),
    [
        ("string", {"custom": "textfield"}, " x ", "x"),
        ("string", {"custom": "textfield"}, 7, "7"),
        ("number", {}, "7.5", 7.5),
        ("number", {}, 7, 7.0),
        ("date", {}, "2026-12-31", "2026-12-31"),
        ("date", {}, "2026-12-31T23:00:00Z", "2026-12-31"),
        ("date", {}, "+30d", "2026-12-01"),
        ("datetime", {}, "2026-12-31T12:00:00Z", "2026-12-31T12:00:00.000+0000"),
        ("datetime", {}, "2026-12-31T12:00:00+01:00", "2026-12-31T12:00:00.000+0100"),
        ("datetime", {}, "2026-12-31", "2026-12-31T00:00:00.000+0000"),
        ("option", {"choices": (RED, BLUE)}, "red", {"id": "1"}),
        ("option", {"choices": (RED, BLUE)}, "2", {"id": "2"}),
        ("array", {"items": "option", "choices": (RED, BLUE)}, ["Red", "Blue, deep"], [{"id": "1"}, {"id": "2"}]),
        ("array", {"items": "option", "choices": (RED, BLUE)}, "blue, deep", [{"id": "2"}]),
        ("array", {"items": "option", "choices": (RED, BLUE)}, "red, 2", [{"id": "1"}, {"id": "2"}]),
        ("array", {"items": "string", "custom": "labels"}, "two words, x", ["two-words", "x"]),
        ("array", {"items": "user"}, ["a", "b"], [{"accountId": "a"}, {"accountId": "b"}]),
        ("array", {"items": "group"}, "a,b", [{"name": "a"}, {"name": "b"}]),
        ("user", {}, "712020:a", {"accountId": "712020:a"}),
        ("option-with-child", {"choices": PLACES}, "EMEA > Oslo", {"id": "10", "child": {"id": "11"}}),
        ("option-with-child", {"choices": PLACES}, "emea>rome", ROME),
        ("option-with-child", {"choices": PLACES}, "APAC", {"id": "20"}),
        (
            "option-with-child",
            {"choices": PLACES},
            {"value": "EMEA", "child": "Rome"},
            ROME,
        ),
        ("issuelink", {}, "sec-1", {"key": "SEC-1"}),
        ("any", {"custom": "gh-epic-link"}, "SEC-1", "SEC-1"),
        ("any", {}, {"x": [1]}, {"x": [1]}),
        ("array", {"items": "json", "custom": "gh-sprint"}, "7", 7),
        ("array", {"items": "json", "custom": "gh-sprint"}, 7.0, 7),
        ("array", {"items": "string", "custom": "gh-sprint"}, [7], 7),
    ],
)
def test_values_by_their_schema(kind: str, more: dict[str, Any], value: Json, taken: Json) -> None:
    assert one(kind, value, **more) == taken


def test_long_texts_are_rendered() -> None:
    document = one("string", "*x*\n\ny", custom="textarea")
    assert isinstance(document, dict)
    assert document["type"] == "doc"
    assert one("string", "*x*\n\ny", custom="textarea", cloud=False) == "_x_\n\ny"


@pytest.mark.parametrize(
    ("kind", "more", "value", "named"),
    [
        ("string", {"custom": "textfield"}, "two\nlines", "one line"),
        ("string", {"custom": "textfield"}, "x" * 256, "255"),
        ("string", {"custom": "textfield"}, "\U0001f600" * 128, "255"),
        ("string", {"custom": "textfield"}, True, "can't be true"),
        ("number", {}, "high", "a number, not 'high'"),
        ("number", {}, "nan", "a number"),
        ("number", {}, "inf", "a number"),
        ("date", {}, "tomorrow", "a day like"),
        ("datetime", {}, "noon", "a moment like"),
        ("option", {"choices": (RED, BLUE)}, "Redd", "did you mean 'Red'"),
        ("option", {"choices": (RED, BLUE)}, "zzz", "there are: Red, Blue, deep"),
        ("option", {}, "x", "no values"),
        ("option-with-child", {"choices": PLACES}, "EMEA > Romme", "below EMEA: no 'Romme'"),
        ("option-with-child", {"choices": PLACES}, {"a": 1}, "can't be"),
        ("user", {}, "nobody", "no such user"),
        ("array", {"items": "json", "custom": "gh-sprint"}, "Sprint 7", "one sprint's id, a whole number"),
        ("array", {"items": "json", "custom": "gh-sprint"}, 7.5, "whole number, not 7.5"),
        ("array", {"items": "json", "custom": "gh-sprint"}, [7, 8], "one sprint's id"),
        ("array", {"items": "json", "custom": "gh-sprint"}, {"id": 7}, "one sprint's id"),
    ],
)
def test_values_that_are_none(kind: str, more: dict[str, Any], value: Json, named: str) -> None:
    with pytest.raises(BadValue) as raised:
        one(kind, value, **more)
    assert named in str(raised.value)


def test_names_ids_and_what_is_empty() -> None:
    fields = (
        FieldMeta("customfield_1", "Team", True, "string", custom="textfield"),
        FieldMeta("customfield_2", "Twin", False, "string", custom="textfield"),
        FieldMeta("customfield_3", "twin", False, "string", custom="textfield"),
        FieldMeta("summary", "Summary", True, "string"),
    )
    meta = TypeMeta("1", "Bug", {one.id: one for one in fields})
    values = Values(True, NOW, person)
    found, wrong = values.all(meta, {"TEAM": "a", "customfield_2": "b", "customfield_3": " "})
    assert (found, wrong) == ({"customfield_1": "a", "customfield_2": "b"}, [])
    _, bad = values.all(meta, {"Tem": "a", "twin": "b", "Summary": "c", "Zzz": None})
    told = [str(one) for one in bad]
    assert "did you mean 'Team'?" in told[0]
    assert "customfield_2, customfield_3" in told[1]
    assert "set by title" in told[2]
    assert "there are: Team, Twin, twin" in told[3]


KINDS: list[tuple[Any, Any, Json, Any]] = [
    ("text", (), "x", "x"),
    ("textarea", (), "*x*", None),
    ("number", (), "7.5", 7.5),
    ("date", (), "+7d", (datetime.now(UTC) + timedelta(days=7)).date().isoformat()),
    ("datetime", (), "2026-12-31T12:00:00Z", "2026-12-31T12:00:00.000+0000"),
    ("select", ("Red", "Blue"), "blue", "Blue"),
    ("multiselect", ("Red", "Blue"), "red, blue", ["Red", "Blue"]),
    ("cascading", {"EMEA": ["Oslo"]}, "EMEA > Oslo", "EMEA"),
    ("labels", (), "two words, x", ["two-words", "x"]),
    ("sprint", (), "7", [{"id": 7, "name": "Sprint 7", "state": "active"}]),
]


@pytest.mark.parametrize(("kind", "options", "value", "kept"), KINDS)
def test_jira_takes_what_we_make_of_a_value(room: Room, kind: Any, options: Any, value: Json, kept: Any) -> None:
    ident = room.site.require("A field", kind=kind, options=options)
    room.tracker.create(draft(fields={"a FIELD": value}))
    shown = room.call("GET", "issue/SEC-1").body["fields"][ident]
    if isinstance(shown, dict) and "value" in shown:
        shown = shown["value"]
    elif isinstance(shown, list) and shown and isinstance(shown[0], dict) and "value" in shown[0]:
        shown = [each["value"] for each in shown]
    assert shown
    assert kept is None or shown == kept


def test_users(room: Room) -> None:
    ident = room.site.add_field("Owner", kind="user")
    room.site.add_user("ann", email="ann@example.com")
    who = room.site.account_id("ann") if room.cloud else "ann"
    room.tracker.create(draft(fields={"Owner": who}))
    assert room.call("GET", "issue/SEC-1").body["fields"][ident]["displayName"] == "ann"
    if room.cloud:
        with pytest.raises(Rejected, match="account id"):
            room.tracker.create(draft("t-2", fields={"Owner": "ann@example.com"}))


def test_what_a_project_asks_for_is_read_once_and_only_when_it_matters(room: Room) -> None:
    room.site.add_field("Team", kind="select", options=["Red", "Blue"])
    room.tracker.create(draft("t-0"))
    assert not [path for path in room.paths() if "createmeta" in path]
    for n in range(1, 4):
        room.tracker.create(draft(f"t-{n}", fields={"Team": "Red"}, priority="High"))
    assert len([path for path in room.paths() if "createmeta" in path]) == 2
    before = len(room.posts())
    cases: list[tuple[dict[str, Any], str]] = [
        ({"fields": {"Teem": "Red"}}, "'Team'"),
        ({"fields": {"Team": "Blu"}}, "'Blue'"),
        ({"priority": "Hig"}, "'High'"),
        ({"fields": {"labels": ["x"]}}, "set by labels"),
    ]
    for changes, named in cases:
        with pytest.raises(Rejected, match=named):
            room.tracker.create(draft("t-9", **changes))
    assert len(room.posts()) == before
