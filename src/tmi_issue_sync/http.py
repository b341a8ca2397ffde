"""The only module that imports httpx: one way to open a client, with its timeouts, CA, proxy and https rule."""

from __future__ import annotations

import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult

import httpx
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from .errors import ConfigError
from .urls import split

Client = httpx.Client
Response = httpx.Response
Timeout = httpx.Timeout
ConnectFailed = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""Failures before the first byte of a request left: surely nothing happened at the other end."""
HTTPError = httpx.HTTPError
InvalidURL = httpx.InvalidURL
PROXIES = ("http", "https", "socks5", "socks5h")
"""What kinds of proxies there are."""


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

    @field_validator("proxy")
    @classmethod
    def _proxy(cls, value: str | None) -> str | None:
        """It may carry a password, so it is not shown."""
        parts = None if value is None else split(value)
        if value is not None and (
            parts is None or parts.scheme not in PROXIES or not parts.hostname or not _has_port(parts)
        ):
            raise ValueError('should be written like "http://proxy.example.com:3128", or left out')
        return value

    @model_validator(mode="after")
    def _certificate(self) -> Self:
        if self.client_key and not self.client_cert:
            raise ValueError("has client_key without client_cert: a key alone proves nothing")
        return self


def _has_port(parts: SplitResult) -> bool:
    """Whether its port is one, or is left out."""
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def is_loopback(url: str) -> bool:
    parts = split(url)
    host = (parts.hostname if parts else None) or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def base_url(server: Server, what: str) -> str:
    """The server's URL without a trailing slash. Raises ConfigError as `checked_url` does."""
    return checked_url(server.url, what, allow_http=server.allow_http)


def checked_url(url: str, what: str, *, allow_http: bool) -> str:
    """Without a trailing slash. Raises ConfigError unless https, loopback or `allow_http`, and without a user."""
    parts = split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or not _has_port(parts):
        raise ConfigError(f"{what}: {url!r} is no URL", todo='Write it like "https://tmi.example.com".')
    if parts.username or parts.password:
        raise ConfigError(f"{what}: the url carries a user or password", todo="Give the token in its own option.")
    if parts.scheme == "http" and not (is_loopback(url) or allow_http):
        raise ConfigError(
            f"{what}: {url} is plain http", todo="Use https, or add allow_http = true to accept the risk."
        )
    return url.rstrip("/")


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
    if server.proxy and server.proxy.startswith("socks") and find_spec("socksio") is None:
        raise ConfigError(f"{what}: a SOCKS proxy needs the package socksio", todo="Install httpx[socks].")
    return httpx.Client(
        base_url=base_url(server, what),
        verify=tls_context(server),
        proxy=server.proxy,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # TMI may set tokens as cookies
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
