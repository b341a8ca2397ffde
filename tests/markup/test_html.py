"""HTML shows the ticket's text: a few tags, a link's address, nothing of the text's own."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings

from tmi_issue_sync.markup import html
from tmi_issue_sync.model import Marker

from .documents import DOCS, MARKER, deep, letters, marked, seen

MANY = settings(max_examples=150, deadline=None)
REL = 'rel="noopener noreferrer nofollow"'
TAGS = {
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "a",
    "br", "hr",
}  # fmt: skip
VOID = {"br", "hr"}


class Reader(HTMLParser):
    """All that a browser would not only show."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        names = {"a": {"href", "rel"}, "ol": {"start"} if attrs else set()}.get(tag, set())
        if tag not in TAGS or set(known) != names or len(known) != len(attrs):
            self.faults.append(f"{tag} {attrs}")
        if not str(known.get("href", "https://")).lower().startswith(("http://", "https://", "mailto:")):
            self.faults.append(f"{tag} {attrs}")
        if not str(known.get("start", "0")).isdecimal() or (tag == "a" and "a" in self.open):
            self.faults.append(f"{tag} {attrs}")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"comment {data}")

    def handle_decl(self, decl: str) -> None:
        self.faults.append(f"declaration {decl}")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"instruction {data}")


@pytest.mark.parametrize(
    ("body", "markup"),
    [
        ("", ""),
        ("a *b* **c** `d`", "<p>a <em>b</em> <strong>c</strong> <code>d</code></p>"),
        ("# a\n\n***", "<h1>a</h1>\n<hr>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("- a\n\n- b", "<ul>\n<li><p>a</p></li>\n<li><p>b</p></li>\n</ul>"),
        ("3. a\n   - b", '<ol start="3">\n<li>a\n<ul>\n<li>b</li>\n</ul></li>\n</ol>'),
        ("1. a", "<ol>\n<li>a</li>\n</ol>"),
        ("> a\n> > b", "<blockquote>\n<p>a</p>\n<blockquote>\n<p>b</p>\n</blockquote>\n</blockquote>"),
        ("```html\n<b>\n```", "<pre><code>&lt;b&gt;</code></pre>"),
        ("a\\\nb", "<p>a<br>\nb</p>"),
        ("<b onclick='x'> & &amp;lt; \"", "<p>&lt;b onclick=&#x27;x&#x27;&gt; &amp; &amp;lt; &quot;</p>"),
        ("[a](https://x.example/?a&b)", f'<p><a href="https://x.example/?a&amp;b" {REL}>a</a></p>'),
        ("[a](javascript:x) [b](//x)", "<p>[a](javascript:x) b (<code>//x</code>)</p>"),
        ("![a](https://x.example)", f'<p><a href="https://x.example" {REL}>a</a></p>'),
        ('<a data-vss-mention="x">@x</a>', "<p>&lt;a data-vss-mention=&quot;x&quot;&gt;@x&lt;/a&gt;</p>"),
    ],
)  # fmt: skip
def test_each_markup(body: str, markup: str) -> None:
    assert html.render(body) == markup


@MANY
@given(DOCS)
@example("[x](http://x/\ud800) \ud83d\ude00 \ud800")
def test_any_text_is_shown_and_does_nothing(body: str) -> None:
    markup = html.render(marked(body))
    reader = Reader(markup)
    assert (reader.faults, reader.open) == ([], [])
    assert markup.encode()
    assert Marker.parse(html.text(markup)) == MARKER
    assert len(markup) <= 30 * len(marked(body))
    if not deep(body):
        assert letters(html.text(html.render(body))) == seen(body)


@pytest.mark.parametrize(
    "template",
    [
        "<div>a</div><div>%s</div>",
        "<div><b>a</b><br>%s</div>",
        "<p>a</p><p><span style='x'>%s</span></p>",
        "a<br/>%s<br/>",
        "<ul><li>%s</li></ul>",
    ],
)
def test_the_marker_in_what_the_editor_made_of_it(template: str) -> None:
    line = MARKER.block().strip("`").replace(" ", "&nbsp;", 1)
    assert Marker.parse(html.text(template % line)) == MARKER
