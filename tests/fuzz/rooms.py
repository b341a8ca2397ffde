"""One question to a server whose answer is twisted: the answer is a value or a SyncError, never anything else."""

from __future__ import annotations

import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from fuzz.light import Light, light
from fuzz.odd import URLS
from fuzz.stage import EXITS, Stage, Twists, leaks, stage
from rig import LONG_AGO
from tmi_issue_sync.errors import SyncError, TmiError, TrackerError
from tmi_issue_sync.model import Marker, ModelRead, TicketRef

SLOW = 10.0


@dataclass(frozen=True, slots=True)
class Found:
    """What is wrong about one case; `what` is empty where nothing is."""

    case: str
    what: str
    trace: str = ""


Ask = Callable[[Light, Random], Any]


def _read(setup: Light, _: Random) -> Any:
    return list(setup.tmi.read(setup.tmi.threat_models()))


def _first(setup: Light) -> Any:
    read = next(iter(setup.tmi.read(setup.tmi.threat_models())))
    if not isinstance(read, ModelRead):
        raise read[1]
    if not read.threats:
        raise TmiError("no threat to ask about")
    return read.threats[0]


def _write(setup: Light, rng: Random) -> Any:
    return setup.tmi.write(setup.tmi.prepare(_first(setup)), rng.choice(("https://x.example/1", *URLS[:1])))


def _confidential(setup: Light, _: Random) -> Any:
    return [setup.tmi.is_confidential(model) for model in setup.tmi.threat_models()]


def _get(setup: Light, rng: Random) -> Any:
    known = "http://127.0.0.1:8002/example/threats/issues/1"
    asked: TicketRef | str = rng.choice((known, known, *URLS, TicketRef("github", "127.0.0.1:8002", "1")))
    return setup.tracker.get(asked)


def _create(setup: Light, _: Random) -> Any:
    threat = _first(setup)
    marker = Marker(setup.instance, threat.id)
    draft = setup.renderer.draft(threat, setup.default, marker, confidential=False, request_id="r")
    return setup.tracker.create(draft)


TMI_ASKS: tuple[Ask, ...] = (
    _read,
    _write,
    _write,
    _confidential,
    lambda setup, _: setup.tmi.probe(_first(setup)),
    lambda setup, _: setup.tmi.prepare(_first(setup)),
    lambda setup, _: (setup.tmi.info(), setup.tmi.me()),
)
TRACKER_ASKS: tuple[Ask, ...] = (
    lambda setup, _: list(setup.tracker.check()),
    lambda setup, rng: setup.tracker.changed(rng.choice((None, LONG_AGO, LONG_AGO + timedelta(days=300)))),
    lambda setup, _: setup.tracker.find(Marker(setup.instance, "t-1")),
    _get,
    _create,
    _create,
)


def case(seed: int, n: int) -> Found:
    """Case number n, the same in every run."""
    rng = Random(f"room {seed} {n}")
    side, asks, wrong = rng.choice((("tmi", TMI_ASKS, TmiError), ("tracker", TRACKER_ASKS, TrackerError)))
    ask = rng.randrange(len(asks))
    name = f"room {n}: {side} ask {ask}"
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as place, stage(Path(place), rng) as world:
        what, trace = _ask(world, asks[ask], wrong, rng)
        name = f"{name}, twisted: {', '.join(world.twists.struck[:5])}"
    took = time.perf_counter() - began
    return Found(name, what or (f"took {took:.0f} s" if took > SLOW else ""), trace)


def _ask(world: Stage, ask: Ask, wrong: type[SyncError], rng: Random) -> tuple[str, str]:
    with light(world.rig) as setup:
        port = 8001 if wrong is TmiError else 8002
        if port == 8002:
            world.rig.github.add_pull()
            world.rig.github.clone(1)
        many = rng.random() < 0.15
        world.twists = Twists(rng, frozenset({rng.choice((1, 1, 1, 2, 2, 3, 4, 5))}), always=many, port=port)
        try:
            told: object = ask(setup, rng)
        except wrong as error:
            told = f"{error!s} {error!r} {error.todo}"
            if "\n" in str(error) or error.exit_code not in EXITS:
                return f"an odd error: {error!r}", traceback.format_exc()
        except TmiError as error:  # what had to be read first
            told = error
        except Exception as error:  # noqa: BLE001 - what this is all about
            return f"{type(error).__name__}: {error}"[:300], traceback.format_exc()
        if leaked := leaks(told, repr(setup.tmi), repr(setup.tracker), repr(setup)):
            return f"tells {leaked}: {told}"[:500], ""
    return "", ""
