"""The rows, the caches and the clock of the server."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from tmi_issue_sync.sandbox.tmi.errors import not_found
from tmi_issue_sync.sandbox.wire import Clock, CommitLog

Fields = dict[str, Any]
Metadata = list[dict[str, str]]
V = TypeVar("V")

FIRST_ALIAS = 10_001


@dataclass(slots=True)
class Threat:
    """A row. `fields` are those that a writer may set, as they are stored; an absent one is NULL."""

    id: str
    model_id: str
    alias: int
    created_at: datetime
    modified_at: datetime
    fields: Fields
    metadata: Metadata = field(default_factory=list)
    auto_generated: bool = False
    deleted: bool = False
    version: int = 1

    def copy(self) -> Threat:
        return replace(self, fields=dict(self.fields), metadata=list(self.metadata))


@dataclass(slots=True)
class Model:
    """A row. `owner`, `created_by` and `authorization` are principals as the API shows them."""

    id: str
    alias: int
    owner: Fields
    created_by: Fields
    created_at: datetime
    modified_at: datetime
    status_updated: datetime
    fields: Fields
    authorization: list[Fields]
    metadata: Metadata = field(default_factory=list)
    is_confidential: bool = False
    deleted: bool = False
    version: int = 1


class Cache(Generic[V]):
    """Answers that are served again for a while: by the id of what they are about, and a rest."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._life = timedelta(seconds=seconds)
        self._kept: dict[str, dict[tuple[Hashable, ...], tuple[datetime, V]]] = {}

    def get(self, about: str, *rest: Hashable) -> V | None:
        until, value = self._kept.get(about, {}).get(rest, (None, None))
        return value if until is not None and self._clock() < until else None

    def put(self, value: V, about: str, *rest: Hashable) -> None:
        self._kept.setdefault(about, {})[rest] = (self._clock() + self._life, value)

    def forget(self, about: str) -> None:
        self._kept.pop(about, None)


class Store:
    """Everything that lasts, and the one way to report a change of it."""

    def __init__(self, log: CommitLog, clock: Clock, cache_seconds: float) -> None:
        self.clock = clock
        self.born = clock()
        self.models: dict[str, Model] = {}
        self.threats: dict[str, Threat] = {}
        self._by_model: dict[str, dict[str, Threat]] = {}
        self.threat_cache: Cache[Threat] = Cache(clock, cache_seconds)
        self.list_cache: Cache[Fields] = Cache(clock, cache_seconds)
        self.model_cache: Cache[Fields] = Cache(clock, 2 * cache_seconds)
        self.heard: list[Callable[[str, dict[str, object]], None]] = []
        """Whoever wants to know of each change."""
        self._log = log
        self._last = self.born
        self._serial = 0

    def now(self) -> datetime:
        """The time of a write. It always moves on, also under a clock that stands still: a real server's does."""
        self._last = max(self.clock(), self._last + timedelta(microseconds=1))
        return self._last

    def random_id(self) -> str:
        digest = hashlib.sha256(f"id {self._next()}".encode()).digest()
        return str(UUID(bytes=digest[:16], version=4))

    def ordered_id(self, at: datetime) -> str:
        """A version 7 id: it sorts by time, then by order of creation."""
        milliseconds = int(at.timestamp() * 1000)
        return str(UUID(int=milliseconds << 80 | 7 << 76 | 0b10 << 62 | self._next() << 24))

    def model(self, model_id: str) -> Model:
        found = self.models.get(model_id)
        if found is None or found.deleted:
            raise not_found("Threat model")
        return found

    def threat(self, model_id: str, threat_id: str) -> Threat:
        found = self.threats.get(threat_id)
        if found is None or found.deleted or found.model_id != model_id:
            raise not_found("Threat")
        return found

    def add(self, threat: Threat) -> None:
        self.threats[threat.id] = threat
        self._by_model.setdefault(threat.model_id, {})[threat.id] = threat

    def threats_of(self, model_id: str) -> Iterator[Threat]:
        """The rows of a model in the order of their making, soft-deleted ones included."""
        return iter(self._by_model.get(model_id, {}).values())

    def next_alias(self, model_id: str | None = None) -> int:
        """For a threat one that is unique in its model, else one that is unique among models."""
        if model_id is not None:
            return max((threat.alias for threat in self.threats_of(model_id)), default=0) + 1
        return max((model.alias for model in self.models.values()), default=FIRST_ALIAS - 1) + 1

    def changed(self, threat: Threat) -> None:
        """What a handler's write to a threat throws out of the caches."""
        self.threat_cache.forget(threat.id)
        self.list_cache.forget(threat.model_id)
        self.model_cache.forget(threat.model_id)

    def commit(self, kind: str, **facts: object) -> None:
        self._log.commit("tmi", kind, **facts)
        for listener in self.heard:
            listener(kind, facts)

    def _next(self) -> int:
        self._serial += 1
        return self._serial
