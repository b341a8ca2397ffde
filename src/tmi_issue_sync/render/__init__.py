"""Threat to draft: title, body, labels, fields and priority, all of them safe and within the tracker's limits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from pydantic import BaseModel

from ..errors import Rejected
from ..markup.clip import clip_line
from ..markup.inline import code
from ..markup.scrub import is_blank, plain_line
from ..model import Draft, Json, Marker, Parent, Threat
from ..rules import Destination
from .fill import AS_TRACKERS, fill
from .labels import label as label
from .labels import labels
from .lookup import is_given, is_lookup, looked_up
from .templates import Templates, Variables
from .view import BARE, FULL, deep_link, name_of, variables

TITLE = "[Threat] {{ threat.name }}"
MODEL_TITLE = "[Threat model] {{ threat.name }}"
BODY = """\
{{ threat.description }}

{% if threat.mitigation %}
### Mitigation

{{ threat.mitigation }}

{% endif %}
### Facts

{{ threat.facts }}
"""
_SYNTAX = ("{{", "{%", "{#")


class Renderer:
    """Drafts for one TMI. `ui_url` is where people read TMI; None: tickets carry no link there."""

    def __init__(self, instance: str, ui_url: str | None) -> None:
        self._instance = instance
        self._ui_url = ui_url
        self._bodies = Templates(body=True)
        self._lines = Templates(body=False)

    def draft(
        self,
        threat: Threat,
        to: Destination,
        marker: Marker,
        *,
        confidential: bool,
        request_id: str,
        parent: Parent | None = None,
    ) -> Draft:
        """The ticket to be. Raises Rejected, with one line for the operator, where there can be none."""
        url = deep_link(threat, self._ui_url)
        known = variables(threat, to.tracker, url)
        return Draft(
            marker=marker,
            title=self._title(threat, to, known),
            body=self._body(threat, to, known, marker, url, parent),
            target=to.target,
            labels=labels(threat, [self._label(text, to, known) for text in to.labels]),
            fields={
                name: given
                for name, value in to.fields.items()
                if is_given(given := self._value(value, f"{to.tracker}: field {name}", known))
            },
            priority=self._priority(to, known),
            parent=parent.ref if parent else None,
            confidential=confidential,
            request_id=request_id,
        )

    def check(self, to: Destination) -> list[str]:
        """One line per template that is broken, tried on a full and on a bare threat."""
        found: dict[str, None] = {}
        for threat in (FULL, BARE):
            known = variables(threat, to.tracker, deep_link(threat, self._ui_url))
            for kind, what, source in _sources(to):
                templates = self._bodies if kind == "body" else self._lines
                problems = templates.problems(source, known)
                found |= dict.fromkeys(f"{to.tracker}: {what}: {problem}" for problem in problems)
            if not found:
                found |= dict.fromkeys(self._tried(threat, to))
        return list(found)

    def _tried(self, threat: Threat, to: Destination) -> Iterator[str]:
        try:
            self.draft(threat, to, Marker(self._instance, threat.id), confidential=False, request_id="")
        except Rejected as error:
            yield error.why

    def _title(self, threat: Threat, to: Destination, known: Variables) -> str:
        builtin = MODEL_TITLE if threat.whole_model else TITLE
        title = self._line(to.title or builtin, f"{to.tracker}: title", known)
        if is_blank(title):
            title = plain_line(f"[Threat] {name_of(threat)}")
        return clip_line(title, to.traits.title_max)

    def _body(
        self, threat: Threat, to: Destination, known: Variables, marker: Marker, url: str, parent: Parent | None
    ) -> str:
        what = f"{to.tracker}: body"
        footer = self._footer(threat, url, parent)
        room = to.traits.body_max - len(f"\n\n{footer}\n\n{marker.block()}")
        notice = (
            f"*Shortened. [The full text is in TMI](<{url}>).*" if url else "*Shortened. The full text is in TMI.*"
        )
        if room < len(notice):
            raise Rejected(f"{what}: {to.traits.body_max} characters are too few for a ticket")
        text = fill(self._bodies.run(to.body or BODY, known, what), room, notice)
        body = f"{text}\n\n{footer}" if text else footer
        if not _closed(body, footer):
            raise Rejected(f"{what} leaves a code or HTML block open at its end", todo="Close it in the template.")
        return body

    def _footer(self, threat: Threat, url: str, parent: Parent | None) -> str:
        source = f"[{code(threat.id)}](<{url}>)" if url else code(threat.id)
        above = f"Part of [{code(parent.number)}](<{parent.url}>). " if parent else ""
        kind = "threat model" if threat.whole_model else "threat"
        return (
            f"{above}Made by tmi-issue-sync from {kind} {source} of TMI at {code(self._instance)}."
            " What people write here is never overwritten."
        )

    def _label(self, text: str, to: Destination, known: Variables) -> str:
        """The operator's label as it is, or, where it is a template, as a label."""
        return label(self._line(text, f"{to.tracker}: label", known)) if _is_template(text) else text.strip()

    def _value(self, value: Json, what: str, known: Variables) -> Json:
        """A configured value for this threat; nothing empty is left in its lists and objects."""
        if isinstance(value, str):
            return self._lines.run(value, known, what) if _is_template(value) else value
        if isinstance(value, list):
            return [given for each in value if is_given(given := self._value(each, what, known))]
        if not isinstance(value, dict):
            return value
        if is_lookup(value):
            return self._value(looked_up(value, known["threat"]), what, known)
        whole = {name: self._value(each, what, known) for name, each in value.items()}
        return {name: each for name, each in whole.items() if is_given(each)}

    def _priority(self, to: Destination, known: Variables) -> str | None:
        value = self._value(to.priority, f"{to.tracker}: priority", known)
        return " ".join(str(value).split()) if is_given(value) else None

    def _line(self, source: str, what: str, known: Variables) -> str:
        return " ".join(self._lines.run(source, known, what).split())


def payload_hash(draft: Draft, above: str = "") -> str:
    """Whether a parked draft has changed: everything counts but the generation and our request id.

    The draft is one without a parent; `above` says what TMI links for its threat model, where that counts.
    """
    target = draft.target
    parts = {
        "marker": [draft.marker.instance, draft.marker.threat_id],
        "title": draft.title,
        "body": draft.body,
        "target": target.model_dump(mode="json") if isinstance(target, BaseModel) else repr(target),
        "labels": list(draft.labels),
        "fields": dict(draft.fields),
        "priority": draft.priority,
        "parent": above,
        "confidential": draft.confidential,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def is_fixed(value: Json) -> bool:
    """Whether a configured value is the same for every threat."""
    if isinstance(value, list):
        return all(map(is_fixed, value))
    if isinstance(value, dict):
        return not is_lookup(value) and all(map(is_fixed, value.values()))
    return not (isinstance(value, str) and _is_template(value))


def asks_metadata(to: Destination) -> bool:
    """Whether a template of this place speaks of its threat model's metadata."""
    places = [to, to.parent] if to.parent else [to]
    return any("metadata" in source for place in places for _, _, source in _sources(place))


def _is_template(text: str) -> bool:
    return any(mark in text for mark in _SYNTAX)


def _closed(body: str, footer: str) -> bool:
    """Whether the footer is a paragraph of its own, and nothing above swallows it."""
    tail = AS_TRACKERS.parse(body)[-3:]
    kinds = [(token.type, token.level) for token in tail]
    wanted = [("paragraph_open", 0), ("inline", 1), ("paragraph_close", 0)]
    return kinds == wanted and tail[1].content == footer


def _sources(to: Destination) -> Iterator[tuple[str, str, str]]:
    """Every template of a destination: its kind, what it is for, its source."""
    yield "body", "body", to.body or BODY
    yield "line", "title", to.title or TITLE
    yield from (("line", "priority", text) for text in _strings(to.priority) if _is_template(text))
    yield from (("line", "label", text) for text in to.labels if _is_template(text))
    for name, value in to.fields.items():
        yield from (("line", f"field {name}", text) for text in _strings(value) if _is_template(text))


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)
