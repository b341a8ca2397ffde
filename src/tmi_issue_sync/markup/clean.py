"""Hostile, Markdown-like text as canonical CommonMark that stays in its place and does nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from .inline import PARSER, inline
from .inline import text as inline_text
from .scrub import plain_line, plain_text, scrub, unmark

__all__ = ["clean_block", "clean_line", "fence", "plain_line", "plain_text"]

LANGUAGES = re.compile(
    "bash|c|console|cpp|csharp|css|diff|dockerfile|go|graphql|hcl|html|http|ini|java|javascript|js|json|kotlin|lua|perl"
    "|php|powershell|python|ruby|rust|scala|sh|shell|sql|swift|terraform|text|toml|ts|typescript|xml|yaml|yml"
)
"""Languages of code that are only coloured; others are drawn, run or offered as a change by some tracker."""
_DEEPEST = 30
LONGEST = 50_000
"""Longest text to be read as Markdown: hostile text takes a second to parse then."""
_SUBLIST = re.compile(r"[-*+] \S")
_COMMAND = re.compile(r"^/(?=[A-Za-z])", re.MULTILINE)


def clean_line(text: str) -> str:
    """Any text as CommonMark for one line: shows exactly the text, does nothing."""
    return inline_text(" ".join(scrub(text).split()))


def clean_block(text: str) -> str:
    """Any text as CommonMark blocks, closed and safe, to stand between blank lines. May be empty."""
    source = scrub(text)
    done = _canonical(source) if len(source) <= LONGEST else None
    if done is not None and _canonical(done) == done:
        return done
    return fence(source.strip("\n"))


def fence(text: str, language: str = "") -> str:
    """Text as a fenced block that the text can't close."""
    known = LANGUAGES.fullmatch(language.strip().lower())
    shown = text if known or " " not in language.strip() else f"{language.strip()}\n{text}"
    inner = unmark(scrub(shown)).expandtabs(4).rstrip()
    runs = [len(run) for run in re.findall("`{3,}", inner)]
    if runs:  # some readers of quick actions take a shorter fence inside for the end
        inner = _COMMAND.sub("/\u200b", inner)
    ticks = "`" * (max([2, *runs]) + 1)
    return f"{ticks}{known[0] if known else ''}\n{inner}\n{ticks}"


def _canonical(text: str) -> str | None:
    """The text again from what the parser saw; None where it is nested too deep to be seen whole."""
    tokens = PARSER.parse(text)
    if max((token.level for token in tokens), default=0) >= _DEEPEST:
        return None
    return "\n\n".join(_blocks(tokens, ""))


def _blocks(tokens: Sequence[Token], outer: str) -> Iterator[str]:
    """The blocks, none empty. `outer` is the mark that a list may not have here: it would join another."""
    for token, inner in _nodes(tokens):
        mark = _mark(token, outer)
        if block := _list(token, inner, mark) if mark else _block(token, inner):
            outer = mark
            yield block


def _nodes(tokens: Sequence[Token]) -> Iterator[tuple[Token, Sequence[Token]]]:
    """Each token that opens or is a block, with what is inside."""
    at = 0
    while at < len(tokens):
        end = at
        while tokens[at].nesting == 1 and not (tokens[end].nesting == -1 and tokens[end].level == tokens[at].level):
            end += 1
        yield tokens[at], tokens[at + 1 : end]
        at = end + 1


def _block(token: Token, inner: Sequence[Token]) -> str:
    match token.type:
        case "paragraph_open":
            return inline(inner[0].children or [])
        case "heading_open":
            return _heading(inner[0].children or [])
        case "fence" | "code_block":
            return fence(token.content, token.info)
        case "hr":
            return "___"
        case "blockquote_open":
            return _indented("\n\n".join(_blocks(inner, "")), "> ", "> ")
    raise ValueError(f"no block is called {token.type}")


def _heading(tokens: Sequence[Token]) -> str:
    """A bold line: the ticket's own headings stay the only ones."""
    line = [Token("text", "", 0, content=" ") if "break" in token.type else token for token in tokens]
    text = inline(line, bold=True)
    strong = f"**{text}**"
    return strong if inline(PARSER.parseInline(strong)[0].children or []) == strong else text


def _mark(token: Token, outer: str) -> str:
    if token.type == "ordered_list_open":
        return ")" if outer == "." else "."
    return next(mark for mark in "-*+" if mark != outer) if token.type == "bullet_list_open" else ""


def _list(token: Token, inner: Sequence[Token], mark: str) -> str:
    start = int(token.attrGet("start") or 1) if token.attrGet("start") != 0 else 0
    items: list[list[str]] = [list(_blocks(item, mark)) for _, item in _nodes(inner)]
    tight = all(len(blocks) < 2 or (len(blocks) == 2 and _SUBLIST.match(blocks[1])) for blocks in items)
    gap = "\n" if tight else "\n\n"
    lines = []
    for number, blocks in enumerate(items, start):
        lead = f"{number}{mark} " if mark in ".)" else f"{mark} "
        lines.append(_indented(gap.join(blocks), lead, " " * len(lead)))
    return gap.join(lines)


def _indented(text: str, first: str, rest: str) -> str:
    lines = text.split("\n")
    lead = [first, *[rest] * (len(lines) - 1)]
    return "\n".join(mark + line if line else mark.rstrip() for mark, line in zip(lead, lines, strict=True))
