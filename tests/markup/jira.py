"""Jira's own stages over wiki markup, as far as they find something to act on: macros, blocks, links, then phrases.

The order and the patterns are those of its renderer: what one stage takes, no later one sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

_START, _END = r"(?<![^\W_])(?<!\\)", r"(?![^\W_])"
_BLANK = r" \t\n\x0b\f\r"
PHRASES = {
    "citation": (r"\?\?", r"\?\?"),
    "strong": (r"\*", r"\*"),
    "superscript": (r"\^", r"\^"),
    "subscript": ("~", "~"),
    "emphasis": ("_", "_"),
    "deleted": ("-", "-"),
    "inserted": (r"\+", r"\+"),
    "monospaced": (r"\{\{", r"\}\}"),
}
OURS = ("strong", "emphasis", "monospaced")
_SMILEYS = (
    ":-)", ":)", ":P", ":p", ";-)", ";)", ":D", ":-(", ":(", "(y)", "(n)", "(i)", "(/)", "(x)", "(+)", "(-)", "(!)",
    "(?)", "(on)", "(off)", "(*)", "(*b)", "(*y)", "(*g)", "(*r)", "(flag)", "(flagoff)",
)  # fmt: skip
_EMOTICON = re.compile("|".join(rf"(?:{re.escape(smiley)})(?![a-zA-Z])" for smiley in _SMILEYS))
_ENTITY = re.compile(r"&[#A-Za-z0-9][A-Za-z0-9]{1,7};")
_ENTITY_END = re.compile(r"&#?[a-zA-Z0-9]{1,10}$")
_DASHES = re.compile(r"(?:^|\s)-{2,3}(?:\s|$)")
_PLACEHOLDER = re.compile(r"(?:in|blk|ibl)l?tokxyzkdtnhgnsbdf")
_AUTO = re.compile(
    r"(?:[^\"\[|'!]|^)(?<![A-Za-z0-9])((?:http://|https://|ftp://|ftps://|mailto:|nntp://|news://|irc://|file:)"
    r"[-_.!~*';/?:@#&=%+$,A-Za-z0-9\[\]()\\]+)"
)
_LIST = re.compile(r"\s*([*\-#]+)[ \t]+(.*?)\s*")
_HEADING = re.compile(r"\s*h([1-6])\.(.*)")
_TOKEN = "\ue100"
_LINK = re.compile("\ue101(\\d+)\ue101")
"""Where a link was, until all else is done."""


def _phrase(start: str, end: str) -> re.Pattern[str]:
    first = start[-1] if start[-1] in "~_-" else start[:2]
    content = rf"[^{_BLANK}{first}](?:(?!{end})[^\n]*?[^{_BLANK}{end[-2:] if len(end) > 1 else end}])??"
    return re.compile(rf"(?:{_START}{start}|\{{{start}\}})({content})(?<!\\)(?:{end}{_END}|\{{{end}\}})")


_PATTERNS = {name: _phrase(*ends) for name, ends in PHRASES.items()}
_IMAGE = _phrase(r"\!", r"\!")


@dataclass
class Seen:
    """What Jira would do with a text."""

    text: list[str] = field(default_factory=list)
    macros: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    """The links' texts."""
    phrases: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in PHRASES})
    headings: int = 0
    items: int = 0
    rules: int = 0
    other: list[str] = field(default_factory=list)
    """What we never write: images, tables, smileys, unknown macros, dashes, addresses of other schemes."""


def read(markup: str) -> Seen:
    seen = Seen()
    _render(markup, seen)
    return seen


def _render(markup: str, seen: Seen) -> None:
    for kind, text in _macros(markup):
        if kind == "":
            _lines(text, seen)
            continue
        seen.macros.append(kind)
        if kind == "quote":
            _render(text, seen)
        elif kind in ("code", "noformat"):
            seen.text.append(text)
        else:
            seen.other.append(f"macro {kind}")


def _macros(wiki: str) -> Iterator[tuple[str, str]]:
    """Plain text and macros in their order; a macro starts a line of its own in what we write."""
    at = done = 0
    while at < len(wiki):
        if wiki[at] == "\\":
            at += 2
        elif wiki[at] != "{":
            at += 1
        elif wiki[at + 1 : at + 2] and wiki[at + 1] in "{*?^_-+~":
            at += 2
        elif (tag := _tag(wiki, at)) is None:
            at += 1
        else:
            name, args, stop = tag
            yield "", wiki[done:at] + _TOKEN
            end = _end(wiki, name, stop)
            yield name if args in ("", args.strip()) else f"{name} {args}", wiki[stop : end[0]]
            at = done = end[1]
    yield "", wiki[done:]


def _tag(wiki: str, start: int) -> tuple[str, str, int] | None:
    parts, args, skip = [""], False, False
    for at in range(start + 1, len(wiki)):
        char = wiki[at]
        if not skip and char == "}":
            run = len(wiki[at:]) - len(wiki[at:].lstrip("}"))
            odd = run % 2 == 1 or at + run == len(wiki)
            known = parts[0].strip() and not parts[0].startswith("$")
            return (parts[0], "".join(parts[1:]), at + 1) if odd and known else None
        if not skip and char == "{":
            return None
        if not skip and char in "\n\r\\":
            skip = True
        elif not skip and char == ":" and not args:
            args = True
            parts.append("")
        else:
            skip = False
            parts[-1] += char
    return None


def _end(wiki: str, name: str, start: int) -> tuple[int, int]:
    at = start
    while at < len(wiki):
        if wiki[at] == "{" and (tag := _tag(wiki, at)) and tag[:2] == (name, ""):
            return at, tag[2]
        at += 2 if wiki[at] == "\\" else 1
    return start, start


def _lines(text: str, seen: Seen) -> None:
    for line in text.split("\n"):
        _line(line, seen)


def _line(line: str, seen: Seen) -> None:
    if (found := _LIST.fullmatch(line)) and not re.match(r"\s*-{2,3}", line):
        seen.items += 1
        _line(found[2], seen)
        return
    if found := _HEADING.fullmatch(line):
        seen.headings += 1
        _inline(found[2], seen)
    elif re.fullmatch(r"\s*-{4,5}\s*", line):
        seen.rules += 1
    else:
        if re.match(r"\s*(\||bq\.)", line):
            seen.other.append(f"block {line!r}")
        _inline(line, seen)


def _inline(line: str, seen: Seen) -> None:
    rest = _links(line, seen)
    for found in _AUTO.finditer(rest):
        if not found[1].startswith(("http://", "https://")):
            seen.other.append(f"address {found[1]}")
    if "\\" in rest:
        seen.other.append(f"backslash {rest!r}")
    _phrases(rest, seen)


def _phrases(text: str, seen: Seen) -> None:
    if _DASHES.search(text) or _PLACEHOLDER.search(text):
        seen.other.append(f"dash or placeholder {text!r}")
    for found in _EMOTICON.finditer(text):
        if not (found[0][0] == ";" and _ENTITY_END.search(text[: found.start()])):
            seen.other.append(f"smiley {text!r}")
    if _IMAGE.search(text):
        seen.other.append(f"image {text!r}")
    for name, pattern in _PATTERNS.items():
        seen.phrases[name] += [found[1] for found in pattern.finditer(text)]
        text = pattern.sub(r"\1", text)
    seen.text.append(_LINK.sub(lambda found: seen.bodies[int(found[1])], _decoded(text)))


def _decoded(text: str) -> str:
    return _ENTITY.sub(lambda found: unescape(found[0]), text)


def _links(line: str, seen: Seen) -> str:
    out, inside = "", ""
    before = ""
    for char in line:
        if char == "[" and before != "\\":
            out, inside = out + inside, "["
        elif char == "]" and inside and before != "\\" and len(inside) > 1:
            out, inside = out + _link(inside[1:], seen), ""
        elif char.isspace() and before == "[":
            out, inside = out + inside + char, ""
        elif inside:
            inside += char
        else:
            out += char
        before = char
    return out + inside


def _link(body: str, seen: Seen) -> str:
    text, bar, url = body.partition("|")
    url = url if bar else text
    if "!" in text and bar:
        seen.other.append(f"image in a link {body!r}")
    if "|" in url or not url.lower().startswith(("http://", "https://", "mailto:")):
        seen.other.append(f"link {body!r}")
    seen.links.append(_decoded(url))
    inner = Seen()
    if bar:
        _phrases(text, inner)
    seen.other += inner.other
    for name, found in inner.phrases.items():
        seen.phrases[name] += found
    seen.bodies.append("".join(inner.text) if bar else text)
    return f"\ue101{len(seen.bodies) - 1}\ue101"
