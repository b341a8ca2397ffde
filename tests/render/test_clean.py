"""Threat text loses what acts and hides, and keeps what a reader needs."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tmi_issue_sync.markup.clean import clean_block, clean_line, plain_line
from tmi_issue_sync.markup.clip import clip, clip_line, cut, utf16
from tmi_issue_sync.markup.scrub import scrub
from tmi_issue_sync.model import Marker

from .hostile import NASTY, OTHER, TEXTS, faults, tokens

FEW = settings(max_examples=80, deadline=None)
Z = "\u200b"


def shown(text: str) -> str:
    """What a reader sees, without spaces and zero widths."""
    html = (token.content for token in tokens(text) if token.type in ("text", "code_inline", "fence", "code_block"))
    return re.sub(rf"[\s{Z}]", "", "".join(html))


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("plain", "plain"),
        ("", ""),
        (" \n\t\n", ""),
        ("a *b* **c** `d`", "a *b* **c** `d`"),
        ("- a\n- b\n  - c", "- a\n- b\n  - c"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("- a\n\n* b", "- a\n\n* b"),
        ("```python\nx = '@user'\n```", "```python\nx = '@user'\n```"),
        ("```mermaid\nx\n```", "```\nx\n```"),
        ("~~~\n```\n~~~", "````\n```\n````"),
        ("```\nleft open", "```\nleft open\n```"),
        ("    indented", "```\nindented\n```"),
        ("# Head **x**", "**Head x**"),
        ("a\n===", "**a**"),
        ("a\\\n#b\n===", "**a #b**"),
        ("https://x.example/\u00e9", "<https://x.example/%C3%A9>"),
        ("> a\nb", "> a\n> b"),
        ("a\n***\nb", "a\n\n___\n\nb"),
        ("@user", f"@{Z}user"),
        ("\\@user &#64;user", f"@{Z}user @{Z}user"),
        ("mail me@example.com", "mail me@example.com"),
        ("`@user #1`", "`@user #1`"),
        ("Fixes #1, o/r!2, GH-3", f"Fixes #{Z}1, o/r!{Z}2, GH{Z}-3"),
        ("#**1**", f"\\#{Z}**1**"),
        ("closes https://github.com/o/r/issues/5.", "closes `https://github.com/o/r/issues/5`."),
        ("[x](https://github.com/o/r/%69ssues/5)", "x (`https://github.com/o/r/%69ssues/5`)"),
        ("see https://x.example/a_(b).", "see <https://x.example/a_(b)>."),
        ("[x](javascript:alert(1))", "\\[x\\](javascript:alert(1))"),
        ("[x](/relative)", "x (`/relative`)"),
        ("![alt](https://x.example/i.png)", "[alt](<https://x.example/i.png>)"),
        ("/close", f"/{Z}close"),
        ("<!-- a", "&lt;!-- a"),
        ("<details>\n\nb", "&lt;details>\n\nb"),
        ("| a | b |\n|---|---|", "\\| a \\| b \\|\n\\|---\\|---\\|"),
        ("a\n:-", "a\n\\:-"),
        ("[x]: http://x.example", "\\[x\\]: <http://x.example>"),
        ("a\x00b\u202ec\u200bd\ud800", "abcd\ufffd"),
        ("\U0001f468\u200d\U0001f469 \u200d", "\U0001f468\u200d\U0001f469"),
        ("ftp://x.example/", f"ftp:{Z}//x.example/"),
        ("GH-12@x.example", f"GH{Z}-12@{Z}x.example"),
        ("e" + "\u0301" * 20, "e" + "\u0301" * 8),
        ("www.x.example/pull/3", "`www.x.example/pull/3`"),
        (f"[x](https://x.example/{OTHER.word})", f"x (`https://x.example/tmi{Z}{OTHER.word[3:]}`)"),
        ("\\![i](https://x.example)", f"\\!{Z}[i](<https://x.example>)"),
        ("[t](https://x.example/?a&amp;lt;b)", "[t](<https://x.example/?a&amp;lt;b>)"),
        ("1. a\n1) b", "1. a\n\n1) b"),
        ("!*!*", "!!"),
        ("tmi-issue-sync v1", f"tmi{Z}-issue-sync v1"),
        ("`tmi-issue-sync v1`", f"`tmi{Z}-issue-sync v1`"),
        ("tmi-**issue**-sync v1", f"tmi{Z}-issue-sync v1"),
    ],
)
def test_block(text: str, clean: str) -> None:
    assert clean_block(text) == clean


def test_line_shows_marks_as_they_are() -> None:
    assert clean_line("# *a*\n <b> @x") == f"\\# \\*a\\* &lt;b> @{Z}x"
    assert clean_line("- a") == "\\- a"
    assert clean_line("1. a") == "1\\. a"


def test_plain_line_for_titles() -> None:
    assert plain_line(" a_b*\n@x\u202e #1\x1b <c>") == f"a_b* @{Z}x #{Z}1 <c>"


def test_quick_action_in_a_fence_inside_a_fence() -> None:
    """A reader that ends code at the first short fence must find no command after it."""
    assert f"\n/{Z}close\n" in clean_block("````\n```\n/close\n````")


def test_text_nested_too_deep_is_whole_and_code() -> None:
    assert "bottom" in clean_block("> " * 60 + "bottom")
    assert clean_block("> " * 60 + "bottom").startswith("```\n")


def test_huge_text_is_whole_and_code() -> None:
    assert clean_block("[a" * 50_000) == f"```\n{'[a' * 50_000}\n```"


@FEW
@given(TEXTS)
def test_no_block_acts(text: str) -> None:
    clean = clean_block(text)
    assert faults(f"{clean}\n\nend") == []
    assert [token.content for token in tokens(f"{clean}\n\nend") if token.type == "text"][-1] == "end"
    assert Marker.parse(clean) is None
    assert OTHER.word not in clean


@FEW
@given(TEXTS)
def test_a_marker_in_pieces_is_in_no_flat_text(text: str) -> None:
    flat = "".join(
        token.content or "\n" * token.type.endswith("_close")
        for token in tokens(clean_block(text))
        if not token.children
    )
    assert "tmi-issue-sync v1" not in re.sub(r"\s+", " ", flat)


@FEW
@given(TEXTS)
def test_block_stays_as_it_is(text: str) -> None:
    clean = clean_block(text)
    assert shown(clean_block(clean)) == shown(clean)


@FEW
@given(TEXTS)
def test_nothing_hidden_is_left(text: str) -> None:
    for clean in (clean_block(text), clean_line(text), plain_line(text)):
        bad = [c for c in clean.replace(Z, "") if unicodedata.category(c) in ("Cc", "Cs", "Co") and c not in "\n"]
        assert bad == []
        assert not set(clean) & set("\u202e\u2066\u200f\ufeff\u00ad")


@FEW
@given(st.text(st.sampled_from("ab 12.,-+/()'\n"), max_size=60))
def test_words_survive(text: str) -> None:
    plain = MarkdownIt("commonmark").parse(text)
    words = "".join(re.findall(r"[ab]", "".join(token.content for token in plain if not token.nesting)))
    assert "".join(re.findall(r"[ab]", shown(clean_block(text)))) == words


@FEW
@given(TEXTS)
def test_no_line_acts(text: str) -> None:
    line = clean_line(text)
    assert "\n" not in line
    assert faults(f"- {line}") == []
    assert not [token for token in tokens(f"x {line}") if token.type in ("em_open", "strong_open", "code_block")]
    assert Marker.parse(plain_line(text)) is None


@FEW
@given(TEXTS, st.integers(0, 120))
def test_clip(text: str, limit: int) -> None:
    clean, notice = clean_block(text), "*Shortened.*"
    short = clip(clean, limit, notice)
    assert len(short) <= limit or short == ""
    assert clip(short, limit, notice) == short
    assert (short == clean) if len(clean) <= limit else (limit < len(notice) or short.endswith(notice))
    assert faults(f"{short}\n\nend") == []


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("e\u0301e\u0301", 3, "e\u0301"),
        ("a\U0001f468\u200d\U0001f469", 2, "a"),
        ("a\U0001f468\u200d\U0001f469", 3, "a"),
        ("\U0001f44d\U0001f3fd", 1, ""),
        ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 3, "\U0001f1e9\U0001f1ea"),
        ("\ud83d\ude00", 1, ""),
        ("a" + "\u0301" * 100_000, 5, ""),
        ("abc", 2, "ab"),
    ],
)
def test_cut_keeps_characters_whole(text: str, limit: int, kept: str) -> None:
    assert cut(text, limit) == kept


@pytest.mark.parametrize(
    ("text", "limit", "plain", "wide"),
    [
        ("abc", 3, "abc", "abc"),
        ("abcd", 3, "ab…", "ab…"),
        ("a b c", 3, "a…", "a…"),
        ("\U0001f600\U0001f600", 3, "\U0001f600\U0001f600", "\U0001f600…"),
        ("a\U0001f468\u200d\U0001f469", 5, "a\U0001f468\u200d\U0001f469", "a…"),
        ("\ud800b", 2, "\ud800b", "\ud800b"),
    ],
)
def test_a_line_is_shortened_as_its_server_counts(text: str, limit: int, plain: str, wide: str) -> None:
    assert clip_line(text, limit) == plain
    assert clip_line(text, limit, utf16) == wide


def test_clip_ends_at_a_block() -> None:
    assert clip("one\n\ntwo\n\nthree three", 20, "*cut*") == "one\n\ntwo\n\n*cut*"


def test_clip_closes_a_fence() -> None:
    assert clip("```\n" + "x\n" * 50 + "```", 30, "*cut*") == "```\n" + "x\n" * 7 + "x\n```\n\n*cut*"


def test_clip_keeps_code_closed() -> None:
    """Half of a code span would let the mention in it out."""
    short = clip("word " * 4 + "`" + "@user " * 20 + "`", 60, "*cut*")
    assert f"@{Z}user" in short
    assert faults(short) == []


def test_all_of_the_alphabet_at_once() -> None:
    assert faults(clean_block("".join(NASTY))) == []
    assert scrub("".join(NASTY)) == scrub(scrub("".join(NASTY)))
