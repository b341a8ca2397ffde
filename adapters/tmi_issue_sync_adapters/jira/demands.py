"""What a project asks for that nobody has given yet, as lines for the config."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from tmi_issue_sync.model import Json

from .account import Account
from .fields import SPRINT
from .meta import FieldMeta, TypeMeta, some, toml

ALWAYS = frozenset({"project", "issuetype", "summary", "description", "labels", "reporter"})
"""What every ticket of ours has; the reporter is whoever makes it."""
_OF_TARGET = frozenset({"security", "components", "assignee"})
_OTHERS = 12
"""Most values that a line names beside the one that it sets."""


def asked_for(meta: TypeMeta, given: Collection[str]) -> list[FieldMeta]:
    """Required fields that nothing fills in."""
    return [one for one in meta.fields.values() if one.required and one.id not in ALWAYS and one.id not in given]


def names_of(fields: Iterable[FieldMeta]) -> str:
    return some(one.name for one in fields)


def lines(lacks: Iterable[FieldMeta], meta: TypeMeta, me: Account, *, cloud: bool) -> tuple[str, ...]:
    """What to write below `[trackers.NAME]`, one line each: it works as it is, and says what else could be."""
    return tuple(_line(one, meta, me, cloud=cloud) for one in lacks)


def place_of(field: FieldMeta, meta: TypeMeta) -> str:
    """Where the config says what a field gets, as a dotted key."""
    if field.id in _OF_TARGET:
        return f"target.{field.id}"
    if field.id == "parent":
        return "target.parent"
    if field.id == "priority":
        return "priority"
    twins = sum(one.name.casefold() == field.name.casefold() for one in meta.fields.values())
    return f"fields.{toml(field.name if twins == 1 else field.id)}"


def _line(field: FieldMeta, meta: TypeMeta, me: Account, *, cloud: bool) -> str:
    value, said = _proposal(field, me, cloud=cloud)
    listed: Json = [value] if field.kind == "array" and field.custom != SPRINT else value
    return f"{place_of(field, meta)} = {toml(listed)}{f'  # {said}' if said else ''}"


def _proposal(field: FieldMeta, me: Account, *, cloud: bool) -> tuple[Json, str]:
    """A value that Jira takes, and what else there is; where only a person can know one, a word to replace."""
    kind = field.items if field.kind == "array" else field.kind
    if names := list(_names(field)):
        others = names[1 : _OTHERS + 1] + (["..."] if len(names) > _OTHERS + 1 else [])
        return names[0], f"or: {' '.join(', '.join(others).split())}" if others else ""
    match kind:
        case "number":
            return 0, 'or a template: "{{ threat.score or 0 }}"'
        case "date":
            return "+30d", "or a day: 2026-12-31"
        case "datetime":
            return "{{ threat.created_at }}", "or a moment: 2026-12-31T12:00:00Z"
        case "user":
            return me.id if cloud else me.login, f"{' '.join(me.name.split())}, the account of the token"
        case "issuelink" | "group":
            word = "an issue's key" if kind == "issuelink" else "a group"
            return f"<{word}>", "replace it"
    if field.custom == SPRINT:
        return "<a sprint's id>", "replace it: a whole number"
    if field.custom == "gh-epic-label":
        return "{{ model.name }}", ""
    return ("tmi", "a label") if field.custom == "labels" else ("TMI", 'or a template: "{{ model.name }}"')


def _names(field: FieldMeta) -> Iterator[str]:
    for one in field.choices:
        yield from (f"{one.name} > {low.name}" for low in one.below) if one.below else (one.name,)
