"""CommonMark as a small tree for the renderers of other markups: nothing in it acts, no word is lost."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from markdown_it.token import Token

from .clean import LANGUAGES
from .inline import PARSER
from .scrub import is_blank

Kind = Literal["paragraph", "heading", "code", "rule", "quote", "bullets", "numbers", "item"]

_DEEPEST = 30
"""Deeper blocks are shown as they were written: the parser would soon stop to see what is in them."""
_WEB = re.compile(r"(?:https?://|mailto:)[^\s<>\"]+", re.IGNORECASE)
_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_BLANK_LINES = re.compile(r"\A(?:[^\S\n]*+\n)++")
_HIDDEN = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufff9\ufffa\ufffb")
"""Characters that turn the text around, or annotate it, unseen."""


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one line and what is on it; a newline alone is a hard break."""

    text: str
    code: bool = False
    strong: bool = False
    em: bool = False
    href: str = ""
    """Always http, https or mailto."""


BREAK = Run("\n")


@dataclass(frozen=True, slots=True)
class Block:
    kind: Kind
    runs: tuple[Run, ...] = ()
    blocks: tuple[Block, ...] = ()
    number: int = 0
    """A heading's level, the first number of a list."""
    text: str = ""
    """Of code."""
    language: str = ""
    """Of code; one of a known few, or none."""
    tight: bool = False
    """A paragraph of a list without blank lines."""


def document(body: str) -> tuple[Block, ...]:
    """The blocks of any CommonMark. Paragraphs, quotes and code with nothing in them are left out."""
    source = re.sub("\r\n?", "\n", body)
    lines = source.split("\n")
    found: list[Block | None] = []
    for token, inner in _nodes(PARSER.parse(source)):
        deep = token.map is not None and any(each.level >= _DEEPEST for each in inner)
        found.append(_code("\n".join(lines[slice(*(token.map or ()))]), "") if deep else _block(token, inner))
    return tuple(block for block in found if block)


def visible(text: str) -> str:
    """Text of one line without what a reader can't see and a tracker might refuse."""
    return _clean(_NEWLINES.sub(" ", text).replace("\n", " ").replace("\t", " "))


def _clean(text: str) -> str:
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(char for char in whole if char in "\n\t" or _kept(char))


def _kept(char: str) -> bool:
    point = ord(char)
    if point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF or char in _HIDDEN:
        return False
    return unicodedata.category(char) not in ("Cc", "Co", "Cs")


def _nodes(tokens: Sequence[Token]) -> Iterator[tuple[Token, Sequence[Token]]]:
    """Each token that opens or is a block, with what is inside."""
    at = 0
    while at < len(tokens):
        end = at
        while tokens[at].nesting == 1 and not (tokens[end].nesting == -1 and tokens[end].level == tokens[at].level):
            end += 1
        yield tokens[at], tokens[at + 1 : end]
        at = end + 1


def _blocks(tokens: Sequence[Token]) -> tuple[Block, ...]:
    return tuple(block for each in _nodes(tokens) if (block := _block(*each)))


def _block(token: Token, inner: Sequence[Token]) -> Block | None:
    match token.type:
        case "paragraph_open":
            found = Block("paragraph", runs(inner[0].children or []), tight=token.hidden)
            return found if found.runs else None
        case "heading_open":
            found = Block("heading", runs(inner[0].children or []), number=int(token.tag[1]))
            return found if found.runs else None
        case "fence" | "code_block":
            return _code(token.content, token.info)
        case "hr":
            return Block("rule")
        case "blockquote_open":
            found = Block("quote", blocks=_blocks(inner))
            return found if found.blocks else None
        case "bullet_list_open":
            return Block("bullets", blocks=_items(inner))
        case "ordered_list_open":
            start = token.attrGet("start")
            return Block("numbers", blocks=_items(inner), number=1 if start is None else int(start))
    raise ValueError(f"no block is called {token.type}")


def _items(tokens: Sequence[Token]) -> tuple[Block, ...]:
    return tuple(Block("item", blocks=_blocks(inner)) for _, inner in _nodes(tokens))


def _code(text: str, info: str) -> Block | None:
    content = _clean(_NEWLINES.sub("\n", text)).expandtabs(4).rstrip()
    known = LANGUAGES.fullmatch(info.strip().lower())
    shown = _BLANK_LINES.sub("", content)
    return Block("code", text=shown, language=known[0] if known else "") if shown else None


def runs(tokens: Sequence[Token]) -> tuple[Run, ...]:
    """One line's tokens as runs, none empty, no two neighbours alike."""
    out: list[Run] = []
    marks = {"strong": 0, "em": 0}
    url, since = "", 0
    for token in tokens:
        now = Run("", strong=marks["strong"] > 0, em=marks["em"] > 0, href=url if _WEB.fullmatch(url) else "")
        match token.type:
            case "link_open":
                url, since = str(token.attrGet("href") or ""), len(out)
            case "link_close":
                out += _address(out[since:], replace(now, href=""), url)
                url = ""
            case "image":
                out += _image(token, now)
            case "hardbreak":
                out.append(BREAK)
            case "text" | "softbreak" | "code_inline":
                text = " " if token.type == "softbreak" else token.content
                out.append(replace(now, text=visible(text), code=token.type == "code_inline"))
            case _:
                marks[token.type.rpartition("_")[0]] += token.nesting
    return _merged(out)


def _address(shown: Sequence[Run], plain: Run, url: str) -> Iterator[Run]:
    """What follows a link's text: its address, where the text is empty or can't be a link."""
    text = "".join(run.text for run in shown)
    if _WEB.fullmatch(url):
        if is_blank(text):
            yield replace(plain, text=url.removeprefix("mailto:"), href=url)
    elif url and text != url:
        yield replace(plain, text=" (")
        yield replace(plain, text=visible(url), code=True)
        yield replace(plain, text=")")


def _image(token: Token, now: Run) -> Iterator[Run]:
    """A link to the image; inside of a link its text alone."""
    inner = "".join(" " if "break" in each.type else each.content for each in token.children or [])
    text, url = visible(inner), visible(str(token.attrGet("src") or ""))
    web = bool(_WEB.fullmatch(url))
    named = replace(now, text="image" if is_blank(text) else text, href=now.href or (url if web else ""))
    yield named
    if not named.href:
        yield from _address([named], now, url)


def _merged(found: Sequence[Run]) -> tuple[Run, ...]:
    out: list[Run] = []
    for run in found:
        if out and run != BREAK != out[-1] and replace(run, text="") == replace(out[-1], text=""):
            out[-1] = replace(run, text=out[-1].text + run.text)
        elif run.text:
            out.append(run)
    return _trimmed(out)


def _trimmed(found: list[Run]) -> tuple[Run, ...]:
    """Without breaks and blanks around the whole."""
    while found and not found[0].text.strip():
        del found[0]
    while found and not found[-1].text.strip():
        del found[-1]
    return tuple(found)
