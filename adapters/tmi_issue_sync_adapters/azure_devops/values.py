"""The operator's values as Azure DevOps takes them, by the kind of each field."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from tmi_issue_sync.markup import html
from tmi_issue_sync.markup.clip import utf16
from tmi_issue_sync.model import Json

from .item import DESCRIPTION, REPRO
from .meta import FieldMeta, TypeMeta, nearest

TITLE, TAGS, AREA, ITERATION = "System.Title", "System.Tags", "System.AreaPath", "System.IterationPath"
PRIORITY = "Microsoft.VSTS.Common.Priority"
OURS = {
    TITLE: "title",
    DESCRIPTION: "body",
    REPRO: "body",
    TAGS: "labels",
    AREA: "the target's area",
    ITERATION: "the target's iteration",
    PRIORITY: "priority",
}
"""Fields that have a place of their own in the config."""
_DAYS = re.compile(r"\+(\d{1,4})d")


class BadValue(Exception):
    """What Azure DevOps would not take, in words; they begin with the field. `todo` is what to write instead."""

    def __init__(self, why: str, todo: str = "") -> None:
        super().__init__(why)
        self.todo = todo


def toml(value: object) -> str:
    """A text or number as TOML has it."""
    return json.dumps(value, ensure_ascii=False)


def all_of(
    meta: TypeMeta, kinds: Mapping[str, str], fields: Mapping[str, Json]
) -> tuple[dict[str, Json], list[BadValue]]:
    """Fields by their reference names, and what is wrong with the others."""
    found: dict[str, Json] = {}
    wrong: list[BadValue] = []
    for name, value in fields.items():
        try:
            field = _field_of(meta, name)
            found[field.ref] = one_of(field, kinds.get(field.ref, ""), value)
        except BadValue as error:
            wrong.append(error)
    return found, wrong


def one_of(field: FieldMeta, kind: str, value: Json) -> Json:
    """One value. Which of a list's values is taken is for the server to say. Raises BadValue."""
    if isinstance(value, list | dict):
        raise BadValue(f"{field.name} takes one value, not {value!r}")
    text = "" if value is None else str(value)
    match kind:
        case "html" | "history":
            return html.render(text)
        case "integer" | "double" | "picklistInteger" | "picklistDouble":
            return _number(field, text, whole=kind.lower().endswith("integer"))
        case "boolean":
            if text.casefold() not in ("true", "false"):
                raise BadValue(f"{field.name} is true or false, not {value!r}")
            return text.casefold() == "true"
        case "dateTime":
            return _moment(field, text)
        case "string" | "picklistString" if "\n" in text.strip() or len(utf16(text)) > 255:
            raise BadValue(f"{field.name} takes one line of at most 255 characters")
    return value if isinstance(value, bool | int | float) else text.strip() or None


def _field_of(meta: TypeMeta, name: str) -> FieldMeta:
    field = meta.field(name)
    if field is None:
        near = nearest(name, [one.name for one in meta.fields.values()])
        raise BadValue(f"{name}: the type {meta.name} has no such field ({near})")
    if field.ref in OURS:
        raise BadValue(f"{name} has a place of its own: {OURS[field.ref]}")
    return field


def _number(field: FieldMeta, text: str, *, whole: bool) -> Json:
    try:
        number = float(text)
    except ValueError:
        raise BadValue(f"{field.name} is a number, not {text!r}") from None
    if not -1e15 < number < 1e15 or (whole and number != int(number)):
        raise BadValue(f"{field.name} is a {'whole ' if whole else ''}number, not {text!r}")
    return int(number) if whole or number == int(number) else number


def _moment(field: FieldMeta, text: str) -> str:
    """A day, a moment, or so many days from today."""
    if found := _DAYS.fullmatch(text.strip()):
        return (datetime.now(UTC).date() + timedelta(days=int(found[1]))).isoformat()
    try:
        return (
            date.fromisoformat(text.strip()).isoformat()
            if len(text.strip()) <= 10
            else datetime.fromisoformat(text.strip()).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        )
    except (ValueError, OverflowError):
        raise BadValue(f"{field.name} is a day like 2026-12-31 or +30d, not {text!r}") from None
