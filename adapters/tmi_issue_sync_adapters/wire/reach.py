"""How to reach a server and how long to wait for it: what the options of all adapters have in common."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, field_validator

from tmi_issue_sync import durations
from tmi_issue_sync.errors import ConfigError
from tmi_issue_sync.http import Server, base_url, tls_context
from tmi_issue_sync.secret import at_hand
from tmi_issue_sync.tracker import Traits

from .line import Road

Seconds = Annotated[durations.Seconds, Field(le=86_400)]
Patience = Annotated[durations.Seconds, Field(gt=0, le=600)]
PORTS = {"https": 443, "http": 80}


class Reach(Server):
    """How to reach a tracker, and how much time to give it. Each adapter has defaults of its own for the lags."""

    timeout: Patience = 30.0
    """For one read, in seconds."""
    wait: Patience = 60.0
    late: Seconds = 120.0
    lag: Seconds = 60.0
    lag_after_errors: Seconds = 300.0

    def traits(self, *, title_max: int, body_max: int, confidential: bool, hosts: tuple[str, ...]) -> Traits:
        """What the core must know, with the operator's times."""
        return Traits(
            wait=self.wait,
            late=self.late,
            lag=self.lag,
            lag_after_errors=self.lag_after_errors,
            title_max=title_max,
            body_max=body_max,
            confidential=confidential,
            hosts=hosts,
        )

    @field_validator("proxy")
    @classmethod
    def _plain_proxy(cls, proxy: str | None) -> str | None:
        if proxy is not None and not re.match(r"http://[^/\s]", proxy):
            raise ValueError('the proxy is written like "http://proxy.example.com:3128"')
        return proxy


def one_word(secret: SecretStr) -> SecretStr:
    """A token as it is. Raises ValueError for what can't be one.

    What can't be a header's value would be quoted in the error of whoever refuses to send it.
    """
    if at_hand(secret) and not re.fullmatch(r"[!-~]{1,2000}", secret.get_secret_value()):
        raise ValueError("the token is no token: one word of plain characters is expected")
    return secret


def base(options: Reach, what: str) -> SplitResult:
    """The server's own URL, without a slash at its end. Raises ConfigError."""
    return parts(options, base_url(options, what), what)


def road_to(options: Reach, api: SplitResult, what: str) -> Road:
    """The way to an API with these options. Raises ConfigError."""
    proxy = parts(options, options.proxy, what) if options.proxy else None
    return Road(api, tls_context(options) if api.scheme == "https" else None, proxy)


def parts(options: Reach, url: str, what: str) -> SplitResult:
    """An URL's parts. Raises ConfigError."""
    try:
        split = urlsplit(url)
        split.port  # noqa: B018 - asks whether it is a number
    except ValueError:
        raise ConfigError(f"{what}: a url or proxy of {options.url!r} makes no sense") from None
    return split


def netloc(url: SplitResult) -> str:
    """Host and port in lower case, the port only where it is not the scheme's own. Raises ValueError."""
    host = (url.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = url.port
    return host if port in (None, PORTS.get(url.scheme)) else f"{host}:{port}"
