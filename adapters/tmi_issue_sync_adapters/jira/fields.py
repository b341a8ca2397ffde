"""The operator's values as Jira takes them, by the schema of each field."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tmi_issue_sync.markup import adf, wiki
from tmi_issue_sync.markup.clip import utf16
from tmi_issue_sync.model import Json

from .meta import Choice, FieldMeta, TypeMeta, near, nearest, toml, write

OURS = {
    "project": "the target's project",
    "issuetype": "the target's issue_type",
    "summary": "title",
    "description": "body",
    "labels": "labels",
    "security": "the target's security",
    "priority": "priority",
}
"""Fields that have a place of their own in the config."""
LINE_MAX = 255
SPRINT = "gh-sprint"
"""A field that says it is a list, and takes one bare number."""
_WHOLE = re.compile(r"([0-9]{1,18})(\.0)?")
_DAYS = re.compile(r"\+(\d{1,4})d")


class BadValue(Exception):
    """What Jira would not take, in words; they begin with the field. `todo` is what to write instead, if known."""

    def __init__(self, why: str, *, instead: str | None = None, todo: str = "") -> None:
        super().__init__(why)
        self.instead = instead
        """A text that would do in the place of the value, or of one entry of its list."""
        self.todo = todo


@dataclass(frozen=True, slots=True)
class Values:
    """Turns values into what Jira takes."""

    cloud: bool
    now: datetime
    """For due dates alone."""
    person: Callable[[str], Json]
    """A user by what the operator wrote. Raises BadValue."""

    def all(self, meta: TypeMeta, fields: Mapping[str, Json]) -> tuple[dict[str, Json], list[BadValue]]:
        """Fields by their ids, and what is wrong with the others. A value that is empty is none."""
        found: dict[str, Json] = {}
        wrong: list[BadValue] = []
        for name, value in fields.items():
            try:
                one = field_of(meta, name)
                if _given(value):
                    found[one.id] = self.one(one, value)
            except BadValue as error:
                if error.instead is not None:
                    error.todo = write(f"fields.{toml(name)}", self._mended(one, value, error.instead))
                wrong.append(error)
        return found, wrong

    def _mended(self, field: FieldMeta, value: Json, instead: str) -> Json:
        """The value with a text that will do, where a list has others beside."""
        if not isinstance(value, list):
            return [instead] if field.kind == "array" else instead
        return [each if self._takes(field, each) else instead for each in value]

    def _takes(self, field: FieldMeta, value: Json) -> bool:
        try:
            self.one(field, [value])
        except BadValue:
            return False
        return True

    def one(self, field: FieldMeta, value: Json) -> Json:
        """One value. Raises BadValue."""
        match field.kind:
            case "array" if field.custom == SPRINT:
                return _sprint(field, value)
            case "array":
                each = FieldMeta(
                    field.id, field.name, False, field.items, custom=field.custom, choices=field.choices
                )
                return [self.one(each, item) for item in _items(field, value)]
            case "option-with-child":
                return _cascade(field, value)
            case "user":
                return self.person(_text(field, value))
            case "string" | "number" | "date" | "datetime":
                return self._plain(field, value)
        if field.choices:
            return {"id": _choice(field.name, field.choices, _text(field, value)).id}
        match field.kind:
            case "option" | "component" | "version" | "priority" | "securitylevel" | "resolution":
                raise BadValue(f"{field.name} has no values to choose from")
            case "issuelink" | "project":
                return {"key": _text(field, value).upper()}
            case "group":
                return {"name": _text(field, value)}
        return value  # what only this Jira knows is handed over as it is written

    def _plain(self, field: FieldMeta, value: Json) -> Json:
        match field.kind:
            case "number":
                return _number(field, value)
            case "date":
                return _date(field, value, self.now).isoformat()
            case "datetime":
                return f"{_moment(field, value):%Y-%m-%dT%H:%M:%S.000%z}"
        text = _text(field, value)
        if field.custom == "textarea" or field.id == "environment":
            return adf.render(text) if self.cloud else wiki.render(text)
        if field.custom == "labels" or (not field.custom and field.items):
            text = label(text)
        if "\n" in text or len(utf16(text)) > LINE_MAX:
            raise BadValue(f"{field.name} takes one line of at most {LINE_MAX} characters")
        return text


def field_of(meta: TypeMeta, name: str) -> FieldMeta:
    """A field by its id, or by its name in any case. Raises BadValue."""
    known = meta.fields
    found = [known[name]] if name in known else [f for f in known.values() if f.name.casefold() == name.casefold()]
    if len(found) > 1:
        raise BadValue(f"{name}: there are {len(found)} of this name; say which: {', '.join(f.id for f in found)}")
    if not found:
        names = [f.name for f in known.values() if f.id not in OURS]
        meant = near(name, names)
        raise BadValue(
            f"{name}: a {meta.name} has no such field on its create screen ({nearest(name, names)})",
            todo=f"Write fields.{toml(meant)}" if meant else "Leave it out, or put the field there",
        )
    if found[0].id in OURS:
        raise BadValue(
            f"{name} is no field of `fields`: it is set by {OURS[found[0].id]}", todo="Take it out of fields"
        )
    return found[0]


def label(text: str) -> str:
    """A label as Jira takes it: without blanks."""
    return "-".join(text.split())


def _given(value: Json) -> bool:
    return value is not None and value != [] and not (isinstance(value, str) and not value.strip())


def _text(field: FieldMeta, value: Json) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadValue(f"{field.name} can't be {json.dumps(value, ensure_ascii=False)[:80]}")
    return str(value).strip()


def _items(field: FieldMeta, value: Json) -> Iterator[Json]:
    """A list, or its entries in one text with commas between them."""
    if not isinstance(value, str):
        yield from (each for each in (value if isinstance(value, list) else [value]) if _given(each))
    elif value.strip().casefold() in (one.name.casefold() for one in field.choices):
        yield value
    else:
        yield from (part.strip() for part in value.split(",") if part.strip())


def _choice(what: str, choices: tuple[Choice, ...], wanted: str, *, before: str = "", after: str = "") -> Choice:
    """The one that is meant by id or name. Raises BadValue, whose `instead` has what goes around the name."""
    for test in (wanted, wanted.casefold()):
        for one in choices:
            if test in (one.id, one.name, one.name.casefold()):
                return one
    names = [one.name for one in choices]
    meant = near(wanted, names) or next(iter(names), None)
    instead = None if meant is None else f"{before}{meant}{after}"
    raise BadValue(f"{what}: no {wanted!r} ({nearest(wanted, names)})", instead=instead)


def _cascade(field: FieldMeta, value: Json) -> Json:
    """`"A > B"`, or `{ value = "A", child = "B" }`."""
    if isinstance(value, dict) and value.keys() <= {"value", "child"} and "value" in value:
        upper, lower = _text(field, value["value"]), _text(field, value.get("child", ""))
    else:
        upper, _, lower = (part.strip() for part in _text(field, value).partition(">"))
    one = _choice(field.name, field.choices, upper, after=f" > {lower}" if lower else "")
    if not lower:
        return {"id": one.id}
    child = _choice(f"{field.name}, below {one.name}", one.below, lower, before=f"{one.name} > ")
    return {"id": one.id, "child": {"id": child.id}}


def _number(field: FieldMeta, value: Json) -> float:
    try:
        number = float(_text(field, value))
    except ValueError:
        raise BadValue(f"{field.name} takes a number, not {value!r}") from None
    if number != number or number in (float("inf"), float("-inf")):
        raise BadValue(f"{field.name} takes a number, not {value!r}")
    return number


def _sprint(field: FieldMeta, value: Json) -> int:
    """One sprint's id, alone or as the only entry of a list."""
    only = value[0] if isinstance(value, list) and len(value) == 1 else value
    found = None if isinstance(only, list | dict) else _WHOLE.fullmatch(_text(field, only))
    if found is None:
        raise BadValue(f"{field.name} takes one sprint's id, a whole number, not {value!r}")
    return int(found[1])


def _date(field: FieldMeta, value: Json, now: datetime) -> date:
    """A day, or so many from today: `"+30d"`."""
    text = _text(field, value)
    if later := _DAYS.fullmatch(text):
        return (now + timedelta(days=int(later[1]))).date()
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise BadValue(f"{field.name} takes a day like 2026-12-31, or +30d, not {text!r}") from None


def _moment(field: FieldMeta, value: Json) -> datetime:
    text = _text(field, value)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadValue(f"{field.name} takes a moment like 2026-12-31T12:00:00Z, not {text!r}") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
