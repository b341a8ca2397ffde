"""CommonMark as a document of Atlassian Document Format, for Jira Cloud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal

from ..model import Json
from .tree import BREAK, Block, Run, document

Node = dict[str, Json]
_Place = Literal["doc", "quote", "item"]
_INLINE = frozenset(("text", "hardBreak", "mention", "emoji", "inlineCard", "date", "status"))


def render(body: str) -> Node:
    """A whole document; what the format forbids in a quote or a list stands there in a simpler form."""
    return {"type": "doc", "version": 1, "content": list(_blocks(document(body), "doc"))}


def text(document: Json) -> str:
    """Any document as plain lines."""
    parts: list[str] = []
    waiting: list[Json] = [document]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            parts.append(node)
        elif isinstance(node, dict):
            inner = node.get("content")
            waiting += _around(node, list(reversed(inner)) if isinstance(inner, list) else [])
    return "".join(parts)


def _around(node: Node, inner: list[Json]) -> list[Json]:
    """What is left to be read of a node, last first."""
    if node.get("type") not in _INLINE:
        return ["\n", *inner, "\n"]
    if node.get("type") == "hardBreak":
        return ["\n"]
    attrs = node.get("attrs")
    known = attrs if isinstance(attrs, dict) else {}
    shown = (node.get("text"), known.get("text"), known.get("url"))
    return [next((each for each in shown if isinstance(each, str)), "")]


def _blocks(blocks: Iterable[Block], place: _Place) -> Iterator[Json]:
    for block in blocks:
        yield from _block(block, place)


def _block(block: Block, place: _Place) -> Iterator[Json]:
    match block.kind:
        case "heading" if place == "doc":
            yield {"type": "heading", "attrs": {"level": block.number}, "content": _inline(block.runs)}
        case "paragraph" | "heading":
            strong = block.kind == "heading"
            yield {
                "type": "paragraph",
                "content": _inline(replace(run, strong=run.strong or strong) for run in block.runs),
            }
        case "code":
            yield _code(block)
        case "rule" if place == "doc":
            yield {"type": "rule"}
        case "quote" if place == "doc":
            if inner := list(_blocks(block.blocks, "quote")):
                yield {"type": "blockquote", "content": inner}
        case "quote":
            yield from _blocks(block.blocks, place)
        case "bullets":
            yield {"type": "bulletList", "content": [_item(item) for item in block.blocks]}
        case "numbers":
            items: list[Json] = [_item(item) for item in block.blocks]
            yield {"type": "orderedList", "attrs": {"order": block.number}, "content": items}


def _item(item: Block) -> Json:
    """A list's item; older readers of the format want text or code first."""
    content = list(_blocks(item.blocks, "item"))
    if not (content and isinstance(content[0], dict) and content[0].get("type") in ("paragraph", "codeBlock")):
        content.insert(0, {"type": "paragraph", "content": []})
    return {"type": "listItem", "content": content}


def _code(block: Block) -> Json:
    attrs: Node = {"language": block.language} if block.language else {}
    return {"type": "codeBlock", "attrs": attrs, "content": [{"type": "text", "text": block.text}]}


def _inline(runs: Iterable[Run]) -> list[Json]:
    return [{"type": "hardBreak"} if run.text == BREAK.text else _text(run) for run in runs]


def _text(run: Run) -> Json:
    marks: list[Json] = [{"type": "link", "attrs": {"href": run.href}}] if run.href else []
    if run.code:  # goes with no other mark but a link
        marks.append({"type": "code"})
    else:
        marks += [{"type": name} for name, on in (("em", run.em), ("strong", run.strong)) if on]
    return {"type": "text", "text": run.text, "marks": marks} if marks else {"type": "text", "text": run.text}
