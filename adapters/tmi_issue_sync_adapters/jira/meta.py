"""What a project asks of a new issue: its types, their fields, the values that those take."""

from __future__ import annotations

import difflib
import json
import time
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync.model import Json
from tmi_issue_sync_adapters.wire.line import Line

from .api import Api

PAGE = 200
KEEP = 3600.0
"""Seconds after which an administrator's changes are seen without a restart."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that a field takes."""

    id: str
    name: str
    below: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldMeta:
    """One field of a type of issue. `kind` is Jira's own word for its type, `items` that of a list's entries."""

    id: str
    name: str
    required: bool
    kind: str
    items: str = ""
    custom: str = ""
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class TypeMeta:
    """One type of issue, as it may be made in a project by this account."""

    id: str
    name: str
    fields: Mapping[str, FieldMeta] = field(default_factory=dict)

    @property
    def names(self) -> Mapping[str, str]:
        return {ident: one.name for ident, one in self.fields.items()}


class Metas:
    """Reads each type once in a while, and only when something must be known of it."""

    def __init__(self, api: Api, project: str) -> None:
        self._api = api
        self._project = project
        self._kept: dict[str, tuple[float, TypeMeta]] = {}

    def known(self, issue_type: str) -> TypeMeta | None:
        """What was read, without a call."""
        kept = self._kept.get(issue_type)
        return kept[1] if kept is not None and time.monotonic() - kept[0] < KEEP else None

    def of(self, line: Line, issue_type: str) -> TypeMeta:
        """Raises Denied, naming the nearest, where the project has no such type."""
        known = self.known(issue_type)
        if known is None:
            known = self._read(line, issue_type)
            self._kept[issue_type] = time.monotonic(), known
        return known

    def _read(self, line: Line, issue_type: str) -> TypeMeta:
        path, what = f"issue/createmeta/{self._project}/issuetypes", f"the types of issues of {self._project}"
        types = {str(row.get("name")): row for row in self._pages(line, path, what, "issueTypes")}
        row = types.get(issue_type) or next(
            (row for name, row in types.items() if name.casefold() == issue_type.casefold()), None
        )
        if row is None:
            raise Denied(
                f"{self._project} takes no {issue_type} from this account ({nearest(issue_type, types)})",
                todo=write("target.issue_type", near(issue_type, types) or next(iter(types)))
                if types
                else "It needs Create issues.",
            )
        ident, name = str(row.get("id")), str(row.get("name"))
        rows = self._pages(line, f"{path}/{ident}", f"the fields of a {name} in {self._project}", "fields")
        fields = [found for each in rows if (found := _field(each)) is not None]
        return TypeMeta(ident, name, {found.id: found for found in fields})

    def _pages(self, line: Line, path: str, what: str, name: str) -> Iterator[Mapping[str, Any]]:
        """Cloud names the list, Data Center calls it values."""
        start = 0
        while True:
            query = {"startAt": str(start), "maxResults": str(PAGE)}
            data = self._api.read_json(line, path, what, query)
            rows = data.get(name, data.get("values")) if isinstance(data, dict) else None
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise Unavailable(f"Jira answered {what} with something that is no list")
            yield from rows
            start += len(rows)
            total = data.get("total")
            if not rows or data.get("isLast") is True or (isinstance(total, int) and start >= total):
                return
            if data.get("isLast") is None and total is None and len(rows) < PAGE:
                return


def near(name: str, known: Iterable[str]) -> str | None:
    """The name that comes nearest, if any is near."""
    names = list(known)
    found = difflib.get_close_matches(name.casefold(), [each.casefold() for each in names], 1)
    return next(each for each in names if each.casefold() == found[0]) if found else None


def nearest(name: str, known: Iterable[str]) -> str:
    """The name that comes nearest, or some of those that there are; for people."""
    names = list(dict.fromkeys(known))
    if (found := near(name, names)) is not None:
        return f"did you mean {found!r}?"
    return f"there are: {some(names)}" if names else "there are none"


def toml(value: Json) -> str:
    """A text, number or list as TOML; what nobody sees is written as an escape."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(f"\\U{ord(char):08x}" if unicodedata.category(char)[0] == "C" else char for char in text)


def write(place: str, value: Json) -> str:
    """What to do, for people, with the line to paste."""
    return f"Write {place} = {toml(value)}"


def some(names: Iterable[str]) -> str:
    """A list for people, not too long."""
    listed = list(names)
    return ", ".join(listed[:12]) + (f" and {len(listed) - 12} more" if len(listed) > 12 else "")


def _field(row: Mapping[str, Any]) -> FieldMeta | None:
    ident, schema = row.get("fieldId") or row.get("key"), row.get("schema")
    if not isinstance(ident, str) or not isinstance(schema, dict):
        return None
    allowed = row.get("allowedValues")
    return FieldMeta(
        id=ident,
        name=str(row.get("name") or ident),
        required=row.get("required") is True and row.get("hasDefaultValue") is not True,
        kind=str(schema.get("type", "")),
        items=str(schema.get("items", "")),
        custom=str(schema.get("custom", "")).rpartition(":")[2],
        choices=tuple(_choices(allowed)) if isinstance(allowed, list) else (),
    )


def _choices(rows: Iterable[Any]) -> Iterator[Choice]:
    for row in rows:
        if isinstance(row, dict) and isinstance(row.get("id"), str) and row.get("disabled") is not True:
            below = row.get("children")
            name = row.get("value", row.get("name"))
            yield Choice(row["id"], str(name), tuple(_choices(below)) if isinstance(below, list) else ())
