"""What can be made to go wrong between a client and a site, and on which request."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

Kind = Literal[
    "drop-before",
    "drop-after",
    "fin-after",
    "stall",
    "hang-before",
    "hang-after",
    "truncate",
    "delay",
    "late",
    "status-before",
    "status-after",
    "html",
    "call-before",
    "call-after",
]

KINDS: frozenset[str] = frozenset(get_args(Kind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault to order. `*-before` strikes before the site commits, `*-after` once it has.

    | kind          | site commits    | the client sees                                              |
    |---------------|-----------------|--------------------------------------------------------------|
    | drop-before   | no              | RST                                                          |
    | drop-after    | yes             | RST, not a byte                                              |
    | fin-after     | yes             | FIN, not a byte                                              |
    | hang-before   | no              | nothing for `seconds`, then FIN                              |
    | hang-after    | yes             | nothing for `seconds`, then FIN                              |
    | stall         | yes             | headers and half of the body, nothing for `seconds`, FIN     |
    | truncate      | yes             | headers and half of the body, FIN                            |
    | delay         | yes             | nothing for `seconds`, then the answer                       |
    | late          | `seconds` later | nothing for `hold` seconds, then FIN                         |
    | status-before | no              | `status` (with `retry_after`)                                |
    | status-after  | yes             | `status` (with `retry_after`)                                |
    | html          | no              | 200 and a sign-in page                                       |
    | call-before   | no              | `action` runs, then RST                                      |
    | call-after    | yes             | `action` runs, then RST                                      |
    """

    site: str
    kind: Kind
    method: str | None = None
    path: str | None = None
    """A regular expression, searched in the path; None for any."""
    nth: int = 1
    """Strike from this matching request on (1 is the first) ..."""
    times: int = 1
    """... this often; -1 for always."""
    seconds: float = 0.0
    hold: float = 0.0
    status: int = 500
    retry_after: str | None = None
    action: Callable[[], None] | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of fault: {self.kind!r}")
        if self.nth < 1 or self.times < -1 or self.times == 0:
            raise ValueError("nth counts from 1; times is positive, or -1 for always")
        re.compile(self.path or "")

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Fault:
        """A fault ordered by another process; raises ValueError or TypeError where it makes no sense."""
        known = {field.name for field in fields(cls)} - {"action"}
        if unknown := sorted(set(data) - known):
            raise ValueError(f"unknown fields: {', '.join(unknown)}")
        return cls(**data)

    def matches(self, site: str, method: str, path: str) -> bool:
        """Whether this request is one that the fault counts."""
        return (
            self.site == site
            and self.method in (None, method)
            and (self.path is None or re.search(self.path, path) is not None)
        )


@dataclass(slots=True)
class _Armed:
    fault: Fault
    seen: int = 0
    struck: int = 0

    @property
    def due(self) -> bool:
        return self.seen >= self.fault.nth and self.struck != self.fault.times


class Faults:
    """The faults in force. At most one strikes a request; one that lost its turn strikes the next match."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []

    def add(self, fault: Fault) -> None:
        """Arm a fault; its count of matching requests starts now."""
        with self._lock:
            self._armed.append(_Armed(fault))

    def clear(self) -> None:
        """Disarm all."""
        with self._lock:
            self._armed.clear()

    def take(self, site: str, method: str, path: str) -> Fault | None:
        """Count a request against every fault that matches it; the one that strikes it, if any."""
        with self._lock:
            matching = [armed for armed in self._armed if armed.fault.matches(site, method, path)]
            for armed in matching:
                armed.seen += 1
            hit = next((armed for armed in matching if armed.due), None)
            if hit is None:
                return None
            hit.struck += 1
            return hit.fault
