"""What `check` says, and that it makes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tmi_issue_sync.model import Finding, Level
from tmi_issue_sync_adapters.gitlab.checks import has_no_issues

from .conftest import opened
from .world import PROJECT, Room, levels


def found(room: Room, *targets: dict[str, Any], **options: Any) -> list[Finding]:
    start = len(room.log.commits())
    findings = list(room.connect(*targets, **options).check())
    assert len(room.log.commits()) == start
    return findings


def public(findings: list[Finding]) -> list[bool | None]:
    return [one.public for one in findings if one.public is not None]


def test_all_is_well(room: Room) -> None:
    findings = found(room)
    assert not levels(findings, Level.ERROR)
    assert "signed in as bot" in levels(findings, Level.OK)
    assert "role Reporter" in levels(findings, Level.OK)
    assert public(findings) == [False]
    assert len(room.log.requests()) == 3


@pytest.mark.parametrize(
    ("visibility", "confidential", "expected"),
    [
        ("private", True, False),
        ("private", False, False),
        ("internal", False, False),
        ("public", True, False),
        ("public", False, True),
    ],
)
def test_who_can_read_the_tickets(room: Room, visibility: str, confidential: bool, expected: bool) -> None:
    room.site.set_project(visibility=visibility)
    assert public(found(room, {"confidential": confidential})) == [expected]
    assert public(found(room, {}, {"confidential": confidential})) == [expected], "one of several is enough"


@pytest.mark.parametrize(("days", "level"), [(3, Level.WARNING), (90, Level.OK)])
def test_when_the_token_ends(days: int, level: Level) -> None:
    ends = (datetime.now(UTC) + timedelta(days=days)).date()
    with opened(expires=ends) as room:
        assert f"the token expires on {ends}" in levels(found(room), level)


@pytest.mark.parametrize(
    ("level", "kind", "words"),
    [
        (5, Level.ERROR, "404 Project Not Found"),
        (10, Level.WARNING, "role Guest: it makes no new labels"),
        (15, Level.OK, "role Planner"),
        (50, Level.OK, "role Owner"),
    ],
)
def test_roles(room: Room, level: int, kind: Level, words: str) -> None:
    room.site.set_level("bot", level)
    assert words in levels(found(room), kind)


def test_a_role_by_way_of_a_shared_group() -> None:
    with opened(via_group=True) as room:
        assert "role Reporter" in levels(found(room), Level.OK)
        assert any("/members/all/" in call for call in room.calls())


def test_no_member_of_a_public_project(room: Room) -> None:
    room.site.set_project(visibility="public")
    room.site.set_level("bot", None)
    assert "no member" in levels(found(room), Level.WARNING)
    room.site.set_level("bot", 5)
    assert "may make no tickets" in levels(found(room), Level.ERROR)


def test_an_administrator() -> None:
    with opened(level=None, admin=True) as room:
        assert "administrator" in levels(found(room), Level.OK)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda room: room.site.set_scopes(room.token, ("read_api",)), "lacks the scope api (it has read_api)"),
        (lambda room: room.site.revoke(room.token), "Token was revoked"),
        (lambda room: room.site.block("bot"), "has been blocked"),
        (lambda room: room.site.set_level("bot", None), "404 Project Not Found"),
        (lambda room: room.site.set_project(archived=True), "is archived"),
        (lambda room: room.site.set_project(issues_enabled=False), "issues are switched off"),
        (lambda room: room.site.rename_project(PROJECT, "a/b"), "has moved: it is a/b now"),
        (lambda room: room.strike("html", method="GET", path=None, times=-1), "sign-in page"),
        (lambda room: room.strike("drop-before", method="GET", path=None, times=-1), "no answer from GitLab"),
    ],
)
def test_what_is_wrong_is_said(room: Room, act: Any, words: str) -> None:
    act(room)
    assert words in levels(found(room), Level.ERROR)


@pytest.mark.parametrize(
    ("shown", "off"),
    [
        ({"issues_enabled": False}, True),
        ({"issues_enabled": True, "issues_access_level": "disabled"}, True),
        ({"issues_enabled": True, "issues_access_level": "private"}, False),
        ({}, False),
    ],
)
def test_issues_that_are_switched_off(shown: dict[str, Any], off: bool) -> None:
    assert has_no_issues(shown) is off


def test_targets_are_looked_up(room: Room) -> None:
    room.site.add_user("alice")
    room.site.add_milestone("Autumn")
    good = levels(found(room, {"assignee": "alice", "milestone": "Autumn"}), Level.OK)
    assert "assigned to alice" in good
    assert "the milestone 'Autumn'" in good
    assert "'nobody'" in levels(found(room, {"assignee": "nobody"}), Level.ERROR)
    assert "'Winter'" in levels(found(room, {"milestone": "Winter"}), Level.ERROR)
