"""What the operator wrote, checked and frozen: one value that everything is wired from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from .config_file import BadConfig, Raw, lines, locate, nearest, origin, read
from .config_tables import (
    Above,
    LedgerOptions,
    LogOptions,
    NotifyOptions,
    Placing,
    RouteTable,
    SyncOptions,
    TrackerTable,
    WebOptions,
)
from .errors import ConfigError
from .model import TrackerKey
from .plan import Policy
from .render import is_fixed
from .rules import Destination, Route, shadows
from .secret import ABSENT_OK, NotHere
from .tmi.options import TmiOptions
from .tracker import Adapter, load
from .urls import is_url


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """One configured tracker, its options checked by its adapter."""

    name: str
    adapter: Adapter[Any, Any]
    options: BaseModel
    table: TrackerTable
    home: Destination | None
    """Where its tickets go when no route says otherwise; None where every route names its own target."""

    @property
    def retired(self) -> bool:
        return self.table.retired


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration. `source` is None where all of it came from the environment."""

    source: Path | None
    tmi: TmiOptions
    sync: SyncOptions
    ledger: LedgerOptions
    log: LogOptions
    notify: NotifyOptions
    web: WebOptions
    trackers: Mapping[str, TrackerSettings]
    routes: tuple[Route, ...]
    default: Destination | None

    @property
    def policy(self) -> Policy:
        caps = self.sync.max_new_tickets
        return Policy(self.sync.quiet, self.sync.created_after, caps.per_pass, caps.per_day)


M = TypeVar("M", bound=BaseModel)
Place = tuple[str | int, ...]


class _Reader:
    """Reads one table after the other and gathers what is wrong, so that all of it is said at once."""

    def __init__(self, given: Path | None, *, secrets: bool = True) -> None:
        self._context = None if secrets else ABSENT_OK
        self.source = locate(given)
        self.raw: Raw = read(self.source)
        self.problems: list[str] = []

    def table(self, model: type[M], data: Mapping[str, Any], place: Place, also: Mapping[str, Any]) -> M | None:
        try:
            return model.model_validate(data, context=self._context)
        except ValidationError as error:
            self.problems += lines(error, self.source, place, model, also)
            return None

    def section(self, model: type[M], name: str) -> M:
        table = self.table(model, getattr(self.raw, name), (name,), {})
        return table if table is not None else model.model_construct()

    def wrong(self, why: str, *place: str | int) -> None:
        self.problems.append(f"{origin(self.source, place)}: {why}")

    def done(self) -> None:
        if self.problems:
            raise BadConfig(self.problems)


def load_tmi(given: Path | None) -> TmiOptions:
    """`[tmi]` alone: enough to log in before there is any tracker. Raises ConfigError."""
    reader = _Reader(given)
    tmi = _tmi(reader)
    reader.done()
    return tmi


def _tmi(reader: _Reader) -> TmiOptions:
    """The url is looked at here, before any ledger is opened for the TMI that it names."""
    tmi = reader.section(TmiOptions, "tmi")
    if "url" in tmi.model_fields_set and not is_url(tmi.url):
        reader.wrong(f'{tmi.url!r} is no URL: write it like "https://tmi.example.com"', "tmi", "url")
    return tmi


def load_settings(given: Path | None, *, secrets: bool = True) -> Settings:
    """The whole configuration. Raises ConfigError, with a line for each mistake.

    `secrets=False` is for who asks no server: secrets that are not here are `Absent`, and no mistake.
    """
    reader = _Reader(given, secrets=secrets)
    tmi = _tmi(reader)
    sync = reader.section(SyncOptions, "sync")
    ledger = reader.section(LedgerOptions, "ledger")
    log = reader.section(LogOptions, "log")
    notify = reader.section(NotifyOptions, "notify")
    web = reader.section(WebOptions, "web")
    found = {name: _tracker(reader, name, data) for name, data in reader.raw.trackers.items()}
    trackers = {name: tracker for name, tracker in found.items() if tracker}
    routes = tuple(_routes(reader, trackers))
    default = _default(reader, trackers)
    _one_tracker_per_place(reader, trackers, routes)
    reader.done()
    return Settings(reader.source, tmi, sync, ledger, log, notify, web, trackers, routes, default)


def _tracker(reader: _Reader, name: str, data: Mapping[str, Any]) -> TrackerSettings | None:
    place = ("trackers", name)
    core = {key: value for key, value in data.items() if key in TrackerTable.model_fields}
    table = reader.table(TrackerTable, core, place, {})
    adapter = _adapter(reader, place, data.get("adapter"))
    if adapter is None:
        return None
    rest = {key: value for key, value in data.items() if key not in core}
    options = reader.table(adapter.options, rest, place, TrackerTable.model_fields)
    if table is None or options is None:
        return None
    tracker = TrackerSettings(name, adapter, options, table, None)
    sole = [route for route in reader.raw.routes if route.get("tracker") == name]
    if table.target is None and sole and all("target" in route for route in sole):
        return tracker
    home = _place(reader, tracker, table, place)
    return replace(tracker, home=home) if home else None


def _adapter(reader: _Reader, place: Place, name: object) -> Adapter[Any, Any] | None:
    if not isinstance(name, str):
        return None  # the table says so already
    try:
        return load(name)
    except ConfigError as error:
        reader.wrong(str(error), *place, "adapter")
        return None


def _place(reader: _Reader, tracker: TrackerSettings, said: Placing, place: Place) -> Destination | None:
    """The place that a tracker and perhaps a route describe together."""
    target = reader.table(tracker.adapter.target, said.target or {}, (*place, "target"), {})
    if target is None:
        return None
    try:
        key, traits = tracker.adapter.key(tracker.options, target), tracker.adapter.traits(tracker.options)
    except (ConfigError, NotHere) as error:
        reader.wrong(str(error), *place)
        return None
    to = Destination(
        tracker=tracker.name,
        key=key,
        target=target,
        traits=traits,
        public=bool(said.public),
        confidential=bool(said.confidential),
        title=said.title,
        body=said.body,
        labels=said.labels or (),
        fields=said.fields or {},
        priority=said.priority,
    )
    if not said.parent:
        return to
    try:
        return replace(to, parent=_above(tracker.adapter, to, said.parent))
    except ConfigError as error:
        reader.wrong(str(error), *place, "parent")
        return None


def _above(adapter: Adapter[Any, Any], to: Destination, said: Above) -> Destination:
    """Where models' tickets are made. Templates at the threats' place speak of threats, so they are left."""
    labels = [label for label in to.labels if is_fixed(label)]
    fields = {name: value for name, value in to.fields.items() if is_fixed(value)}
    return replace(
        to,
        target=adapter.above(to.target, said.kind),
        title=said.title,
        body=said.body,
        labels=tuple(labels) if said.labels is None else said.labels,
        fields=fields if said.fields is None else said.fields,
        priority=said.priority,
    )


def _routes(reader: _Reader, trackers: Mapping[str, TrackerSettings]) -> Iterator[Route]:
    earlier: list[tuple[int, RouteTable]] = []
    for index, data in enumerate(reader.raw.routes):
        place = ("routes", index)
        table = reader.table(RouteTable, data, place, {})
        if table is None:
            continue
        if table.tracker not in reader.raw.trackers:
            reader.wrong(
                f"no tracker {table.tracker!r} ({nearest(table.tracker, reader.raw.trackers)})", *place, "tracker"
            )
        if shade := next((number for number, other in earlier if shadows(other.when, table.when)), None):
            reader.wrong(f"no threat ever gets here: route {shade} takes all that it could match", *place)
        earlier.append((index + 1, table))
        if (tracker := trackers.get(table.tracker)) and (to := _routed(reader, tracker, table, place)):
            yield Route(table.name or f"route {index + 1} ({table.tracker})", table.when, to)


def _routed(reader: _Reader, tracker: TrackerSettings, route: RouteTable, place: Place) -> Destination | None:
    if tracker.retired:
        reader.wrong(f"tracker {tracker.name!r} is retired: it gets no new tickets", *place, "tracker")
        return None
    names = Placing.model_fields
    own = {name: getattr(tracker.table, name) for name in names}
    said = {name: value for name in names if (value := getattr(route, name)) is not None}
    return _place(reader, tracker, Placing.model_construct(**{**own, **said}), place)


def _default(reader: _Reader, trackers: Mapping[str, TrackerSettings]) -> Destination | None:
    """Without routes the one tracker takes all."""
    names = [name for name, data in reader.raw.trackers.items() if data.get("retired") is not True]
    if not names:
        reader.wrong('no tracker is configured: add [trackers.NAME] with adapter = "github"', "trackers")
    if reader.raw.routes or not names:
        return None
    if len(names) > 1:
        reader.wrong(
            f"there are several trackers ({', '.join(names)}): say with [[routes]] which gets what", "routes"
        )
    tracker = trackers.get(names[0])
    return tracker.home if tracker else None


def _one_tracker_per_place(
    reader: _Reader, trackers: Mapping[str, TrackerSettings], routes: tuple[Route, ...]
) -> None:
    """The ledger knows places, not names (protocol Id6): one place under two names would be looked at twice."""
    owner: dict[TrackerKey, str] = {}
    homes = [tracker.home for tracker in trackers.values() if tracker.home]
    for to in (*homes, *(route.to for route in routes)):
        first = owner.setdefault(to.key, to.tracker)
        if first != to.tracker:
            reader.wrong(f"is {to.key}, as trackers.{first} is: keep one of them", "trackers", to.tracker)
