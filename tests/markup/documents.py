"""CommonMark for the renderers, from the friendly to the hostile, and what a reader should see of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from render.drafts import draft
from render.hostile import INSTANCE, NASTY, TEXTS, threats
from tmi_issue_sync.model import Marker

MARKER = Marker(INSTANCE, "bbbbbbbb-0000-4000-8000-000000000002", 3)
ACTS = (
    "{code}", "{noformat}", "{quote}", "{color:red}", "{html}", "{code:title=x|y=z}", "{{", "}}", "{*}", "{_}",
    "{", "}", "!x.png!", "!http://x.example/i.png!", "[~user]", "[a|http://x.example]", "[^a.zip]", "[#a]",
    "||h||", "|c|", "h1. ", "\\\nh2. ", "bq. ", "\\\nbq. ", "----\n", "\\\n# ", "\\\n* ", "(x)", "(!)", "(*r)",
    ":)", ":D", ";-)", "??", "^", "~", "-", "+", "--", "\\\\", "\\{code}", "\\[", "&#123;", "&lcub;",
    "&amp;#123;", "{\\", "\\\n{code}\n", "²", "inltokxyzkdtnhgnsbdfinltok0inltokxyzkdtnhgnsbdfinltok",
    "file:///etc/passwd", "mailto:me@x.example", "@x@", "&", "javascript:alert(1)", "<http://x.example/{code}>",
    "[**b**](http://x.example/a|b!c!)", "[`c`](https://x.example)", "[](https://x.example)",
    "[ ](https://x.example)", "[x!y!z!](https://x.example/?a&lt;b)", "**b**", "*i*", "***bi***", "**b", "b**",
    "`c`", "``{code}``", "` x`", "```json\n", "```\n{noformat}\n```\n", "```\n{quote}\n```\n", "0. ",
    "<span data-vss-mention=\"x\">@x</span>", "> # q\n", "> - ", ">> ", "- - ", "- > ", "- ***\n", "- # h\n",
    "-\n", "\n\n", "\n\n", "\\\n", "  \n", "&#10;", "&#13;", "&#x2028;", "&#x202e;", "&#xfeff;", "\ufff9", "ö",
    "\U0001f600",
)  # fmt: skip
DOCS = (
    st.lists(st.sampled_from(ACTS + NASTY), max_size=25).map("".join)
    | st.lists(st.sampled_from((*ACTS, "a", "word", " ", "1", "\n\n")), max_size=25).map("".join)
    | TEXTS
    | threats().map(lambda threat: draft(threat).body)
)
_PARSER = MarkdownIt("commonmark", {"html": False, "maxNesting": 40}).disable("reference")
_WEB = re.compile(r"(?:https?://|mailto:)[^\s<>\"]+", re.IGNORECASE)


def marked(body: str) -> str:
    """The body as an adapter sends it."""
    return f"{body}\n\n{MARKER.block()}" if body else MARKER.block()


def letters(text: str) -> str:
    """What is compared: letters and digits, in their order."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(char for char in whole if char.isalnum())


def deep(body: str) -> bool:
    return any(token.level >= 30 for token in _PARSER.parse(body))


def seen(body: str, *, counted: bool = False) -> str:
    """The letters of a document as a reader should see them; `counted`: with the numbers of lists not from 1."""
    out: list[str] = []
    numbers: list[int | None] = []
    for token in _PARSER.parse(body):
        match token.type:
            case "inline":
                out += _line(token.children or [])
            case "fence" | "code_block":
                out.append(token.content)
            case "bullet_list_open" | "ordered_list_open":
                start = token.attrGet("start")
                numbers.append(int(start) if start is not None and int(start) != 1 else None)
            case "bullet_list_close" | "ordered_list_close":
                numbers.pop()
            case "list_item_open" if counted and (number := numbers[-1]) is not None:
                out.append(str(number))
                numbers[-1] = number + 1
    return letters("".join(out))


def _line(tokens: list[Token]) -> Iterator[str]:
    url, linked = "", ""
    for token in tokens:
        if token.type == "link_open":
            url, linked = str(token.attrGet("href") or ""), ""
            continue
        if token.type == "link_close":
            yield _address(url, linked)
            url = ""
            continue
        text = token.content
        if token.type == "image":
            text = "".join(each.content for each in token.children or [])
            text = text if _seen(text) else "image"
            source = str(token.attrGet("src") or "")
            if not _WEB.fullmatch(source) and not _WEB.fullmatch(url):
                text += f" {_address(source, text)}"
        linked += text
        yield text


def _address(url: str, text: str) -> str:
    if _WEB.fullmatch(url):
        return "" if _seen(text) else url.removeprefix("mailto:")
    return "" if text == url else url


def _seen(text: str) -> bool:
    return any(char.isprintable() and not char.isspace() for char in text)
