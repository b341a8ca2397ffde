"""What a rehearsal was refused for, as lines for the config."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tmi_issue_sync.model import Draft, Finding, Json, Level

from .meta import FieldMeta, TypeMeta, nearest, some
from .values import AREA, ITERATION, PRIORITY, toml
from .verdict import RuleError

_PLACES = {AREA: "target.area", ITERATION: "target.iteration", PRIORITY: "priority"}
_OTHERS = 12
"""Most values that a line names beside the one that it sets."""


def of_rules(
    meta: TypeMeta, kinds: Mapping[str, str], rules: Sequence[RuleError], draft: Draft, me: str
) -> Iterator[Finding]:
    """What lacks, with the lines to paste below `[trackers.NAME]`, and which values are not taken."""
    named = [(rule, meta.field(rule.field) or FieldMeta(rule.field, rule.field)) for rule in rules]
    if lacks := [field for rule, field in named if rule.lacking]:
        paste = tuple(_line(field, kinds.get(field.ref, ""), meta, me) for field in lacks)
        names = some(field.name for field in lacks)
        yield Finding(Level.ERROR, f"the project asks for more of this {meta.name}: {names}", lines=paste)
    given = {field.ref: value for name, value in draft.fields.items() if (field := meta.field(name)) is not None}
    for rule, field in named:
        if not rule.lacking:
            yield _wrong(rule, field, meta, given.get(field.ref))


def _wrong(rule: RuleError, field: FieldMeta, meta: TypeMeta, value: Json) -> Finding:
    if not field.allowed or value is None:
        return Finding(Level.ERROR, f"{field.name}: {rule.why}", "Mend it in the tracker's fields.")
    near = nearest(str(value), field.allowed)
    best = next((one for one in field.allowed if repr(one) in near), field.allowed[0])
    todo = f"Write {_place(field, meta)} = {toml(best)}."
    return Finding(Level.ERROR, f"{field.name}: no {value!r} ({near})", todo)


def _place(field: FieldMeta, meta: TypeMeta) -> str:
    """Where the config says what a field gets, as a dotted key."""
    if field.ref in _PLACES:
        return _PLACES[field.ref]
    twins = sum(one.name.casefold() == field.name.casefold() for one in meta.fields.values())
    return f"fields.{toml(field.name if twins < 2 else field.ref)}"


def _line(field: FieldMeta, kind: str, meta: TypeMeta, me: str) -> str:
    """It works as it is, and says what else could be."""
    value, said = _proposal(field, kind, me)
    return f"{_place(field, meta)} = {toml(value)}{f'  # {said}' if said else ''}"


def _proposal(field: FieldMeta, kind: str, me: str) -> tuple[Json, str]:
    if field.allowed:
        others = [*field.allowed[1 : _OTHERS + 1], *(["..."] if len(field.allowed) > _OTHERS + 1 else [])]
        return field.allowed[0], f"or: {' '.join(', '.join(others).split())}" if others else ""
    match kind:
        case "integer" | "double":
            return 0, 'or a template: "{{ threat.score or 0 }}"'
        case "boolean":
            return True, "or: false"
        case "dateTime":
            return "+30d", "or a day: 2026-12-31"
        case "identity":
            return me, "the account of the token"
    return "TMI", 'or a template: "{{ model.name }}"'
