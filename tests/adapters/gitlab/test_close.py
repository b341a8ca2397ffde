"""Closing a ticket that is one too many."""

from __future__ import annotations

import pytest

from tmi_issue_sync.errors import Denied, TrackerError
from tmi_issue_sync.model import Ticket
from tmi_issue_sync.tracker import Closer

from .world import PROJECT, Room, draft


def test_one_comment_and_closed(room: Room) -> None:
    assert isinstance(room.tracker, Closer)
    made = room.tracker.create(draft())
    words = f"Duplicate of {room.url}/{PROJECT}/-/issues/9"
    for _ in range(2):
        room.tracker.close_duplicate(made, words)
    issue = room.issue()
    assert (issue["state"], issue["notes"]) == ("closed", [words])
    assert not room.read(made).open
    assert len(room.log.commits("gitlab", "issue.closed")) == 1


def test_many_comments_are_read(room: Room) -> None:
    made = room.tracker.create(draft())
    for number in range(150):
        room.site.comment(1, f"Comment {number}")
    room.tracker.close_duplicate(made, "Comment 149")
    assert len(room.issue()["notes"]) == 150


def test_no_command_in_the_words(room: Room) -> None:
    made = room.tracker.create(draft())
    room.tracker.close_duplicate(made, "/confidential\n/title Ha\n/reopen")
    assert not room.log.commits("gitlab", "action.run")
    assert room.issue()["title"] == "A threat"


@pytest.mark.parametrize("step", ["GET", "POST", "PUT"])
def test_what_fails_is_done_the_next_time(room: Room, step: str) -> None:
    made = room.tracker.create(draft())
    room.strike("drop-after", method=step, path=r"/issues/1")
    with pytest.raises(TrackerError):
        room.tracker.close_duplicate(made, "Again")
    room.tracker.close_duplicate(made, "Again")
    assert (room.issue()["state"], room.issue()["notes"]) == ("closed", ["Again"])


def test_who_may_not(room: Room) -> None:
    room.tracker.create(draft(target={"confidential": False}))
    room.site.clone(1)
    theirs = room.tracker.get(f"{room.url}/{PROJECT}/-/issues/2")
    assert isinstance(theirs, Ticket)
    room.site.set_level("bot", 10)
    with pytest.raises(Denied, match="403 Forbidden"):
        room.tracker.close_duplicate(theirs, "Again")
