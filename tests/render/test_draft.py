"""A draft holds everything of its threat that fits, and nothing in it does anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from tmi_issue_sync.errors import Rejected
from tmi_issue_sync.model import Json, Marker, Threat
from tmi_issue_sync.render import Renderer, label, payload_hash

from .drafts import FULL, LINK, draft, footer_stands
from .hostile import INSTANCE, NASTY, OTHER, Target, destination, faults, threat, threats

Z = "\u200b"
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
    hidden = replace(FULL, description="\u200b", mitigation="\u3164 \u200b", ssvc="\u0301")
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
    assert made.fields == {"Team": "AppSec confirmed", "n": 3, "list": [f"@{Z}x"], "raw": "@team #1"}
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
        replace(made, confidential=True),
        replace(made, marker=Marker(INSTANCE, "x", 1)),
        replace(made, marker=Marker("x", made.marker.threat_id, 1)),
    ]
    above = payload_hash(made, "https://tracker.example.com/1")
    assert len({payload_hash(made), above, *map(payload_hash, others)}) == len(others) + 2


def test_a_later_change_of_the_threat_changes_no_field_that_is_not_shown() -> None:
    later = replace(FULL, modified_at=datetime(2026, 4, 1, tzinfo=UTC))
    assert payload_hash(draft(later)) == payload_hash(draft(FULL))
