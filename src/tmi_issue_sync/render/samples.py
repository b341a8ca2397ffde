"""Drafts of invented threats, to ask a tracker what it would refuse before there is a real one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..model import Draft, Json, Marker, Severity, Threat
from ..rules import Destination
from . import Renderer
from .lookup import DEFAULT, FROM, is_lookup
from .view import BARE, FULL


def samples(renderer: Renderer, to: Destination, instance: str) -> Iterator[tuple[str, Draft]]:
    """The draft of a threat that has everything, then one for every other way that the place's lookups can come
    out, then that of a threat that says nothing; each with the kind of threat. Raises Rejected."""
    for kind, threat in _threats(to):
        marker = Marker(instance, threat.id)
        yield kind, renderer.draft(threat, to, marker, confidential=to.confidential, request_id="")


def model_sample(renderer: Renderer, to: Destination, instance: str) -> tuple[str, Draft]:
    """The draft of a whole threat model. Raises Rejected."""
    threat = replace(BARE, id=FULL.model.id, model=FULL.model, name=FULL.model.name, whole_model=True)
    marker = Marker(instance, threat.id)
    return "a threat model", renderer.draft(threat, to, marker, confidential=to.confidential, request_id="")


def _threats(to: Destination) -> Iterator[tuple[str, Threat]]:
    yield "a threat that has everything", FULL
    for source, words in sorted(_asked([to.priority, *to.fields.values()])):
        for word in words:
            value: Any = Severity(word) if source == "severity" else word
            yield f"a threat whose {source} is {word}", replace(FULL, **{source: value})
    yield "a threat that says little", BARE


def _asked(values: list[Json]) -> set[tuple[str, tuple[str, ...]]]:
    """What lookups depend on, with the words that make a difference."""
    found: set[tuple[str, tuple[str, ...]]] = set()
    for value in values:
        if isinstance(value, dict) and is_lookup(value):
            source = str(value[FROM])
            words = list(Severity) if source == "severity" else [key for key in value if key not in (FROM, DEFAULT)]
            found.add((source, tuple(map(str, words))))
        if isinstance(value, dict | list):
            found |= _asked(list(value.values() if isinstance(value, dict) else value))
    return found
