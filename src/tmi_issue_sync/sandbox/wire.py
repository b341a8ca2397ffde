"""What passes between the sandbox's HTTP server and the state machines behind it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl

Clock = Callable[[], datetime]
"""The servers' own clock (aware, UTC): `utcnow` in real life, a settable one in tests."""


def utf16_length(text: str) -> int:
    """How long Java and .NET take a text to be: they count an emoji as two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utcnow() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as it arrived. `headers` has lower-case names; `base` is this server's own origin."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    base: str = "http://127.0.0.1"

    @classmethod
    def of(cls, method: str, target: str, headers: Mapping[str, str], body: bytes, base: str) -> Request:
        path, _, query = target.partition("?")
        lower = {name.lower(): value for name, value in headers.items()}
        return cls(method, path, tuple(parse_qsl(query, keep_blank_values=True)), lower, body, base)

    def param(self, name: str) -> str | None:
        """The first value of a query parameter, or None."""
        return next((value for key, value in self.query if key == name), None)

    def params(self, name: str) -> list[str]:
        return [value for key, value in self.query if key == name]

    def json(self) -> Any:
        """The body as JSON; raises ValueError where it is none."""
        return json.loads(self.body)


@dataclass(slots=True)
class Reply:
    """One HTTP answer. A `body` that is neither bytes, str nor None is sent as JSON."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"

    def payload(self) -> bytes:
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, ensure_ascii=False).encode()


class App(Protocol):
    """A state machine behind the server. Calls come one at a time (the server holds a lock)."""

    name: str

    def __call__(self, request: Request) -> Reply: ...


class CommitLog(Protocol):
    """Where a state machine reports each change that it makes durable; the tests assert on this."""

    def commit(self, site: str, kind: str, **facts: object) -> None: ...
