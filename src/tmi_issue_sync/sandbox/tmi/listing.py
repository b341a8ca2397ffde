"""Filters, order and pages of the two lists."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tmi_issue_sync.sandbox.tmi.errors import Refusal, invalid
from tmi_issue_sync.sandbox.tmi.stamps import parse
from tmi_issue_sync.sandbox.tmi.store import Model, Threat
from tmi_issue_sync.sandbox.tmi.text import snake
from tmi_issue_sync.sandbox.wire import Request

SEVERITIES = ("unknown", "informational", "low", "medium", "high", "critical")
PRIORITIES = ("deferred", "low", "medium", "high", "immediate")
STATUSES = (
    "open",
    "confirmed",
    "mitigation_planned",
    "mitigation_in_progress",
    "verification_pending",
    "resolved",
    "accepted",
    "false_positive",
    "deferred",
    "closed",
)
_RANKS: Mapping[str, Sequence[str]] = {"severity": SEVERITIES, "priority": PRIORITIES, "status": STATUSES}
_SORTABLE = ("name", "created_at", "modified_at", "severity", "priority", "status", "score")
_SCORES: Mapping[str, Callable[[float, float], bool]] = {
    "score_gt": operator.gt,
    "score_lt": operator.lt,
    "score_eq": operator.eq,
    "score_ge": operator.ge,
    "score_le": operator.le,
}
_TIMES = ("created_after", "created_before", "modified_after", "modified_before")
_CONTAINED = ("name", "description")
_EXACT = ("severity", "priority", "status")
_THREAT_FILTERS = (
    *_CONTAINED,
    *_EXACT,
    *_SCORES,
    *_TIMES,
    "threat_type",
    "mitigated",
    "diagram_id",
    "cell_id",
    "sort",
)


@dataclass(frozen=True, slots=True)
class Page:
    limit: int
    offset: int

    def of(self, rows: Sequence[Any]) -> Sequence[Any]:
        return rows[self.offset : self.offset + self.limit]


def page_of(request: Request) -> Page:
    limit = _number(request, "limit", 20, 1, 100)
    offset = _number(request, "offset", 0, 0, 1_000_000_000)
    return Page(limit, offset)


def is_plain(request: Request) -> bool:
    """Whether nothing but a page is asked for. Only such a list of threats is served from the cache, and the
    cache does not know of `include_deleted`: what one caller asked for, the next one gets."""
    return all(request.param(name) is None for name in _THREAT_FILTERS)


def wants_deleted(request: Request) -> bool:
    return request.param("include_deleted") == "true"


def filter_threats(request: Request, rows: Iterable[Threat]) -> list[Threat]:
    """Times are exclusive here, values are compared as they are stored."""
    tests = [*_time_tests(request, operator.gt, operator.lt), *_value_tests(request), *_score_tests(request)]
    return [row for row in rows if all(test(row) for test in tests)]


def sort_threats(request: Request, rows: list[Threat]) -> list[Threat]:
    """`column:asc|desc`; anything else is the newest first. The id breaks ties, always upwards."""
    column, _, direction = (request.param("sort") or "").partition(":")
    if column not in _SORTABLE:
        column, direction = "created_at", "desc"
    by_id = sorted(rows, key=lambda row: row.id)
    return sorted(by_id, key=lambda row: _sort_key(row, column), reverse=direction == "desc")


def filter_models(request: Request, rows: Iterable[Model]) -> list[Model]:
    """Times are inclusive here, and `status` is one value with commas."""
    tests = _time_tests(request, operator.ge, operator.le)
    for name in (*_CONTAINED, "issue_uri"):
        text = request.param(name)
        if text is not None:
            tests.append(_contains(name, text.lower()))
    status = request.param("status")
    if status is not None:
        wanted = {item.strip().lower() for item in status.split(",")}
        tests.append(lambda row: str(row.fields.get("status", "")).lower() in wanted)
    owner = request.param("owner")
    if owner is not None:
        tests.append(
            lambda row: owner.lower() in f"{row.owner.get('email')} {row.owner.get('display_name')}".lower()
        )
    found = [row for row in rows if all(test(row) for test in tests)]
    return sorted(found, key=lambda row: row.created_at, reverse=True)


def _time_tests(
    request: Request, after: Callable[[Any, Any], bool], before: Callable[[Any, Any], bool]
) -> list[Callable[[Any], bool]]:
    tests: list[Callable[[Any], bool]] = []
    for name in _TIMES:
        text = request.param(name)
        if text is None:
            continue
        limit = parse(text)
        if limit is None:
            raise _bad_parameter(name, f'string doesn\'t match the format "date-time" (value {text!r})')
        compare = after if name.endswith("_after") else before
        tests.append(_at(name.partition("_")[0] + "_at", compare, limit))
    return tests


def _at(column: str, compare: Callable[[Any, Any], bool], limit: datetime) -> Callable[[Any], bool]:
    return lambda row: compare(getattr(row, column), limit)


def _contains(name: str, text: str) -> Callable[[Any], bool]:
    return lambda row: text in str(row.fields.get(name, "")).lower()


def _value_tests(request: Request) -> list[Callable[[Any], bool]]:
    tests: list[Callable[[Any], bool]] = []
    for name in _CONTAINED:
        text = request.param(name)
        if text is not None:
            tests.append(_contains(name, text.lower()))
    for name in (*_EXACT, "diagram_id", "cell_id"):
        values = request.params(name)
        if values:
            tests.append(_one_of(name, values))
    types = request.params("threat_type")
    if types:
        tests.append(lambda row: any(kind in row.fields.get("threat_type", []) for kind in types))
    mitigated = request.param("mitigated")
    if mitigated is not None:
        tests.append(lambda row: row.fields.get("mitigated", False) == (mitigated == "true"))
    return tests


def _one_of(name: str, values: list[str]) -> Callable[[Any], bool]:
    """The middleware rewrites the query too: a row that holds "High" is never found by severity."""
    wanted = {snake(value) if name in ("severity", "status") else value for value in values}
    if name == "severity" and not wanted <= set(SEVERITIES):
        raise _bad_parameter(name, "value is not one of the allowed values")
    return lambda row: row.fields.get(name) in wanted


def _score_tests(request: Request) -> list[Callable[[Any], bool]]:
    tests: list[Callable[[Any], bool]] = []
    for name, compare in _SCORES.items():
        text = request.param(name)
        if text is not None:
            try:
                tests.append(_scored(compare, float(text)))
            except ValueError as error:
                raise _bad_parameter(name, f"value {text}: an invalid number") from error
    return tests


def _scored(compare: Callable[[float, float], bool], limit: float) -> Callable[[Any], bool]:
    return lambda row: row.fields.get("score") is not None and compare(row.fields["score"], limit)


def _sort_key(row: Threat, column: str) -> Any:
    if column in ("created_at", "modified_at"):
        return getattr(row, column)
    value = row.fields.get(column)
    ranks = _RANKS.get(column)
    if ranks is not None:
        return ranks.index(value) if value in ranks else -1
    return (value is not None, value if value is not None else 0)


def _number(request: Request, name: str, default: int, least: int, most: int) -> int:
    text = request.param(name)
    if text is None:
        return default
    try:
        number = int(text)
    except ValueError as error:
        raise _bad_parameter(name, f"value {text}: an invalid integer: invalid syntax") from error
    if number < least:
        raise _bad_parameter(name, f"number must be at least {least}")
    if number > most:
        raise _bad_parameter(name, f"number must be at most {most}")
    return number


def _bad_parameter(name: str, reason: str) -> Refusal:
    return invalid(f'error in openapi3filter.RequestError: parameter "{name}" in query has an error: {reason}')
