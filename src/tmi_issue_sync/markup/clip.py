"""Shortening: at a block's end where possible, never inside a character, always visibly."""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Callable, Sized

from ..errors import Rejected
from .clean import clean_block
from .inline import PARSER

NOTICE = "*Shortened. The full text is in TMI.*"
_TRIES = 6
_ROUNDS = 30


def cut(text: str, limit: int) -> str:
    """At most `limit` characters from the start, never ending between a base and what joins it."""
    end = min(max(limit, 0), len(text))
    while 0 < end < len(text) and _joined(text, end):
        end -= 1
    return text[:end]


def clip_line(line: str, limit: int, size: Callable[[str], Sized] = str) -> str:
    """A line that is no longer than `limit` as its server counts, with an ellipsis for what is cut off its end.

    `size` gives what the server counts the length of; it must be that of the characters one by one.
    """
    if len(size(line)) <= limit:
        return line
    room, end = limit - len(size("…")), 0
    for char in line:
        room -= len(size(char))
        if room < 0:
            break
        end += 1
    return f"{cut(line, end).rstrip()}…"


def utf16(text: str) -> array[int]:
    """A text as Java and .NET count it: an emoji is two."""
    return array("H", text.encode("utf-16-le", "surrogatepass"))


def clip(text: str, limit: int, notice: str) -> str:
    """CommonMark as it is if it fits, else shortened and with the notice as its last paragraph."""
    if len(text) <= limit:
        return text
    room = limit - len(notice) - 2
    whole, rest = _whole(text, room)
    if len(whole) < room // 2:
        part = _part(rest, room - len(whole) - 2 if whole else room)
        whole = "\n\n".join(filter(None, (whole, part)))
    return f"{whole}\n\n{notice}" if whole else cut(notice, limit)


def fit(render: Callable[[str], Sized], body: str, limit: int, *, keep: int = 1, notice: str = NOTICE) -> str:
    """CommonMark that is at most `limit` long once it is rendered, shortened above its last `keep` blocks.

    Raises Rejected where these alone are too long.
    """
    size = len(render(body))
    if size <= limit:
        return body
    head, tail = _split(body, keep)
    room = len(head)
    for _ in range(_ROUNDS):
        room = min(room * limit // size, room - room // 20 - 1)
        if room < len(notice):
            break
        shorter = f"{clip(head, room, notice)}\n\n{tail}"
        size = len(render(shorter))
        if size <= limit:
            return shorter
    least = f"{notice}\n\n{tail}"
    if len(render(least)) > limit:
        raise Rejected(f"{limit} characters are too few for a ticket")
    return least


def _split(body: str, keep: int) -> tuple[str, str]:
    """What may be shortened, and the last `keep` blocks."""
    starts = [token.map[0] for token in PARSER.parse(body) if token.level == 0 and token.map and token.nesting >= 0]
    lines = re.sub("\r\n?", "\n", body).split("\n")
    first = starts[-keep] if keep <= len(starts) else 0
    return "\n".join(lines[:first]).strip("\n"), "\n".join(lines[first:]).strip("\n")


def _whole(text: str, room: int) -> tuple[str, str]:
    """The blocks that fit as they are, and the rest."""
    lines = text.split("\n")
    kept = 0
    size = -1
    for token in PARSER.parse(text):
        if token.level == 0 and token.map and token.nesting >= 0:
            size += sum(len(line) + 1 for line in lines[kept : token.map[1]])
            if size > room:
                break
            kept = token.map[1]
    return "\n".join(lines[:kept]).strip("\n"), "\n".join(lines[kept:]).strip("\n")


def _part(text: str, room: int) -> str:
    """The start of one block, closed and safe again."""
    size = room
    for _ in range(_TRIES):
        if size <= 0:
            break
        part = clean_block(_at_word(cut(text, size)))
        if len(part) <= room:
            return part
        size -= len(part) - room
    return ""


def _at_word(text: str) -> str:
    """Without the broken word at the end, if it is not long."""
    head, space, tail = text.rpartition(" ")
    return head if space and len(tail) < 40 and "\n" not in tail else text


def _joined(text: str, at: int) -> bool:
    """Whether the characters before and after this place belong together."""
    before, after = text[at - 1], text[at]
    if before == "\u200d" or unicodedata.category(after) in ("Mn", "Mc", "Me", "Cf"):
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\udc00" <= after <= "\udfff":
        return True
    flags = len(text[:at]) - len(text[:at].rstrip(_FLAGS)) if after in _FLAGS else 0
    return flags % 2 == 1


_FLAGS = "".join(map(chr, range(0x1F1E6, 0x1F200)))
"""Two of these letters make one flag."""
