"""What the fields of the sandbox's Jira take, and how they show it again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from tmi_issue_sync.sandbox.jira import adf
from tmi_issue_sync.sandbox.jira.errors import Bad
from tmi_issue_sync.sandbox.jira.model import Choice, Field, Issue, IssueType, Project, User
from tmi_issue_sync.sandbox.jira.store import Store
from tmi_issue_sync.sandbox.wire import utf16_length

MAX_SUMMARY = MAX_TEXT = MAX_LABEL = 255
MAX_AREA = 32767
NO_DOCUMENT = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
NO_STRING = "Operation value must be a string"


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of an issue when its fields are read."""

    store: Store
    project: Project
    type: IssueType
    adf: bool
    sees: Callable[[Issue], bool]


def parse(draft: Draft, field: Field, raw: Any) -> Any:
    """What a field keeps of a value; raises Bad for one that it does not take. None is always no value."""
    return None if raw is None else PARSERS[field.kind](draft, field, raw)


def area(raw: Any, *, document: bool) -> Any:
    """A long text: a document, or wiki text where documents are not spoken."""
    if document and not adf.is_document(raw):
        raise Bad(NO_DOCUMENT)
    if not document and not isinstance(raw, str):
        raise Bad(NO_STRING)
    if document and not adf.is_sound(raw):
        raise Bad("INVALID_INPUT")
    if utf16_length(adf.text_of(raw)) > MAX_AREA:
        long = f"The entered text is too long. It exceeds the allowed limit of {MAX_AREA:,} characters."
        raise Bad("CONTENT_LIMIT_EXCEEDED" if document else long)
    return raw or None


def _area(draft: Draft, _: Field, raw: Any) -> Any:
    return area(raw, document=draft.adf)


def _string(_: Draft, __: Field, raw: Any) -> str | None:
    if not isinstance(raw, str):
        raise Bad(NO_STRING)
    if utf16_length(raw) > MAX_TEXT:
        raise Bad(f"The entered text is too long. It exceeds the allowed limit of {MAX_TEXT} characters.")
    return raw or None


def _summary(_: Draft, __: Field, raw: Any) -> str | None:
    if not isinstance(raw, str):
        raise Bad(NO_STRING)
    if "\n" in raw or "\r" in raw:
        raise Bad("The summary is invalid because it contains newline characters.")
    if utf16_length(raw) > MAX_SUMMARY:
        raise Bad(f"Summary can't exceed {MAX_SUMMARY} characters.")
    return raw.strip() or None


def _number(_: Draft, __: Field, raw: Any) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise Bad("Operation value must be a number")
    return float(raw)


def _date(_: Draft, __: Field, raw: Any) -> str:
    try:
        if isinstance(raw, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", raw):
            return date.fromisoformat(raw).isoformat()
    except ValueError:
        pass
    raise Bad(f"Error parsing date string: {raw}")


def _datetime(_: Draft, __: Field, raw: Any) -> datetime:
    try:
        at = datetime.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Bad(f"Error parsing time: {raw}")
    return at


def _choice(field: Field, raw: Any, said: str, key: str = "name") -> Choice:
    """The one of a field's choices that is named by id or by name."""
    if not isinstance(raw, dict) or not isinstance(name := raw.get("id", raw.get(key)), str):
        raise Bad(f"Specify a valid 'id' or '{key}' for {field.name}")
    wanted = "id" if "id" in raw else "name"
    found = next((choice for choice in field.choices if getattr(choice, wanted) == name), None)
    if found is None:
        raise Bad(f"{said} {'id' if wanted == 'id' else key} '{name}' is not valid")
    return found


def _option(_: Draft, field: Field, raw: Any) -> Choice:
    return _choice(field, raw, "Option", "value")


def _options(_: Draft, field: Field, raw: Any) -> tuple[Choice, ...] | None:
    return tuple(_choice(field, item, "Option", "value") for item in _items(raw)) or None


def _cascade(_: Draft, field: Field, raw: Any) -> tuple[Choice, Choice | None]:
    parent = _choice(field, raw, "Option", "value")
    below = raw.get("child")
    if below is None:
        return parent, None
    inner = replace(field, choices=parent.children)
    return parent, _choice(inner, below, "Option", "value")


def _priority(_: Draft, field: Field, raw: Any) -> Choice:
    if not isinstance(raw, dict) or not isinstance(raw.get("id", raw.get("name")), str):
        raise Bad("Specify the Priority (id or name) in the string format")
    if "id" in raw and raw["id"] not in {choice.id for choice in field.choices}:
        raise Bad("The priority selected is invalid.")
    return _choice(field, raw, "Priority")


def _security(_: Draft, field: Field, raw: Any) -> Choice:
    return _choice(field, raw, "Security level")


def _components(_: Draft, field: Field, raw: Any) -> tuple[Choice, ...] | None:
    return tuple(_choice(field, item, "Component") for item in _items(raw)) or None


def _labels(_: Draft, __: Field, raw: Any) -> tuple[str, ...] | None:
    for label in _items(raw):
        if not isinstance(label, str):
            raise Bad(NO_STRING)
        if not label or re.search(r"\s", label):
            raise Bad(f"The label '{label}' contains spaces which is invalid.")
        if utf16_length(label) > MAX_LABEL:
            raise Bad(
                f"The label '{label}' exceeds the maximum length of {MAX_LABEL} characters allowed for labels."
            )
    return tuple(sorted(set(raw))) or None


def _user(draft: Draft, field: Field, raw: Any) -> int | None:
    keys = ("accountId", "id") if draft.store.cloud else ("name",)
    name = next((raw[key] for key in keys if key in raw), "") if isinstance(raw, dict) else ""
    if name is None:
        return None
    user: User | None = draft.store.user(name) if isinstance(name, str) else None
    if user is None:
        raise Bad(f"Specify a valid value for {field.id}" if not name else f"User '{name}' does not exist.")
    return user.number


def _parent(draft: Draft, _: Field, raw: Any) -> str:
    found = draft.store.issue(str(raw.get("key") or raw.get("id"))) if isinstance(raw, dict) else None
    if found is None or not draft.sees(found):
        raise Bad("Could not find issue by id or key.")
    if found.type.level != draft.type.level + 1 or (draft.type.subtask and found.project is not draft.project):
        raise Bad("Given parent issue does not belong to appropriate hierarchy.")
    return found.id


def _epic(draft: Draft, _: Field, raw: Any) -> str:
    found = draft.store.issue(raw) if isinstance(raw, str) else None
    if found is None or not draft.sees(found) or found.type.level != 1:
        raise Bad(f"Issue '{raw}' is not an epic.")
    return found.id


def _sprint(_: Draft, __: Field, raw: Any) -> int:
    """One, for all that the field calls itself a list."""
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise Bad("Number value expected as the Sprint id.")
    return raw


def _items(raw: Any) -> list[Any]:
    if not isinstance(raw, list):
        raise Bad("data was not an array")
    return raw


PARSERS: dict[str, Callable[[Draft, Field, Any], Any]] = {
    "text": _string,
    "textarea": _area,
    "number": _number,
    "date": _date,
    "datetime": _datetime,
    "select": _option,
    "multiselect": _options,
    "user": _user,
    "cascading": _cascade,
    "labels": _labels,
    "epic-name": _string,
    "epic-link": _epic,
    "sprint": _sprint,
    "summary": _summary,
    "description": _area,
    "priority": _priority,
    "components": _components,
    "security": _security,
    "parent": _parent,
}
