"""TMI's free text, from any year and by any hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmi_issue_sync.errors import TmiError
from tmi_issue_sync.levels import (
    MODEL_STATES,
    PRIORITIES,
    SEVERITIES,
    STATES,
    model_status,
    priority,
    severity,
    status,
)
from tmi_issue_sync.model import Cvss, Json, Severity, ThreatModel
from tmi_issue_sync.rules import Condition
from tmi_issue_sync.tmi.values import model_row, moment, threat_row

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
STAMP = "2026-11-23T20:30:20.606504Z"
MODEL = ThreatModel("m1", "Payments")


@given(JSON)
def test_no_word_ever_fails_and_normalising_again_changes_nothing(value: Any) -> None:
    assert severity(severity(value).value) is severity(value)
    assert status(status(value)) == status(value)
    assert priority(priority(value)) == priority(value)
    assert model_status(model_status(value)) == model_status(value)


@given(JSON)
def test_a_row_of_nonsense_is_an_error_and_no_crash(row: Any) -> None:
    with pytest.raises(TmiError, match="usable id"):
        threat_row(row, MODEL)


FIELDS = [
    "name",
    "description",
    "mitigation",
    "threat_type",
    "severity",
    "priority",
    "status",
    "score",
    "mitigated",
    "include_in_report",
    "cwe_id",
    "cvss",
    "ssvc",
    "issue_uri",
    "alias",
]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_odd_values_become_defaults(row: Any) -> None:
    threat = threat_row({"id": "t1", "created_at": STAMP, "modified_at": STAMP, **row}, MODEL)
    assert (threat.id, threat.model) == ("t1", MODEL)
    assert isinstance(threat.severity, Severity)


@given(
    st.dictionaries(
        st.sampled_from(["name", "status", "owner", "threat_count", "created_at", "modified_at", "description"]),
        JSON,
    )
)
def test_odd_model_rows_too(row: Any) -> None:
    assert model_row({"id": "m1", **row}).id == "m1"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("critical", "critical"),
        (" High ", "high"),
        ("0", "critical"),
        (3, "low"),
        ("4.0", "informational"),
        ("17", "unknown"),
        ("Kritisch", "critical"),
        ("Élevée", "high"),
        ("MÉDIO", "medium"),
        ("bajo", "low"),
        ("Info", "informational"),
        (True, "unknown"),
        (None, "unknown"),
        ("purple", "unknown"),
        ("３", "low"),
        ("-1", "unknown"),
        (-1, "unknown"),
        ("_1_", "unknown"),
        ("1-", "unknown"),
    ],
)
def test_severity(value: Any, expected: str) -> None:
    assert severity(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("In Progress", "mitigation_in_progress"),
        ("in_progress", "mitigation_in_progress"),
        ("Resolved", "resolved"),
        ("5", "resolved"),
        ("False-Positive", "false_positive"),
        ("Gelöst", "resolved"),
        ("accepté", "accepted"),
        ("Waiting for  vendor", "waiting_for_vendor"),
        ("", "open"),
        (None, "open"),
        ("-5", "open"),
    ],
)
def test_status(value: Any, expected: str) -> None:
    assert status(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("P0", "immediate"),
        ("1", "high"),
        ("p4", "deferred"),
        ("Urgent", "immediate"),
        ([], "unknown"),
        ("Immediate (P0)", "immediate"),
        ("High (P1)", "high"),
        ("Mittel (P2)", "medium"),
        ("Низкий (P3) ", "low"),
        ("deferred(p4)", "deferred"),
        ("Higher (P5)", "higher_(p5)"),
        ("(P1) team", "(p1)_team"),
        ("-1", "unknown"),
    ],
)
def test_priority(value: Any, expected: str) -> None:
    assert priority(value) == expected


def test_every_key_means_itself_and_its_index() -> None:
    assert [severity(key.value) for key in SEVERITIES] == [severity(str(n)) for n in range(6)] == list(SEVERITIES)
    assert [status(key) for key in STATES] == [status(n) for n in range(10)] == list(STATES)
    assert [priority(key) for key in PRIORITIES] == [priority(str(n)) for n in range(5)] == list(PRIORITIES)
    indexed = [model_row({"id": "m", "status": str(n)}).status for n in range(10)]
    assert [model_status(key) for key in MODEL_STATES] == indexed == list(MODEL_STATES)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("In Progress", "in_progress"),
        ("0", "not_started"),
        ("On hold", "on_hold"),
        (None, ""),
        ("12", ""),
        ("-1", ""),
    ],
)
def test_a_models_status(value: Any, expected: str) -> None:
    assert model_row({"id": "m", "status": value}).status == expected


def test_nine_digits_are_cut_not_rounded() -> None:
    assert moment("2026-11-23T20:30:20.606504999Z") == datetime(2026, 11, 23, 20, 30, 20, 606504, UTC)
    assert moment("2026-11-23T20:30:20.79395Z") == datetime(2026, 11, 23, 20, 30, 20, 793950, UTC)
    assert moment("2026-11-23T21:30:20+01:00") == datetime(2026, 11, 23, 20, 30, 20, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, 5, "", "yesterday", "0001-01-01T00:00:00+14:00"])
def test_no_time_is_none(value: object) -> None:
    assert moment(value) is None


def test_a_full_row() -> None:
    threat = threat_row(
        {
            "id": "t1",
            "name": "SQL injection",
            "created_at": STAMP,
            "modified_at": STAMP,
            "threat_type": ["Tampering", None],
            "cvss": [{"vector": "CVSS:3.1/AV:N", "score": 9.8}, "odd"],
            "ssvc": {"decision": "Immediate"},
            "mitigated": True,
            "include_in_report": False,
            "score": 9,
            "alias": 4,
        },
        MODEL,
    )
    assert threat.threat_type == ("Tampering",)
    assert threat.cvss == (Cvss("CVSS:3.1/AV:N", 9.8),)
    assert (threat.ssvc, threat.mitigated, threat.include_in_report, threat.score, threat.alias) == (
        "Immediate",
        True,
        False,
        9.0,
        4,
    )


@pytest.mark.parametrize("bad", [None, 5, "", "../me", "a/b", "a?b", ".."])
def test_an_id_that_would_change_the_path_is_none(bad: Any) -> None:
    with pytest.raises(TmiError, match="Payments"):
        model_row({"id": bad, "name": "Payments"})


def test_a_row_without_time_is_named() -> None:
    with pytest.raises(TmiError, match="t1"):
        threat_row({"id": "t1", "created_at": STAMP}, MODEL)


def test_a_count_that_is_none_does_not_hide_the_model() -> None:
    assert model_row({"id": "m"}).threat_count == 1
    assert model_row({"id": "m", "threat_count": 0}).threat_count == 0


def test_an_owner_is_matched_by_name_and_by_address() -> None:
    """A row as TMI 1.8.22 lists it."""
    owner: Json = {
        "display_name": "alice (TMI User)",
        "email": "alice@tmi.local",
        "principal_type": "user",
        "provider": "tmi",
        "provider_id": "alice",
    }
    model = model_row({"id": "m", "name": "Pay", "owner": owner})
    threat = threat_row({"id": "t1", "created_at": STAMP, "modified_at": STAMP}, model)
    assert (model.owner, model.owner_address) == ("alice (TMI User)", "alice@tmi.local")
    for pattern in ("*@tmi.local", "Alice@tmi.local", "alice (*"):
        assert Condition.model_validate({"owner": [pattern]}).mismatch(threat) is None
        assert Condition.model_validate({"owner_not": [pattern]}).mismatch(threat)
    why = Condition.model_validate({"owner": ["*@example.com"]}).mismatch(threat)
    assert why == "owner alice (TMI User), alice@tmi.local is not *@example.com"
