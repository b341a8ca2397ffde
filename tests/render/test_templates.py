"""Operators' templates: values stay in their place, what is broken is named, the sandbox holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tmi_issue_sync.errors import Rejected
from tmi_issue_sync.model import Marker, Threat
from tmi_issue_sync.rules import Destination

from .drafts import FULL, LINK, RENDERER, draft, footer_stands
from .hostile import TEXTS, destination, faults, threat

Z = "\u200b"


def body(template: str, of: Threat) -> str:
    """What one body template makes, without the footer."""
    return draft(of, destination(body=template)).body.rpartition("\n\nMade by")[0]


@pytest.mark.parametrize(
    ("template", "description", "made"),
    [
        ("{{ threat.description }}", "a\n\n- b", "a\n\n- b"),
        ("x {{ threat.description }} y", "*a*", "x *a* y"),
        ("Text:\n{{ threat.description }}", "- b\n- c", "Text:\n- b\n- c"),
        ("x: {{ threat.description }}", "```\na\n```", "x: \n\n```\na\n```"),
        ("> {{ threat.description }}", "a\n\nb", "> a\n>\n> b"),
        ("- {{ threat.description }}\n- c", "a\n\nb", "- a\n\n  b\n- c"),
        ("```\n{{ threat.description }}\n```", "```\n@a", f"```\n`{Z}`{Z}`\n@a\n```"),
        ("```\nx: {{ threat.description }}\n```", "a\nb", "```\nx: a\nb\n```"),
        ("{{ threat.description | upper }}", "@a <b>", f"@{Z}A &lt;B>"),
        ("{{ threat.description | safe }}", "<b>", "&lt;b>"),
        ("{{ '*' ~ threat.name ~ '*' }}", "", "\\*SQL injection\\*"),
        ("{% set x %}{{ threat.description }}{% endset %}{{ x }}", "@a", f"@{Z}a"),
        ("{% filter truncate(3, True, '') %}{{ threat.description }}{% endfilter %}", "@abcdef", f"@{Z}a"),
        ("<b>{{ threat.name }}</b>", "", "<b>SQL injection</b>"),
        ("{{ threat.cvss }}; {{ threat.mitigated }}; {{ threat.score }}", "", "CVSS:3.1/AV:N (9.8); no; 7.5"),
        ("[open]({{ threat.url }}) {{ model.name }} {{ threat.model.name }}", "", f"[open]({LINK}) Shop Shop"),
        ("{{ threat.created_at }} {{ destination.tracker }}", "", "2026-03-01T12:00:00+00:00 sec"),
        ("a  \nb\n\n\n\nc", "", "a  \nb\n\nc"),
    ],
)
def test_values_fit_where_they_stand(template: str, description: str, made: str) -> None:
    assert body(template, replace(FULL, description=description)) == made


@settings(max_examples=80, deadline=None)
@given(
    TEXTS,
    st.sampled_from(
        [
            "{{ threat.description }}",
            "x {{ threat.description }} y",
            "> {{ threat.description }}",
            "1. {{ threat.description }}\n2. b",
            "```\n{{ threat.description }}\n```\n",
            "~~~\n{{ threat.description }}\n~~~",
            "    {{ threat.description }}",
            "{{ threat.description | replace('a', '`') | truncate(30) }}",
            "- > {{ threat.description }} {{ threat.name }}",
            "> ```\n> {{ threat.description }}\n> ```",
            "{% filter upper %}{{ threat.description }}{% endfilter %}",
            "## {{ threat.description }}",
        ]
    ),
)
def test_no_value_leaves_its_place(text: str, template: str) -> None:
    made = draft(replace(FULL, description=text), destination(body=template, most=4_000))
    assert faults(made.body) == []
    assert footer_stands(made.body)
    assert Marker.parse(made.body) is None


BROKEN = """
body | {{ threat.sevrity }} | line 1: unknown field threat.sevrity; did you mean threat.severity?
body | {{ threat['model']['nam'] }} | line 1: unknown field threat.model.nam; did you mean threat.model.name?
title | x{{ threat.name | line 1: unexpected end of template, expected 'end of print statement'.
title | {{ thread.name }} | unknown name thread; did you mean threat?
title | {{ threat.name|uper }} | line 1: unknown filter uper; did you mean upper?
label | {{ model.statis }} | line 1: unknown field model.statis; did you mean model.status?
priority | {{ x }} | unknown name x; known here: destination, model, threat
field a | {{ x }} | unknown name x; known here: destination, model, threat
title | {{ 1 // 0 }} | line 1 failed with ZeroDivisionError: integer division or modulo by zero
body | {{ threat.cvss[0].vector }} | line 1 failed with UndefinedError: tuple object has no element 0
body | ```{{ threat.name }} | leaves a code or HTML block open at its end
body | <!-- {{ threat.name }} | leaves a code or HTML block open at its end
body | {% for i in range(99999) %}many{{ i }}{% endfor %} | gives more than 400000 characters
"""


def broken(what: str, source: str) -> Destination:
    match what:
        case "title":
            return destination(title=source)
        case "body":
            return destination(body=source.replace("```", "```\n"))
        case "label":
            return destination(labels=(source,))
        case "priority":
            return replace(destination(), priority=source)
    return replace(destination(), fields={"a": [{"b": source}]})


@pytest.mark.parametrize("line", BROKEN.strip().splitlines())
def test_check_names_the_broken_template(line: str) -> None:
    what, source, problem = line.split(" | ")
    to = broken(what, source)
    why = f"sec: {what}{': ' if ' name' in problem or problem.startswith('line') else ' '}{problem}"
    assert RENDERER.check(to) == [why]
    with pytest.raises(Rejected) as caught:
        draft(threat(), to)
    assert caught.value.why == why


def test_check_finds_nothing_in_what_is_well() -> None:
    assert RENDERER.check(destination()) == []
    assert RENDERER.check(destination(title="{{ threat.name | upper }}", labels=("x {{ threat.status }}",))) == []


@pytest.mark.parametrize(
    "template", ["{{ threat.name.__class__ }}", "{{ ''.__class__.__mro__ }}", "{{ threat.name.format(1) }}"]
)
def test_sandbox_holds(template: str) -> None:
    hostile = threat("{0.__class__}")
    if "format" in template:
        assert "class" not in draft(threat("{0}"), destination(title=template)).title.lower()
    else:
        with pytest.raises(Rejected, match="SecurityError"):
            draft(hostile, destination(title=template))
