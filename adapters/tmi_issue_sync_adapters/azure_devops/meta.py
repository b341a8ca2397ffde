"""What a project asks of a new work item, and what its states mean."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tmi_issue_sync.errors import Denied, Unavailable

from . import verdict
from .api import Api, of_project
from .item import DESCRIPTION, REPRO

KEEP = 3600.0
"""Seconds after which an administrator's changes are seen without a restart."""
DONE = ("Completed", "Removed")
"""Categories of states, as every process has them."""
_NAMES_OF_DONE = frozenset({"closed", "done", "completed", "removed"})


@dataclass(frozen=True, slots=True)
class FieldMeta:
    """One field of a type of work item. `ref` is its reference name."""

    ref: str
    name: str
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TypeMeta:
    """One type of work item of a project."""

    name: str
    fields: Mapping[str, FieldMeta]

    @property
    def text(self) -> str:
        """Where people read what it is about."""
        return REPRO if REPRO in self.fields else DESCRIPTION

    def field(self, name: str) -> FieldMeta | None:
        """By its name or reference name, in any case."""
        wanted = name.casefold()
        rows = self.fields.values()
        by_ref = (one for one in rows if one.ref.casefold() == wanted)
        return next(by_ref, next((one for one in rows if one.name.casefold() == wanted), None))


class Metas:
    """Reads each type once in a while, and only when something must be known of it."""

    def __init__(self, api: Api, project: str) -> None:
        self._api = api
        self._project = project
        self._types: dict[str, tuple[float, TypeMeta]] = {}
        self._kinds: tuple[float, Mapping[str, str]] | None = None
        self._states: dict[tuple[str, str], tuple[float, Mapping[str, str]]] = {}

    def of(self, kind: str) -> TypeMeta:
        """Raises Denied, naming the nearest, where the project has no such type."""
        kept = self._types.get(kind)
        if kept is None or time.monotonic() - kept[0] > KEEP:
            kept = self._types[kind] = time.monotonic(), self._read(kind)
        return kept[1]

    def kinds(self) -> Mapping[str, str]:
        """What kind of value each field of the organization takes, by its reference name."""
        if self._kinds is None or time.monotonic() - self._kinds[0] > KEEP:
            what = "the fields of work items"
            rows = _rows(self._api.read_json(of_project(self._project, "wit/fields"), what), what)
            read = {str(row.get("referenceName")): _kind(row) for row in rows}
            self._kinds = time.monotonic(), read
        return self._kinds[1]

    def is_open(self, project: str, kind: str, state: str) -> bool:
        """Whether something is still to do in this state."""
        states = self.states(project, kind)
        if states and state not in states:
            self._states.pop((project, kind))
            states = self.states(project, kind)
        if state in states:
            return states[state] not in DONE
        return state.casefold() not in _NAMES_OF_DONE

    def states(self, project: str, kind: str) -> Mapping[str, str]:
        """The category of each state; empty where they are not shown. Raises Unavailable or Denied."""
        kept = self._states.get((project, kind))
        if kept is None or time.monotonic() - kept[0] > KEEP:
            kept = self._states[(project, kind)] = time.monotonic(), self._read_states(project, kind)
        return kept[1]

    def _read(self, kind: str) -> TypeMeta:
        what = f"the fields of {kind} in {self._project}"
        path = of_project(self._project, f"wit/workitemtypes/{quote(kind, safe='')}/fields")
        reply = self._api.read(path, what, {"$expand": "allowedValues"})
        if reply.status == 404 and verdict.told(reply) is not None:
            raise self._no_type(kind)
        rows = _rows(self._api.json_of(reply, what), what)
        fields = [_field(row) for row in rows]
        return TypeMeta(kind, {one.ref: one for one in fields})

    def _no_type(self, kind: str) -> Denied:
        what = f"the types of work items of {self._project}"
        rows = _rows(self._api.read_json(of_project(self._project, "wit/workitemtypes"), what), what)
        names = [str(row.get("name")) for row in rows if row.get("isDisabled") is not True]
        near = nearest(kind, names)
        return Denied(
            f"{self._project} has no type of work item {kind!r} ({near})", todo='Set the target\'s type = "...".'
        )

    def _read_states(self, project: str, kind: str) -> Mapping[str, str]:
        what = f"the states of {kind} in {project}"
        reply = self._api.read(of_project(project, f"wit/workitemtypes/{quote(kind, safe='')}/states"), what)
        if reply.status in (403, 404) and verdict.told(reply) is not None:
            return {}
        rows = _rows(self._api.json_of(reply, what), what)
        return {str(row.get("name")): str(row.get("category")) for row in rows}


def nearest(name: str, known: Iterable[str]) -> str:
    """The name that comes nearest, or some of those that there are; for people."""
    names = list(dict.fromkeys(known))
    near = difflib.get_close_matches(name.casefold(), [each.casefold() for each in names], 1)
    if near:
        return f"did you mean {next(each for each in names if each.casefold() == near[0])!r}?"
    return f"there are: {some(names)}" if names else "there are none"


def some(names: Iterable[str]) -> str:
    """A list for people, not too long."""
    listed = list(names)
    return ", ".join(listed[:12]) + (f" and {len(listed) - 12} more" if len(listed) > 12 else "")


def _rows(data: Any, what: str) -> list[Mapping[str, Any]]:
    rows = data.get("value") if isinstance(data, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unavailable(f"Azure DevOps answered {what} with something that is no list")
    return rows


def _kind(row: Mapping[str, Any]) -> str:
    return "identity" if row.get("isIdentity") is True else str(row.get("type", ""))


def _field(row: Mapping[str, Any]) -> FieldMeta:
    ident, allowed = str(row.get("referenceName")), row.get("allowedValues")
    return FieldMeta(
        ref=ident,
        name=str(row.get("name") or ident),
        allowed=tuple(str(value) for value in allowed) if isinstance(allowed, list) else (),
    )
