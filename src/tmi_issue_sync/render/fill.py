"""Puts hostile values into a body, each as the place it stands in needs it, and shortens until it fits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from markdown_it import MarkdownIt

from ..markup.clean import LONGEST, clean_block, clean_line
from ..markup.clip import clip, cut
from ..markup.scrub import scrub, unmark
from .templates import BLOCK, END, LINE

AS_TRACKERS = MarkdownIt("commonmark")
"""Raw HTML counts: what a tracker would see."""

_VALUE = re.compile(f"([{BLOCK}{LINE}])([^{END}]*)(?:{END}|$)")
_HOLE = re.compile(f"{BLOCK}(\\d+){END}")
_GAPS = re.compile(r"\n(?:[ \t]*\n){2,}")
_LEAD = re.compile(r"(?P<outer>[ \t>]*)(?P<item>(?:[-*+]|\d{1,9}[.)]) +)?")
_TICKS = re.compile(r"(`{3,}|~{3,})")
_ROUNDS = 20
"""Of shortening the largest value; where that does not help, the whole body is cut."""


@dataclass(frozen=True, slots=True)
class _Value:
    """One value and its place: alone on its line, in code, or inside a line."""

    text: str
    block: bool
    alone: bool
    in_code: bool
    first: str
    """What stands before it on its line, where that is only quotes, spaces and a list's mark."""
    rest: str
    """What its further lines begin with."""


def fill(rendered: str, limit: int, notice: str) -> str:
    """The body with its values, at most `limit` characters."""
    raw: list[tuple[str, str]] = []

    def hole(found: re.Match[str]) -> str:
        raw.append((found[1], found[2]))
        return f"{BLOCK}{len(raw) - 1}{END}"

    skeleton = _GAPS.sub("\n\n", _VALUE.sub(hole, rendered)).strip("\n")
    values = list(_placed(skeleton, raw))
    shown = [_shown(value, limit, notice) for value in values]
    body = _joined(skeleton, values, shown)
    for _ in range(_ROUNDS):
        largest = max(range(len(shown)), key=lambda at: len(shown[at]), default=0)
        if len(body) <= limit or not shown or len(shown[largest]) <= len(notice):
            break
        room = max(len(shown[largest]) - (len(body) - limit), len(shown[largest]) // 2, len(notice))
        shown[largest] = _shorter(values[largest], shown[largest], room, notice)
        body = _joined(skeleton, values, shown)
    return clip(body, limit, notice)


def _placed(skeleton: str, raw: list[tuple[str, str]]) -> Iterable[_Value]:
    code_lines = _code_lines(skeleton)
    for number, line in enumerate(skeleton.split("\n")):
        for found in _HOLE.finditer(line):
            kind, text = raw[int(found[1])]
            lead = _LEAD.match(line)
            before = lead[0] if lead else ""
            outer = lead["outer"] if lead else ""
            alone = line == f"{before}{found[0]}"
            rest = outer + " " * (len(before) - len(outer))
            yield _Value(text, kind == BLOCK, alone, number in code_lines, before, rest)


def _code_lines(skeleton: str) -> set[int]:
    blocks = (token for token in AS_TRACKERS.parse(skeleton) if token.type in ("fence", "code_block"))
    return {line for token in blocks if token.map for line in range(*token.map)}


def _shown(value: _Value, limit: int, notice: str) -> str:
    if value.in_code:
        return _TICKS.sub(lambda run: "\u200b".join(run[0]), unmark(scrub(value.text)))
    if not value.block:
        return clean_line(value.text)
    most = min(limit, LONGEST)
    whole = len(value.text) <= most
    return clean_block(value.text) if whole else f"{clean_block(cut(value.text, most))}\n\n{notice}"


def _shorter(value: _Value, shown: str, room: int, notice: str) -> str:
    if value.block and not value.in_code:
        return clip(shown, room, notice)
    size = len(value.text) * room // len(shown) - 1
    return _shown(replace(value, text=cut(value.text, size) + "…"), room, notice)


def _joined(skeleton: str, values: list[_Value], shown: list[str]) -> str:
    def text(found: re.Match[str]) -> str:
        value, clean = values[int(found[1])], shown[int(found[1])]
        if value.in_code or value.alone:
            first, *rest = clean.split("\n")
            return "\n".join([first, *((value.rest + line) if line else value.rest.rstrip() for line in rest)])
        return f"\n\n{clean}\n\n" if "\n" in clean or clean.startswith(("```", "___", "> ")) else clean

    return _HOLE.sub(text, skeleton).strip("\n")
