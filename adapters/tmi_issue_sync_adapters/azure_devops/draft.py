"""A draft as the patch of a create, or the reason why Azure DevOps can't keep it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult

from tmi_issue_sync.errors import Denied, Rejected
from tmi_issue_sync.markup import html
from tmi_issue_sync.markup.clip import clip_line, fit, utf16
from tmi_issue_sync.model import Draft, Json, Marker

from .api import Patch
from .item import number_of
from .listing import SHARED_TAG
from .meta import TypeMeta, nearest
from .options import TEXT_MAX, TITLE_MAX, Target
from .values import AREA, ITERATION, PRIORITY, TAGS, TITLE, all_of

PARENT = "System.LinkTypes.Hierarchy-Reverse"
TAG_MAX, TAGS_MAX = 400, 100


@dataclass(frozen=True, slots=True)
class Payload:
    """What to POST, and what only this draft brings along."""

    patch: Patch
    brought: Set[str]


def payload(draft: Draft, target: Target, meta: TypeMeta, kinds: Mapping[str, str], site: SplitResult) -> Payload:
    """Raises Rejected for what Azure DevOps would refuse or lose of this draft, Denied for that of all."""
    own, wrong = all_of(meta, kinds, draft.fields)
    if wrong:
        raise Rejected(f"Azure DevOps can't keep this ticket: {'; '.join(map(str, wrong))}")
    own |= _priority(draft, meta)
    title = clip_line(draft.title, TITLE_MAX, utf16)
    fields: dict[str, Json] = {TITLE: title, meta.text: _text(draft), TAGS: _tags(draft)}
    fields |= {name: path_of(target.project, path) for name, path in _paths(target).items()} | own
    patch: list[dict[str, Any]] = [
        {"op": "add", "path": f"/fields/{name}", "value": value} for name, value in fields.items()
    ]
    # One in another organization can't be linked; the body names it.
    parent = number_of(draft.parent, site) if draft.parent is not None else target.parent
    if parent is not None:
        value = {"rel": PARENT, "url": f"{site.geturl()}/_apis/wit/workItems/{parent}"}
        patch.append({"op": "add", "path": "/relations/-", "value": value})
    of_draft = {"relations"} if draft.parent is not None else set()
    return Payload(patch, {TITLE, TAGS, meta.text, *own, *of_draft})


def target_of(draft: Draft, project: str) -> Target:
    """The draft's target, if it can be kept there at all. Raises Rejected."""
    if not isinstance(draft.target, Target) or draft.target.project.casefold() != project.casefold():
        raise Rejected(f"Azure DevOps can't keep this ticket: it is meant for another place than {project}")
    if why := _unkeepable(draft):
        raise Rejected(f"Azure DevOps can't keep this ticket: {why}")
    return draft.target


def tag(label: str) -> str:
    """A label as a tag: these separate tags, or are refused in them."""
    return " ".join(re.sub(r"[,;\x00-\x1f\x7f]", " ", label).split())


def path_of(project: str, path: str) -> str:
    """An area's or iteration's path as Azure DevOps writes it, from the project down."""
    parts = re.split(r"[\\/]", path)
    return "\\".join(parts if parts[0].casefold() == project.casefold() else [project, *parts])


def _paths(target: Target) -> Mapping[str, str]:
    given = {AREA: target.area, ITERATION: target.iteration}
    return {name: path for name, path in given.items() if path is not None}


def _unkeepable(draft: Draft) -> str | None:
    if not draft.title.strip():
        return "its title is empty"
    if len(draft.title) > TITLE_MAX or "\n" in draft.title or "\r" in draft.title:
        return f"its title is not one line of at most {TITLE_MAX} characters"
    if len(draft.labels) >= TAGS_MAX:
        return f"it has {len(draft.labels)} labels, and {TAGS_MAX - 1} are allowed beside {SHARED_TAG!r}"
    bad = next((label for label in draft.labels if not 0 < len(utf16(tag(label))) <= TAG_MAX), None)
    return None if bad is None else f"the label {bad!r} is empty or longer than {TAG_MAX} characters"


def _text(draft: Draft) -> str:
    """The body with the marker's block as its last line, as HTML, shortened until it fits."""
    whole = f"{draft.body}\n\n{draft.marker.block()}"
    shown = html.render(fit(html.render, whole, TEXT_MAX, keep=2))
    if Marker.parse(html.text(shown)) != draft.marker:
        raise Rejected("Azure DevOps can't keep this ticket: its text swallows the marker that goes last")
    return shown


def _tags(draft: Draft) -> str:
    """The shared one first; no two that differ in their case alone."""
    tags = {SHARED_TAG: SHARED_TAG}
    for each in map(tag, draft.labels):
        tags.setdefault(each.casefold(), each)
    return "; ".join(tags.values())


def _priority(draft: Draft, meta: TypeMeta) -> dict[str, Json]:
    if draft.priority is None:
        return {}
    field = meta.fields.get(PRIORITY)
    if field is None:
        raise Denied(f"the type {meta.name} has no priority", todo="Take priority out of the tracker's settings.")
    if field.allowed and draft.priority not in field.allowed:
        near = nearest(draft.priority, field.allowed)
        raise Rejected(f"Azure DevOps can't keep this ticket: no priority {draft.priority!r} ({near})")
    return {PRIORITY: int(draft.priority) if draft.priority.isdecimal() else draft.priority}
