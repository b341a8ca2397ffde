"""The part of Atlassian Document Format that we write, by hand: what holds what, with which marks and attributes.

After json-schema/v1/full.json of @atlaskit/adf-schema 57.7.22.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

INLINE = frozenset(("text", "hardBreak"))
LISTS = frozenset(("bulletList", "orderedList"))
CHILDREN = {
    "doc": frozenset(("paragraph", "heading", "codeBlock", "rule", "blockquote")) | LISTS,
    "paragraph": INLINE,
    "heading": INLINE,
    "codeBlock": frozenset(("text",)),
    "blockquote": frozenset(("paragraph", "codeBlock")) | LISTS,
    "bulletList": frozenset(("listItem",)),
    "orderedList": frozenset(("listItem",)),
    "listItem": frozenset(("paragraph", "codeBlock")) | LISTS,
    "rule": None,
    "hardBreak": None,
    "text": None,
}
FULL = frozenset(("blockquote", "bulletList", "orderedList", "listItem"))
"""Never empty."""
MARKS = (frozenset(("link", "em", "strong")), frozenset(("link", "code")))
"""What may stand on one text."""
SCHEMES = ("http://", "https://", "mailto:")


def faults(node: Any, where: str = "") -> Iterator[str]:
    """All that is wrong with a node and what it holds."""
    kind = node["type"]
    path = f"{where}/{kind}"
    if extra := set(node) - {"type", *_keys(kind)}:
        yield f"{path}: {sorted(extra)}"
    yield from (f"{path}: {each}" for each in _own(kind, node))
    inner = node.get("content", [])
    allowed = CHILDREN[kind]
    if kind in FULL and not inner:
        yield f"{path}: empty"
    if kind == "listItem" and inner and inner[0]["type"] not in ("paragraph", "codeBlock"):
        yield f"{path}: begins with {inner[0]['type']}"
    for child in inner:
        if allowed is None or child["type"] not in allowed:
            yield f"{path}: holds {child['type']}"
        if kind == "codeBlock" and child.get("marks"):
            yield f"{path}: marks in code"
        yield from faults(child, path)


def _keys(kind: str) -> tuple[str, ...]:
    match kind:
        case "doc":
            return ("version", "content")
        case "text":
            return ("text", "marks")
        case "rule" | "hardBreak":
            return ()
        case "heading" | "codeBlock" | "orderedList":
            return ("attrs", "content")
    return ("content",)


def _own(kind: str, node: Any) -> Iterator[str]:
    attrs = node.get("attrs", {})
    match kind:
        case "doc" if node.get("version") != 1:
            yield "version"
        case "heading" if set(attrs) != {"level"} or attrs["level"] not in range(1, 7):
            yield f"{attrs}"
        case "orderedList" if set(attrs) != {"order"} or type(attrs["order"]) is not int or attrs["order"] < 0:
            yield f"{attrs}"
        case "codeBlock" if not set(attrs) <= {"language"} or not all(
            isinstance(v, str) and v for v in attrs.values()
        ):
            yield f"{attrs}"
        case "text":
            yield from _text(node)


def _text(node: Any) -> Iterator[str]:
    if not node["text"] or not isinstance(node["text"], str):
        yield "empty text"
    marks = node.get("marks", [])
    names = [mark["type"] for mark in marks]
    if len(set(names)) != len(names) or not any(set(names) <= allowed for allowed in MARKS):
        yield f"marks {names}"
    for mark in marks:
        attrs = mark.get("attrs")
        if mark["type"] == "link":
            href = attrs["href"] if set(attrs) == {"href"} and set(mark) == {"type", "attrs"} else ""
            if not href.lower().startswith(SCHEMES):
                yield f"link {attrs}"
        elif set(mark) != {"type"}:
            yield f"mark {mark}"
