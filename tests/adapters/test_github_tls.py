"""TLS with a CA of one's own, directly and through a proxy's tunnel."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tmi_issue_sync.errors import ConfigError, Unavailable, Uncertain

from .loopback import TOKEN, draft, issue, listening, marker, open_tracker, whole_request

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="makes its certificate with openssl")


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for localhost, which is its own CA."""
    pem = tmp_path_factory.mktemp("tls") / "localhost.pem"
    subprocess.run(
        f"{OPENSSL} req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
        f" -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout {pem} -out {pem}.crt".split(),
        check=True,
        capture_output=True,
    )
    pem.write_text(pem.read_text() + Path(f"{pem}.crt").read_text())
    return pem


def secure(pem: Path, talk: Callable[[socket.socket], None]) -> Callable[[socket.socket], None]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    def wrapped(connection: socket.socket) -> None:
        try:
            with context.wrap_socket(connection, server_side=True) as inner:
                talk(inner)
        except OSError:
            pass

    return wrapped


def answer(connection: socket.socket) -> None:
    row = issue(json.loads(whole_request(connection).partition(b"\r\n\r\n")[2])["body"])
    connection.sendall(
        f"HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Length: {len(row)}\r\n\r\n{row}".encode()
    )


def test_our_ca_counts_whatever_the_environment_says(pem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file")
    monkeypatch.setenv("CURL_CA_BUNDLE", "/no/such/file")
    with listening(secure(pem, answer)) as (port, _):
        assert open_tracker(f"https://127.0.0.1:{port}", ca_bundle=pem).create(draft()).marker == marker()


def test_an_unknown_ca_is_refused_before_anything_is_sent(pem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))
    heard: list[bytes] = []
    with listening(secure(pem, lambda inner: heard.append(inner.recv(1)))) as (port, _), pytest.raises(Unavailable):
        open_tracker(f"https://127.0.0.1:{port}").create(draft())
    assert not heard


def test_a_ca_bundle_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        open_tracker("https://localhost", ca_bundle=tmp_path / "none.pem")


def test_giving_up_resets_the_connection_below_tls(pem: Path) -> None:
    ends: list[object] = []

    def hang(connection: socket.socket) -> None:
        whole_request(connection)
        connection.sendall(b"HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Length: 99\r\n\r\n{")
        # Looked at below TLS, which calls a reset a mere end.
        with socket.socket(fileno=os.dup(connection.fileno())) as below:
            try:
                ends.append(below.recv(1))
            except OSError as error:
                ends.append(type(error))

    with listening(secure(pem, hang)) as (port, _), pytest.raises(Uncertain):
        open_tracker(f"https://127.0.0.1:{port}", ca_bundle=pem, wait=0.3).create(draft())
    assert ends == [ConnectionResetError]


def test_a_proxy_sees_the_tunnel_alone(pem: Path) -> None:
    heard: list[bytes] = []

    def tunnel(connection: socket.socket) -> None:
        heard.append(whole_request(connection))
        connection.sendall(b"HTTP/1.1 200 Go ahead\r\n\r\n")
        secure(pem, answer)(connection)

    with listening(tunnel) as (port, _):
        tracker = open_tracker("https://localhost:44444", ca_bundle=pem, proxy=f"http://127.0.0.1:{port}")
        assert tracker.create(draft()).marker == marker()
    assert heard[0].startswith(b"CONNECT localhost:44444 ")
    assert TOKEN.encode() not in heard[0]
