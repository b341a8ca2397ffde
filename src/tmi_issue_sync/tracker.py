"""The door to every tracker: five methods, the facts that the core needs, and how an adapter is found."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, Protocol, TypeVar, cast, runtime_checkable

from pydantic import BaseModel

from .errors import ConfigError, TrackerError, Uncertain
from .model import Draft, Finding, Gone, Look, Marker, NotMine, Ticket, TicketRef, TrackerKey

GROUP = "tmi_issue_sync.adapters"
"""The entry-point group; built-ins enter by it as strangers do."""


class Tracker(Protocol):
    """One project of one tracker. Every method raises only `TrackerError`s; all have timeouts."""

    def check(self) -> Iterable[Finding]:
        """Credentials, target, permissions, required fields. Makes nothing."""
        ...

    def changed(self, since: datetime | None) -> Look:
        """All our marked tickets changed since, open and closed; None means everything, by any author.

        Raises where it could not see all of it: an empty answer must be a true one.
        """
        ...

    def find(self, marker: Marker) -> Look:
        """The tickets with this marker in the widest scope that the tracker has, each verified."""
        ...

    def get(self, ref: TicketRef | str) -> Ticket | Gone | NotMine:
        """One ticket by id or URL (a query or fragment names the same), as it is now and where it is now."""
        ...

    def create(self, draft: Draft) -> Ticket:
        """Exactly one request that makes a ticket, on a fresh connection; never retried, here or below."""
        ...


@runtime_checkable
class Closer(Protocol):
    """What an adapter may add: closing a ticket of ours that is one too many (protocol Sw3)."""

    def close_duplicate(self, ticket: Ticket, words: str) -> None:
        """Close it as a duplicate and say why in one comment; again is harmless. Raises TrackerError."""
        ...


@runtime_checkable
class Nester(Protocol):
    """What an adapter may add where putting a ticket below its parent takes a request of its own."""

    def nest(self, child: TicketRef, parent: str) -> None:
        """Put it below the ticket with this URL; again is harmless. Raises TrackerError."""
        ...


@runtime_checkable
class Rehearser(Protocol):
    """What an adapter may add: saying beforehand what its tracker would refuse of a draft."""

    def rehearse(self, draft: Draft) -> Iterable[Finding]:
        """Required fields, unknown values: each with the line that mends it. Makes nothing. Raises TrackerError."""
        ...


@dataclass(frozen=True, slots=True)
class Traits:
    """What the core must know of a tracker. Times in seconds (protocol 1)."""

    wait: float
    """Longest time from the first byte of a create to our giving up."""
    late: float
    """Longest time after that in which the create may still be committed."""
    lag: float
    """Longest time in which a committed ticket may be missing from listings."""
    lag_after_errors: float
    """The same, after the tracker answered any 5xx."""
    title_max: int
    """In characters, as the tracker counts."""
    body_max: int
    """In characters; the marker's block included."""
    confidential: bool
    """Whether single tickets can be kept from people who see the project."""
    hosts: tuple[str, ...]
    """Hosts, with a port where it is not the default, whose URLs are this tracker's tickets."""

    def horizon(self, *, after_errors: bool = False) -> float:
        """How long after giving up a complete look proves that no ticket was made (protocol 1)."""
        return self.late + (max(self.lag, self.lag_after_errors) if after_errors else self.lag) + 10

    def settle(self) -> float:
        return self.wait + self.horizon()


O = TypeVar("O", bound=BaseModel)  # noqa: E741
T = TypeVar("T", bound=BaseModel)


def _no_kinds(target: T, kind: str) -> T:
    """The kind of ticket that most trackers have: one."""
    if kind:
        raise ConfigError(f"its tickets have no kinds like {kind!r}", todo="Write parent = true.")
    return target


@dataclass(frozen=True, slots=True)
class Adapter(Generic[O, T]):
    """What an entry point of the group names."""

    options: type[O]
    """Frozen pydantic model of the tracker's own options, `extra="forbid"`."""
    target: type[T]
    """Frozen pydantic model of a place to make tickets in, `extra="forbid"`."""
    key: Callable[[O, T], TrackerKey]
    traits: Callable[[O], Traits]
    connect: Callable[[O, tuple[T, ...]], Tracker]
    """Targets of one project; must not send anything."""
    above: Callable[[T, str], T] = _no_kinds
    """The target of the tickets that stand above this target's. The kind is the operator's word, as in
    `parent = "epic"`, or empty for the tracker's own choice. Raises ConfigError for one that there can't be."""


def installed() -> dict[str, EntryPoint]:
    """Every adapter that is installed, by name; nothing is imported yet."""
    return {point.name: point for point in sorted(entry_points(group=GROUP), key=lambda p: p.name)}


def load(name: str) -> Adapter[Any, Any]:
    """Import one adapter. Raises ConfigError for a name nobody installed, or an adapter that is broken."""
    points = installed()
    if name not in points:
        near = difflib.get_close_matches(name, points, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"installed: {', '.join(points) or 'none'}"
        raise ConfigError(f"no adapter {name!r} is installed ({hint})")
    point = points[name]
    try:
        adapter = point.load()
    except (Exception, SystemExit) as error:  # a stranger's adapter may fail in any way; it stops nothing else
        raise _broken(name, point, error) from error
    if not isinstance(adapter, Adapter):
        raise ConfigError(f"adapter {name!r} is not for this version: {point.value} is no Adapter")
    if not all(isinstance(model, type(BaseModel)) for model in (adapter.options, adapter.target)):
        raise ConfigError(f"adapter {name!r} is broken: its options and target must be pydantic models")
    key, traits = _told(name, adapter.key, TrackerKey), _told(name, adapter.traits, Traits)
    connect, above = _told(name, adapter.connect, object), _told(name, adapter.above, BaseModel)
    return replace(adapter, key=key, traits=traits, connect=connect, above=above)


def _broken(name: str, point: EntryPoint, error: BaseException) -> ConfigError:
    """Why it can't be imported: a package that is not there, or whatever else."""
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    ours = point.dist is not None and point.dist.name == "tmi-issue-sync"
    if missing is None or missing.split(".")[0] == "tmi_issue_sync":  # written for another version of us
        todo = "" if ours or point.dist is None else f"Update {point.dist.name}, or uninstall it."
        return ConfigError(f"adapter {name!r} can't be loaded: {type(error).__name__}: {error}", todo=todo)
    extra = f"Install it: pip install 'tmi-issue-sync[{name}]'."
    return ConfigError(f"adapter {name!r} needs the package {missing!r}", todo=extra if ours else "Install it.")


def _told(name: str, ask: Callable[..., Any], kind: type) -> Callable[..., Any]:
    """What an adapter says of its own options; whatever it raises instead is a ConfigError."""

    def told(*given: Any) -> Any:
        try:
            said = ask(*given)
        except ConfigError:
            raise
        except Exception as error:
            raise ConfigError(f"adapter {name!r} is broken: {type(error).__name__}: {error}") from error
        if not isinstance(said, kind):
            raise ConfigError(f"adapter {name!r} is broken: it gave {said!r} for a {kind.__name__}")
        return said

    return told


R = TypeVar("R")


class Guarded:
    """A tracker whose every unclassified failure is `Uncertain`: unknown means a ticket may exist (Cr4)."""

    def __init__(self, inner: Tracker) -> None:
        self._inner = inner
        self.calls = 0
        """Operations asked of it so far; each may be several requests."""

    def _guard(self, call: Callable[[], R]) -> R:
        self.calls += 1
        return _guard(call)

    def check(self) -> Iterable[Finding]:
        return self._guard(lambda: list(self._inner.check()))

    def changed(self, since: datetime | None) -> Look:
        return self._guard(lambda: self._inner.changed(since))

    def find(self, marker: Marker) -> Look:
        return self._guard(lambda: self._inner.find(marker))

    def get(self, ref: TicketRef | str) -> Ticket | Gone | NotMine:
        return self._guard(lambda: self._inner.get(ref))

    def create(self, draft: Draft) -> Ticket:
        return self._guard(lambda: self._inner.create(draft))


class _Closing(Guarded):
    def close_duplicate(self, ticket: Ticket, words: str) -> None:
        self._guard(lambda: cast(Closer, self._inner).close_duplicate(ticket, words))


class _Nesting(Guarded):
    def nest(self, child: TicketRef, parent: str) -> None:
        self._guard(lambda: cast(Nester, self._inner).nest(child, parent))


class _Rehearsing(Guarded):
    def rehearse(self, draft: Draft) -> Iterable[Finding]:
        return self._guard(lambda: list(cast(Rehearser, self._inner).rehearse(draft)))


CAPABILITIES: dict[type, type[Guarded]] = {Closer: _Closing, Nester: _Nesting, Rehearser: _Rehearsing}
"""What an adapter may add to the five methods, and its guard."""


def guarded(tracker: Tracker) -> Tracker:
    """The tracker behind its guard, with every capability that it has."""
    guards = tuple(guard for door, guard in CAPABILITIES.items() if isinstance(tracker, door))
    made: Tracker = type("Guarded", guards or (Guarded,), {})(tracker)
    return made


def _guard(call: Callable[[], R]) -> R:
    try:
        return call()
    except TrackerError:
        raise
    except Exception as error:  # deliberately everything: see Guarded
        raise Uncertain(f"the adapter failed without a verdict: {type(error).__name__}: {error}") from error
