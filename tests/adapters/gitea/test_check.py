"""What `check` finds out, in one line each."""

from __future__ import annotations

import pytest

from tmi_issue_sync.model import Finding, Level
from tmi_issue_sync.sandbox.wire import Reply

from ..loopback import serving
from .world import REPO, Room, Scripted, draft, levels, open_tracker


def check(room: Room) -> list[Finding]:
    return list(room.tracker.check())


def test_all_is_well(room: Room) -> None:
    found = check(room)
    assert not levels(found, Level.ERROR)
    assert f"signed in as bot on {room.url.removeprefix('http://')}" in levels(found, Level.OK)
    assert "comes with the first ticket" in levels(found, Level.OK)
    assert [one.public for one in found if one.public is not None] == [False]
    assert [entry for entry in room.log.entries if entry.event == "commit"] == []


def test_it_costs_four_calls_and_three_where_the_account_is_known(room: Room) -> None:
    for calls in (4, 3):
        before = len(room.log.requests())
        check(room)
        assert len(room.log.requests()) - before == calls


@pytest.mark.parametrize(
    ("scopes", "lacks"),
    [
        (["read:repository", "write:issue"], ["read:user"]),
        (["read:user", "write:issue"], ["read:repository"]),
        (["read:user", "read:repository", "read:issue"], ["write:issue"]),
        (["write:user", "read:repository"], ["write:issue"]),
        (["write:package"], ["read:user", "read:repository", "write:issue"]),
        (["all"], []),
    ],
)
def test_missing_scopes_are_named_one_a_line(room: Room, scopes: list[str], lacks: list[str]) -> None:
    room.site.add_user("bot", scopes=scopes)
    wrong = [one for one in check(room) if one.level is Level.ERROR]
    assert [one.what for one in wrong] == [f"the token lacks the scope {scope}" for scope in lacks]
    assert all("read:user, read:repository and write:issue" in one.todo for one in wrong)


def test_a_token_that_is_not_known(room: Room) -> None:
    room.site.revoke(room.token)
    (found,) = check(room)
    assert (found.level, "does not know the token" in found.what) == (Level.ERROR, True)


def test_an_account_that_is_shut_out(room: Room) -> None:
    room.site.add_user("bot", suspended=True)
    (found,) = check(room)
    assert "prohibited from signing in" in found.what


def test_a_repository_that_is_not_there(room: Room) -> None:
    found = list(room.connect({"repo": "example/absent"}).check())
    assert "shows nothing for the repository example/absent" in levels(found, Level.ERROR)


def test_a_public_repository_is_told(room: Room) -> None:
    room.site.set_repo(private=False)
    assert [one.public for one in check(room) if one.public is not None] == [True]


def test_an_internal_repository_is_not_public() -> None:
    repo = {
        "full_name": REPO,
        "private": False,
        "internal": True,
        "has_issues": True,
    }
    app = Scripted(lambda request: Reply(200, repo) if request.path.endswith(REPO) else None)
    with serving(app) as url:
        assert [one.public for one in open_tracker(url).check() if one.public is not None] == [False]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"archived": True}, "is archived"),
        ({"has_issues": False}, "issues are switched off"),
        ({"external_tracker": True}, "external tracker"),
    ],
)
def test_a_repository_that_takes_no_tickets(room: Room, settings: dict[str, bool], words: str) -> None:
    room.site.set_repo(**settings)
    assert words in levels(check(room), Level.ERROR)


def test_a_renamed_repository_says_its_new_name(room: Room) -> None:
    room.site.rename_repo(REPO, "other/risks")
    assert 'repo = "other/risks"' in levels(check(room), Level.ERROR)


def test_an_account_without_the_right_to_write(room: Room) -> None:
    room.site.set_repo(private=False)
    room.site.add_user("bot", role="read")
    assert "are dropped" in levels(check(room), Level.ERROR)


def test_who_may_write_to_issues_alone_is_enough(room: Room) -> None:
    """The rights that the repository shows are those to its code."""
    room.site.add_user("bot", role="issues")
    assert room.call("GET", "").body["permissions"]["push"] is False
    assert not levels(check(room), Level.ERROR)
    room.tracker.create(draft(labels=("security",)))
    assert room.site.issues()[0]["labels"] == ["tmi", "security"]


def test_twins_of_the_shared_label_are_told(room: Room) -> None:
    room.site.add_label("tmi")
    assert "'tmi' is there" in levels(check(room), Level.OK)
    room.site.add_label("tmi")
    assert "2 labels 'tmi'" in levels(check(room), Level.WARNING)


def test_a_milestone_that_is_not_there(room: Room) -> None:
    found = list(room.connect({"milestone": "Release"}).check())
    assert "no open milestone 'Release'" in levels(found, Level.ERROR)
    room.site.add_milestone("Release")
    assert not levels(list(room.connect({"milestone": "Release"}).check()), Level.ERROR)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(200, "<h1>Sign in</h1>", {}, "text/html"), "sign-in page"),
        (Reply(200, {"login": ""}), "whose token"),
        (Reply(503, "", {"Retry-After": "5"}), "503"),
    ],
)
def test_something_else_than_a_server(reply: Reply, words: str) -> None:
    with serving(Scripted(lambda request: reply)) as url:
        (found,) = open_tracker(url).check()
    assert (found.level, words in found.what) == (Level.ERROR, True)
