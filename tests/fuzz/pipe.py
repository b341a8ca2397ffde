"""Connections without a network: what is written goes to a function, and what that gives is read. One thread.

Both client libraries open their sockets with `socket.create_connection`, so that is where this stands in.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tmi_issue_sync.sandbox.wire import Request


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes of one answer, and how the connection goes on: `keep`, `close` (FIN), `reset`, `hang`."""

    data: bytes
    then: str = "keep"


Serve = Callable[[Request], Answer]


class Pipe:
    """The client's end, shaped as a socket as far as httpcore and http.client use one."""

    def __init__(self, serve: Serve, base: str) -> None:
        self._serve = serve
        self._base = base
        self._asked = bytearray()
        self._answer = bytearray()
        self._then = "keep"

    def sendall(self, data: Any) -> None:
        self._asked += bytes(data)
        while self._then == "keep" and (request := self._request()) is not None:
            answer = self._serve(request)
            self._answer += answer.data
            self._then = answer.then

    def send(self, data: Any) -> int:
        self.sendall(data)
        return len(data)

    def recv(self, most: int) -> bytes:
        data = bytes(self._answer[:most])
        del self._answer[:most]
        if not data and self._then == "reset":
            raise ConnectionResetError("Connection reset by peer")
        if not data and self._then != "close":
            raise TimeoutError("timed out")
        return data

    def recv_into(self, buffer: Any) -> int:
        data = self.recv(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def makefile(self, *_: Any, **__: Any) -> io.RawIOBase:
        return io.RawIOBase()

    def fileno(self) -> int:
        return -1

    def settimeout(self, _: float | None) -> None: ...

    def setsockopt(self, *_: Any) -> None: ...

    def close(self) -> None: ...

    def _request(self) -> Request | None:
        head, found, rest = bytes(self._asked).partition(b"\r\n\r\n")
        if not found:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        length = next((int(value) for name, value in headers.items() if name.lower() == "content-length"), 0)
        if len(rest) < length:
            return None
        self._asked = bytearray(rest[length:])
        method, target, _ = first.split(" ")
        return Request.of(method, target, headers, rest[:length], self._base)


@contextmanager
def connected(servers: Mapping[int, Serve]) -> Iterator[None]:
    """Every connection that anybody opens here leads to the server of that port, or is refused."""

    def connect(address: tuple[str, int], *_: Any, **__: Any) -> Pipe:
        if address[1] not in servers:
            raise ConnectionRefusedError(111, "Connection refused")
        return Pipe(servers[address[1]], f"http://{address[0]}:{address[1]}")

    real = socket.create_connection
    socket.create_connection = connect  # type: ignore[assignment]
    try:
        yield
    finally:
        socket.create_connection = real
