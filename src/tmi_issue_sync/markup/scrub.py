"""Plain text without what acts or hides: controls, bidi, zero widths, mentions, references, our marker."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

BREAK = "\u200b"
"""Put into a mention or reference, it leaves the text as it looks and takes its effect away."""

_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_VISIBLE_FORMATS = frozenset("\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd") | frozenset(
    map(chr, range(0x600, 0x606))
)
_JOINERS = "\u200c\u200d"
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800")
"""Letters and marks that show nothing."""
_MARKS = 8
"""Longest pile of combining marks; more is an attack on the page."""

_EMAIL = (
    r"(?!GH-\d)"
    r"(?<![\w.%+-])[A-Za-z0-9](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9])?@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}"
)
_TICKETS = r"/(?:issues?|pulls?|merge_requests|work_items|epics|incidents|discussions|tickets?|commits?|browse)/"
_ACTS = re.compile(
    rf"(?P<email>{_EMAIL})"
    r"|@"
    r"|[#!&](?=\d)"
    r"|\bGH(?=-\d)"
    rf"|{_TICKETS}(?=\d)"
    r"|\[[a-z_]{1,30}:(?=\S)"
    r"|\b(?!https?:)[a-z][a-z0-9+.-]{0,30}:(?=//)|\bxmpp:",
    re.IGNORECASE,
)
_OPEN = re.compile(r"(?:[#!&]|\bGH-?)$", re.IGNORECASE)
_OURS = re.compile(r"tmi(?=[-_\s]*issue[-_\s]*sync|[0-9a-f]{32})", re.IGNORECASE)
_TICKET_URL = re.compile(rf"{_TICKETS}[^?#]*\d|[?&](?:id|issue|selectedissue)=\S*\d", re.IGNORECASE)


def scrub(text: str) -> str:
    """The text without control, bidi and hidden characters; every line break is a newline."""
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    lines = _NEWLINES.sub("\n", joined)
    if lines.isascii() and lines.replace("\n", "").replace("\t", "").isprintable():
        return lines
    out: list[str] = []
    marks = 0
    for at, char in enumerate(lines):
        category = unicodedata.category(char)
        marks = marks + 1 if category[0] == "M" else 0
        if marks <= _MARKS and _kept(char, category, lines, at):
            out.append(char)
    return "".join(out)


def _kept(char: str, category: str, text: str, at: int) -> bool:
    if char in "\n\t" or char in _VISIBLE_FORMATS:
        return True
    if char in _JOINERS:  # emoji and some scripts need them; between ASCII they only hide
        return 0 < at < len(text) - 1 and _joins(text[at - 1]) and _joins(text[at + 1])
    point = ord(char)
    if category in ("Cc", "Cf", "Co", "Cs") or point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF:
        return False
    return char not in _BLANKS and not 0xE0000 <= point <= 0xE0FFF


def _joins(char: str) -> bool:
    return not char.isascii() and unicodedata.category(char)[0] in "LMS"


def unmark(text: str) -> str:
    """The text with our marker's grammar broken."""
    return _OURS.sub(lambda found: found[0] + BREAK, text)


def neutral(text: str, *, open_end: bool = False) -> str:
    """Scrubbed text with mentions, references and our marker broken. `open_end`: more follows the text."""
    broken = _ACTS.sub(lambda found: found[0] if found["email"] else found[0] + BREAK, unmark(text))
    return broken + BREAK if open_end and _OPEN.search(broken) else broken


def acts(url: str) -> bool:
    """Whether a tracker might take the URL for one of its tickets, or a search find our marker in it."""
    return bool(_TICKET_URL.search(unquote(url)) or _OURS.search(url))


def plain_text(text: str) -> str:
    """Any text as plain lines that do nothing."""
    return neutral(scrub(text))


def plain_line(text: str) -> str:
    """Any text as one plain line that does nothing: for titles."""
    return " ".join(plain_text(text).split())


def is_blank(text: str) -> bool:
    """Whether nobody would see anything of the text."""
    return not any(unicodedata.category(char)[0] in "LNPS" for char in text if char not in _BLANKS)
