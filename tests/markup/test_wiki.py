"""Wiki markup shows the ticket's text, and Jira finds nothing in it to act on but what we put there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import example, given, settings

from tmi_issue_sync.markup import wiki
from tmi_issue_sync.markup.tree import Block, document
from tmi_issue_sync.model import Marker

from .documents import DOCS, MARKER, deep, letters, marked, seen
from .jira import OURS, read

MANY = settings(max_examples=250, deadline=None)
Z = "\u200b"


def blocks(found: Iterable[Block]) -> Iterator[Block]:
    for block in found:
        yield block
        yield from blocks(block.blocks)


def nested(found: Iterable[Block], kinds: tuple[str, ...], inside: tuple[str, ...]) -> int:
    """How many blocks of these kinds are in none of the others."""
    return sum(
        (block.kind in kinds) + nested(block.blocks, kinds, inside) for block in found if block.kind not in inside
    )


@pytest.mark.parametrize(
    ("body", "markup"),
    [
        ("plain", "plain"),
        ("", ""),
        ("*a* **b** ***c*** `d`", "_a_ *b* *_c_* {{d}}"),
        ("a*b*c **d**e `f`g h`i`", "a{_}b{_}c *d{*}e {{f}}&#8203;g h&#8203;{{i}}"),
        ("# a\n\n## b *c*", "h1. a\n\nh2. b _c_"),
        ("- a\n- b\n  1. c\n  2. d", "* a\n* b\n*# c\n*# d"),
        ("3. a\n4. b", "* 3. a\n* 4. b"),
        ("- **a**\n-\n- - b", "* *a*\n* &nbsp;\n* &nbsp;\n** b"),
        ("- a\n\n  b\n\n  > c\n  > # d\n- ```\n  x\n  ```", "* a\nb\nc\n*d*\n* &nbsp;\n{noformat}\nx\n{noformat}"),
        ("> a\n>\n> > b\n> # c", "{quote}\na\n\nb\n\nh1. c\n{quote}"),
        ("```python\nx {code}\n```", f"{{code:python}}\nx {{{Z}code}}\n{{code}}"),
        ("```brainf\n{noformat}{a}\n```", f"{{noformat}}\n{{{Z}noformat}}{{a}}\n{{noformat}}"),
        ("```\n\n \n\n x\n```", "{noformat}\n x\n{noformat}"),
        ("```csharp\nx\n```", "{code:c#}\nx\n{code}"),
        ("***", "----"),
        ("a\\\nb  \nc\nd", "a\nb\nc d"),
        ("{code} {{x}} {*}", "&#123;code&#125; &#123;&#123;x&#125;&#125; &#123;&#42;&#125;"),
        ("well-known snake_case C++ a - b -- c", "well-known snake_case C+&#43; a - b &#45;&#45; c"),
        ("Hi! !x.png!", "Hi! &#33;x.png!"),
        ("\\[~user] \\[a|b] ||t||", "&#91;&#126;user&#93; &#91;a&#124;b&#93; &#124;&#124;t&#124;&#124;"),
        ("h1. a\\\nbq. b\\\n\\# c\\\n\\- d", "h1&#46; a\nbq&#46; b\n&#35; c\n&#45; d"),
        ("a (x) :) (see below)", "a &#40;x) &#58;) (see below)"),
        ("\\\\{code}", "&#92;&#123;code&#125;"),
        ("a & b &amp;copy;", "a & b &amp;copy;"),
        ("file:///x ftp://x https://x.example", "file&#58;///x ftp&#58;//x https://x.example"),
        ("`https://x.example`", "{{https&#58;//x.example}}"),
        ("[a!b](https://x.example/?a|b)", "[a&#33;b|https://x.example/?a%7Cb]"),
        ("<https://x.example> <me@x.example>", "[https://x.example] [me@x.example|mailto:me@x.example]"),
        ("[a](javascript:x) [b](ftp://x) [c](/d)", "&#91;a&#93;(javascript:x) b ({{ftp&#58;//x}}) c ({{/d}})"),
        ("**[a](https://x.example)**", "*[a|https://x.example]*"),
        ("![i](https://x.example/i.png)", "[i|https://x.example/i.png]"),
        (f"a{Z}b", "a&#8203;b"),
        ("what??? ??x??", "what&#63;&#63;&#63; &#63;&#63;x&#63;&#63;"),
        ("*0_0* snake_ _a", "_0&#95;0_ snake_ &#95;a"),
        ("[x](https://x.example/?a&amp;lt;b)", "[x|https://x.example/?a&amp;lt;b]"),
        ("[x](<https://[::1]/>)", "[x|https://%5B::1%5D/]"),
    ],
)
def test_each_markup(body: str, markup: str) -> None:
    assert wiki.render(body) == markup


@MANY
@given(DOCS)
@example("inltokxyzkdtnhgnsbdfinltok0inltokxyzkdtnhgnsbdfinltok")
def test_jira_finds_only_what_we_put_there(body: str) -> None:
    tree = document(body)
    found = read(wiki.render(body))
    assert found.other == []
    assert {name: texts for name, texts in found.phrases.items() if texts and name not in OURS} == {}
    assert set(found.macros) <= {"code", "noformat", "quote"}
    assert sum(name != "quote" for name in found.macros) == sum(block.kind == "code" for block in blocks(tree))
    assert found.headings == nested(tree, ("heading",), ("item",))
    assert found.rules == nested(tree, ("rule",), ("item",))
    assert found.items == sum(block.kind == "item" for block in blocks(tree))


@MANY
@given(DOCS)
def test_every_word_is_there_in_its_order(body: str) -> None:
    if not deep(body):
        assert letters("".join(read(wiki.render(body)).text)) == seen(body, counted=True)


@MANY
@given(DOCS)
def test_marks_and_links_are_where_they_were(body: str) -> None:
    found = read(wiki.render(body))
    runs = [run for block in blocks(document(body)) for run in block.runs if run.text.strip()]
    assert [link.casefold() for link in found.links] == [run.href.casefold() for run in runs if run.href]
    assert len(found.phrases["monospaced"]) == sum(run.code and not run.href for run in runs)
    assert len(found.phrases["emphasis"]) == sum(run.em and not run.code for run in runs)


@MANY
@given(DOCS)
def test_the_marker_is_found_again(body: str) -> None:
    markup = wiki.render(marked(body))
    assert Marker.parse(wiki.text(markup)) == MARKER
    assert len(markup) <= 12 * len(marked(body)) + 100


@pytest.mark.parametrize(
    "instance", ["https://x.example/a_b-(c)", "https://x.example:8443/!{code}[x|y]*~", "http://ö.x/\\"]
)
def test_the_marker_of_any_instance(instance: str) -> None:
    marker = Marker(instance, "t_1-(x)*")
    line = wiki.render(marker.block())
    assert Marker.parse(wiki.text(f"a\r\n\r\n{line}\r\n")) == marker


def test_the_marker_as_the_visual_editor_writes_it() -> None:
    line = MARKER.block().strip("`")
    linked = line.replace("https://tmi.example.com", "[https://tmi.example.com]")
    assert Marker.parse(wiki.text(f"{{{{{linked}}}}}")) == MARKER
    assert Marker.parse(wiki.text("{{" + line.replace("-", "\\-") + "}}")) == MARKER
