"""Opens the HTTP room beside the service: one thread with an event loop of its own."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Protocol

import structlog
import uvicorn

from .. import standing
from ..config import Settings
from ..errors import ConfigError
from ..standing import SessionStanding
from ..state import Passed, State
from ..wiring import Places, destinations
from .app import House, app
from .gate import Gate
from .keeper import Keeper
from .memory import Memory
from .metrics import Metrics, Sources
from .page import Pages
from .protocol import patient
from .reading import Reading
from .receiver import Receiver
from .subscription import SubscriptionFile

GRACE = 2
"""Seconds for the answers in hand when the service ends."""
SILENCE = 10.0
"""Seconds for the head of a request."""
BACKLOG = 64
"""asyncio accepts so many at once before it closes any: 2,048, uvicorn's own, take every descriptor in one go."""

_log = structlog.get_logger()


class Waking(Protocol):
    """What the room asks of the service; any thread, at once."""

    def state(self) -> State: ...

    def wake(self, model_id: str | None = None) -> None: ...


class Room:
    """Told of passes by the service; serves inside of `open`."""

    def __init__(self, settings: Settings, places: Places) -> None:
        self._settings = settings
        self._places = places
        self._memory = Memory()
        self._reading = Reading(settings, places, self._memory)
        self._file = SubscriptionFile(places.state)
        self._service: Waking
        trackers = {(to.tracker, str(to.key)): None for to in destinations(settings)}
        per_day = settings.sync.max_new_tickets.per_day
        self._metrics = Metrics(Sources(self._reading.look, self._state, self._session, per_day, tuple(trackers)))
        self.url = ""
        """Where it serves."""

    def told(self, passed: Passed) -> None:
        """One more pass has ended; called in the worker's thread."""
        self._memory.told(passed)
        self._metrics.told(passed)

    @contextmanager
    def open(self, service: Waking) -> Iterator[Room]:
        """Serve until the end of the block. Raises ConfigError where the address can't be had."""
        self._service = service
        host, port = self._settings.web.address
        listener = _bound(host, port)
        self.url = f"http://{_spelt(*listener.getsockname()[:2])}"
        server = _Server(_config(app(self._house())))
        thread = threading.Thread(target=server.run, args=([listener],), name="web", daemon=True)
        with closing(self._reading), Keeper(self._settings, self._places, self._file):
            thread.start()
            server.ready.wait(10)
            _log.info("the HTTP room is open", url=self.url)
            try:
                yield self
            finally:
                server.should_exit = True
                thread.join(2 * GRACE)
                listener.close()

    def _house(self) -> House:
        token = self._settings.web.token
        return House(
            gate=Gate(token.get_secret_value() if token else None),
            pages=Pages(),
            reading=self._reading,
            metrics=self._metrics,
            receiver=Receiver(self._file, self._service.wake),
            state=self._state,
            session=self._session,
            instance=self._settings.tmi.instance,
            per_day=self._settings.sync.max_new_tickets.per_day,
        )

    def _state(self) -> State:
        return self._service.state()

    def _session(self) -> SessionStanding | None:
        return standing.session(self._settings.tmi, self._places.state, datetime.now(UTC))


class _Server(uvicorn.Server):
    """Says when it takes requests."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def _config(application: object) -> uvicorn.Config:
    """No access log: paths and headers of strangers don't belong there, and of ours neither."""
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    return uvicorn.Config(
        application,  # type: ignore[arg-type]
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        http=patient(SILENCE),
        backlog=BACKLOG,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=GRACE,
        h11_max_incomplete_event_size=16 * 1024,
    )


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio leaves Nagle's delay on: 40 ms for each answer on a kept connection.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"[web] can't listen on {_spelt(host, port)}: {(error.strerror or str(error)).lower()}",
            todo="Is another program there? Write another address into [web] listen.",
        ) from error
    return listener


def _spelt(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
