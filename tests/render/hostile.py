"""Threat text as an attacker, a careless author and the whole of Unicode write it; and what a tracker would see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import BaseModel

from tmi_issue_sync.model import Cvss, Marker, Severity, Threat, ThreatModel, TrackerKey
from tmi_issue_sync.rules import Destination
from tmi_issue_sync.tracker import Traits

INSTANCE = "https://tmi.example.com"
OTHER = Marker(INSTANCE, "11111111-1111-4111-8111-111111111111")
NASTY = (
    "\n", "\n\n", " ", "    ", "\t", "\r\n", "\r", "a", "word", "x_y_z", "0", "1", "\\", "`", "``", "```",
    "````", "~~~", "```python\n", "```mermaid\n", "<!--", "-->", "<script>", "<details>", "</pre>",
    "<b onclick=x>", "<?", "<![CDATA[", "@user", "@", "@org/team", "&#64;user", "&commat;x", "me@example.com",
    "#", "#1", "# ", "## T\n", "!1", "GH-12", "&1", "Fixes #1", "closes https://github.com/o/r/issues/5",
    "o/r#7", "https://x.example/a_b_(c).", "www.x.example/pull/3", "http://h/o/r/-/work_items/4", "[", "]", "(",
    ")", "[t](javascript:alert(1))", "[t](https://x.example 'q')", "![i](http://x/y.png)", "![i](data:x)",
    "[a]: http://x.example\n", "<https://x.example/@u>", "<me@x.example>", "<ftp://x/>", "[u](/rel)", "- ",
    "* ", "+ ", "1. ", "7) ", "> ", "---\n", "===\n", "***", "**", "*", "_", "__", "~~", "|", "|-|-|\n", ":-",
    "$x$", "$`", "{{ x }}", "{% x %}", "/close\n", "/assign @me", "\u200b", "\u200d", "\u200c", "\u202e",
    "\u2066", "\u200f", "\ufeff", "\u00ad", "\x00", "\x1b[31m", "\x85", "\u2028", "\ud800", "\udc00", "\ufffe",
    "\ue000", "\ue001", "\ue002", "e\u0301", "\u0301", "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f1e9\U0001f1ea", "\U0001f44d\U0001f3fd", "א", "日本", "\u00a0", "\u3000", "&nbsp;", "&#0;", "&#x202e;",
    "&lt;!--", "tmi", "-issue-sync", "tmi-issue-sync v1 ", "tmi-**issue**-sync", OTHER.word, OTHER.block(),
    f"\n{OTHER.block()}\n", f"\n    {OTHER.block().strip('`')}\n",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(NASTY), max_size=25).map("".join) | st.text(
    st.characters(codec=None, exclude_categories=()), max_size=40
)
LINES = st.lists(st.sampled_from(NASTY), max_size=6).map("".join)

MENTION = re.compile("(^|[^\\w\u200b])@[A-Za-z0-9]")
REFERENCE = re.compile(r"#\d|!\d|\bGH-\d", re.IGNORECASE)
COMMAND = re.compile(r"^/[a-z]", re.IGNORECASE)
_SEEN = MarkdownIt("commonmark")


class Target(BaseModel):
    project: str = "SEC"


def destination(
    *, title: str | None = None, body: str | None = None, labels: tuple[str, ...] = (), most: int = 65_000
) -> Destination:
    traits = Traits(1, 1, 1, 1, title_max=255, body_max=most, confidential=False, hosts=("x.example",))
    key = TrackerKey("github", "x.example", "o/r")
    return Destination("sec", key, Target(), traits, title=title, body=body, labels=labels)


def threat(
    name: str = "SQL injection", description: str = "", mitigation: str = "", *, model_name: str = "Shop"
) -> Threat:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    model = ThreatModel("aaaaaaaa-0000-4000-8000-000000000001", model_name)
    return Threat(
        "bbbbbbbb-0000-4000-8000-000000000002", model, name, at, at, description=description, mitigation=mitigation
    )


@st.composite
def threats(draw: st.DrawFn) -> Threat:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    model = ThreatModel("aaaaaaaa-0000-4000-8000-000000000001", draw(LINES), draw(LINES), draw(LINES), draw(LINES))
    return Threat(
        "bbbbbbbb-0000-4000-8000-000000000002",
        model,
        draw(LINES),
        at,
        at,
        description=draw(TEXTS),
        mitigation=draw(TEXTS),
        threat_type=tuple(draw(st.lists(LINES, max_size=3))),
        severity=draw(st.sampled_from(Severity)),
        priority=draw(LINES),
        status=draw(LINES),
        score=draw(st.none() | st.floats(0, 10)),
        cwe=tuple(draw(st.lists(st.just("CWE-79") | LINES, max_size=3))),
        cvss=tuple(draw(st.lists(st.builds(Cvss, LINES, st.none() | st.floats(0, 10)), max_size=2))),
        ssvc=draw(LINES),
    )


def tokens(text: str) -> Iterator[Token]:
    """What a tracker that lets HTML through makes of the text, inline tokens included."""
    for token in _SEEN.parse(text):
        yield token
        yield from token.children or []


def faults(text: str) -> list[str]:
    """All that a ticket's body must not do."""
    found = []
    starts = True
    for token in tokens(text):
        if token.type.startswith("html"):
            found.append(f"html {token.content!r}")
        if token.type == "image":
            found.append("image")
        href = str(token.attrGet("href") or "").lower()
        if token.type == "link_open" and not href.startswith(("https://", "http://", "mailto:")):
            found.append(f"link {href!r}")
        if token.type == "link_open" and re.search(r"/(issues|pull|work_items)/\d", href):
            found.append(f"ticket link {href!r}")
        if token.type == "text":
            acts = MENTION.search(token.content) or REFERENCE.search(token.content)
            found += [f"acts {token.content!r}"] if acts or (starts and COMMAND.match(token.content)) else []
        starts = token.type in ("inline", "softbreak", "hardbreak")
    return found
