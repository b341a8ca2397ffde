"""A ticket fits its tracker's limit after rendering, and footer and marker are never what is cut."""

from __future__ import annotations

import json
from collections.abc import Callable, Sized

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from render.drafts import draft, footer_stands
from render.hostile import TEXTS, threat
from tmi_issue_sync.errors import Rejected
from tmi_issue_sync.markup import adf, html, wiki
from tmi_issue_sync.markup.clip import NOTICE, fit
from tmi_issue_sync.model import Marker

from .documents import MARKER, marked


def as_json(body: str) -> str:
    return json.dumps(adf.render(body))


RENDERERS: list[Callable[[str], Sized]] = [wiki.render, html.render, as_json]


def test_what_fits_is_left_as_it_is() -> None:
    body = "a *b*\n\n- c"
    assert fit(wiki.render, body, len(wiki.render(body))) is body


@pytest.mark.parametrize(
    "text", ["{x} " * 2_000, "word " * 2_000, "\\| " * 3_000, "- {a}\n" * 800 + "\nend " * 900]
)
@pytest.mark.parametrize("render", RENDERERS)
def test_a_long_text_is_shortened_to_little_less_than_the_limit(render: Callable[[str], Sized], text: str) -> None:
    body = fit(render, marked(f"{text}\n\nFooter."), 6_000, keep=2)
    assert 4_000 < len(render(body)) <= 6_000
    assert body.endswith(f"\n\n{NOTICE}\n\nFooter.\n\n{MARKER.block()}")
    assert body.startswith(text[:20])


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=6).map("\n\n".join), st.integers(700, 4_000))
def test_footer_and_marker_survive_any_text(description: str, limit: int) -> None:
    body = draft(threat(description=description * 9)).body
    shorter = fit(wiki.render, marked(body), limit + 600, keep=2)
    assert len(wiki.render(shorter)) <= limit + 600
    assert Marker.parse(wiki.text(wiki.render(shorter))) == MARKER
    assert footer_stands(shorter.removesuffix(f"\n\n{MARKER.block()}"))


def test_what_can_not_fit_is_refused() -> None:
    with pytest.raises(Rejected, match="100 characters are too few for a ticket"):
        fit(wiki.render, marked("word " * 100), 100)
    least = f"{NOTICE}\n\n{MARKER.block()}"
    assert fit(wiki.render, marked("word " * 100), len(wiki.render(least))) == least
