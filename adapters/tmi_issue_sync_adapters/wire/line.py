"""One connection: one deadline for everything, and nothing that happens twice.

The libraries' own connections can't do what a create needs: their time limit counts anew with every byte that
arrives, they return to a pool, and what they report makes a library act by itself. So the libraries shape and sign
requests, and a `Line` carries them.
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
from typing import Any, Self
from urllib.parse import SplitResult, unquote

from tmi_issue_sync.secret import blotted

from .reply import Reply

CONNECT_SECONDS = 10.0
MAX_REPLY = 64 * 1024 * 1024
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of zero seconds: closing throws unsent bytes away and resets the connection."""


@dataclass(frozen=True, slots=True)
class Road:
    """The way to a server."""

    api: SplitResult
    tls: ssl.SSLContext | None
    proxy: SplitResult | None


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
    _secrets: tuple[str, ...] = field(default=(), init=False, repr=False)
    """What the request said in confidence; an answer that says it back does not get through."""

    def send(self, verb: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> None:
        """Connect where it must be, and send one request. `url` is a path, with its query. Raises OSError."""
        self.reply = None
        conn = self._conn
        if conn is None or conn.sock is None:
            self.close()
            conn = self._open()
        told = dict(headers)
        self._secrets = confidences(told)
        if self.road.proxy and self.road.api.scheme == "http":
            url = f"http://{self.road.api.netloc}{url}"
            told |= _proxy_headers(self.road.proxy)
        self._ends = time.monotonic() + self.seconds
        self.sent = True
        conn.request(verb, url, body=body, headers=told)

    def receive(self) -> Reply:
        """The answer, once all of it is there. Raises OSError or HTTPException."""
        if self._conn is None:
            raise RuntimeError("nothing was asked")
        response = self._conn.getresponse()
        if (response.length or 0) > MAX_REPLY:
            raise OSError(f"an answer of more than {MAX_REPLY} bytes")
        body = response.read()
        headers = {name.lower(): blotted(value, *self._secrets) for name, value in response.getheaders()}
        self.reply = Reply(response.status, headers, blotted(body.decode("utf-8", "replace"), *self._secrets))
        return self.reply

    def close(self) -> None:
        if self._conn is None or self._sock is None or self._hold is None:
            return
        if self.reset and self.reply is None:
            with contextlib.suppress(OSError):  # some systems refuse it once the other end has gone
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._conn.close()
        self._sock.close()
        self._hold.close()

    def __enter__(self) -> Self:
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


def confidences(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The credential of the request, and the password inside of it."""
    named = {name.lower(): value for name, value in headers.items()}
    if "private-token" in named:
        return (named["private-token"],)
    scheme, _, credential = named.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return (credential,)
    try:
        password = base64.b64decode(credential).decode().partition(":")[2]
    except ValueError:
        return (credential,)
    return (credential, password)


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
