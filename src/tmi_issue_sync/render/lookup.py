"""Values that depend on the threat: `{ from = "severity", critical = "Highest", default = "Low" }`."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from types import SimpleNamespace
from typing import Any

from .. import levels
from ..model import Json, Severity

FROM, DEFAULT = "from", "default"
SOURCES: Mapping[str, Callable[[str], str]] = {
    "severity": levels.severity_word,
    "priority": levels.priority,
    "status": levels.status,
}
"""What a threat has exactly one of, in words that are few, and how they are read: from TMI and here."""


def checked(value: Any) -> Any:
    """A configured value with every lookup in it in its final form. Raises ValueError, naming the nearest."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [checked(each) for each in value]
    if not isinstance(value, dict):
        return value
    if FROM not in value:
        return {str(key): checked(each) for key, each in value.items()}
    source = value[FROM]
    if not isinstance(source, str) or source not in SOURCES:
        raise ValueError(f"{FROM} = {source!r}: there is no such source ({_near(str(source), SOURCES)})")
    table = _read(SOURCES[source], {str(key): checked(each) for key, each in value.items() if key != FROM})
    if not table.keys() - {DEFAULT}:
        raise ValueError(f'has nothing to choose from: write {{ {FROM} = "severity", critical = "Highest" }}')
    if source == "severity" and (odd := sorted(table.keys() - {DEFAULT, *Severity})):
        raise ValueError(f"TMI knows no severity {odd[0]!r} ({_near(odd[0], Severity)})")
    return {FROM: source, **table}


def _read(word: Callable[[str], str], given: Mapping[str, Any]) -> dict[str, Any]:
    """The table by TMI's keys. Raises ValueError where two of its words are one to TMI and say different things."""
    table: dict[str, Any] = {}
    named: dict[str, str] = {}
    for key, each in given.items():
        found = DEFAULT if key == DEFAULT else word(key)
        if found in table and table[found] != each:
            raise ValueError(f"{named[found]!r} and {key!r} are both {found!r} to TMI: leave one out")
        table[found], named[found] = each, key
    return table


def is_lookup(value: Json) -> bool:
    return isinstance(value, dict) and FROM in value


def looked_up(table: Mapping[str, Json], threat: SimpleNamespace) -> Json:
    """What the table says of this threat; None where it says nothing."""
    source = str(table[FROM])
    return table.get(SOURCES[source](str(getattr(threat, source))), table.get(DEFAULT))


def is_given(value: Json) -> bool:
    """An empty value is none: a threat without a score leaves its field alone."""
    return value not in (None, [], {}) and not (isinstance(value, str) and not value.strip())


def _near(name: str, known: Iterable[str]) -> str:
    names = list(map(str, known))
    near = difflib.get_close_matches(name, names, 1)
    return f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(names)}"
