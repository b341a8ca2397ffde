"""Who may see the page: a bearer token, or the cookie that a browser gets for it. Constant time throughout."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable

COOKIE = "tmi_issue_sync"
LASTS = 12 * 3600
"""Seconds until a browser is asked again."""


class Gate:
    """Knows the token; `None` lets nobody in."""

    def __init__(self, token: str | None, now: Callable[[], float] = time.time) -> None:
        self._token = token.encode() if token else None
        self._now = now

    @property
    def locked(self) -> bool:
        """No token is configured: the page is for nobody."""
        return self._token is None

    def is_token(self, given: str) -> bool:
        """Compared as digests: not even the length shows."""
        if self._token is None:
            return False
        return hmac.compare_digest(hashlib.sha256(given.encode()).digest(), hashlib.sha256(self._token).digest())

    def is_bearer(self, header: str) -> bool:
        """`Authorization: Bearer ...`, for machines."""
        kind, _, given = header.partition(" ")
        return kind.lower() == "bearer" and self.is_token(given.strip())

    def cookie(self) -> str:
        """A fresh one; it is good until its time is over, or the token is another."""
        until = str(int(self._now()) + LASTS)
        return f"{until}.{self._sign(until)}"

    def is_cookie(self, given: str) -> bool:
        until, _, signed = given.partition(".")
        if self._token is None or not (until.isascii() and until.isdigit() and len(until) < 15):
            return False
        return hmac.compare_digest(signed.encode(), self._sign(until).encode()) and int(until) > self._now()

    def _sign(self, until: str) -> str:
        assert self._token is not None
        return hmac.new(self._token, f"page until {until}".encode(), hashlib.sha256).hexdigest()
