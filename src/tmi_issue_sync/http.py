"""The only module that imports httpx: one way to open a client, with its timeouts, CA, proxy and https rule."""

from __future__ import annotations

import ssl
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field

from .errors import ConfigError

Client = httpx.Client
Response = httpx.Response
Timeout = httpx.Timeout
ConnectFailed = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""Failures before the first byte of a request left: surely nothing happened at the other end."""
HTTPError = httpx.HTTPError
InvalidURL = httpx.InvalidURL


class Server(BaseModel):
    """How to reach one server; part of every server's options."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str
    ca_bundle: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    proxy: str | None = Field(default=None, repr=False)
    """Like "http://proxy.example.com:3128"; may carry a user and password."""
    allow_http: bool = False


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def base_url(server: Server, what: str) -> str:
    """The server's URL without a trailing slash. Raises ConfigError unless https, loopback or `allow_http`."""
    parts = urlsplit(server.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"{what}: {server.url!r} is no URL", todo='Write it like "https://tmi.example.com".')
    if parts.username or parts.password:
        raise ConfigError(f"{what}: the url carries a user or password", todo="Give the token in its own option.")
    if parts.scheme == "http" and not (is_loopback(server.url) or server.allow_http):
        raise ConfigError(
            f"{what}: {server.url} is plain http", todo="Use https, or add allow_http = true to accept the risk."
        )
    return server.url.rstrip("/")


def tls_context(server: Server) -> ssl.SSLContext:
    """One context per server, shared by its clients. Raises ConfigError for an unreadable file."""
    try:
        context = ssl.create_default_context(cafile=str(server.ca_bundle) if server.ca_bundle else None)
        if server.client_cert:
            key = str(server.client_key) if server.client_key else None
            context.load_cert_chain(str(server.client_cert), key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"the CA bundle or client certificate for {server.url} can't be used: {error}") from error
    return context


def client(server: Server, what: str, *, read: float = 60.0, keep: int = 8, user_agent: str) -> Client:
    """A client that follows no redirect, keeps no cookie and never waits for ever. Build once, use often."""
    return httpx.Client(
        base_url=base_url(server, what),
        verify=tls_context(server),
        proxy=server.proxy,
        timeout=httpx.Timeout(10.0, read=read, write=30.0, pool=60.0),
        limits=httpx.Limits(max_connections=keep, max_keepalive_connections=keep, keepalive_expiry=30.0),
        headers={"User-Agent": user_agent, "Accept": "application/json"},
        follow_redirects=False,
        trust_env=False,  # a proxy is an option of each server; a request must not go where nobody wrote
    )


def post(url: str, body: object, *, timeout: float, user_agent: str) -> int:
    """One JSON message to somebody else; gives the status. Raises HTTPError, InvalidURL."""
    head = {"User-Agent": user_agent}
    with (
        httpx.Client(verify=ssl.create_default_context(), timeout=timeout, headers=head) as client,
        client.stream("POST", url, json=body) as answer,  # its body may be endless
    ):
        return answer.status_code
