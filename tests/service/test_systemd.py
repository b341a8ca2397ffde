"""What the service manager hears: ready, alive, ending; on a path and on an abstract address."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.served import Config, command, served
from tmi_issue_sync import systemd


@contextmanager
def listener(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as found:
        found.bind("\0" + address[1:] if address.startswith("@") else address)
        found.settimeout(20)
        yield found


def heard(found: socket.socket, wanted: str) -> list[str]:
    """All messages up to one that says this."""
    messages: list[str] = []
    while not messages or wanted not in messages[-1]:
        messages.append(found.recv(4096).decode())
    return messages


@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract"])
def test_ready_alive_and_ending(config: Config, state: Path, tmp_path: Path, abstract: bool) -> None:
    address = f"@tmi-issue-sync-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    env = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "300000"}
    words = command(config(every="1h"), state, "sync", "--new-install")
    with listener(address) as found, served(words, env) as service:
        assert not heard(found, "READY=1")[:-1]  # the first word
        assert heard(found, "5 created")[-1].startswith("STATUS=")
        heard(found, "WATCHDOG=1")
        assert service.end(signal.SIGTERM)[0] == 0
        assert "STOPPING=1" in heard(found, "STOPPING=1")[-1]


def test_not_ready_where_the_ledger_is_in_use(config: Config, state: Path, tmp_path: Path) -> None:
    path = config(every="1h")
    address = str(tmp_path / "notify")
    words = command(path, state, "sync", "--new-install")
    with served(words) as first:
        first.ended_pass()
        with listener(address) as found, served(words, {"NOTIFY_SOCKET": address}) as second:
            assert second.process.wait(20) == 75
            found.setblocking(False)
            with pytest.raises(BlockingIOError):
                found.recv(4096)


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for address in ("", "nonsense", str(tmp_path / "nobody"), "@nobody-here"):
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        systemd.notify(READY=1)


def test_the_watchdog_is_only_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    assert systemd.watchdog() == 30.0
    monkeypatch.setenv("WATCHDOG_PID", "1")
    assert systemd.watchdog() is None
    for odd in ("0", "soon", "-5"):
        monkeypatch.setenv("WATCHDOG_USEC", odd)
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        assert systemd.watchdog() is None
