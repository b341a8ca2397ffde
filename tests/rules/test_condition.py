"""What a condition takes, what it refuses and why, and when one hides another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tmi_issue_sync.model import Json, Severity, Threat, ThreatModel
from tmi_issue_sync.rules import Condition, shadows
from tmi_issue_sync.tmi.values import threat_row

MAY = datetime(2026, 5, 1, 12, tzinfo=UTC)
MODEL = ThreatModel(
    "m1",
    "Web Shop",
    status="In Progress",
    owner="Ann Lee <ann@example.com>",
    metadata=(("team", "payments"), ("tier", "1")),
)
THREAT = Threat(
    "t1",
    MODEL,
    "SQL injection",
    MAY,
    MAY,
    threat_type=("Information Disclosure", "Spoofing"),
    severity=Severity.HIGH,
    priority="immediate",
    status="mitigation_planned",
    score=7.5,
    cwe=("CWE-089",),
)

CASES: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    ({"metadata": {"tier": "1"}}, None),
    ({"metadata": {"tier": ["0", "1"], "team": "Pay*"}}, None),
    ({"metadata": {"tier": "2"}}, "metadata tier 1 is not 2"),
    ({"metadata": {"region": ["eu", "us"]}}, "metadata region (none) is not eu or us"),
    ({"metadata_not": {"tier": "2", "region": "eu"}}, None),
    ({"metadata_not": {"team": "*"}}, "metadata team payments is left out by metadata_not"),
    ({"severity": "High"}, None),
    ({"severity": ["critical", "high"]}, None),
    ({"severity": ["low", "medium"]}, "severity high is not one of low, medium"),
    ({"severity": "low"}, "severity high is not low"),
    ({"severity_not": "high"}, "severity high is left out by severity_not"),
    ({"severity_not": "low"}, None),
    ({"status": "Mitigation Planned"}, None),
    ({"status": "mitigation-planned"}, None),
    ({"status_not": ["accepted", "closed"]}, None),
    ({"status_not": "mitigation_planned"}, "status mitigation_planned is left out by status_not"),
    ({"priority": "IMMEDIATE"}, None),
    ({"priority_not": "immediate"}, "priority immediate is left out by priority_not"),
    ({"threat_type": "information_disclosure"}, None),
    ({"threat_type": ["Tampering"]}, "threat type information_disclosure, spoofing is not tampering"),
    (
        {"threat_type_not": "SPOOFING"},
        "threat type information_disclosure, spoofing is left out by threat_type_not",
    ),
    ({"cwe": 89}, None),
    ({"cwe": ["cwe-79", "89"]}, None),
    ({"cwe": [79]}, "cwe CWE-89 is not CWE-79"),
    ({"cwe_not": "CWE-89"}, "cwe CWE-89 is left out by cwe_not"),
    ({"model": "web*"}, None),
    ({"model": "Shop"}, "model Web Shop is not shop"),
    ({"model_not": "*SHOP"}, "model Web Shop is left out by model_not"),
    ({"model_id": "M1"}, None),
    ({"model_id": ["m2", "m3"]}, "model id m1 is not one of m2, m3"),
    ({"model_id_not": "m1"}, "model id m1 is left out by model_id_not"),
    ({"model_status": "in_progress"}, None),
    ({"model_status_not": "In Progress"}, "model status in_progress is left out by model_status_not"),
    ({"owner": "*@example.com"}, None),
    ({"owner": "ann lee"}, None),
    ({"owner": "bob*"}, "owner Ann Lee <ann@example.com> is not bob*"),
    ({"owner_not": "ann@*"}, "owner Ann Lee <ann@example.com> is left out by owner_not"),
    ({"score_min": 7.5, "score_max": 7.5}, None),
    ({"score_min": 8}, "score 7.5 is below 8"),
    ({"score_max": 7}, "score 7.5 is above 7"),
    ({"mitigated": False}, None),
    ({"mitigated": True}, "mitigated is false"),
    ({"include_in_report": False}, "include_in_report is true"),
    ({"created_after": date(2026, 5, 1), "created_before": date(2026, 5, 2)}, None),
    ({"created_after": MAY}, None),
    ({"created_before": MAY}, "created 2026-05-01 12:00, not before 2026-05-01 12:00"),
    ({"created_after": "2026-05-02"}, "created 2026-05-01 12:00, before 2026-05-02 00:00"),
    ({"modified_after": datetime(2026, 5, 1, 13)}, "modified 2026-05-01 12:00, before 2026-05-01 13:00"),
    ({"modified_before": date(2026, 5, 2)}, None),
    ({"severity": "high", "score_min": 9}, "score 7.5 is below 9"),
]


@pytest.mark.parametrize(("given_", "why"), CASES)
def test_mismatch(given_: dict[str, Any], why: str | None) -> None:
    assert Condition.model_validate(given_).mismatch(THREAT) == why


def test_every_key_has_a_case_that_matches_not() -> None:
    refused = {key for given_, why in CASES if why for key in given_}
    assert set(Condition.model_fields) - refused == {"status", "priority", "model_status", "modified_before"}


def test_a_threat_without_score_matches_no_score() -> None:
    for key in ("score_min", "score_max"):
        assert Condition.model_validate({key: 5}).mismatch(replace(THREAT, score=None)) == "the threat has no score"


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("status", "In Progress"),
        ("status", "fixed"),
        ("status", "Gelöst"),
        ("status", "5"),
        ("status", "Waiting for  Vendor"),
        ("priority", "critical"),
        ("priority", "High (P1)"),
        ("priority", "P1"),
        ("severity", "Kritisch"),
        ("severity", "3"),
    ],
)
def test_a_word_that_tmi_shows_matches_what_was_read_of_it(key: str, shown: str) -> None:
    """However a value was stored, the same word in the config means the same."""
    row: Json = {"id": "t1", "created_at": MAY.isoformat(), "modified_at": MAY.isoformat(), key: shown}
    threat = threat_row(row, MODEL)
    assert Condition.model_validate({key: [shown]}).mismatch(threat) is None
    assert Condition.model_validate({f"{key}_not": [shown]}).mismatch(threat)


def test_a_threat_that_says_nothing() -> None:
    bare = replace(THREAT, cwe=(), threat_type=())
    assert Condition.model_validate({"cwe": 79}).mismatch(bare) == "cwe (none) is not CWE-79"
    assert Condition.model_validate({"cwe_not": 79, "threat_type_not": "x"}).mismatch(bare) is None


@pytest.mark.parametrize(
    ("given_", "why"),
    [
        ({"severity": "hihg"}, "TMI knows no severity 'hihg'; did you mean 'high'?"),
        ({"severity_not": ["low", "qqq"]}, "TMI knows no severity 'qqq'; it knows critical, high, medium"),
        ({"severity": []}, "an empty list matches nothing"),
        ({"cwe": "SQL"}, "'SQL' is no CWE; write 'CWE-79' or 79"),
        ({"score_min": 11}, "less than or equal to 10"),
        ({"score_min": 8, "score_max": 7}, "score_min is above score_max"),
        ({"created_after": date(2026, 1, 2), "created_before": date(2026, 1, 2)}, "created_after is not before"),
        ({"sevrity": "high"}, "Extra inputs are not permitted"),
        ({"status": {"a": 1}}, "valid string"),
    ],
)
def test_what_can_not_be_meant_is_refused(given_: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Condition.model_validate(given_)
    assert why in str(caught.value)
    assert "input_value" not in str(caught.value)


WORDS: Mapping[str, list[str]] = {
    "severity": ["high", "low"],
    "status": ["open", "closed"],
    "threat_type": ["A", "B"],
    "cwe": ["1", "CWE-2"],
    "model": ["a*", "ab", "*b", "*"],
    "owner": ["a*", "a@b", "*b"],
}
SOME: Mapping[str, st.SearchStrategy[Any]] = {
    **{
        f"{name}{suffix}": st.lists(st.sampled_from(values), min_size=1, max_size=3)
        for name, values in WORDS.items()
        for suffix in ("", "_not")
    },
    "score_min": st.sampled_from([1.0, 3.0]),
    "score_max": st.sampled_from([5.0, 7.0]),
    "mitigated": st.booleans(),
    "created_after": st.sampled_from([date(2026, 1, 1), date(2026, 2, 1)]),
    "modified_before": st.sampled_from([date(2026, 3, 1), date(2026, 4, 1)]),
}


@st.composite
def conditions(draw: st.DrawFn, base: Mapping[str, Any] | None = None) -> dict[str, Any]:
    keys = draw(st.lists(st.sampled_from(sorted(SOME)), max_size=3, unique=True))
    return {**(base or {}), **{key: draw(SOME[key]) for key in keys}}


@st.composite
def threats(draw: st.DrawFn) -> Threat:
    model = ThreatModel(
        "m", draw(st.sampled_from(["a", "ab", "b"])), owner=draw(st.sampled_from(["a@b", "b", "a <b>"]))
    )
    at = st.sampled_from([datetime(2026, month, 15, tzinfo=UTC) for month in (1, 2, 3, 4)])
    return Threat(
        "t",
        model,
        "n",
        draw(at),
        draw(at),
        severity=draw(st.sampled_from([Severity.HIGH, Severity.LOW])),
        status=draw(st.sampled_from(["open", "closed", "x"])),
        threat_type=tuple(draw(st.lists(st.sampled_from(["A", "B"]), unique=True))),
        cwe=tuple(draw(st.lists(st.sampled_from(["CWE-1", "CWE-2"]), unique=True))),
        score=draw(st.none() | st.sampled_from([0.0, 2.0, 4.0, 6.0, 8.0])),
        mitigated=draw(st.booleans()),
    )


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_what_is_shadowed_is_never_reached(data: st.DataObject) -> None:
    earlier = data.draw(conditions())
    later = data.draw(conditions(earlier))
    first, second = Condition.model_validate(earlier), Condition.model_validate(later)
    threat = data.draw(threats())
    if shadows(first, second) and second.mismatch(threat) is None:
        assert first.mismatch(threat) is None


@pytest.mark.parametrize(
    ("earlier", "later", "hides"),
    [
        ({}, {}, True),
        ({}, {"severity": "high"}, True),
        ({"severity": ["high", "low"]}, {"severity": "high"}, True),
        ({"severity": "high"}, {"severity": ["high", "low"]}, False),
        ({"severity": "high"}, {}, False),
        ({"severity_not": "low"}, {"severity": "high"}, True),
        ({"severity_not": "low"}, {"severity": ["high", "low"]}, False),
        ({"severity_not": "low"}, {"severity_not": ["low", "high"]}, True),
        ({"cwe_not": 1}, {"cwe": 2}, False),
        ({"model": "a*"}, {"model": "a*", "status": "open"}, True),
        ({"score_min": 5}, {"score_min": 7}, True),
        ({"score_min": 7}, {"score_min": 5}, False),
        ({"score_max": 7}, {"score_max": 5}, True),
        ({"score_max": 5}, {}, False),
        ({"mitigated": False}, {"mitigated": False}, True),
        ({"mitigated": False}, {"mitigated": True}, False),
        ({"mitigated": False}, {}, False),
        ({"created_after": "2026-01-01"}, {"created_after": "2026-02-01"}, True),
        ({"created_before": "2026-01-01"}, {"created_before": "2026-02-01"}, False),
    ],
)
def test_shadows(earlier: dict[str, Any], later: dict[str, Any], hides: bool) -> None:
    assert shadows(Condition.model_validate(earlier), Condition.model_validate(later)) is hides
