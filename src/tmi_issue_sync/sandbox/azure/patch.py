"""Patches of work items: what they say, and what the process's rules make of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tmi_issue_sync.sandbox.azure.call import Call
from tmi_issue_sync.sandbox.azure.errors import bound, json_of, refusal, rule, rules, unseen
from tmi_issue_sync.sandbox.azure.html import sanitised
from tmi_issue_sync.sandbox.azure.model import Field, Item, ItemType, Project
from tmi_issue_sync.sandbox.wire import utf16_length

TEXT_MAX, STRING_MAX, TAG_MAX = 1_048_576, 255, 400
PARENT = re.compile(r".*/_apis/wit/workitems/(\d+)", re.IGNORECASE)
RELS = frozenset({"System.LinkTypes.Hierarchy-Reverse", "System.LinkTypes.Related", "Hyperlink"})


@dataclass(slots=True)
class Change:
    """What a patch asks for."""

    values: dict[str, Any] = field(default_factory=dict)
    relations: list[dict[str, Any]] = field(default_factory=list)


def read(call: Call, item: Item | None) -> Change:
    """The change that a request carries."""
    data = json_of(call.request, "application/json-patch+json")
    if not isinstance(data, list) or not data or not all(isinstance(step, dict) for step in data):
        raise bound("You must pass a valid patch document in the body of the request.")
    change = Change()
    for step in data:
        _step(change, item, step.get("op"), step.get("path"), step.get("value"))
    return change


def _step(change: Change, item: Item | None, verb: Any, path: Any, value: Any) -> None:
    match verb, path:
        case "test", "/rev":
            if item is None or value != item.rev:
                words = "VS403208: The work item has been changed: the revision does not match."
                raise refusal(412, words, "WorkItemRevisionMismatchException")
        case "add" | "replace" | "remove", str() if path.startswith("/fields/"):
            change.values[path.removeprefix("/fields/")] = None if verb == "remove" else value
        case "add", "/relations/-" if isinstance(value, dict):
            change.relations.append(value)
        case _:
            raise refusal(
                400, f"VS403690: The operation {verb!r} on {path!r} is not supported.", "VssPropertyException"
            )


def checked(call: Call, project: Project, kind: ItemType, item: Item | None, change: Change) -> dict[str, Any]:
    """All that a work item would hold after a change, by the rules of its type."""
    wrong: list[dict[str, Any]] = []
    values = dict(item.values) if item is not None else _defaults(call, project, kind)
    for name, raw in change.values.items():
        known = call.store.field(name, kind)
        if known is None:
            raise refusal(
                400, f"TF51535: Cannot find field {name}.", "WorkItemTrackingFieldDefinitionNotFoundException"
            )
        if known.read_only:
            wrong.append(rule(known.ref, known.name, "readOnly", "invalidNotEmpty"))
            continue
        values[known.ref] = _parsed(call, project, kind, known, raw, wrong)
    wrong += _lacking(call, kind, values)
    if wrong:
        raise rules(wrong)
    for link in change.relations:
        _relation(call, link)
    return values


def _defaults(call: Call, project: Project, kind: ItemType) -> dict[str, Any]:
    fields = {one.ref: one.default for one in call.store.fields_of(kind) if one.default is not None}
    told = {"System.State": kind.states[0].name, "System.Reason": "New"}
    return fields | told | {"System.AreaPath": project.name, "System.IterationPath": project.name}


def _lacking(call: Call, kind: ItemType, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    needed = {one.ref: one for one in call.store.fields_of(kind) if one.required}
    state = next((one for one in kind.states if one.name == values["System.State"]), None)
    if state is not None and state.category == "Completed":
        for ref, name in call.store.settings.rules_at_close.items():
            needed[ref] = Field(ref, name)
    found = []
    for ref, one in needed.items():
        if values.get(ref) in (None, "") or not str(values[ref]).strip():
            limits = ("hasValues", "limitedToValues") if one.allowed else ()
            found.append(rule(ref, one.name, "required", *limits, "invalidEmpty"))
    return found


def _parsed(
    call: Call, project: Project, kind: ItemType, known: Field, raw: Any, wrong: list[dict[str, Any]]
) -> Any:
    """What a field keeps of a value; what it does not take is added to what is wrong."""
    if raw is None or raw == "":
        return None
    if isinstance(raw, dict | list):
        raise bound(f"The value of {known.ref} can't be read.")
    allowed = tuple(one.name for one in kind.states) if known.ref == "System.State" else known.allowed
    if allowed and str(raw) not in allowed:
        wrong.append(rule(known.ref, known.name, "hasValues", "limitedToValues", "invalidListValue"))
    match known.kind:
        case "html":
            text = sanitised(str(raw))
            if utf16_length(text) > TEXT_MAX:
                wrong.append(rule(known.ref, known.name, "invalidTooLong"))
            return text
        case "tags":
            return _tags(call, str(raw))
        case "area" | "iteration":
            tree = project.areas if known.kind == "area" else project.iterations
            path = next((one for one in tree if one.casefold() == str(raw).casefold()), None)
            if path is None:
                words = f"TF401347: Invalid tree name given for work item -1, field '{known.ref}'."
                raise refusal(400, words, "WorkItemTrackingTreeNodeNotFoundException")
            return path
        case "identity" if call.store.named(str(raw)) is None:
            wrong.append(rule(known.ref, known.name, "hasValues", "limitedToValues", "invalidListValue"))
        case "integer" | "double" | "dateTime":
            return _number(known, raw, wrong)
    if utf16_length(str(raw)) > STRING_MAX:
        wrong.append(rule(known.ref, known.name, "invalidTooLong"))
    return raw


def _number(known: Field, raw: Any, wrong: list[dict[str, Any]]) -> Any:
    try:
        if known.kind == "dateTime":
            datetime.fromisoformat(str(raw))
            return raw
        return int(str(raw)) if known.kind == "integer" else float(raw)
    except ValueError:
        wrong.append(rule(known.ref, known.name, "invalidType"))
        return None


def _tags(call: Call, raw: str) -> str:
    given: dict[str, str] = {}
    for tag in call.views.split(raw):
        if utf16_length(tag) > TAG_MAX or "," in tag:
            raise refusal(400, f"TF401407: Tag '{tag[:20]}' is not valid.", "WorkItemTagException")
        given.setdefault(tag.casefold(), tag)
    return "; ".join(given.values())


def _relation(call: Call, link: Mapping[str, Any]) -> None:
    if link.get("rel") not in RELS or not isinstance(link.get("url"), str):
        words = f"TF402469: Relation type {link.get('rel')} is not valid."
        raise refusal(400, words, "WorkItemRelationTypeNotFoundException")
    if link["rel"] == "Hyperlink":
        return
    at = PARENT.fullmatch(link["url"])
    other = call.store.items.get(int(at[1])) if at else None
    if at is None or other is None or other.deleted is not None or not call.sees(other):
        raise unseen(int(at[1]) if at else 0)
