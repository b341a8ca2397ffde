"""Write-back against a TMI that answers like the real one: one field changes, or nothing does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tmi_issue_sync.errors import Changed, LinkRefused, LinkUnknown, ThreatGone, TmiDenied, TmiError
from tmi_issue_sync.model import Threat
from tmi_issue_sync.tmi.client import TmiClient
from tmi_issue_sync.tmi.link import check_link
from tmi_issue_sync.tmi.session import Saved, Session
from tmi_issue_sync.tmi.whole import altered, refuse_loss

from .conftest import World

LINK = "https://tracker.example.com/browse/SEC-1"
FULL: dict[str, Any] = {
    "name": "SQL injection",
    "description": "Search concatenates.\n\n- no login",
    "mitigation": "Parameters.",
    "threat_type": ["Tampering", "Information Disclosure"],
    "severity": "critical",
    "priority": "high",
    "status": "open",
    "score": 9.8,
    "mitigated": False,
    "include_in_report": False,
    "timmy_enabled": False,
    "cwe_id": ["CWE-89"],
    "cvss": [{"vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "score": 9.8}],
    "ssvc": {"vector": "SSVCv2/E:A/A:Y", "decision": "Immediate", "methodology": "SSVCv2"},
    "diagram_id": "11111111-1111-4111-8111-111111111111",
    "cell_id": "22222222-2222-4222-8222-222222222222",
    "asset_id": "33333333-3333-4333-8333-333333333333",
    "metadata": [{"key": "team", "value": "payments"}, {"key": "wave", "value": "2"}],
}
RECORDED = Path(__file__).parents[1] / "sandbox" / "recordings" / "tmi-1.8.22.jsonl"
First = Callable[[TmiClient], Threat]


def test_the_put_changes_the_link_and_nothing_else(world: World, first_threat: First) -> None:
    world.start().threat_model(FULL)
    client = world.client()
    threat = first_threat(client)
    before = world.site.threat(threat.id)
    receipt = client.write(client.prepare(threat), LINK)
    after = world.site.threat(threat.id)
    assert after.pop("issue_uri") == LINK
    assert after.pop("modified_at") != before.pop("modified_at")
    assert after == before
    (commit,) = world.log.commits("tmi", "threat.put")
    assert commit.facts["request_id"] == receipt.sent_id
    assert receipt.modified_at is not None


def test_the_refused_patch_is_tried_once_per_server_version(world: World, first_threat: First) -> None:
    world.start().threat_model({}, {})
    client = world.client()
    first, second = next(iter(client.read(client.threat_models()))).threats  # type: ignore[union-attr]
    client.write(client.prepare(first), LINK)
    client.write(client.prepare(second), LINK)
    assert [line.split()[0] for line in world.asked(path="/threats/")] == ["PATCH", "GET", "PUT", "GET", "PUT"]
    assert world.memory == {"tmi.link.dialect.1.8.22": "put"}


def test_a_documented_server_gets_a_patch(world: World, first_threat: First) -> None:
    world.start(dialect="documented", version="2.2.0").threat_model(FULL)
    client = world.client()
    threat = first_threat(client)
    client.write(client.prepare(threat), LINK)
    assert world.site.threat(threat.id)["issue_uri"] == LINK
    assert world.site.threat(threat.id)["metadata"] == FULL["metadata"]
    assert world.asked("PUT") == []
    assert world.memory == {"tmi.link.dialect.2.2.0": "patch"}


def test_a_stale_cache_is_waited_for(world: World, first_threat: First) -> None:
    world.start().threat_model(FULL)
    client = world.client()
    world.memory["tmi.link.dialect.1.8.22"] = "put"
    old = first_threat(client)
    client.prepare(old)  # fills the server's cache
    world.site.edit_row(old.id, description="new text")
    threat = first_threat(client)
    assert threat.description == "new text"
    with pytest.raises(Changed, match="cache"):
        client.prepare(threat)
    assert world.asked("PUT") == []


def test_a_stamp_that_moved_alone_counts_as_an_edit(world: World, first_threat: First) -> None:
    world.start().threat_model(FULL)
    client = world.client()
    world.memory["tmi.link.dialect.1.8.22"] = "put"
    client.prepare(first_threat(client))
    world.site.edit_row(world.site.threats()[0]["id"])
    with pytest.raises(Changed, match="cache"):
        client.prepare(first_threat(client))


def test_the_row_is_read_last_from_the_database_and_alone(world: World, first_threat: First) -> None:
    """The other way round, an edit between the two reads would be undone from a cached copy."""
    world.start().threat_model(FULL, {})
    client = world.client()
    threat = first_threat(client)
    world.memory["tmi.link.dialect.1.8.22"] = "put"
    client.write(client.prepare(threat), LINK)
    get, row, put = world.log.requests("tmi")[-3:]
    assert (get.kind, row.kind, put.kind) == ("GET", "GET", "PUT")
    assert get.facts["path"] == put.facts["path"] == f"{row.facts['path']}/{threat.id}"
    assert {"sort", "created_after", "created_before"} <= dict(row.facts["query"]).keys()


def test_a_write_waits_for_nothing(world: World, first_threat: First) -> None:
    """Between our read and our write somebody may save."""
    world.start().threat_model({})
    client = world.client()
    world.memory["tmi.link.dialect.1.8.22"] = "put"
    prepared = client.prepare(first_threat(client))
    client._wire.hold(5)
    with pytest.raises(TmiError, match="left alone") as caught:
        client.write(prepared, LINK)
    assert not isinstance(caught.value, LinkUnknown)
    assert (world.clock.slept, world.asked("PUT")) == ([], [])


@pytest.mark.parametrize(("seconds", "written"), [(0, 1), (30, 0)])
def test_a_write_is_repeated_with_a_new_token_only_at_once(
    world: World, first_threat: First, monkeypatch: pytest.MonkeyPatch, seconds: float, written: int
) -> None:
    world.start().threat_model({})
    file = world.session()
    client = world.client(write={"login": True})
    world.memory["tmi.link.dialect.1.8.22"] = "put"
    prepared = client.prepare(first_threat(client))
    saved = file.load()
    assert saved
    world.site._tokens.revoke(saved.access_token)
    real = Session._renew

    def slow(self: Session, held: Saved) -> Saved:
        world.clock.advance(seconds)
        return real(self, held)

    monkeypatch.setattr(Session, "_renew", slow)
    if written:
        client.write(prepared, LINK)
    else:
        with pytest.raises(TmiError, match="too late"):
            client.write(prepared, LINK)
    assert len(world.log.commits("tmi", "threat.put")) == written


def test_a_cached_field_that_moved_without_a_stamp_is_noticed(world: World, first_threat: First) -> None:
    """A deleted diagram nulls diagram_id and leaves modified_at alone."""
    world.start().threat_model(FULL)
    client = world.client()
    world.memory["tmi.link.dialect.1.8.22"] = "put"
    threat = first_threat(client)
    client.prepare(threat)
    row = world.site._store.threats[threat.id]
    del row.fields["diagram_id"]
    with pytest.raises(Changed, match="differ"):
        client.prepare(first_threat(client))


@pytest.mark.parametrize("dialect", ["1.8.22", "documented"])
@pytest.mark.parametrize("edit", [{"description": "mine"}, {"issue_uri": "https://human.example.com/7"}])
def test_an_edit_since_the_plan_stops_the_write(
    world: World, first_threat: First, dialect: str, edit: dict[str, str]
) -> None:
    world.start(dialect=dialect).threat_model(FULL)
    client = world.client()
    threat = first_threat(client)
    world.site.edit_threat(threat.id, **edit)
    with pytest.raises(Changed):
        client.prepare(threat)


def test_an_edit_between_prepare_and_a_refused_patch_stops_the_write(world: World, first_threat: First) -> None:
    world.start().threat_model(FULL)
    client = world.client()
    prepared = client.prepare(first_threat(client))
    world.site.edit_threat(prepared.threat.id, issue_uri="https://human.example.com/7")
    with pytest.raises(Changed):
        client.write(prepared, LINK)
    assert world.site.threat(prepared.threat.id)["issue_uri"] == "https://human.example.com/7"


def test_a_link_that_changed_without_a_stamp_stops_the_write(world: World, first_threat: First) -> None:
    world.start().threat_model(FULL)
    client = world.client()
    threat = first_threat(client)
    world.site._store.threats[threat.id].fields["issue_uri"] = "https://human.example.com/7"
    with pytest.raises(Changed, match="link"):
        client.prepare(threat)


def test_a_server_that_wants_if_match_gets_it(world: World, first_threat: First) -> None:
    world.start(require_if_match=True).threat_model({}, {})
    client = world.client()
    first, second = next(iter(client.read(client.threat_models()))).threats  # type: ignore[union-attr]
    client.write(client.prepare(first), LINK)
    client.write(client.prepare(second), LINK)
    assert {row["issue_uri"] for row in world.site.threats()} == {LINK}
    statuses = [entry.facts["status"] for entry in world.log.requests("tmi", "PUT")]
    assert statuses == [428, 200, 200] or statuses == [200, 200]  # the refused PATCH may have told already
    assert world.memory["tmi.link.if_match.1.8.22"] == "*"


def test_an_http_link_is_refused_for_every_link(world: World, first_threat: First) -> None:
    world.start().threat_model({})
    client = world.client()
    with pytest.raises(LinkRefused, match="unsupported scheme: http") as caught:
        client.write(client.prepare(first_threat(client)), "http://tracker.example.com/1")
    assert caught.value.every_link
    assert "TMI_SSRF_ISSUE_URI_SCHEMES" in caught.value.todo


@pytest.mark.parametrize("text", ["set connection=5", "zero\u200bwidth"])
def test_old_text_that_blocks_a_put_is_told_and_blocks_only_itself(
    world: World, first_threat: First, text: str
) -> None:
    world.start().threat_model({"description": text})
    client = world.client()
    with pytest.raises(LinkRefused) as caught:
        client.write(client.prepare(first_threat(client)), LINK)
    assert not caught.value.every_link
    assert "issue_uri" not in world.site.threats()[0]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("mitigation", "Encode <b>everything</b>."),
        ("mitigation", "Encode &lt;img&gt; as entities"),
        ("mitigation", "see https://h.example.com/x?a=1&copy=2"),
        ("mitigation", "unless a<b always"),
        ("mitigation", "<!-- todo -->"),
        ("description", "5 &amp;lt; 6"),
    ],
)
def test_a_text_that_tmi_would_alter_is_not_sent_to_it(
    world: World, first_threat: First, field: str, text: str
) -> None:
    world.start().threat_model({field: text}, {})
    client = world.client()
    threat = first_threat(client)
    before = world.site.threat(threat.id)
    for _ in range(2):  # the first finds out that this version wants a PUT
        with pytest.raises(LinkRefused, match=f"alter its {field}: .* by hand: {LINK}") as caught:
            client.write(client.prepare(threat), LINK)
        assert not caught.value.every_link
    assert world.asked("PUT") == []
    assert world.site.threat(threat.id) == before


def test_a_field_that_we_do_not_know_is_not_cleared(world: World, first_threat: First) -> None:
    world.start().threat_model(FULL)
    client = world.client()
    threat = first_threat(client)
    world.site._store.threats[threat.id].fields["likelihood"] = "rare"
    assert world.site.threat(threat.id)["likelihood"] == "rare"
    for _ in range(2):
        with pytest.raises(LinkRefused, match="would clear likelihood, which this version does") as caught:
            client.write(client.prepare(threat), LINK)
        assert "newer tmi-issue-sync" in str(caught.value)
    assert world.asked("PUT") == []


@pytest.mark.parametrize("value", [None, "", [], {}])
def test_what_is_empty_can_not_be_cleared(value: Any) -> None:
    refuse_loss({**FULL, "likelihood": value})


@pytest.mark.parametrize("value", [False, 0])
def test_what_is_not_empty_can(value: Any) -> None:
    with pytest.raises(LinkRefused):
        refuse_loss({**FULL, "likelihood": value})


def test_every_field_that_tmi_was_seen_to_answer_is_known() -> None:
    answers = [json.loads(line)["response"]["body"] for line in RECORDED.read_text(encoding="utf-8").splitlines()]
    threats = [body for body in answers if isinstance(body, dict) and "threat_model_id" in body]
    assert len(threats) > 50
    for body in threats:
        refuse_loss(body)


def test_where_tmi_takes_a_patch_no_text_is_in_the_way(world: World, first_threat: First) -> None:
    world.start(dialect="documented", version="2.2.0").threat_model({"mitigation": "Encode <b>all</b> &lt;"})
    client = world.client()
    threat = first_threat(client)
    client.write(client.prepare(threat), LINK)
    assert world.site.threat(threat.id)["issue_uri"] == LINK


@pytest.mark.parametrize(
    "text", ["salt & pepper", "if a < b && c > d", "AT&T; R&D", "a <- b", "100 %", "<3", "x & y;"]
)
def test_a_text_that_tmi_leaves_alone_is_in_no_way(world: World, first_threat: First, text: str) -> None:
    world.start().threat_model({"mitigation": text})
    client = world.client()
    threat = first_threat(client)
    assert client.write(client.prepare(threat), LINK).altered == ()
    assert (world.site.threat(threat.id)["mitigation"], world.site.threat(threat.id)["issue_uri"]) == (text, LINK)


ECHO = {**FULL, "severity": "critical", "issue_uri": "altered, too", "modified_at": "2026-11-23T20:30:20.1Z"}


@pytest.mark.parametrize(
    ("sent", "echo", "found"),
    [
        ({}, {}, ()),
        ({"severity": "High", "status": "In Progress"}, {"severity": "high", "status": "in_progress"}, ()),
        ({"description": "cafe\u0301"}, {"description": "caf\u00e9"}, ()),
        ({"metadata": [], "threat_type": []}, {"metadata": None, "threat_type": None}, ()),
        ({}, {"description": "Search concatenates.\n- no login"}, ("description",)),
        ({}, {"mitigation": None}, ("mitigation",)),
        ({}, {"score": 9.0, "priority": "High"}, ("score", "priority")),
        ({"score": 0}, {"score": None}, ("score",)),
        ({}, {"include_in_report": True, "metadata": []}, ("include_in_report", "metadata")),
        ({"mitigated": True}, {"mitigated": False}, ("mitigated",)),
        ({}, {"cvss": [{"vector": "CVSS:3.1/AV:L", "score": 9.8}]}, ("cvss",)),
        ({}, {"status": "closed"}, ("status",)),
    ],
)
def test_what_tmi_changed_besides_the_link(sent: Any, echo: Any, found: tuple[str, ...]) -> None:
    assert altered({**FULL, **sent}, {**ECHO, **sent, **echo}) == found


def test_an_answer_without_the_threat_proves_nothing_about_it() -> None:
    assert altered(FULL, {"ok": True}) == ()


@pytest.mark.parametrize(
    "kind", ["drop-before", "drop-after", "fin-after", "status-after", "status-before", "html"]
)
def test_a_lost_answer_is_never_followed_by_the_same_body(world: World, first_threat: First, kind: str) -> None:
    world.start().threat_model({})
    client = world.client()
    world.memory["tmi.link.dialect.1.8.22"] = "put"
    prepared = client.prepare(first_threat(client))
    world.fault(kind, method="PUT", times=-1)
    with pytest.raises(LinkUnknown):
        client.write(prepared, LINK)
    assert len(world.asked("PUT")) == 1


def test_a_deleted_threat_is_gone(world: World, first_threat: First) -> None:
    world.start().threat_model({})
    client = world.client()
    threat = first_threat(client)
    prepared = client.prepare(threat)
    world.site.delete_threat(threat.id)
    with pytest.raises(ThreatGone):
        client.write(prepared, LINK)
    for call in (client.prepare, client.probe):
        with pytest.raises(ThreatGone):
            call(threat)


def test_a_service_account_can_only_read(world: World, first_threat: First) -> None:
    world.start().threat_model({})
    client_id, secret = world.site.add_client_credential("alice")
    reader = {"client_id": client_id, "client_secret": secret}
    client = world.client(read=reader)
    threat = first_threat(client)
    with pytest.raises(TmiDenied, match="no writer") as caught:
        client.probe(threat)
    assert "login = true" in str(caught.value)
    as_user = world.client(write={"token": world.site._tokens.service("alice")})
    with pytest.raises(TmiDenied, match="read only"):
        as_user.probe(threat)


def test_a_reader_of_the_model_is_denied(world: World, first_threat: First) -> None:
    world.start().threat_model({})
    threat = first_threat(world.client())
    stranger = world.client(write={"token": world.site.add_user("mallory")})
    for call in (stranger.probe, stranger.prepare):
        with pytest.raises(TmiDenied, match="denies"):
            call(threat)


def test_the_probe_changes_nothing(world: World, first_threat: First) -> None:
    world.start().threat_model(FULL)
    client = world.client()
    threat = first_threat(client)
    commits = len(world.log.commits())
    client.probe(threat)
    assert len(world.log.commits()) == commits


def test_a_refused_connection_leaves_no_doubt(world: World, first_threat: First) -> None:
    world.start().threat_model({})
    client = world.client()
    prepared = client.prepare(first_threat(client))
    world.stack.close()  # TMI and its port are gone, and the client's pool with them
    fresh = TmiClient(
        client.options, clock=world.clock, memory=world.memory, state_dir=world.state_dir, user_agent="tests"
    )
    fresh._info = client._info
    with fresh, pytest.raises(TmiError, match="can't be reached") as caught:
        fresh.write(prepared, LINK)
    assert not isinstance(caught.value, LinkUnknown)


@pytest.mark.parametrize(
    "url",
    [
        LINK,
        "https://10.0.0.1:8443/x",
        "https://github.com/o/r/issues/5",
        "https://dev.azure.com/o/My%20Project/_workitems/edit/7",
        "http://localhost/x",
    ],
)
def test_links_that_tmi_takes(url: str) -> None:
    assert check_link(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "n/a",
        "https://under_score.example.com/x",
        "https://[::1]/x",
        "https://u:p@h.example.com/",
        "https://h.example.com?x=1",
        "https://h.example.com./x",
        "https://h.example.com/a b",
        "https://h.example.com/x?a=1&copy=2",
        "https://h.example.com/x?sectionId=3",
        "https://h.example.com/" + "x" * 1000,
        "ftp://h.example.com/x",
    ],
)
def test_links_that_tmi_refuses_or_alters(url: str) -> None:
    assert check_link(url)
