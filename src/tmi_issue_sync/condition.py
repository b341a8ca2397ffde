"""What a route asks of a threat: values, ranges and dates, and whether one condition hides another."""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from . import levels
from .model import Severity, Threat


def _listed(value: object) -> list[object]:
    values = list(value) if isinstance(value, list | tuple) else [value]
    if not values:
        raise ValueError("an empty list matches nothing; give a value or leave the key out")
    return values


def word(value: str) -> str:
    """As TMI writes its keys: `In Progress` is `in_progress`."""
    return "_".join(value.casefold().replace("-", " ").replace("_", " ").split())


def _words(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(word, values))


def _severities(values: tuple[str, ...]) -> tuple[str, ...]:
    words = tuple(map(levels.severity_word, values))
    known = [severity.value for severity in Severity]
    for found in words:
        if found not in known:
            near = difflib.get_close_matches(found, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"it knows {', '.join(known)}"
            raise ValueError(f"TMI knows no severity {found!r}; {hint}")
    return words


def _states(values: tuple[str, ...]) -> tuple[str, ...]:
    """As they are read from TMI: `In Progress` there is `mitigation_in_progress` here, in both places."""
    return tuple(map(levels.status, values))


def _priorities(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(levels.priority, values))


def _cwes(values: tuple[int | str, ...]) -> tuple[str, ...]:
    numbers = [str(value).strip().upper().removeprefix("CWE-") for value in values]
    if wrong := [number for number in numbers if not (number.isascii() and number.isdigit())]:
        raise ValueError(f"{wrong[0]!r} is no CWE; write 'CWE-79' or 79")
    return tuple(f"CWE-{int(number)}" for number in numbers)


def _globs(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value.strip().casefold() for value in values)


def _moment(value: datetime | date) -> datetime:
    """A date is that day, 00:00 UTC."""
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


Words = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_words)]
Severities = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_severities)]
States = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_states)]
Priorities = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_priorities)]
Globs = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_globs)]
Cwes = Annotated[tuple[int | str, ...], BeforeValidator(_listed), AfterValidator(_cwes)]
Moment = Annotated[datetime | date, AfterValidator(_moment)]
Score = Annotated[float, Field(ge=0, le=10)]

_ZEROS = re.compile(r"^CWE-0+(?=\d)")
_ONE = ("severity", "status", "priority", "model_id", "model_status")
"""A threat has exactly one of each."""
_MANY = ("threat_type", "cwe")
_GLOB = ("model", "owner")


_Values = dict[Annotated[str, Field(min_length=1)], Globs]


class Condition(BaseModel):
    """What a route asks of a threat (see docs: routes). Every given condition must hold."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    severity: Severities = ()
    severity_not: Severities = ()
    status: States = ()
    status_not: States = ()
    priority: Priorities = ()
    priority_not: Priorities = ()
    threat_type: Words = ()
    threat_type_not: Words = ()
    cwe: Cwes = ()
    cwe_not: Cwes = ()
    model: Globs = ()
    """Glob on the threat model's name, in any case."""
    model_not: Globs = ()
    model_id: Globs = ()
    model_id_not: Globs = ()
    model_status: Words = ()
    model_status_not: Words = ()
    owner: Globs = ()
    """Glob on the threat model owner's address or name."""
    owner_not: Globs = ()
    metadata: _Values = Field(default_factory=dict)
    """Globs on values of the threat model's metadata, by key; all keys must match. One read per model."""
    metadata_not: _Values = Field(default_factory=dict)
    """The threat model's metadata matches none of these."""
    score_min: Score | None = None
    score_max: Score | None = None
    mitigated: bool | None = None
    include_in_report: bool | None = None
    created_after: Moment | None = None
    """At that moment, or later."""
    created_before: Moment | None = None
    modified_after: Moment | None = None
    modified_before: Moment | None = None

    @model_validator(mode="after")
    def _possible(self) -> Condition:
        if self.score_min is not None and self.score_max is not None and self.score_min > self.score_max:
            raise ValueError("score_min is above score_max: no threat can match")
        for what in ("created", "modified"):
            after, before = getattr(self, f"{what}_after"), getattr(self, f"{what}_before")
            if after and before and after >= before:
                raise ValueError(f"{what}_after is not before {what}_before: no threat can match")
        return self

    def mismatch(self, threat: Threat) -> str | None:
        """None if the threat matches, else why not, in words."""
        return (
            self._lists(threat)
            or self._score(threat)
            or self._flags(threat)
            or self._dates(threat)
            or self._metadata(threat.model.metadata or ())
        )

    @property
    def asks_metadata(self) -> bool:
        """Whether it can't be told without a read of the threat's model."""
        return bool(self.metadata or self.metadata_not)

    def _lists(self, threat: Threat) -> str | None:
        for name, values in _facts(threat).items():
            wanted, unwanted = getattr(self, name), getattr(self, f"{name}_not")
            label, shown = name.replace("_", " "), ", ".join(values) or "(none)"
            if wanted and not _hit(name, values, wanted):
                return f"{label} {shown} is not {'one of ' if len(wanted) > 1 else ''}{', '.join(wanted)}"
            if unwanted and _hit(name, values, unwanted):
                return f"{label} {shown} is left out by {name}_not"
        return None

    def _metadata(self, pairs: Iterable[tuple[str, str]]) -> str | None:
        said = dict(pairs)
        for key, wanted in self.metadata.items():
            if not any(_glob(said.get(key, ""), pattern) for pattern in wanted):
                return f"metadata {key} {said.get(key) or '(none)'} is not {' or '.join(wanted)}"
        for key, unwanted in self.metadata_not.items():
            if key in said and any(_glob(said[key], pattern) for pattern in unwanted):
                return f"metadata {key} {said[key]} is left out by metadata_not"
        return None

    def _score(self, threat: Threat) -> str | None:
        if self.score_min is None and self.score_max is None:
            return None
        if threat.score is None:
            return "the threat has no score"
        if self.score_min is not None and threat.score < self.score_min:
            return f"score {threat.score:g} is below {self.score_min:g}"
        if self.score_max is not None and threat.score > self.score_max:
            return f"score {threat.score:g} is above {self.score_max:g}"
        return None

    def _flags(self, threat: Threat) -> str | None:
        for name in ("mitigated", "include_in_report"):
            wanted, found = getattr(self, name), getattr(threat, name)
            if wanted is not None and wanted != found:
                return f"{name} is {str(found).lower()}"
        return None

    def _dates(self, threat: Threat) -> str | None:
        for what, at in (("created", threat.created_at), ("modified", threat.modified_at)):
            after, before = getattr(self, f"{what}_after"), getattr(self, f"{what}_before")
            if after is not None and at < after:
                return f"{what} {at:%Y-%m-%d %H:%M}, before {after:%Y-%m-%d %H:%M}"
            if before is not None and at >= before:
                return f"{what} {at:%Y-%m-%d %H:%M}, not before {before:%Y-%m-%d %H:%M}"
        return None


def _facts(threat: Threat) -> dict[str, tuple[str, ...]]:
    model = threat.model
    return {
        "severity": (threat.severity.value,),
        "status": (levels.status(threat.status),),
        "priority": (levels.priority(threat.priority),),
        "threat_type": _words(threat.threat_type),
        "cwe": tuple(_ZEROS.sub("CWE-", cwe.strip().upper()) for cwe in threat.cwe),
        "model": (model.name,),
        "model_id": (model.id,),
        "model_status": (word(model.status),),
        "owner": tuple(dict.fromkeys((model.owner, model.owner_address or model.owner))),
    }


def _hit(name: str, values: tuple[str, ...], patterns: tuple[str, ...]) -> bool:
    if name == "owner":
        values = tuple(part for value in values for part in (value, *value.rstrip(">").split(" <")))
    if name in _GLOB:
        return any(_glob(value, pattern) for value in values for pattern in patterns)
    return not {value.casefold() for value in values}.isdisjoint(pattern.casefold() for pattern in patterns)


def _glob(value: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(value.strip().casefold(), pattern)


def shadows(earlier: Condition, later: Condition) -> bool:
    """Whether surely no threat reaches `later`, because `earlier` takes all of them. False where unsure."""
    return (
        all(_narrower(name, earlier, later) for name in (*_ONE, *_MANY, *_GLOB))
        and all(
            _within(earlier, later, name, least=True) for name in ("score_min", "created_after", "modified_after")
        )
        and all(
            _within(earlier, later, name, least=False)
            for name in ("score_max", "created_before", "modified_before")
        )
        and all(getattr(earlier, f) in (None, getattr(later, f)) for f in ("mitigated", "include_in_report"))
        and all(getattr(earlier, f) in ({}, getattr(later, f)) for f in ("metadata", "metadata_not"))
    )


def _narrower(name: str, earlier: Condition, later: Condition) -> bool:
    """Whether all that `later` lets through in one list, `earlier` lets through."""
    wide, narrow = set(getattr(earlier, name)), set(getattr(later, name))
    refused, also = set(getattr(earlier, f"{name}_not")), set(getattr(later, f"{name}_not"))
    left = refused - also
    return (not wide or (bool(narrow) and narrow <= wide)) and (
        not left or (name in _ONE and bool(narrow) and narrow.isdisjoint(left))
    )


def _within(earlier: Condition, later: Condition, name: str, *, least: bool) -> bool:
    wide, narrow = getattr(earlier, name), getattr(later, name)
    if wide is None:
        return True
    return narrow is not None and bool(narrow >= wide if least else narrow <= wide)
