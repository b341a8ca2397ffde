"""One connection, shaped as PyGithub wants it: one deadline for everything, and nothing that happens twice.

PyGithub's own connections can't do what a create needs: their time limit counts anew with every byte that arrives,
they return to a pool, and what they report makes PyGithub act by itself (it follows a 301 whatever the verb, and
sleeps on a 202). So it hands its requests to a `Line`, and reads nothing from the answer: that is in `Line.reply`.
"""

from __future__ import annotations

import base64
import contextlib
import io
import socket
import ssl
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPSConnection
from types import TracebackType
from typing import Any
from urllib.parse import SplitResult, unquote

CONNECT_SECONDS = 10.0
MAX_REPLY = 64 * 1024 * 1024
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of zero seconds: closing throws unsent bytes away and resets the connection."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that arrived whole. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Road:
    """The way to a server."""

    api: SplitResult
    tls: ssl.SSLContext | None
    proxy: SplitResult | None


class _Silent:
    """What PyGithub is told of every answer."""

    status = 200

    def getheaders(self) -> tuple[tuple[str, str], ...]:
        return ()

    def read(self) -> str:
        return ""


@dataclass(slots=True)
class Line:
    """A fresh connection; `seconds` is the time for each request, from its first byte to its answer's last."""

    road: Road
    seconds: float
    reset: bool = False
    """Whether closing without an answer throws away what is unsent: for what must not arrive after we gave up."""
    sent: bool = field(default=False, init=False)
    """Whether a first byte may have left; before that a failure proves that nothing happened."""
    reply: Reply | None = field(default=None, init=False)
    _conn: HTTPConnection | None = field(default=None, init=False)
    _sock: socket.socket | None = field(default=None, init=False)
    _hold: io.RawIOBase | None = field(default=None, init=False)
    """Keeps the socket open when http.client lets go of it, so that `close` decides how it ends."""
    _ends: float = field(default=0.0, init=False)

    def request(
        self,
        verb: str,
        url: str,
        input: str | None,  # noqa: A002 - PyGithub calls it so
        headers: dict[str, str],
        stream: bool = False,  # noqa: ARG002
    ) -> None:
        self.reply = None
        conn = self._conn
        if conn is None or conn.sock is None:
            self.close()
            conn = self._open()
        if self.road.proxy and self.road.api.scheme == "http":
            url = f"http://{self.road.api.netloc}{url}"
            headers = headers | _proxy_headers(self.road.proxy)
        self._ends = time.monotonic() + self.seconds
        self.sent = True
        conn.request(verb, url, body=None if input is None else input.encode(), headers=headers)

    def getresponse(self) -> _Silent:
        if self._conn is None:
            raise RuntimeError("nothing was asked")
        response = self._conn.getresponse()
        if (response.length or 0) > MAX_REPLY:
            raise OSError(f"an answer of more than {MAX_REPLY} bytes")
        body = response.read()
        headers = {name.lower(): value for name, value in response.getheaders()}
        self.reply = Reply(response.status, headers, body.decode("utf-8", "replace"))
        return _Silent()

    def close(self) -> None:
        if self._conn is None or self._sock is None or self._hold is None:
            return
        if self.reset and self.reply is None:
            with contextlib.suppress(OSError):  # some systems refuse it once the other end has gone
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._conn.close()
        self._sock.close()
        self._hold.close()

    def __enter__(self) -> Line:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    def _open(self) -> HTTPConnection:
        conn = _connection(self.road, min(CONNECT_SECONDS, self.seconds))
        conn.auto_open = 0  # or http.client would connect again in silence
        try:
            conn.connect()
        except BaseException:
            conn.close()
            raise
        self._sock, self._hold = conn.sock, conn.sock.makefile("rb", buffering=0)
        conn.sock = _Clocked(self._sock, self._left)
        self._conn = conn
        return conn

    def _left(self) -> float:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"no whole answer within {self.seconds:g} s")
        return left


class _Clocked:
    """The part of a socket that http.client uses, each operation bounded by the time that is left for all."""

    def __init__(self, sock: socket.socket, left: Callable[[], float]) -> None:
        self._sock = sock
        self._left = left

    def sendall(self, data: Any) -> None:
        self._sock.settimeout(self._left())
        self._sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        if mode != "rb":
            raise ValueError(mode)
        return io.BufferedReader(_Clock(self._sock, self._left))

    def close(self) -> None:
        self._sock.close()


class _Clock(io.RawIOBase):
    """Reads a socket."""

    def __init__(self, sock: socket.socket, left: Callable[[], float]) -> None:
        self._sock = sock
        self._left = left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._left())
        return self._sock.recv_into(buffer)


def _connection(road: Road, timeout: float) -> HTTPConnection:
    at = road.proxy or road.api
    host = at.hostname or ""
    if road.tls is None:
        return HTTPConnection(host, at.port or 80, timeout=timeout)
    conn = HTTPSConnection(host, at.port or (80 if road.proxy else 443), timeout=timeout, context=road.tls)
    if road.proxy:
        conn.set_tunnel(road.api.hostname or "", road.api.port or 443, headers=_proxy_headers(road.proxy))
    return conn


def _proxy_headers(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    words = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(words.encode()).decode()}"}
