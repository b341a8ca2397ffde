"""How a client is opened: what it keeps, and which options can't work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import ValidationError

from tmi_issue_sync import http
from tmi_issue_sync.errors import ConfigError
from tmi_issue_sync.http import Server

URL = "https://tmi.example.com"


@pytest.fixture
def cookies() -> Iterator[tuple[str, list[str | None]]]:
    """A server that sets cookies with every answer, its address, and the cookies that it was sent."""
    sent: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent.append(self.headers.get("Cookie"))
            self.send_response(200)
            self.send_header("Set-Cookie", "tmi_access_token=secret; Path=/; HttpOnly")
            self.send_header("Set-Cookie", "plain=1")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", sent
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_client_keeps_no_cookie(cookies: tuple[str, list[str | None]]) -> None:
    url, sent = cookies
    with http.client(Server(url=url), "[tmi] url", user_agent="tests") as client:
        for _ in range(2):
            assert client.get("/").headers.get_list("set-cookie")
        assert not client.cookies
    assert sent == [None, None]


@pytest.mark.parametrize(
    "proxy",
    ["", "p.example.com:3128", "ftp://p.example.com", "http://", "//p.example.com", "http://[bad", "http://p:x"],
)
def test_a_proxy_that_can_not_be_one_is_told(proxy: str) -> None:
    with pytest.raises(ValidationError, match="written like") as caught:
        Server(url=URL, proxy=proxy)
    assert len(caught.value.errors()) == 1


@pytest.mark.parametrize("proxy", [None, "http://proxy.example.com:3128", "https://u:p@proxy.example.com"])
def test_a_proxy_is_taken(proxy: str | None) -> None:
    http.client(Server(url=URL, proxy=proxy), "[tmi] url", user_agent="tests").close()


def test_a_socks_proxy_without_its_package_is_told() -> None:
    with pytest.raises(ConfigError, match="needs the package socksio"):
        http.client(Server(url=URL, proxy="socks5://proxy.example.com"), "[tmi] url", user_agent="tests")


def test_a_key_without_its_certificate_is_told() -> None:
    with pytest.raises(ValidationError, match="client_key without client_cert"):
        Server.model_validate({"url": URL, "client_key": "/etc/key.pem"})


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://[bad", "is no URL"),
        ("tmi.example.com", "is no URL"),
        ("https://", "is no URL"),
        ("https://tmi.example.com:99999", "is no URL"),
        ("https://u:p@tmi.example.com", "carries a user"),
        ("http://tmi.example.com", "is plain http"),
    ],
)
def test_an_address_that_can_not_work_is_told(url: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as caught:
        http.base_url(Server(url=url), "[tmi] url")
    assert "u:p" not in str(caught.value)
    assert http.base_url(Server(url="http://tmi.example.com/", allow_http=True), "x") == "http://tmi.example.com"
