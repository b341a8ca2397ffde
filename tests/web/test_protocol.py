"""Connections that say nothing cost nobody anything."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import httpx
import pytest

from tmi_issue_sync.web import protocol, room

from .conftest import Open


def _connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    assert parts.hostname is not None
    return socket.create_connection((parts.hostname, parts.port or 80), timeout=20)


def _ends(line: socket.socket) -> bool:
    with line:
        try:
            return line.recv(1000) == b""
        except ConnectionResetError:
            return True


def test_silent_connections_shut_nobody_out(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "CONNECTIONS", 8)
    url = opened().room.url
    silent = [_connected(url) for _ in range(40)]
    assert httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
    closed = [_ends(line) for line in silent[:32]]
    assert all(closed), "the oldest make room"
    for line in silent[32:]:
        line.close()


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n"], ids=["nothing", "half a head"])
def test_a_connection_without_a_request_is_closed(
    opened: Open, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(room, "SILENCE", 0.2)
    line = _connected(opened().room.url)
    line.sendall(said)
    assert _ends(line)


def test_half_a_second_request_is_closed_too(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "SILENCE", 0.2)
    with _connected(opened().room.url) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert line.recv(10_000).startswith(b"HTTP/1.1 200")
        line.sendall(b"GET /healthz HTTP/1.1\r\nHo")
        try:
            while line.recv(10_000):
                pass
        except ConnectionResetError:
            pass
