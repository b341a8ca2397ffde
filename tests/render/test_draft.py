"""A draft holds everything of its threat that fits, and nothing in it does anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from tmi_issue_sync.errors import Rejected
from tmi_issue_sync.model import Cvss, Draft, Json, Marker, Severity, Threat, TicketRef
from tmi_issue_sync.render import Renderer, label, payload_hash
from tmi_issue_sync.rules import Destination

from .hostile import INSTANCE, NASTY, OTHER, TEXTS, Target, destination, faults, threat, threats, tokens

Z = "\u200b"
RENDERER = Renderer(INSTANCE, "https://ui.example.com/")
LINK = "https://ui.example.com/tm/aaaaaaaa-0000-4000-8000-000000000001/threat/bbbbbbbb-0000-4000-8000-000000000002"
FULL = replace(
    threat(description="It *breaks*.", mitigation="Mend it."),
    threat_type=("Information Disclosure", "Spoofing"),
    severity=Severity.HIGH,
    priority="immediate",
    status="confirmed",
    score=7.5,
    cwe=("CWE-089", "odd"),
    cvss=(Cvss("CVSS:3.1/AV:N", 9.8),),
    ssvc="Immediate",
)
BODY = f"""\
It *breaks*.

### Mitigation

Mend it.

### Facts

- Severity: high
- Priority: immediate
- Status: confirmed
- Score: 7.5
- CVSS: `CVSS:3.1/AV:N` (9.8)
- SSVC: Immediate
- CWE: [CWE-89](<https://cwe.mitre.org/data/definitions/89.html>), odd
- Threat type: Information Disclosure, Spoofing
- Threat model: Shop
- In TMI: <{LINK}>

Made by tmi-issue-sync from threat [`bbbbbbbb-0000-4000-8000-000000000002`](<{LINK}>)\
 of TMI at `https://tmi.example.com`. What people write here is never overwritten."""


def draft(of: Threat, to: Destination | None = None, renderer: Renderer = RENDERER) -> Draft:
    marker = Marker(INSTANCE, of.id, 1)
    return renderer.draft(of, to or destination(), marker, confidential=False, request_id="r1")


def body(template: str, of: Threat) -> str:
    """What one body template makes, without the footer."""
    return draft(of, destination(body=template)).body.rpartition("\n\nMade by")[0]


def footer_stands(text: str) -> bool:
    """Whether the last block is the footer, at the top level, a paragraph."""
    flat = [token for token in tokens(text) if token.block]
    kinds = [(token.type, token.level) for token in flat[-3:]]
    footer = flat[-2].content.startswith("Made by tmi-issue-sync from threat ")
    return footer and kinds == [("paragraph_open", 0), ("inline", 1), ("paragraph_close", 0)]


def test_everything_is_in_the_ticket() -> None:
    made = draft(FULL)
    assert made.title == "[Threat] SQL injection"
    assert made.body == BODY
    assert made.labels == (
        "tmi", "severity/high", "threat/information-disclosure", "threat/spoofing", "cwe/cwe-89", "cwe/odd",
    )  # fmt: skip
    assert (made.priority, made.fields, made.confidential, made.request_id) == (None, {}, False, "r1")
    assert made.target == Target()


def test_what_is_absent_leaves_nothing() -> None:
    text = draft(threat(model_name=""), renderer=Renderer(INSTANCE, None)).body
    assert text == (
        "### Facts\n\n- Status: open\n\nMade by tmi-issue-sync from threat `bbbbbbbb-0000-4000-8000-000000000002`"
        " of TMI at `https://tmi.example.com`. What people write here is never overwritten."
    )


@pytest.mark.parametrize(
    ("name", "model", "title"),
    [
        ("", "Shop", "[Threat] Unnamed threat in Shop"),
        ("\u200b \x00\u3164", "", "[Threat] Unnamed threat"),
        ("a\n @b", "Shop", f"[Threat] a @{Z}b"),
        ("x" * 300, "Shop", f"[Threat] {'x' * 245}…"),
        ("x" * 243 + "e\u0301" * 9, "Shop", f"[Threat] {'x' * 243}e\u0301…"),
    ],
)
def test_title(name: str, model: str, title: str) -> None:
    assert draft(threat(name, model_name=model)).title == title


def test_blank_title_template_is_no_blank_title() -> None:
    assert draft(FULL, destination(title="{{ threat.issue_uri }}")).title == "[Threat] SQL injection"


@settings(max_examples=80, deadline=None)
@given(threats(), st.sampled_from([2_000, 6_000, 65_000]))
@example(threat("", "".join(NASTY), "".join(NASTY)), 65_000)
@example(threat("\U0001f468\u200d\U0001f469" * 50_000, "`@user` " * 15_000, "\u0301" * 100_000), 6_000)
def test_every_threat_gets_a_safe_draft(of: Threat, most: int) -> None:
    made = draft(of, destination(most=most))
    whole = f"{made.body}\n\n{made.marker.block()}"
    assert Marker.parse(whole) == made.marker
    assert Marker.parse(made.body) is None
    assert OTHER.word not in whole + made.title
    assert faults(made.body) == []
    assert footer_stands(made.body)
    assert made.title.strip()
    assert len(made.title) <= 255
    assert len(whole) <= most
    assert all(0 < len(each) <= 50 and each == each.lower() and not set(each) & set(" ,\n") for each in made.labels)
    assert made.labels[0] == "tmi"
    assert len(made.labels) == len(set(made.labels)) <= 20


def test_long_description_is_shortened_and_says_so() -> None:
    long = replace(FULL, description="A sentence of words.\n\n" * 300)
    made = draft(long, destination(most=3_000))
    head, _, tail = made.body.partition(f"*Shortened. [The full text is in TMI](<{LINK}>).*\n\n### Mitigation")
    assert head.startswith("A sentence of words.\n\nA sentence")
    assert head.endswith("words.\n\n")
    assert tail == BODY.partition("### Mitigation")[2]
    assert 2_900 < len(f"{made.body}\n\n{made.marker.block()}") <= 3_000


def test_huge_description_is_cut_before_it_is_read() -> None:
    made = draft(replace(FULL, description="Some *words* here.\n\n" * 5_000))
    assert made.body.startswith("Some *words* here.\n\nSome")
    assert "Shortened" in made.body


def test_long_template_is_shortened_too() -> None:
    made = draft(FULL, destination(body="word " * 2_000 + "{{ threat.description }}", most=3_000))
    assert "Shortened" in made.body
    assert len(f"{made.body}\n\n{made.marker.block()}") <= 3_000
    assert footer_stands(made.body)


def test_what_nobody_can_see_is_absent() -> None:
    hidden = replace(FULL, description="\u200b", mitigation="\u3164 \u200b", ssvc="\u200b")
    assert draft(hidden).body.startswith("### Facts\n\n- Severity")
    assert "SSVC" not in draft(hidden).body


def test_facts_stay_short() -> None:
    wordy = replace(FULL, ssvc="x" * 500, cwe=tuple(f"CWE-{number}" for number in range(50)))
    text = draft(wordy).body
    assert f"- SSVC: {'x' * 160}…\n" in text
    assert "definitions/11.html>), and 38 more\n" in text


def test_too_little_room_is_rejected() -> None:
    with pytest.raises(Rejected, match="300 characters are too few"):
        draft(FULL, destination(most=300))


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
title | {{ 1 // 0 }} | failed with ZeroDivisionError
body | {{ threat.cvss[0].vector }} | failed with UndefinedError: tuple object has no element 0
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


def test_fields_labels_and_priority() -> None:
    fields: dict[str, Json] = {
        "Team": "AppSec {{ threat.status }}",
        "n": 3,
        "list": ["{{ threat.name }}", None],
        "raw": "@team #1",
    }
    to = replace(
        destination(labels=("Security Team", "Is {{ threat.status }}, {{ threat.priority }}", "TMI", "")),
        fields=fields,
        priority="{{ 'Highest' if threat.severity == 'high' else '' }}",
    )
    made = draft(replace(FULL, name="@x"), to)
    assert made.fields == {"Team": "AppSec confirmed", "n": 3, "list": [f"@{Z}x", None], "raw": "@team #1"}
    assert made.priority == "Highest"
    assert made.labels[-2:] == ("Security Team", "is-confirmed-immediate")
    assert draft(threat(), to).priority is None


def test_own_labels_are_never_left_out() -> None:
    own = tuple(f"l{number}" for number in range(18))
    assert draft(FULL, destination(labels=own)).labels == ("tmi", "severity/high", *own)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Information  Disclosure", "information-disclosure"),
        ("a,b;c", "a-b-c"),
        ("<!-- @x", "x"),
        ("Ä/ß:1.2", "ä/ss:1.2"),
        ("x" * 60, "x" * 50),
        (" ,\u200b", ""),
    ],
)
def test_label(text: str, made: str) -> None:
    assert label(text) == made


class Other(BaseModel):
    project: str = "OTHER"


def test_payload_hash_counts_all_but_generation_and_request() -> None:
    made = draft(FULL)
    same = replace(made, marker=replace(made.marker, generation=7), request_id="r2")
    assert payload_hash(same) == payload_hash(made)
    others = [
        replace(made, title="x"),
        replace(made, body="x"),
        replace(made, target=Other()),
        replace(made, labels=()),
        replace(made, fields={"a": 1}),
        replace(made, priority="x"),
        replace(made, parent=TicketRef("a", "h", "1")),
        replace(made, confidential=True),
        replace(made, marker=Marker(INSTANCE, "x", 1)),
        replace(made, marker=Marker("x", made.marker.threat_id, 1)),
    ]
    assert len({payload_hash(made), *map(payload_hash, others)}) == len(others) + 1


def test_a_later_change_of_the_threat_changes_no_field_that_is_not_shown() -> None:
    later = replace(FULL, modified_at=datetime(2026, 4, 1, tzinfo=UTC))
    assert payload_hash(draft(later)) == payload_hash(draft(FULL))
