"""Connections of strangers: no more than a few, and none that says nothing for long."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

CONNECTIONS = 256
"""Open at once. For one more, the one that has been silent for longest is closed."""


def patient(seconds: float) -> type[H11Protocol]:
    """uvicorn's protocol, for one server: a connection without a complete request's head is closed after so long.

    uvicorn itself waits for ever before the first request, and answers 503 to all when its limit is reached; a
    thousand silent connections would take every file descriptor that the ledger needs.
    """
    silent: dict[H11Protocol, asyncio.TimerHandle] = {}
    """The oldest first."""

    class Patient(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._watch()
            if len(self.connections) > CONNECTIONS and silent:
                next(iter(silent)).transport.abort()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            self._forget()
            super().connection_lost(exc)

        def _watch(self) -> None:
            answering = self.cycle is not None and not self.cycle.response_complete
            if answering:
                self._forget()
            elif self not in silent:
                silent[self] = self.loop.call_later(seconds, self.transport.abort)

        def _forget(self) -> None:
            if timer := silent.pop(self, None):
                timer.cancel()

    return Patient
