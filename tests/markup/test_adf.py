"""A document holds to the format's schema, whatever the text is, and shows all of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings

from tmi_issue_sync.markup import adf
from tmi_issue_sync.model import Json, Marker

from .documents import DOCS, MARKER, deep, letters, marked, seen
from .schema import CHILDREN, faults

MANY = settings(max_examples=150, deadline=None)
EVERY = """\
# Head *em* **strong** `code` [link](https://x.example) [`both`](https://x.example)

a\\
b

- one

  ```python
  x
  ```
- > quoted
  1. deep

7. seven

> text
>
> - list
>
>       code
>
> > # nested head
>
> ***

***
"""


def text(value: str, *marks: str, href: str = "") -> Json:
    found: list[Json] = [{"type": "link", "attrs": {"href": href}}] if href else []
    found += [{"type": mark} for mark in marks]
    return {"type": "text", "text": value, "marks": found} if found else {"type": "text", "text": value}


def paragraph(*content: Json) -> Json:
    return {"type": "paragraph", "content": list(content)}


def item(*content: Json) -> Json:
    return {"type": "listItem", "content": list(content)}


CODE: Json = {"type": "codeBlock", "attrs": {"language": "python"}, "content": [text("x")]}


@pytest.mark.parametrize(
    ("body", "content"),
    [
        ("", []),
        ("a *b* **c** ***d***", [paragraph(
            text("a "), text("b", "em"), text(" "), text("c", "strong"), text(" "), text("d", "em", "strong")
        )]),
        ("***`a`*** [`b`](https://x.example)", [paragraph(
            text("a", "code"), text(" "), text("b", "code", href="https://x.example")
        )]),
        ("a\\\nb\nc", [paragraph(text("a"), {"type": "hardBreak"}, text("b c"))]),
        ("## a", [{"type": "heading", "attrs": {"level": 2}, "content": [text("a")]}]),
        ("#\n\n>\n\n```\n```", []),
        ("```python\nx\n```", [CODE]),
        ("```mermaid\nx\n```", [{"type": "codeBlock", "attrs": {}, "content": [text("x")]}]),
        ("***", [{"type": "rule"}]),
        ("3. a", [{"type": "orderedList", "attrs": {"order": 3}, "content": [item(paragraph(text("a")))]}]),
        ("0. ", [{"type": "orderedList", "attrs": {"order": 0}, "content": [item(paragraph())]}]),
        ("- ```python\n  x\n  ```\n- > b\n- # c\n- ***", [{"type": "bulletList", "content": [
            item(CODE), item(paragraph(text("b"))), item(paragraph(text("c", "strong"))), item(paragraph()),
        ]}]),
        ("- - a", [{"type": "bulletList", "content": [
            item(paragraph(), {"type": "bulletList", "content": [item(paragraph(text("a")))]})
        ]}]),
        ("> # a\n> > b\n>\n> ***", [
            {"type": "blockquote", "content": [paragraph(text("a", "strong")), paragraph(text("b"))]}
        ]),
        ("> ***", []),
        ("<https://x.example> <me@x.example>", [paragraph(
            text("https://x.example", href="https://x.example"), text(" "),
            text("me@x.example", href="mailto:me@x.example"),
        )]),
        ("[a](ftp://x) [](https://x.example)", [paragraph(
            text("a ("), text("ftp://x", "code"), text(") "), text("https://x.example", href="https://x.example")
        )]),
        ("![a](https://x.example) ![](ftp://x)", [paragraph(
            text("a", href="https://x.example"), text(" image ("), text("ftp://x", "code"), text(")")
        )]),
        ("[![a](https://y.example)](https://x.example)", [paragraph(text("a", href="https://x.example"))]),
        ("a&#x202e;b&#0;&#xd800;\x85c", [paragraph(text("ab\ufffd\ufffd c"))]),
    ],
)  # fmt: skip
def test_each_node(body: str, content: list[Json]) -> None:
    assert adf.render(body) == {"type": "doc", "version": 1, "content": content}


def test_every_node_and_mark_that_we_write_is_known_to_the_schema() -> None:
    document = adf.render(EVERY)
    assert list(faults(document)) == []
    assert kinds(document) == set(CHILDREN)
    assert {mark["type"] for node in nodes(document) for mark in node.get("marks", [])} == {
        "link", "code", "em", "strong",
    }  # fmt: skip


def nodes(node: Any) -> list[Any]:
    return [node, *(each for child in node.get("content", []) for each in nodes(child))]


def kinds(node: Any) -> set[str]:
    return {each["type"] for each in nodes(node)}


@pytest.mark.parametrize(
    "node",
    [
        {"type": "doc", "version": 1, "content": [{"type": "listItem", "content": []}]},
        {"type": "doc", "content": []},
        {"type": "blockquote", "content": []},
        {"type": "blockquote", "content": [{"type": "rule"}]},
        {"type": "listItem", "content": [{"type": "bulletList", "content": []}]},
        {"type": "heading", "attrs": {"level": 7}, "content": []},
        {"type": "orderedList", "attrs": {"order": -1}, "content": [item(paragraph())]},
        {"type": "codeBlock", "attrs": {}, "content": [text("x", "em")]},
        {"type": "paragraph", "content": [], "marks": []},
        text(""),
        text("x", "code", "em"),
        text("x", "em", "em"),
        text("x", href="javascript:x"),
        {"type": "text", "text": "x", "marks": [{"type": "em", "attrs": {}}]},
    ],
)
def test_the_checker_sees_faults(node: Json) -> None:
    assert list(faults(node))


@MANY
@given(DOCS)
@example("[x](http://x/\ud800) \ud83d\ude00 \ud800")
@example("- " * 60 + "a")
@example("> " * 60 + "a\n\nb")
@example("**a " * 300 + "b" + "**" * 300)
def test_any_text_gives_a_valid_document(body: str) -> None:
    document = adf.render(marked(body))
    assert list(faults(document)) == []
    assert len(nodes(document)) <= 4 * len(marked(body))
    assert json.dumps(document, ensure_ascii=False).encode()
    assert Marker.parse(adf.text(document)) == MARKER
    if not deep(body):
        assert letters(adf.text(adf.render(body))) == seen(body)


def test_what_is_nested_too_deep_is_shown_as_it_was_written() -> None:
    document = adf.render("a\n\n" + "> " * 60 + "b\n\nc")
    assert adf.text(document).split("\n") == ["", "", "a", "", "> " * 60 + "b", "", "c", "", ""]


def test_text_of_documents_that_people_edited() -> None:
    line = MARKER.block().strip("`")
    card: Json = {"type": "inlineCard", "attrs": {"url": "https://tmi.example.com"}}
    head = line.removesuffix("https://tmi.example.com")
    panel: Json = {
        "type": "panel",
        "content": [{"type": "mention", "attrs": {"id": "1", "text": "@a"}}, paragraph(text(head), card)],
    }
    assert Marker.parse(adf.text({"type": "doc", "content": [panel]})) == MARKER
    odd: list[Json] = [None, "x", 3, [], {}, {"type": "text"}, {"content": "x"}, {"type": "emoji", "attrs": None}]
    for each in odd:
        assert isinstance(adf.text(each), str)
