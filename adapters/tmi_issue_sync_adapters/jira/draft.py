"""A draft as the body of a create, or the reason why Jira can't keep it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Set, Sized
from dataclasses import dataclass
from datetime import timedelta

from tmi_issue_sync.errors import Denied, Rejected
from tmi_issue_sync.markup import adf, wiki
from tmi_issue_sync.markup.clip import clip_line, fit, utf16
from tmi_issue_sync.model import Draft, Json, Marker, TicketRef

from .fields import BadValue, Values, label
from .issue import PROPERTY, property_of, text_of
from .meta import Choice, TypeMeta, near, nearest, write
from .options import TEXT_MAX, TITLE_MAX, Target

SHARED_LABEL = "tmi"
"""On every ticket of ours; which threat it is for is in its text and its property."""
LABEL_MAX = 255
EPIC_LINK = "gh-epic-link"
_SEVERITY = "severity/"


@dataclass(frozen=True, slots=True)
class Payload:
    """What to POST, and which fields only this draft brings along."""

    body: Mapping[str, Json]
    brought: Set[str]


@dataclass(frozen=True, slots=True)
class Shaper:
    """Drafts for one project. `key_of` gives a ticket's key by its id, for fields that know no ids."""

    project: str
    cloud: bool
    values: Values
    key_of: Callable[[TicketRef], str]

    def payload(self, draft: Draft, target: Target, meta: TypeMeta | None) -> Payload:
        """Raises Rejected for what Jira would refuse of this draft, Denied for what it would refuse of all."""
        fields: dict[str, Json] = {
            "project": {"key": self.project},
            "issuetype": {"id": meta.id} if meta else {"name": target.issue_type},
            "summary": clip_line(draft.title, TITLE_MAX, utf16),
            "description": self._text(draft),
            "labels": [*_labels(draft)],
        }
        own: dict[str, Json] = {}
        if meta is not None:
            own, wrong = self.values.all(meta, draft.fields)
            if wrong:
                raise Rejected(f"Jira can't keep this ticket: {'; '.join(map(str, wrong))}")
            own |= _priority(draft, meta)
        fields |= self.of_target(draft, target, meta)
        prop: Json = {"key": PROPERTY, "value": property_of(draft.marker)}
        return Payload(
            {"fields": {**fields, **own}, "properties": [prop]}, {"summary", "description", "environment", *own}
        )

    def of_target(self, draft: Draft, target: Target, meta: TypeMeta | None) -> dict[str, Json]:
        """What every ticket of this target gets. Raises Denied, naming the nearest."""
        fields: dict[str, Json] = {}
        if meta is not None and target.security is not None:
            fields["security"] = {"id": _chosen(meta, "security", "security level", target.security).id}
        if meta is not None and target.components:
            chosen = [_chosen(meta, "components", "component", name) for name in target.components]
            fields["components"] = [{"id": one.id} for one in chosen]
        if target.assignee is not None:
            try:
                fields["assignee"] = self.values.person(target.assignee)
            except BadValue as error:
                todo = "" if error.instead is None else write("target.assignee", error.instead)
                raise Denied(f"the target's assignee: {error}", todo=todo) from error
        days = {str(severity): count for severity, count in target.due_days.items()}.get(_severity(draft))
        if days is not None:
            fields["duedate"] = (self.values.now + timedelta(days=days)).date().isoformat()
        return fields | self._parent(draft, target, meta)

    def _parent(self, draft: Draft, target: Target, meta: TypeMeta | None) -> dict[str, Json]:
        """Cloud has parents of all kinds; Data Center of sub-tasks, and a field of its own for epics."""
        if draft.parent is None and target.parent is None:
            return {}
        of_epic = [one.id for one in meta.fields.values() if one.custom == EPIC_LINK] if meta else []
        if of_epic and meta is not None and "parent" not in meta.fields:
            return {of_epic[0]: self.key_of(draft.parent) if draft.parent else target.parent}
        if meta is not None and not self.cloud and "parent" not in meta.fields:
            raise Denied(f"a {meta.name} in {self.project} takes no parent")
        return {"parent": {"id": draft.parent.id} if draft.parent else {"key": target.parent}}

    def _text(self, draft: Draft) -> Json:
        """The body with the marker's block as its last line, in Jira's own form, shortened until it fits."""
        whole = f"{draft.body}\n\n{draft.marker.block()}"
        text = fit(self._measured, whole, TEXT_MAX, keep=2)
        shown: Json = adf.render(text) if self.cloud else wiki.render(text)
        if Marker.parse(text_of(shown)) != draft.marker:
            raise Rejected("Jira can't keep this ticket: its text swallows the marker that goes last")
        return shown

    def _measured(self, text: str) -> Sized:
        """What must not be too long. Whether Jira counts a document's text or all of it is not told: all of it."""
        if self.cloud:
            return utf16(json.dumps(adf.render(text), ensure_ascii=False, separators=(",", ":")))
        return utf16(wiki.render(text))


def needs_meta(draft: Draft, target: Target, *, cloud: bool) -> bool:
    """Whether anything must be looked up to shape it."""
    of_parent = not cloud and (draft.parent is not None or target.parent is not None)
    return bool(draft.fields or draft.priority or target.security or target.components or of_parent)


def target_of(draft: Draft, project: str) -> Target:
    """The draft's target, if it can be kept there at all. Raises Rejected or Denied."""
    if not isinstance(draft.target, Target) or draft.target.project != project:
        raise Rejected(f"Jira can't keep this ticket: it is meant for another place than {project}")
    if why := _unkeepable(draft):
        raise Rejected(f"Jira can't keep this ticket: {why}")
    if draft.confidential and draft.target.security is None:
        raise Denied(
            f"a confidential ticket in {project} needs a security level, and the target names none",
            todo='Add target.security = "...", or route confidential threat models elsewhere.',
        )
    return draft.target


def _unkeepable(draft: Draft) -> str | None:
    if not draft.title.strip():
        return "its title is empty"
    if len(draft.title) > TITLE_MAX or "\n" in draft.title or "\r" in draft.title:
        return f"its title is not one line of at most {TITLE_MAX} characters"
    bad = next((text for text in draft.labels if not 0 < len(utf16(label(text))) <= LABEL_MAX), None)
    return None if bad is None else f"the label {bad!r} is empty or longer than {LABEL_MAX} characters"


def _labels(draft: Draft) -> list[str]:
    """The shared one first; no two that differ in their case alone."""
    labels: dict[str, str] = {SHARED_LABEL: SHARED_LABEL}
    for text in map(label, draft.labels):
        labels.setdefault(text.casefold(), text)
    return list(labels.values())


def _severity(draft: Draft) -> str:
    named = (text for text in draft.labels if text.startswith(_SEVERITY))
    return next(named, f"{_SEVERITY}unknown").removeprefix(_SEVERITY)


def _priority(draft: Draft, meta: TypeMeta) -> dict[str, Json]:
    if draft.priority is None:
        return {}
    field = meta.fields.get("priority")
    if field is None:
        raise Rejected(f"Jira can't keep this ticket: a {meta.name} has no priority on its create screen")
    found, names = _named(field.choices, draft.priority), [one.name for one in field.choices]
    if found is None:
        raise Rejected(
            f"Jira can't keep this ticket: no priority {draft.priority!r} ({nearest(draft.priority, names)})",
            todo=_instead("priority", draft.priority, names),
        )
    return {"priority": {"id": found.id}}


def _chosen(meta: TypeMeta, ident: str, what: str, name: str) -> Choice:
    field = meta.fields.get(ident)
    if field is None:
        raise Denied(
            f"a {meta.name} has no {what} that this account may set",
            todo="Put the field on the create screen; a security level also needs Set issue security.",
        )
    found, names = _named(field.choices, name), [one.name for one in field.choices]
    if found is None:
        todo = _instead(f"target.{ident}", name, names, listed=ident == "components")
        raise Denied(f"there is no {what} {name!r} ({nearest(name, names)})", todo=todo)
    return found


def _instead(place: str, name: str, known: list[str], *, listed: bool = False) -> str:
    """The line that would do; empty where nothing can be chosen."""
    meant = near(name, known) or next(iter(known), None)
    return "" if meant is None else write(place, [meant] if listed else meant)


def _named(choices: tuple[Choice, ...], name: str) -> Choice | None:
    exact = (one for one in choices if one.name == name)
    return next(exact, next((one for one in choices if one.name.casefold() == name.casefold()), None))
