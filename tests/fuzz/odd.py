"""Values, texts, headers and bytes that no server should send."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from render.hostile import NASTY

DEEP = 10_000
DATES = (
    "", "0", "yesterday", "Tue, 24 Nov 2026", "Tue, 24 Nov 2026 10:00:00", "Tue, 24 Nov 2026 10:00:00 -0000",
    "Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "Mon, 01 Jan 0100 00:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 -2359", "Sat, 01 Jan 0100 00:00:00 +2359",
    "Tue, 24 Nov 2026 10:00:00 +9999", "Tue, 24 Nov 2026 25:61:61 GMT", "Tue, 99 Nov 99999 10:00:00 GMT",
    "Tue, 24 Nov 2126 10:00:00 GMT", "Tue, 24 Nov 1926 10:00:00 GMT", "\xff\xfe", "2026-11-24T10:00:00Z",
    "Tue, 24 Nov 2026 10:00:00 GMT, Tue, 24 Nov 2025 10:00:00 GMT", "Tue, 24 Nov 2026 10:00:00 +99999999999999",
)  # fmt: skip
STAMPS = (
    "", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999999Z",
    "9999-12-31T23:59:59-14:00", "0099-01-01T00:00:00Z", "0999-12-31T23:00:00Z", "2026-02-30T00:00:00Z",
    "2026-11-24", "20261124T100000Z", "2026-11-24T10:00:00", "2026-11-24T10:00:00+99:99", "now", "-1", "1e400",
    "2099-01-01T00:00:00Z", "1970-01-01T00:00:00.000000001Z",
)  # fmt: skip
SECONDS = ("-1", "0", "3", "1e9", "inf", "nan", "9" * 400, "0x10", "²", "1.5", "\t7 ", *DATES)
URLS = (
    "http://127.0.0.1:2/example/threats/issues/1", "http://127.0.0.1:2/api/v3/repos/example/threats/issues",
    "https://elsewhere.example/x", "//elsewhere.example", "file:///etc/passwd", "javascript:alert(1)", "http://[",
    "http://[::1", "http://127.0.0.1:99999/", "http://127.0.0.1:x/", "http://user:pass@127.0.0.1:2/", "/", "",
    "http://127.0.0.1:2/example/threats/issues/" + "9" * 400, "http://h/" + "a" * 5000, "http://127.0.0.1:2/\x00",
    "http://\u2100.example/", "https://127.0.0.1:2/example/threats/issues/1?x=<script>", "n/a", "N/A", "see wiki",
)  # fmt: skip
TEXTS = (*NASTY, *STAMPS, *URLS, "\ud800", "a\udfffb", "\x00", "\x1b]0;x\x07", "x" * 100_000, "\u202e", "é" * 300)
IDS = (
    "", " ", ".", "..", "../../me", "a/b", "a%2Fb", "a b", "a\nb", "?x=1", "#", "é", "\ud800", "\x00", "x" * 65,
    "x" * 200, "x" * 201, "null", "0", "-1", "t:1", "`", "a`b", "id generation=7", "constructor",
)  # fmt: skip
READABLE = ("NaN", "-Infinity", "Infinity", "1e400", "-1e400", "1" + "0" * 400, "1E-400")
RAW = (*READABLE, "1" + "0" * 5000, "00", "'x'", "")
"""JSON that Python reads and nobody should write, and what is none."""


class Raw:
    """A piece of a JSON text, put in as it is."""

    def __init__(self, text: str) -> None:
        self.text = text


def value(rng: Random) -> Any:
    """Any value, most of them of a type that is not expected."""
    kinds: list[Any] = [
        None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**30, 0.5, -0.0, 1e308, [], {}, [None], [[]],
        {"": None}, [1, "a", None], {"id": "x"}, "", " ", "null", "[]",
    ]  # fmt: skip
    match rng.randrange(8):
        case 0:
            return Raw(rng.choice(RAW))
        case 1:
            return Raw(rng.choice(("[" * DEEP + "]" * DEEP, '{"a":' * DEEP + "1" + "}" * DEEP, "[" * DEEP)))
        case 2 | 3:
            return rng.choice(TEXTS)
        case 4:
            return rng.choice((*STAMPS, *URLS, *IDS))
        case _:
            return rng.choice(kinds)


def readable(rng: Random) -> Any:
    """Any value whose JSON Python's parser takes."""
    while isinstance(found := value(rng), Raw) and found.text not in READABLE:
        pass
    return found


def encoded(data: Any) -> str:
    """JSON, with raw pieces where they stand. Lone surrogates and NUL become escapes that any parser takes."""
    if isinstance(data, Raw):
        return data.text
    if isinstance(data, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{encoded(each)}" for key, each in data.items()) + "}"
    if isinstance(data, list):
        return "[" + ",".join(map(encoded, data)) + "]"
    return json.dumps(data)
