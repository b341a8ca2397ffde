"""Connections that say nothing cost nobody anything."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
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


FEW = """
import resource, sys
from pathlib import Path
from tmi_issue_sync.config import load_settings
from tmi_issue_sync.web import protocol
from tmi_issue_sync.web.room import Room
from tmi_issue_sync.wiring import Places
from web.conftest import CONFIG, Service
resource.setrlimit(resource.RLIMIT_NOFILE, (400, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
protocol.CONNECTIONS = 64
state = Path(sys.argv[1])
(state / "config.toml").write_text(CONFIG.format(write='{ token = "t" }', token=""))
settings = load_settings(state / "config.toml")
room = Room(settings, Places.of(settings, state))
with room.open(Service()):
    print(room.url, flush=True)
    sys.stdin.read()
"""


def test_many_at_once_take_not_every_file_descriptor(tmp_path: Path) -> None:
    """A room with 400 of them, and 700 connections that come faster than any is closed."""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", FEW, str(tmp_path)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True, env=env)
    with process, ExitStack() as stack:
        stack.callback(process.kill)
        assert process.stdout is not None
        url = next(line.strip() for line in process.stdout if line.startswith("http://"))
        parts = urlsplit(url)
        for _ in range(700):
            line = stack.enter_context(socket.socket())
            line.setblocking(False)
            line.connect_ex((parts.hostname, parts.port))
        assert httpx.get(f"{url}/healthz", trust_env=False, timeout=20).status_code == 200
        said, _ = process.communicate(timeout=30)
    assert "Traceback" not in said
    assert "system resource" not in said


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
