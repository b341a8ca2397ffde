"""Labels that every tracker can keep: lower-case, short, without spaces and commas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..markup.clip import cut
from ..markup.scrub import scrub
from ..model import Severity, Threat

SHARED = "tmi"
"""On every ticket of ours; first, so that none is without it."""
LONGEST = 50
MOST = 20
_EACH = 5
"""At most so many labels of one kind."""
_ZEROS = re.compile(r"^CWE-0+(?=\d)", re.IGNORECASE)
_ODD = re.compile(r"[^\w./:+-]+|_{2,}")


def label(text: str) -> str:
    """Any text as one label; empty where nothing of it can be kept."""
    words = _ODD.sub("-", scrub(text).casefold())
    return cut(re.sub("-{2,}", "-", words).strip("-./:_"), LONGEST).rstrip("-./:_")


def labels(threat: Threat, own: Sequence[str]) -> tuple[str, ...]:
    """The shared label, what the threat says, and the operator's own, which are never the ones left out."""
    derived = list(_unique([SHARED, *_derived(threat)]))
    return tuple(_unique([*derived[: max(1, MOST - len(own))], *own]))


def _derived(threat: Threat) -> Iterable[str]:
    if threat.severity is not Severity.UNKNOWN:
        yield f"severity/{threat.severity.value}"
    yield from _kind("threat", threat.threat_type)
    yield from _kind("cwe", (_ZEROS.sub("cwe-", cwe) for cwe in threat.cwe))


def _kind(kind: str, values: Iterable[str]) -> Iterable[str]:
    names = list(_unique(map(label, values)))[:_EACH]
    return (label(f"{kind}/{name}") for name in names)


def _unique(values: Iterable[str]) -> Iterable[str]:
    """Each once, in any case; the first spelling counts."""
    seen: dict[str, str] = {}
    for value in filter(None, values):
        seen.setdefault(value.casefold(), value)
    return seen.values()
