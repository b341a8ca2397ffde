"""What a project asks for that nobody has given yet, as lines for the config."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from tmi_issue_sync.model import Json

from .fields import pattern
from .meta import FieldMeta, TypeMeta, some
from .options import Target

ALWAYS = frozenset({"project", "issuetype", "summary", "description", "labels", "reporter"})
"""What every ticket of ours has; the reporter is whoever makes it."""


def asked_for(meta: TypeMeta, given: Collection[str]) -> list[FieldMeta]:
    """Required fields that nothing fills in."""
    return [one for one in meta.fields.values() if one.required and one.id not in ALWAYS and one.id not in given]


def names_of(fields: Iterable[FieldMeta]) -> str:
    return some(one.name for one in fields)


def lines(lacks: Sequence[FieldMeta], target: Target, fields: Mapping[str, Json]) -> str:
    """What to write below `[trackers.NAME]`; where it has `fields` already, what to add to them."""
    own = [one for one in lacks if one.id not in ("security", "priority")]
    said = []
    if any(one.id == "security" for one in lacks):
        level = next(one for one in lacks if one.id == "security")
        said.append(f"target = {{ {', '.join(_target(target))}, security = {pattern(level)} }}")
    if any(one.id == "priority" for one in lacks):
        said.append(f"priority = {pattern(next(one for one in lacks if one.id == 'priority'))}")
    if own:
        pairs = ", ".join(f"{_text(_name(one, lacks))} = {pattern(one)}" for one in own)
        said.append(f"add to fields: {pairs}" if fields else f"fields = {{ {pairs} }}")
    return "\n".join(said)


def _name(field: FieldMeta, others: Sequence[FieldMeta]) -> str:
    alone = sum(one.name.casefold() == field.name.casefold() for one in others) == 1
    return field.name if alone else field.id


def _target(target: Target) -> Iterator[str]:
    """The target as it is now."""
    for name, value in target.model_dump(mode="json", exclude_unset=True).items():
        if name != "security":
            yield f"{name} = {_toml(value)}"


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {_toml(each)}' for name, each in value.items())} }}"
    return f"[{', '.join(map(_toml, value))}]" if isinstance(value, list) else _text(value)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
