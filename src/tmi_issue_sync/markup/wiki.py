"""CommonMark as Jira's wiki markup, for Data Center.

What text could start is written as a character reference (`&#123;`): a backslash means something else to each of
the renderer's stages, and to macros and links it means nothing when another backslash stands before it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from html import unescape
from urllib.parse import quote

from .tree import BREAK, Block, Run, document

LANGUAGES = {
    name: name
    for name in (
        "bash", "c", "cpp", "css", "go", "html", "java", "javascript", "js", "json", "lua", "perl", "php", "python",
        "ruby", "scala", "sh", "sql", "swift", "xml", "yaml",
    )
} | {"console": "bash", "csharp": "c#", "shell": "sh", "yml": "yaml"}  # fmt: skip
"""Ours to Jira's: for any other Jira shows an error above the code."""

_ACTS = re.compile(
    r"[{}\[\]|\\*^~]"
    r"|(?<![A-Za-z0-9])[-+_@!]"  # these begin nothing inside a word
    r"|\?(?=\?)|(?<=\?)\?"
    r"|&(?=[#A-Za-z0-9]|$)"
    r"|\((?=[^\s()]{1,8}\))|[:;](?=-?[()]|[PpD](?![A-Za-z]))"  # smileys
    r"|(?<!\bhttp)(?<!\bhttps):(?=//)|(?i:(?<=mailto)|(?<=file)):"
    r"|k(?=xyzkdtnhgnsbdf)"  # the renderer's own placeholders
)
_DASH = re.compile(r"(?<=[^\s-] )-(?= [^\s-])")
_DASH_KEPT = "\0"
_LINE_START = re.compile(r"^(?:#|(?P<word>h[1-6]|bq)\.)", re.MULTILINE)
_MACRO_END = re.compile(r"\{(?=\s*(?:code|noformat|quote)\b)|(?<=to)k(?=xyzkdtnhgnsbdf)", re.IGNORECASE)
_UNFIT = re.compile(r"[\[\]|{}\\^\s<>\"]")
_ENTITY = re.compile(r"&(?=[#A-Za-z0-9][A-Za-z0-9]{1,7};)")
_BETWEEN = "&#8203;"
"""Between a word and `{{`, which starts nothing inside a word."""

_MONOSPACED = re.compile(r"\{\{([^{}\n]+)\}\}")
_LINK = re.compile(r"\[(?:[^\[\]|\n]*\|)?((?:https?://|mailto:)[^\[\]|\n]+)\]")
_ESCAPED = re.compile(r"\\([^\w\s\\])")


def render(body: str) -> str:
    """The body; in lists a quote, a rule and a heading stand in a simpler form."""
    return "\n\n".join(_blocks(document(body)))


def text(markup: str) -> str:
    """Any wiki markup as plain lines, as far as our own line needs it."""
    plain = _MONOSPACED.sub(r"\1", markup.replace("\r\n", "\n"))
    return unescape(_ESCAPED.sub(r"\1", _LINK.sub(r"\1", plain)))


def _blocks(blocks: Iterable[Block], *, quoted: bool = False) -> Iterator[str]:
    for block in blocks:
        match block.kind:
            case "heading":
                level = f"h{block.number}. "
                yield level + _inline(replace(run, text=" ") if run == BREAK else run for run in block.runs)
            case "rule":
                yield "----"
            case "quote" if not quoted:
                yield "\n".join(("{quote}", "\n\n".join(_blocks(block.blocks, quoted=True)), "{quote}"))
            case "quote":
                yield from _blocks(block.blocks, quoted=True)
            case "bullets" | "numbers":
                yield "\n".join(_list(block, ""))
            case _:
                yield _leaf(block)


def _leaf(block: Block) -> str:
    """A paragraph, code or, in a list, a heading."""
    if block.kind == "code":
        language = LANGUAGES.get(block.language)
        start, end = (f"{{code:{language}}}", "{code}") if language else ("{noformat}", "{noformat}")
        return "\n".join((start, _MACRO_END.sub(lambda found: f"{found[0]}\u200b", block.text), end))
    strong = block.kind == "heading"
    return _inline(replace(run, strong=run.strong or strong) for run in block.runs)


def _list(block: Block, outer: str) -> Iterator[str]:
    """The lines of a list. Jira counts from 1 only: other numbers are text."""
    counted = block.kind == "numbers" and block.number == 1
    marks = outer + ("#" if counted else "*")
    for number, item in enumerate(block.blocks, block.number):
        lead = f"{marks} " if counted or block.kind == "bullets" else f"{marks} {number}. "
        first, *rest = list(_flat(item.blocks)) or [Block("rule")]
        if first.kind in ("paragraph", "heading"):
            yield lead + _leaf(first)
        else:
            rest.insert(0, first)
            yield f"{lead}&nbsp;"
        for inner in rest:
            if inner.kind in ("bullets", "numbers"):
                yield from _list(inner, marks)
            elif inner.kind != "rule":
                yield _leaf(inner)


def _flat(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks of an item, those of a quote among them."""
    for block in blocks:
        yield from _flat(block.blocks) if block.kind == "quote" else [block]


def _inline(runs: Iterable[Run]) -> str:
    pieces = list(runs)
    around = ["", *(run.text for run in pieces), ""]
    shown = (_run(run, around[at][-1:], around[at + 2][:1]) for at, run in enumerate(pieces))
    lines = [line.strip() for line in "".join(shown).split("\n")]
    return _LINE_START.sub(_quiet, "\n".join(line for line in lines if line))


def _quiet(found: re.Match[str]) -> str:
    return f"{found['word']}&#46;" if found["word"] else "&#35;"


def _run(run: Run, before: str, after: str) -> str:
    """A run, its blanks outside of its marks, which take braces beside a letter."""
    inner = run.text.strip()
    if run == BREAK or not inner:
        return run.text
    lead, _, tail = run.text.partition(inner)
    open_, close = _word(lead[-1:] or before), _word(tail[:1] or after)
    shown = escape(inner).replace("_", "&#95;" if run.em else "_")
    if run.code and not run.href:
        code = shown.replace("://", "&#58;//")
        shown = f"{_BETWEEN if open_ else ''}{{{{{code}}}}}{_BETWEEN if close else ''}"
    else:
        shown = _link(shown, run.href) if run.href else shown
        for mark, on in (("_", run.em and not run.code), ("*", run.strong and not run.code)):
            if on:
                shown = f"{_mark(mark, open_)}{shown}{_mark(mark, close)}"
    return f"{lead}{shown}{tail}"


def _word(char: str) -> bool:
    return char.isalnum()


def _mark(mark: str, braces: bool) -> str:
    return f"{{{mark}}}" if braces else mark


def _link(shown: str, url: str) -> str:
    safe = _ENTITY.sub("&amp;", _UNFIT.sub(lambda found: quote(found[0], safe=""), url))
    return f"[{safe}]" if shown == safe else f"[{shown.replace('!', '&#33;')}|{safe}]"


def escape(text: str) -> str:
    """One line of text, of which nothing acts wherever it stands but at a line's start."""
    marked = _ACTS.sub(
        lambda found: "&amp;" if found[0] == "&" else f"&#{ord(found[0])};", _DASH.sub(_DASH_KEPT, text)
    )
    plain = marked.replace(_DASH_KEPT, "-")
    return plain if plain.isascii() else "".join(map(_fit, plain))


def _fit(char: str) -> str:
    """The renderer's marks reach over letters, digits, symbols, punctuation and spaces only."""
    kind = unicodedata.category(char)
    return char if char.isascii() or kind[0] in "LZSMP" or kind == "Nd" else f"&#{ord(char)};"
