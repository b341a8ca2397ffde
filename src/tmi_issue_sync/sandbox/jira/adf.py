"""Documents in the Atlassian Document Format: whether one may be stored, and its plain text."""

from __future__ import annotations

from typing import Any

INLINE = frozenset({"text", "hardBreak", "mention", "emoji", "inlineCard", "date", "status"})
LEAVES = frozenset({"rule", "text", "hardBreak", "mention", "emoji", "inlineCard", "date", "status"})
NESTED = frozenset({"paragraph", "heading", "bulletList", "orderedList", "codeBlock", "rule", "panel"})
CONTENT: dict[str, frozenset[str]] = {
    "doc": NESTED | {"blockquote", "table", "expand"},
    "paragraph": INLINE,
    "heading": INLINE,
    "codeBlock": frozenset({"text"}),
    "blockquote": frozenset({"paragraph", "bulletList", "orderedList", "codeBlock"}),
    "panel": NESTED - {"panel"},
    "expand": NESTED | {"blockquote", "table"},
    "bulletList": frozenset({"listItem"}),
    "orderedList": frozenset({"listItem"}),
    "listItem": frozenset({"paragraph", "bulletList", "orderedList", "codeBlock"}),
    "table": frozenset({"tableRow"}),
    "tableRow": frozenset({"tableCell", "tableHeader"}),
    "tableCell": NESTED | {"blockquote"},
    "tableHeader": NESTED | {"blockquote"},
}
MARKS = frozenset({"strong", "em", "code", "link", "strike", "underline", "subsup", "textColor"})
LINES = frozenset({"paragraph", "heading", "codeBlock", "tableRow", "rule"})
"""What ends a line of plain text."""
HOLLOW = frozenset({"paragraph", "heading", "codeBlock"})
"""What may be empty."""
DEPTH = 100


def is_document(value: Any) -> bool:
    """Whether a value claims to be a document."""
    return isinstance(value, dict) and value.get("type") == "doc"


def is_sound(value: Any) -> bool:
    """Whether a document may be stored: known nodes in their places, no empty text."""
    return (
        is_document(value)
        and value.get("version") == 1
        and isinstance(value.get("content"), list)
        and all(_node(child, "doc", DEPTH) for child in value["content"])
    )


def text_of(value: Any) -> str:
    """The plain text of a document; text stays as it is."""
    if isinstance(value, str):
        return value
    return _flat(value).rstrip("\n") if isinstance(value, dict) else ""


def document(text: str) -> dict[str, Any] | None:
    """Text as a document, line by line; None for none."""
    if not text:
        return None
    lines = [[{"type": "text", "text": line}] if line else [] for line in text.split("\n")]
    content = [{"type": "paragraph", "content": line} for line in lines]
    return {"type": "doc", "version": 1, "content": content}


def _node(node: Any, parent: str, depth: int) -> bool:
    kind = _kind(node)
    if depth == 0 or kind not in CONTENT[parent] or not isinstance(node.get("attrs", {}), dict):
        return False
    if kind == "text":
        return _text(node, parent)
    if kind == "heading" and node.get("attrs", {}).get("level") not in range(1, 7):
        return False
    content = node.get("content", [])
    if kind in LEAVES:
        return "content" not in node
    if not isinstance(content, list) or (not content and kind not in HOLLOW):
        return False
    if kind == "listItem" and _kind(content[0]) not in ("paragraph", "codeBlock"):
        return False
    return all(_node(child, kind, depth - 1) for child in content)


def _text(node: dict[str, Any], parent: str) -> bool:
    text, marks = node.get("text"), node.get("marks", [])
    if not isinstance(text, str) or not text or not isinstance(marks, list):
        return False
    kinds = {_kind(mark) for mark in marks}
    if parent == "codeBlock":
        return not kinds
    fits = kinds <= MARKS and ("code" not in kinds or kinds <= {"code", "link"})
    return fits and all(_leads(mark) for mark in marks if _kind(mark) == "link")


def _leads(link: dict[str, Any]) -> bool:
    attrs = link.get("attrs")
    return isinstance(attrs, dict) and isinstance(attrs.get("href"), str)


def _kind(node: Any) -> str:
    kind = node.get("type") if isinstance(node, dict) else None
    return kind if isinstance(kind, str) else ""


def _flat(node: Any) -> str:
    if not isinstance(node, dict):
        return ""
    match node.get("type"):
        case "text":
            return str(node.get("text", ""))
        case "hardBreak":
            return "\n"
        case "mention" | "emoji" | "status":
            return str((node.get("attrs") or {}).get("text", ""))
        case "inlineCard":
            return str((node.get("attrs") or {}).get("url", ""))
    content = node.get("content")
    inner = "".join(map(_flat, content)) if isinstance(content, list) else ""
    return inner + ("\n" if node.get("type") in LINES else "")
