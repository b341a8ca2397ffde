"""One paragraph's tokens as canonical, safe CommonMark: text is escaped, links are shown, nothing acts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from .scrub import acts, neutral, scrub, unmark

PARSER = MarkdownIt("commonmark", {"html": False, "maxNesting": 40}).disable("reference")
"""No reference definitions: they would swallow text."""

_SPECIAL = re.compile(r"[\\`*\[\]~|$]|(?<![^\W_])_|_(?![^\W_])|%(?=[\w\"])")
_ENTITY = re.compile(r"&(?=[#A-Za-z0-9])")
_LINE_START = re.compile(r"^(?:(?P<number>\d{1,9})(?=[.)](?:\s|$))|(?=[-+=#>:]))")
_COMMAND = re.compile(r"^/(?=[A-Za-z])")
_URL = re.compile(r"\b(?:https?://|www\.)[^\s<>\x00-\x20\"`\\|\[\]{}^]+", re.IGNORECASE)
_TAIL = frozenset(".,;:!?'*_~)")
_WEB = re.compile(r"(?:https?://|mailto:)[^\s<>]+$", re.IGNORECASE)
_HARD = "\0"
"""A hard break at a line's end, until the lines are put together; scrubbed text has none."""
_MARKS = {"em_open": 1, "strong_open": 1, "em_close": -1, "strong_close": -1}


def inline(tokens: Sequence[Token], *, bold: bool = False) -> str:
    """The tokens of one inline run. Where its marks would not read back as they were, it is plain text."""
    rich = _Run(bold=bold).render(tokens)
    again = PARSER.parseInline(rich)[0].children or []
    if _Run(bold=bold).render(again) == rich and not _spells_marker(again):
        return rich
    return text(_flat(tokens))


def escape(text: str, *, open_end: bool = False) -> str:
    """Text as CommonMark that shows exactly this text and does nothing."""
    quiet = neutral(scrub(text).replace("\t", " "), open_end=open_end)
    marked = _SPECIAL.sub(lambda found: "\\" + found[0], quiet)
    safe = _ENTITY.sub("&amp;", marked).replace("<", "&lt;")
    return f"{safe[:-2]}\\{safe[-2:]}" if safe.endswith("!\u200b") else safe


def text(plain: str) -> str:
    """Plain text of one line as CommonMark, its web addresses as links."""
    return lines(_Run(bold=False).text(plain, open_end=False))


def code(text: str) -> str:
    """Text as a code span."""
    inner = unmark(scrub(text)).replace("\n", " ").replace("\t", " ")
    if not inner.strip():
        return ""
    ticks = "`" * (max((len(run) for run in re.findall("`+", inner)), default=0) + 1)
    pad = " " if inner[0] in "` " or inner[-1] in "` " else ""
    return f"{ticks}{pad}{inner}{pad}{ticks}"


def link(text: str, url: str) -> str:
    """A link with CommonMark for its text, as code where the URL is a ticket's, as text for other schemes."""
    if not _WEB.match(url) or acts(url):
        shown = code(url)
        return f"{text} ({shown})" if text and shown else text or shown
    return f"[{text}](<{_ENTITY.sub('&amp;', url)}>)" if text else _bare(url)


def _bare(url: str) -> str:
    text = url.removeprefix("mailto:")
    quiet = neutral(text) == text and (text == url or "?" not in text)
    return f"<{text}>" if quiet else link(escape(text), url)


class _Run:
    """One walk over the tokens of a run."""

    def __init__(self, *, bold: bool, linked: bool = False) -> None:
        self._bold = bold
        self._linked = linked

    def render(self, tokens: Sequence[Token]) -> str:
        out: list[str] = []
        at = 0
        while at < len(tokens):
            token = tokens[at]
            if token.type == "link_open":
                end = next(i for i in range(at, len(tokens)) if tokens[i].type == "link_close")
                out.append(self._link(token, tokens[at + 1 : end]))
                at = end
            else:
                out.append(self._one(token, last=at == len(tokens) - 1))
            at += 1
        return lines("".join(out))

    def _one(self, token: Token, *, last: bool) -> str:
        match token.type:
            case "softbreak":
                return "\n"
            case "hardbreak":
                return f"{_HARD}\n"
            case "code_inline":
                return code(token.content)
            case "image":
                return self._image(token)
            case "text":
                return self.text(token.content, open_end=not last)
        return token.markup if token.type in _MARKS and not self._bold else ""

    def _link(self, token: Token, inner: Sequence[Token]) -> str:
        url = str(token.attrGet("href") or "")
        bare = token.info == "auto" or _flat(inner).replace("\u200b", "") in (url, url.removeprefix("mailto:"))
        text = "" if bare else _Run(bold=self._bold, linked=True).render(inner)
        return link(text, url)

    def _image(self, token: Token) -> str:
        url, text = str(token.attrGet("src") or ""), escape(_flat(token.children or []))
        return f"{text} ({code(url)})" if self._linked else link(text or "image", url)

    def text(self, plain: str, *, open_end: bool) -> str:
        out, done = [], 0
        clean = scrub(plain).replace("\n", " ")
        for found in _URL.finditer(clean):
            url = _trimmed(found[0])
            if shown := self._url(url):
                out += [escape(clean[done : found.start()], open_end=True), shown]
                done = found.start() + len(url)
        return "".join([*out, escape(clean[done:], open_end=open_end)])

    def _url(self, url: str) -> str:
        """A link, or code where that would do something; empty where it stays text."""
        if self._linked or acts(url):
            return code(url)
        href = PARSER.normalizeLink(url)
        return link("", href) if url.lower().startswith("http") and PARSER.validateLink(href) else ""


def _trimmed(url: str) -> str:
    """The URL without the punctuation of the sentence around it."""
    while url and url[-1] in _TAIL and not (url[-1] == ")" and url.count("(") >= url.count(")")):
        url = url[:-1]
    return url


def lines(text: str) -> str:
    """Each line, without what would make more of it than a line of a paragraph."""
    stripped = [line.strip() for line in text.split("\n")]
    kept = [_line(line) for line in stripped if line.strip(_HARD)]
    return "\n".join(kept).removesuffix(_HARD).rstrip().replace(_HARD, "\\")


def _line(line: str) -> str:
    quiet = _COMMAND.sub("/\u200b", line)
    return _LINE_START.sub(lambda found: (found["number"] or "") + "\\", quiet)


def _flat(tokens: Sequence[Token]) -> str:
    """What a reader sees of the tokens, on one line; links with their address."""
    parts: list[str] = []
    url = ""
    for token in tokens:
        if token.type == "link_open":
            url = str(token.attrGet("href") or "")
        elif token.type == "link_close":
            parts.append(f" ({url})" if parts[-1:] != [url] else "")
        else:
            parts.append(" " if "break" in token.type else token.content)
    return " ".join("".join(parts).split())


def _spells_marker(tokens: Sequence[Token]) -> bool:
    """Whether marks inside words leave our marker's grammar to be put together by a reader of plain text."""
    seen = "".join(" " if "break" in token.type else token.content for token in tokens)
    return unmark(seen) != seen
