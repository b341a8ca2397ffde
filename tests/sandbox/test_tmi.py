"""The sandbox's TMI where no recording reaches: caches, lists, refusals, the documented dialect."""

from __future__ import annotations

import pytest

from .tmi_world import FIRST, LINK, MODEL, SECOND, THIRD, THREATS, World


@pytest.fixture
def world() -> World:
    return World()


def test_load_keeps_what_the_api_would_refuse(world: World) -> None:
    world.site.edit_row(FIRST, name='<b>"x"</b>', issue_uri="n/a", description="a\u200bb", status="In Progress")
    row = world.ask("GET", f"{THREATS}/{FIRST}").body
    assert (row["name"], row["issue_uri"], row["status"]) == ('<b>"x"</b>', "n/a", "In Progress")
    assert row["description"] == "a\u200bb"
    assert row["created_at"] == "2026-01-01T00:00:00.5Z"
    assert world.ask("GET", f"/threat_models/{MODEL['id']}").body["is_confidential"] is True


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("sort=created_at:asc", "123"),
        ("sort=created_at:desc", "321"),
        ("sort=severity:desc", "213"),
        ("sort=nonsense", "321"),
        ("created_after=2026-01-01T00:00:00.5Z&sort=name:asc", "23"),
        ("created_after=2026-01-01T00:00:00.499999Z&sort=name:asc", "123"),
        ("created_before=2026-01-03T00:00:00.5Z&sort=name:asc", "12"),
        ("severity=critical", "2"),
        ("limit=1&offset=1&sort=name:asc", "2"),
        ("offset=9", ""),
    ],
)
def test_list(world: World, query: str, names: str) -> None:
    assert world.names(query) == list(names)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "offset=-1", "created_after=2026-01-01", "severity=9"]
)
def test_bad_query(world: World, query: str) -> None:
    assert world.ask("GET", f"{THREATS}?{query}").status == 400


def test_get_is_cached_and_metadata_is_not(world: World) -> None:
    world.ask("GET", f"{THREATS}/{FIRST}")
    world.site.edit_row(FIRST, severity="high")
    world.ask("POST", f"{THREATS}/{FIRST}/metadata", {"key": "k", "value": "v"})
    stale = world.ask("GET", f"{THREATS}/{FIRST}").body
    assert (stale["severity"], stale["metadata"]) == ("low", [{"key": "k", "value": "v"}])
    assert world.names("severity=high") == ["1"]
    world.clock.wait(seconds=301)
    assert world.ask("GET", f"{THREATS}/{FIRST}").body["severity"] == "high"


def test_patch_writes_the_cached_copy_back(world: World) -> None:
    world.ask("GET", f"{THREATS}/{FIRST}")
    world.site.edit_row(FIRST, severity="high")
    world.ask("PATCH", f"{THREATS}/{FIRST}", [{"op": "replace", "path": "/status", "value": "Open"}])
    assert world.site.threat(FIRST)["severity"] == "low"
    assert world.site.threat(FIRST)["status"] == "Open"


def test_a_persons_save_reaches_the_caches(world: World) -> None:
    world.ask("GET", f"{THREATS}/{FIRST}")
    world.names("")
    before = world.site.threat(FIRST)["modified_at"]
    world.site.edit_threat(FIRST, issue_uri=LINK, severity=None)
    row = world.ask("GET", f"{THREATS}/{FIRST}").body
    assert row["issue_uri"] == LINK
    assert "severity" not in row
    assert row["modified_at"] > before


def test_unsorted_list_is_cached(world: World) -> None:
    world.site.delete_threat(THIRD)
    assert world.names("limit=100") == ["2", "1"]
    world.site.restore_threat(THIRD)
    assert world.names("limit=100") == ["2", "1"]
    assert world.names("limit=100&sort=created_at:asc") == ["1", "2", "3"]
    world.clock.wait(seconds=301)
    assert world.names("limit=100") == ["3", "2", "1"]


def test_deleted_threat_is_still_in_its_model(world: World) -> None:
    world.site.edit_threat(FIRST, issue_uri=LINK)
    world.site.delete_threat(FIRST)
    assert world.ask("GET", f"{THREATS}/{FIRST}").status == 404
    assert len(world.ask("GET", f"/threat_models/{MODEL['id']}").body["threats"]) == 3
    assert world.ask("GET", "/threat_models").body["threat_models"][0]["threat_count"] == 2
    assert [row["id"] for row in world.site.threats()] == [SECOND, THIRD]
    world.site.restore_threat(FIRST)
    assert world.site.threat(FIRST)["issue_uri"] == LINK


def test_put_commits_with_before_and_after(world: World) -> None:
    world.site.edit_row(FIRST, issue_uri="n/a")
    world.ask("PUT", f"{THREATS}/{FIRST}", {"name": "x", "threat_type": [], "issue_uri": LINK})
    (commit,) = world.log.commits("tmi", "threat.put")
    assert commit.facts == {
        "threat_id": FIRST,
        "issue_uri_before": "n/a",
        "issue_uri_after": LINK,
        "actor": "bot",
        "request_id": "r1",
    }


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "x", "name": "y", "threat_type": []}',
        b'{"name": "x", "threat_type": []} x',
        b'{"name": "x\\u200b", "threat_type": []}',
        b'{"threat_type": []}',
        b'{"name": "x"}',
        b'{"name": "x", "threat_type": ["a", "a"]}',
        b'{"name": "x", "threat_type": [], "score": 9.85}',
        b'{"name": "x", "threat_type": [], "mitigation": "{{7*7}}"}',
        b'{"name": "x", "threat_type": [], "metadata": [{"key": "k", "value": ""}]}',
    ],
)
def test_put_refuses(world: World, body: bytes) -> None:
    before = world.site.threat(FIRST)
    assert world.ask("PUT", f"{THREATS}/{FIRST}", body).status == 400
    assert world.site.threat(FIRST) == before


def test_text_is_decoded_and_stripped(world: World) -> None:
    body = {"name": "x", "threat_type": [], "description": "5 &lt; 6", "mitigation": "<b>do</b> a < b"}
    assert world.ask("PUT", f"{THREATS}/{FIRST}", body).status == 200
    row = world.site.threat(FIRST)
    assert (row["description"], row["mitigation"]) == ("5 < 6", "do a < b")
    assert world.ask("PUT", f"{THREATS}/{FIRST}", {**body, "description": "5 < 6"}).status == 400


def test_documented_dialect_patches_the_link_and_nothing_else() -> None:
    world = World(dialect="documented")
    before = world.site.threat(FIRST)
    assert (
        world.ask("PATCH", f"{THREATS}/{FIRST}", [{"op": "replace", "path": "/issue_uri", "value": LINK}]).status
        == 200
    )
    after = world.site.threat(FIRST)
    assert after == {**before, "issue_uri": LINK, "modified_at": after["modified_at"]}
    assert after["modified_at"] > before["modified_at"]
    (commit,) = world.log.commits("tmi", "threat.patch")
    assert commit.facts["issue_uri_after"] == LINK
    world.ask("PATCH", f"{THREATS}/{FIRST}", [{"op": "remove", "path": "/issue_uri"}])
    assert "issue_uri" not in world.site.threat(FIRST)
    http = [{"op": "add", "path": "/issue_uri", "value": "http://tracker.example.com/1"}]
    assert world.ask("PATCH", f"{THREATS}/{FIRST}", http).status == 400


def test_if_match_guards_only_against_others_who_use_it(world: World) -> None:
    body = {"name": "x", "threat_type": []}
    assert world.ask("PUT", f"{THREATS}/{FIRST}", body, If_Match='"1"').headers["Etag"] == '"2"'
    assert world.ask("PUT", f"{THREATS}/{FIRST}", body).status == 200
    assert world.ask("PUT", f"{THREATS}/{FIRST}", body, If_Match='"2"').status == 200
    assert world.ask("PUT", f"{THREATS}/{FIRST}", body, If_Match='"2"').status == 409
    assert world.ask("PUT", f"{THREATS}/{FIRST}", body, If_Match="x").body["error"] == "invalid_if_match"


def test_version(world: World) -> None:
    assert world.ask("GET", "/").body["api"]["version"] == "1.8.22"
    assert World(version="2.2.0").ask("GET", "/").body["api"]["version"] == "2.2.0"


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("created_after=2026-01-01T00:00:00Z", 1),
        ("created_before=2026-01-01T00:00:00Z", 1),
        ("created_after=2026-01-01T00:00:00.000001Z", 0),
        ("status=approved,NOT_STARTED", 1),
        ("status=approved&status=not_started", 0),
        ("name=pay", 1),
        ("issue_uri=tracker", 0),
    ],
)
def test_models_are_filtered_by_other_rules(world: World, query: str, total: int) -> None:
    reply = world.ask("GET", f"/threat_models?{query}")
    assert (reply.status, reply.body["total"]) == (200, total)


def test_access_follows_the_list_of_the_model(world: World) -> None:
    stranger = world.site.add_user("bob", admin=True)
    assert world.ask("GET", "/threat_models", token=stranger).body["threat_models"] == []
    assert world.ask("GET", f"{THREATS}/{FIRST}", token=stranger).status == 403
    everyone = {"principal_type": "group", "provider": "*", "provider_id": "everyone", "role": "reader"}
    access = [{"op": "add", "path": "/authorization/-", "value": everyone}]
    assert world.ask("PATCH", f"/threat_models/{MODEL['id']}", access).status == 403
    owner = world.site.add_user("alice")
    assert world.ask("PATCH", f"/threat_models/{MODEL['id']}", access, token=owner).status == 200
    assert world.ask("GET", f"{THREATS}/{FIRST}", token=stranger).status == 200
    assert world.ask("DELETE", f"{THREATS}/{FIRST}", token=stranger).status == 403
