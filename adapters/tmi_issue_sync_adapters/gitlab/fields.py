"""An operator's fields as GitLab takes them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import date, timedelta

from tmi_issue_sync.model import Json

FIELDS = ("due_date", "weight", "milestone_id", "assignee_ids", "epic_id")


class BadValue(Exception):
    """Why there is no such field, or it can't be so; with the line that mends it."""

    def __init__(self, why: str, todo: str) -> None:
        super().__init__(why)
        self.why = why
        self.todo = todo


def values(fields: Mapping[str, Json], today: date) -> dict[str, Json]:
    """All of them. Raises BadValue."""
    return {name: _value(name, given, today) for name, given in fields.items()}


def _value(name: str, given: Json, today: date) -> Json:
    match name:
        case "due_date":
            return _day(given, today)
        case "weight" | "milestone_id" | "epic_id":
            return _number(name, given)
        case "assignee_ids":
            ids = given if isinstance(given, list) else [given]
            return [_number(name, each) for each in ids]
    near = difflib.get_close_matches(name, FIELDS, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(FIELDS)}"
    raise BadValue(
        f"issues have no field {name!r} ({hint})", f"Write fields.{near[0]}." if near else "Leave it out."
    )


def _number(name: str, given: Json) -> int:
    """Templates give numbers as text."""
    if isinstance(given, int) and not isinstance(given, bool) and given >= 0:
        return given
    if isinstance(given, str) and re.fullmatch(r"\d{1,18}", given):
        return int(given)
    raise BadValue(f"the field {name!r} can't be {given!r}: it is a number", f"Write fields.{name} = 1.")


def _day(given: Json, today: date) -> str:
    """A day, or so many from today."""
    text = given if isinstance(given, str) else ""
    if later := re.fullmatch(r"\+(\d{1,4})d", text):
        return (today + timedelta(days=int(later[1]))).isoformat()
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise BadValue(f"the field 'due_date' can't be {given!r}: it is a day", 'Write fields.due_date = "+30d".')
