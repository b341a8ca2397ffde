"""CommonMark as HTML that shows and does nothing else, for Azure DevOps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape, unescape

from .tree import BREAK, Block, Run, document

_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]*+)[^<>]*+>")
"""Read so that no text takes long: people write into tickets too."""
_INLINE = frozenset(("a", "b", "code", "em", "i", "span", "strong", "font", "u", "tt", "wbr"))


def render(body: str) -> str:
    """The body; the only attributes are a link's address and a list's first number."""
    return "\n".join(_blocks(document(body)))


def text(markup: str) -> str:
    """Any HTML as plain lines."""
    lines = _TAG.sub(lambda found: "" if found[1].lower() in _INLINE else "\n", markup)
    return unescape(lines).replace("\xa0", " ")


def _blocks(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        match block.kind:
            case "paragraph":
                yield _inline(block.runs) if block.tight else f"<p>{_inline(block.runs)}</p>"
            case "heading":
                yield f"<h{block.number}>{_inline(block.runs)}</h{block.number}>"
            case "code":
                yield f"<pre><code>{escape(block.text)}</code></pre>"
            case "rule":
                yield "<hr>"
            case "quote":
                yield _within("blockquote", "blockquote", block.blocks)
            case "bullets":
                yield _within("ul", "ul", block.blocks)
            case "numbers":
                start = "" if block.number == 1 else f' start="{block.number}"'
                yield _within(f"ol{start}", "ol", block.blocks)
            case "item":
                inner = "\n".join(_blocks(block.blocks))
                yield f"<li>{inner}</li>"


def _within(start: str, end: str, blocks: Iterable[Block]) -> str:
    return "\n".join((f"<{start}>", *_blocks(blocks), f"</{end}>"))


def _inline(runs: Iterable[Run]) -> str:
    return "".join("<br>\n" if run.text == BREAK.text else _run(run) for run in runs)


def _run(run: Run) -> str:
    shown = escape(run.text)
    for tag, on in (("code", run.code), ("em", run.em), ("strong", run.strong)):
        shown = f"<{tag}>{shown}</{tag}>" if on else shown
    return f'<a href="{escape(run.href)}" rel="noopener noreferrer nofollow">{shown}</a>' if run.href else shown
