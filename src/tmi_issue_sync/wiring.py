"""From settings to what a pass works with: the ledger under its lock, TMI, one site per tracker project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from . import __version__
from .clock import Clock, SystemClock
from .config import Settings, TrackerSettings
from .config_file import state_directory
from .errors import Locked
from .ledger import Ledger, LedgerLock
from .model import TrackerKey
from .render import Renderer
from .rules import Destination
from .standing import session
from .sync import Setup, Site
from .tmi.client import TmiClient
from .tmi.options import TmiOptions
from .tracker import guarded

USER_AGENT = f"tmi-issue-sync/{__version__}"


@dataclass(frozen=True, slots=True)
class Places:
    """Where this program keeps things; every command can say so."""

    state: Path
    ledger: Path

    @classmethod
    def of(cls, settings: Settings, given: Path | None) -> Places:
        """A ledger path that is not absolute is below the state directory, never below the cwd."""
        state = state_directory(given)
        return cls(state, state / (settings.ledger.path or Path("ledger.db")).expanduser())


@dataclass(frozen=True, slots=True)
class Wired:
    """A setup and what only the commands ask for."""

    setup: Setup
    tmi: TmiClient
    settings: Settings
    places: Places
    copied: bool
    """The ledger is a copy in memory: another process holds the real one, and nothing may be written."""


@contextmanager
def wired(
    settings: Settings, places: Places, *, clock: Clock | None = None, copy: bool = False, beside: bool = False
) -> Iterator[Wired]:
    """Everything opened, and closed at the end. `copy`: read the ledger only. `beside`: so where it is locked."""
    clock = clock or SystemClock()
    with ExitStack() as stack:
        lock = None if copy else _lock(stack, places.ledger, beside=beside)
        ledger = _ledger(settings, places.ledger, clock, lock)
        stack.callback(ledger.close)
        tmi = stack.enter_context(open_tmi(settings.tmi, places.state, clock, ledger))
        sites = connect(settings)
        setup = Setup(
            tmi=tmi,
            sites=sites,
            routes=settings.routes,
            default=settings.default,
            renderer=Renderer(settings.tmi.instance, settings.tmi.ui_url),
            ledger=ledger,
            clock=clock,
            policy=settings.policy,
            instance=settings.tmi.instance,
            aliases=frozenset(settings.tmi.instance_aliases),
            version=lambda: tmi.info().version,
            no_writer=lambda: _no_writer(settings.tmi, places.state, clock),
        )
        yield Wired(setup, tmi, settings, places, lock is None)


def _no_writer(options: TmiOptions, state: Path, clock: Clock) -> str:
    if options.links != "pending":
        return ""
    if options.write is None:
        return "[tmi] names nobody to write links"
    found = session(options, state, clock.now())
    return found.words if found and found.ends is None else ""


def _lock(stack: ExitStack, path: Path, *, beside: bool) -> LedgerLock | None:
    try:
        return stack.enter_context(LedgerLock(path))
    except Locked:
        if not beside:
            raise
        return None


def _ledger(settings: Settings, path: Path, clock: Clock, lock: LedgerLock | None) -> Ledger:
    return Ledger.open(
        path,
        instance=settings.tmi.instance,
        clock=clock,
        lock=lock,
        aliases=frozenset(settings.tmi.instance_aliases),
        settle_always=lock is not None and settings.ledger.settle == "always",
    )


@contextmanager
def open_ledger(settings: Settings, path: Path, *, change: bool) -> Iterator[Ledger]:
    """The ledger alone: under the lock to change it, a copy to read it."""
    with ExitStack() as stack:
        lock = stack.enter_context(LedgerLock(path)) if change else None
        ledger = _ledger(settings, path, SystemClock(), lock)
        stack.callback(ledger.close)
        yield ledger


class Forgetful:
    """A memory for commands that have no ledger at hand."""

    def __init__(self) -> None:
        self._facts: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self._facts.get(key)

    def set(self, key: str, value: str) -> None:
        self._facts[key] = value


def open_tmi(options: TmiOptions, state: Path, clock: Clock, memory: Ledger | Forgetful) -> TmiClient:
    """TMI; nothing is sent yet."""
    return TmiClient(options, clock=clock, memory=memory, state_dir=state, user_agent=USER_AGENT)


def destinations(settings: Settings) -> tuple[Destination, ...]:
    """Every place that a ticket may go to, homes of retired trackers included."""
    homes = [tracker.home for tracker in settings.trackers.values() if tracker.home]
    places = (*homes, *(route.to for route in settings.routes))
    return (*places, *(place.parent for place in places if place.parent))


def connect(settings: Settings) -> tuple[Site, ...]:
    """One site per project of each tracker, with all of its targets. Nothing is sent."""
    places = destinations(settings)
    return tuple(
        site
        for tracker in settings.trackers.values()
        for site in _sites(tracker, [place for place in places if place.tracker == tracker.name])
    )


def _sites(tracker: TrackerSettings, places: list[Destination]) -> Iterator[Site]:
    by_key: Mapping[TrackerKey, list[Destination]] = {
        key: [place for place in places if place.key == key] for key in dict.fromkeys(place.key for place in places)
    }
    for key, here in by_key.items():
        targets = _distinct([place.target for place in here])
        yield Site(
            name=tracker.name,
            key=key,
            tracker=guarded(tracker.adapter.connect(tracker.options, targets)),
            traits=here[0].traits,
            public=any(place.public for place in here),
            confidential=all(place.confidential for place in here),
            retired=tracker.retired,
            close_duplicates=tracker.table.duplicates == "close",
            close_superseded=tracker.table.on_superseded == "close",
        )


def _distinct(targets: list[BaseModel]) -> tuple[BaseModel, ...]:
    return tuple(target for index, target in enumerate(targets) if target not in targets[:index])
