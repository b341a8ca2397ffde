"""The same over TLS, and through a proxy's tunnel."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tmi_issue_sync_adapters.wire.plain import Plain, Unanswered
from tmi_issue_sync_adapters.wire.reach import Reach
from tmi_issue_sync_adapters.wire.reply import Reply

from ..loopback import listening, whole_request

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
    whole_request(connection)
    connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}")


def send(port: int, pem: Path | None, seconds: float = 2.0, **options: Any) -> Reply:
    url = f"https://localhost:{port}"
    way = Plain(Reach(url=url, ca_bundle=pem, **options), "x")
    return way.send("POST", f"{url}/", seconds=seconds, headers={"Authorization": "Bearer word"}, reset=True)


def test_our_ca_counts(pem: Path) -> None:
    with listening(secure(pem, answer)) as (port, _):
        assert send(port, pem).status == 201


def test_an_unknown_ca_is_refused_before_anything_is_sent(pem: Path) -> None:
    heard: list[bytes] = []
    with listening(secure(pem, lambda inner: heard.append(inner.recv(1)))) as (port, _):
        with pytest.raises(Unanswered) as caught:
            send(port, None)
        assert not caught.value.sent
    assert not heard


def test_giving_up_resets_the_connection_below_tls(pem: Path) -> None:
    ends: list[object] = []

    def hang(connection: socket.socket) -> None:
        whole_request(connection)
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{")
        with socket.socket(fileno=os.dup(connection.fileno())) as below:
            try:
                while chunk := below.recv(4096):
                    assert chunk.startswith(b"\x17")  # an empty record of the request's body
                ends.append(chunk)
            except OSError as error:
                ends.append(type(error))

    with listening(secure(pem, hang)) as (port, _), pytest.raises(Unanswered, match=r"within 0\.3 s") as caught:
        send(port, pem, seconds=0.3)
    assert caught.value.sent
    assert ends == [ConnectionResetError]


@pytest.mark.parametrize(("said", "sent"), [(b"200 Go ahead", True), (b"403 No", False)])
def test_a_proxy_sees_the_tunnel_alone(pem: Path, said: bytes, sent: bool) -> None:
    heard: list[bytes] = []

    def tunnel(connection: socket.socket) -> None:
        heard.append(whole_request(connection))
        connection.sendall(b"HTTP/1.1 " + said + b"\r\n\r\n")
        if sent:
            secure(pem, answer)(connection)

    with listening(tunnel) as (port, _):
        if sent:
            assert send(44444, pem, proxy=f"http://127.0.0.1:{port}").status == 201
        else:
            with pytest.raises(Unanswered) as caught:
                send(44444, pem, proxy=f"http://127.0.0.1:{port}")
            assert not caught.value.sent
    assert heard[0].startswith(b"CONNECT localhost:44444 ")
    assert b"word" not in heard[0]
