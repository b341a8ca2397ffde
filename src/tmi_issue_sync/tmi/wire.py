"""One request to TMI: bounded in time and size, with an id of ours, its failures as our errors. No retries."""

from __future__ import annotations

import json
import ssl
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self, cast

import structlog

from .. import http
from ..clock import Clock
from ..errors import TmiError
from ..model import Json
from ..secret import blotted
from ..urls import split
from .options import TmiOptions

MAX_BYTES = 50_000_000
TOTAL = 120.0
"""Seconds for one answer from the first byte sent to the last byte read."""
LONGEST_HOLD = 3600.0
"""A Retry-After is obeyed for at most this long (protocol, time rule)."""

_log = structlog.get_logger()


class Passing(TmiError):
    """TMI may well answer a moment later. `retry_after` is in seconds, None where it did not say."""

    def __init__(self, why: str, *, todo: str = "", retry_after: float | None = None) -> None:
        super().__init__(why, todo=todo)
        self.retry_after = retry_after


class Unreached(Passing):
    """Not a byte was sent: surely nothing happened at TMI."""


class Lost(Passing):
    """The request may have arrived; its answer did not."""


@dataclass(frozen=True, slots=True)
class Reply:
    """TMI's answer, whatever its status."""

    asked: str
    """`GET /threat_models`, for errors and the log."""
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    sent_id: str

    def json(self) -> Json:
        """The body. Raises TmiError where it is no JSON: a proxy or a web page answered."""
        try:
            return cast(Json, json.loads(self.body))
        except (ValueError, RecursionError):
            kind = self.headers.get("content-type", "") or "no content type"
            raise TmiError(
                f"{self.asked} was answered with {kind[:60]} instead of JSON (status {self.status})",
                todo="Does [tmi] url name TMI's API, not its web pages, and does no proxy ask for a sign-in?",
            ) from None

    def table(self) -> dict[str, Json]:
        """The body, which must be a JSON object."""
        body = self.json()
        if not isinstance(body, dict):
            raise TmiError(f"{self.asked} was answered with JSON that is no object", todo="Is [tmi] url TMI's API?")
        return body

    @property
    def words(self) -> str:
        """What the server says about its refusal, in one short line."""
        try:
            body = json.loads(self.body)
        except (ValueError, RecursionError):
            return f"status {self.status}"
        said = (
            [body.get(key) for key in ("error_description", "message", "error")] if isinstance(body, dict) else []
        )
        text = next((part for part in said if isinstance(part, str) and part.strip()), f"status {self.status}")
        line = " ".join(text.split())
        return line if len(line) <= 300 else f"{line[:299]}…"

    @property
    def code(self) -> str:
        """The `error` field, where there is one."""
        try:
            body = json.loads(self.body)
        except (ValueError, RecursionError):
            return ""
        return str(body.get("error") or "") if isinstance(body, dict) else ""

    @property
    def date(self) -> datetime | None:
        """TMI's clock when it answered."""
        return _http_date(self.headers.get("date", ""))

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait, from either form of Retry-After, at most an hour."""
        text = self.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return min(float(text[:9]), LONGEST_HOLD)
        until = _http_date(text)
        if self.date is None or until is None:
            return None
        return min(max((until - self.date).total_seconds(), 0.0), LONGEST_HOLD)


class Wire:
    """The connection to one TMI, shared by all identities and threads."""

    def __init__(self, options: TmiOptions, clock: Clock, user_agent: str) -> None:
        self.url = http.base_url(options, "[tmi] url")
        self.clock = clock
        self._http = http.client(
            options, "[tmi] url", read=options.timeout, keep=options.workers + 2, user_agent=user_agent
        )
        self._lock = threading.Lock()
        self._open_at = float("-inf")
        self.calls = 0
        """Requests sent so far."""

    def send(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        params: Mapping[str, str] | None = None,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request, one reply. Raises Unreached or Lost."""
        extra = {"X-Request-ID": uuid.uuid4().hex, **(headers or {})}
        sent_id = extra["X-Request-ID"]
        if token is not None:
            extra["Authorization"] = f"Bearer {token}"
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            extra.setdefault("Content-Type", "application/json")
        asked, started = f"{method} {path}", self.clock.monotonic()
        with self._lock:
            self.calls += 1
        try:
            with self._http.stream(method, path, params=params, content=content, headers=extra) as answer:
                data = self._body(answer, asked, started)
        except http.ConnectFailed as error:
            raise _unreached(self.url, error) from None
        except (http.HTTPError, http.InvalidURL) as error:
            raise Lost(
                f"the answer to {asked} got lost ({type(error).__name__})", todo="Is TMI, or a proxy, overloaded?"
            ) from None
        kept = [token, *_confidences(body)] if answer.status_code >= 400 else [token]
        clean = blotted(data.decode("utf-8", "surrogateescape"), *kept).encode("utf-8", "surrogateescape")
        told = {name: blotted(value, *kept) for name, value in _lower(answer.headers).items()}
        reply = Reply(asked, answer.status_code, told, clean, sent_id)
        took = round((self.clock.monotonic() - started) * 1000)
        _log.debug("tmi.request", method=method, path=path, status=reply.status, ms=took, request_id=sent_id)
        return reply

    def _body(self, answer: http.Response, asked: str, started: float) -> bytes:
        data = bytearray()
        for chunk in answer.iter_bytes():
            data += chunk
            if len(data) > MAX_BYTES:
                raise TmiError(f"the answer to {asked} is larger than {MAX_BYTES // 1_000_000} MB")
            if self.clock.monotonic() - started > TOTAL:
                raise Lost(f"the answer to {asked} was not complete after {TOTAL:.0f} s")
        return bytes(data)

    def hold(self, seconds: float) -> None:
        """TMI asked to be left alone: nobody sends before that."""
        with self._lock:
            self._open_at = max(self._open_at, self.clock.monotonic() + seconds)

    def wait_turn(self, longest: float) -> None:
        """Sleep until TMI wants to hear from us again; raises Passing where that is longer than `longest`."""
        left = self._open_at - self.clock.monotonic()
        if left > longest:
            why = f"TMI asked to be left alone for another {left:.0f} s"
            raise Passing(why, todo="The next pass tries again.", retry_after=left)
        if left > 0:
            self.clock.sleep(left)

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def origin(url: str) -> str:
    """Scheme and host only: a redirect's path and query may carry what nobody should read."""
    parts = split(url)
    if parts is None or not parts.netloc:
        return "another path"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _unreached(url: str, error: Exception) -> TmiError:
    """A refused certificate stays refused, so it is no passing trouble."""
    seen: BaseException | None = error
    for _ in range(10):  # a chain of causes may bite its own tail
        if isinstance(seen, ssl.SSLError):
            why = getattr(seen, "verify_message", "") or seen.reason or "TLS failed"
            return TmiError(
                f"no TLS with {url}: {why}", todo="Is it the right url? For an own CA set [tmi] ca_bundle."
            )
        seen = (seen.__cause__ or seen.__context__) if seen else None
    return Unreached(
        f"{url} can't be reached ({error or type(error).__name__})",
        todo="Is TMI up, and [tmi] url (or proxy) right?",
    )


def _confidences(body: Json) -> list[str]:
    """Secrets that a request for a token carries in its body."""
    if not isinstance(body, dict):
        return []
    return [str(body[name]) for name in ("client_secret", "refresh_token", "code", "code_verifier") if name in body]


def _http_date(text: str) -> datetime | None:
    """A date that a clock of our time can show; None for all else."""
    try:
        found = parsedate_to_datetime(text)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if 2000 <= found.year <= 2100 else None
