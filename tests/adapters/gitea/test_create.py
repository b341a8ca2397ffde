"""Making a ticket: what is sent, what is kept, and what is refused before anything is sent."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tmi_issue_sync.errors import Denied, Rejected, TrackerError, Unavailable
from tmi_issue_sync.model import Level, TicketRef
from tmi_issue_sync.sandbox.wire import Reply

from ..loopback import serving
from .world import API, NO, REPO, Room, Scripted, draft, levels, marker, open_tracker, row


def test_a_ticket_is_made_with_one_request_and_shown_as_it_is(room: Room) -> None:
    made = room.tracker.create(draft(labels=("tmi", "severity/high", "Team A")))
    (kept,) = room.site.issues()
    assert kept["title"] == "A threat"
    assert kept["body"] == f"It is *bad*.\n\n{marker().block()}"
    assert kept["labels"] == ["tmi", "severity/high", "Team A"]
    assert (made.marker, made.author, made.open) == (marker(), "bot", True)
    assert made.url == f"{room.url}/{REPO}/issues/1"
    assert made.request_id
    (post,) = room.posts()
    assert post.facts["headers"]["x-request-id"] == "request-1"


def test_labels_are_made_once_and_found_whatever_their_case(room: Room) -> None:
    room.site.add_label("Security")
    for threat in ("t-1", "t-2"):
        room.connect().create(draft(threat, labels=("tmi", "security", "cwe/79")))
    assert [entry.facts["name"] for entry in room.log.commits(kind="label.created")] == [
        "Security",
        "tmi",
        "cwe/79",
    ]
    assert [issue["labels"] for issue in room.site.issues()] == [["Security", "tmi", "cwe/79"]] * 2


def test_a_label_that_somebody_made_meanwhile_is_not_made_again(room: Room) -> None:
    room.tracker.create(draft("t-1"))
    room.site.add_label("cwe/79")
    room.tracker.create(draft("t-2", labels=("cwe/79",)))
    assert len(room.log.commits(kind="label.created")) == 2


def test_the_shared_label_must_be_the_repositorys_own(room: Room) -> None:
    room.site.add_label("TMI")
    room.site.add_shared_label("example", "tmi")
    room.tracker.create(draft())
    assert room.site.issues()[0]["labels"] == ["tmi"]
    assert room.log.commits(kind="label.created")[-1].facts["name"] == "tmi"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Reply(403, NO), Denied),
        (Reply(403, "<title>Internal server error</title>", {}, "text/html"), Unavailable),
        (Reply(422, NO), Rejected),
        (Reply(500, {"message": ""}), Unavailable),
        (Reply(429, ""), Unavailable),
        (Reply(201, "[]"), Unavailable),
    ],
)
def test_a_label_that_can_not_be_made_makes_no_ticket(answer: Reply, kind: type[TrackerError]) -> None:
    app = Scripted(lambda request: answer if (request.method, request.path) == ("POST", f"{API}/labels") else None)
    with serving(app) as url, pytest.raises(kind):
        open_tracker(url).create(draft(labels=("new",)))
    assert app.posts() == 0


def test_a_lost_answer_to_a_label_makes_no_ticket_and_no_second_label(room: Room) -> None:
    room.strike("drop-after", path=r"/labels$")
    with pytest.raises(Unavailable):
        room.tracker.create(draft())
    assert not room.posts()
    room.tracker.create(draft())
    assert len(room.log.commits(kind="label.created")) == 1


@pytest.mark.parametrize("known", [True, False], ids=["labels are there", "labels are not"])
def test_who_may_not_label_makes_no_ticket(room: Room, known: bool) -> None:
    """Its labels would be dropped in silence."""
    if known:
        room.site.add_label("tmi")
    room.site.set_repo(private=False)
    room.site.add_user("bot", role="read")
    with pytest.raises(Denied, match="would be dropped"):
        room.tracker.create(draft())
    assert not room.posts()
    assert "are dropped" in levels(list(room.tracker.check()), Level.ERROR)


def test_assignees_milestone_and_due_date_come_from_the_target(room: Room) -> None:
    room.site.add_milestone("Later release")
    room.site.add_milestone("Release")
    room.site.add_user("alice")
    target: dict[str, Any] = {"assignees": ["alice"], "milestone": "Release", "due_days": {"high": 7}}
    before = datetime.now(UTC)
    room.connect(target).create(draft(target=target, labels=("severity/high",)))
    room.connect(target).create(draft(target=target, labels=("severity/low",)))
    first, second = room.site.issues()
    assert (first["assignees"], first["milestone"]) == (["alice"], "Release")
    assert first["due"] in {(at + timedelta(days=7)).date().isoformat() for at in (before, datetime.now(UTC))}
    assert second["due"] is None


def test_fields_count_more_than_the_target(room: Room) -> None:
    room.site.add_milestone("Release")
    room.site.add_user("alice")
    target: dict[str, Any] = {"assignees": ["bot"], "milestone": "Other", "due_days": {"high": 7}}
    fields = {"assignees": ["alice"], "milestone": "Release", "due_date": "2026-12-31"}
    room.tracker.create(draft(target=target, labels=("severity/high",), fields=fields))
    (kept,) = room.site.issues()
    assert (kept["assignees"], kept["milestone"], kept["due"]) == (["alice"], "Release", "2026-12-31")


def test_an_unknown_assignee_is_the_targets_fault(room: Room) -> None:
    for login in ("nobody", "stranger"):
        room.site.add_user("stranger", role="none")
        with pytest.raises(Denied, match="assignees"):
            room.tracker.create(draft(target={"assignees": [login]}))
    assert not room.made()


def test_an_unknown_milestone_is_not_dropped_in_silence(room: Room) -> None:
    room.site.add_milestone("Release 2")
    for title in ("Release", "2"):
        with pytest.raises(Denied, match="no open milestone"):
            room.tracker.create(draft(target={"milestone": title}))
    assert not room.posts()
    (found,) = room.tracker.rehearse(draft(target={"milestone": "Release"}))
    assert found.level is Level.ERROR


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": " "}, "title is empty"),
        ({"title": "x" * 256}, "256 characters"),
        ({"body": "x" * 65_536}, "65536 are allowed"),
        ({"priority": "High"}, "no priority"),
        ({"labels": ("a", " ")}, "labels is empty"),
        ({"fields": {"Team": "Red"}}, "no field 'Team'"),
        ({"fields": {"assignees": "alice"}}, "assignees"),
        ({"fields": {"milestone": 3}}, "milestone"),
        ({"fields": {"due_date": "soon"}}, "due_date"),
        ({"target": {"repo": "example/other"}}, "another place"),
    ],
)
def test_what_can_not_be_kept_is_refused_before_anything_is_sent(
    gitea: Room, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(Rejected, match=words):
        gitea.tracker.create(draft(**changes))
    assert words in levels(list(gitea.tracker.rehearse(draft(**changes))), Level.ERROR)
    assert not gitea.log.requests()


def test_a_ticket_below_another_is_made(room: Room) -> None:
    """The text names its parent; the tracker has no place for it."""
    assert room.tracker.create(draft(parent=TicketRef("gitea", "git.example.com", "7"))).marker == marker()


@pytest.mark.parametrize("title", ["x" * 255, "é" * 255, "Ж" * 255, "\U0001f600" * 255, "漢" * 200])
def test_a_title_is_as_long_as_both_keep_it(room: Room, title: str) -> None:
    """Gitea would cut it without a word of ours, and Forgejo break."""
    room.tracker.create(draft(title=title))
    sent = room.site.issues()[0]["title"]
    narrow = all(ord(char) < 0x100 for char in title)
    assert sent == title if narrow else sent == f"{title[:126]}…"
    assert unicodedata.is_normalized("NFC", sent)


def test_what_would_break_the_server_is_replaced(room: Room) -> None:
    made = room.tracker.create(draft(title="a\0b", body="c\0d \ud800"))
    (kept,) = room.site.issues()
    assert kept["title"] == "a�b"
    assert "\0" not in kept["body"]
    assert made.marker == marker()


def test_a_confidential_ticket_needs_a_private_repository(room: Room) -> None:
    assert room.tracker.create(draft(confidential=True)).open
    room.site.set_repo(private=False)
    with pytest.raises(Denied, match="not private"):
        room.tracker.create(draft(confidential=True))
    assert len(room.made()) == 1


def test_an_echo_without_our_marker_is_told(gitea: Room) -> None:
    app = Scripted(lambda request: Reply(201, row("t-2")) if request.method == "POST" else None)
    with serving(app) as url:
        assert open_tracker(url).create(draft("t-1")).marker is None
    assert app.posts() == 1
