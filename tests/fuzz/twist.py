"""One genuine answer, twisted: a value in its JSON, its bytes, its headers, its status."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from fuzz.odd import DATES, SECONDS, URLS, Raw, encoded, value
from fuzz.pipe import Answer
from tmi_issue_sync.sandbox.wire import Reply, Request

Headers = list[tuple[str, str]]
SIGN_IN = "<!doctype html><html><script>alert(1)</script><h1>Sign in</h1></html>"
STATUSES = (
    *range(200, 208),
    226,
    *range(300, 309),
    *range(400, 430),
    431,
    451,
    499,
    *range(500, 512),
    520,
    530,
    599,
)


def plain(reply: Reply, headers: Headers) -> Answer:
    return answer(reply.status, headers, reply.payload())


def twisted(rng: Random, request: Request, reply: Reply, headers: Headers) -> Answer:
    """The answer with one thing about it changed."""
    change = rng.choice(_CHANGES)
    return change(rng, request, reply, headers)


# -- what the JSON says -------------------------------------------------------------------------------------


def _value(rng: Random, _: Request, reply: Reply, headers: Headers) -> Answer:
    """One value, key or row of it is another, missing, or there twice."""
    body = json.loads(reply.payload() or b"null")
    spots = list(_spots(body))
    if not spots or rng.random() < 0.03:
        return answer(reply.status, headers, encoded(value(rng)).encode())
    where, key = rng.choice(spots)
    match rng.randrange(10):
        case 0 if isinstance(where, dict):
            del where[key]
        case 1 if isinstance(where, dict):
            again = f"{encoded(where[key])},{json.dumps(key)}:{encoded(value(rng))}"
            where[key] = Raw(again)
        case 2 if isinstance(where, list):
            where.insert(key, value(rng) if rng.random() < 0.5 else where[key])
        case 3 if isinstance(where, list):
            where[:] = where * rng.choice((0, 2, 150))
        case _:
            where[key] = value(rng)
    return answer(reply.status, headers, encoded(body).encode())


def _spots(data: Any) -> Iterator[tuple[Any, Any]]:
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, each in list(pairs):
        yield data, key
        yield from _spots(each)


# -- what its bytes are -------------------------------------------------------------------------------------


def _bytes(rng: Random, _: Request, reply: Reply, headers: Headers) -> Answer:
    """Another encoding, no JSON, too little or too much of it."""
    data = reply.payload()
    text = data.decode("utf-8", "replace")
    cut = rng.randrange(len(data) + 1)
    ways: list[Callable[[], bytes]] = [
        lambda: text.encode("utf-16"),
        lambda: text.encode("utf-16-be"),
        lambda: text.encode("utf-32"),
        lambda: text.replace("t", "é").encode("latin-1", "replace"),
        lambda: b"\xef\xbb\xbf" + data,
        lambda: data.replace(b"a", b"\xff\xfe"),
        lambda: data.replace(b"e", b"\xed\xa0\x80"),
        lambda: data.replace(b"e", b"\x00"),
        lambda: SIGN_IN.encode(),
        lambda: b"",
        lambda: data[:cut],
        lambda: data + data,
        lambda: data + b"\n]}",
        lambda: b" " * 2_000_000 + data,
        lambda: b'"' + b"x" * 2_000_000 + b'"',
        lambda: rng.randbytes(200),
        lambda: b")]}'\n" + data,
    ]
    return answer(reply.status, headers, rng.choice(ways)())


def _wire(rng: Random, _: Request, reply: Reply, headers: Headers) -> Answer:
    """A connection that ends, hangs or lies about lengths."""
    data = reply.payload()
    whole = answer(reply.status, headers, data).data
    cut = rng.randrange(len(whole))
    bare = [pair for pair in headers if pair[0].lower() != "content-length"]
    length = rng.choice(
        (str(len(data) + 10), "0", "-1", "x", "1e3", f"{len(data)}, 5", "9" * 30, str(len(data) // 2))
    )
    chunked = [*bare, ("Transfer-Encoding", "chunked")]
    packed = [*bare, ("Content-Encoding", rng.choice(("gzip", "deflate", "br", "zstd", "x")))]
    ways: list[Callable[[], Answer]] = [
        lambda: Answer(whole[:cut], rng.choice(("close", "reset", "hang"))),
        lambda: Answer(_head(reply.status, [*bare, ("Content-Length", length)]) + data, "close"),
        lambda: Answer(_head(reply.status, bare) + data, rng.choice(("close", "reset", "hang"))),
        lambda: Answer(_head(reply.status, chunked) + b"zz\r\n" + data, "close"),
        lambda: Answer(_head(reply.status, chunked) + b"%x\r\n%b\r\n" % (len(data), data), "close"),
        lambda: Answer(_head(reply.status, chunked) + b"-5\r\n" + data + b"\r\n0\r\n\r\n", "close"),
        lambda: answer(reply.status, packed, rng.choice((data, gzip.compress(data), b"\x1f\x8b\x08"))),
        lambda: answer(reply.status, packed, gzip.compress(b"0" * 3_000_000)),
        lambda: Answer(b"HTTP/1.1 100 Continue\r\n\r\n" * rng.choice((1, 50)) + whole, "close"),
        lambda: Answer(
            rng.choice((b"HTTP/0.9 200\r\n\r\n", b"200 OK\r\n\r\n", b"SSH-2.0-x\r\n", b"\r\n\r\n")), "close"
        ),
        lambda: Answer(whole.replace(b"HTTP/1.1 2", b"HTTP/1.1 99"), "close"),
        lambda: Answer(whole.replace(b"\r\n", b"\n"), "close"),
        lambda: Answer(whole + whole, "close"),
    ]
    return rng.choice(ways)()


# -- its headers and status ---------------------------------------------------------------------------------


def _headers(rng: Random, _: Request, reply: Reply, headers: Headers) -> Answer:
    """Dates, waits, links and types that make no sense."""
    name, found = rng.choice(
        (
            ("Date", rng.choice(DATES)),
            ("Date", rng.choice(DATES)),
            ("Retry-After", rng.choice(SECONDS)),
            ("X-RateLimit-Reset", rng.choice(SECONDS)),
            ("X-RateLimit-Remaining", rng.choice(SECONDS)),
            ("Link", f'<{rng.choice(URLS)}>; rel="next"'.replace("\u2100", "?")),
            ("Location", rng.choice(URLS).replace("\u2100", "?")),
            ("Content-Type", rng.choice(("text/html", "", "image/png", "application/json; charset=utf-16", ";;;"))),
            ("X-Request-Id", "x" * 5000),
            ("X-GitHub-Request-Id", "\x1b[31m\xff" * 20),
            ("GitHub-Authentication-Token-Expiration", rng.choice((*DATES, "9999-12-31 23:59:59 -2359"))),
            ("X" * 300, "y" * 60_000),
            ("Y", "z" * 70_000),
        )
    )
    kept = [pair for pair in headers if pair[0].lower() != name.lower()]
    many = [(f"X-{n}", "1") for n in range(rng.choice((0, 0, 0, 99, 200)))]
    status = rng.choice((reply.status, reply.status, 301, 307, 403, 429, 503))
    added = [] if found == "" and rng.random() < 0.5 else [(name, found)]
    return answer(status, [*kept, *many, *added], reply.payload())


def _status(rng: Random, request: Request, reply: Reply, headers: Headers) -> Answer:
    """Any status, with the genuine body, an error's or a page; the words may say back what was asked."""
    said = rng.choice(
        ("No.", "\ud800", "<b>x</b>", "x" * 5000, "a\nb\x1b[31m", request.headers.get("authorization", ""))
    )
    error = {"message": said, "error": said, "error_description": said, "documentation_url": "https://x.example"}
    errors = [said, {"field": said, "code": said}, None, 5, {"message": {"a": said}}]
    body: tuple[Any, ...] = (
        error,
        error | {"errors": errors},
        error | {"message": value(rng)},
        Raw(SIGN_IN),
        Raw(""),
    )
    data = encoded(rng.choice(body)).encode() if rng.random() < 0.8 else reply.payload()
    return answer(rng.choice(STATUSES), headers, data)


_CHANGES = (*(_value,) * 8, *(_bytes,) * 2, *(_wire,) * 2, *(_headers,) * 2, *(_status,) * 3)


def answer(status: int, headers: Headers, data: bytes) -> Answer:
    kept = [pair for pair in headers if pair[0].lower() != "content-length"]
    return Answer(_head(status, [*kept, ("Content-Length", str(len(data)))]) + data)


def _head(status: int, headers: Headers) -> bytes:
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {each}" for name, each in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
