"""Closing a ticket that is one too many."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tmi_issue_sync.errors import Denied, TrackerError
from tmi_issue_sync.sandbox.wire import Reply, Request

from ..loopback import serving
from .world import Room, draft, open_tracker

WORDS = "Duplicate of https://git.example.com/example/threats/issues/1."


def test_it_is_closed_with_one_comment_and_again_is_harmless(room: Room) -> None:
    made = room.tracker.create(draft())
    for tracker in (room.tracker, room.connect()):
        tracker.close_duplicate(made, WORDS)
    (kept,) = room.site.issues()
    assert (kept["state"], kept["comments"]) == ("closed", [WORDS])
    assert len(room.log.requests(method="PATCH", path_re=r"/issues/1$")) == 1


def test_a_lost_comment_is_not_said_twice(room: Room) -> None:
    made = room.tracker.create(draft())
    room.strike("drop-after", path=r"/comments$")
    with pytest.raises(TrackerError):
        room.tracker.close_duplicate(made, WORDS)
    room.tracker.close_duplicate(made, WORDS)
    assert room.site.issues()[0]["comments"] == [WORDS]


def test_what_it_depends_on_keeps_it_open(room: Room) -> None:
    made = room.tracker.create(draft())
    room.site.block(1)
    with pytest.raises(Denied, match="open dependencies"):
        room.tracker.close_duplicate(made, WORDS)


def test_who_may_not_is_told(room: Room) -> None:
    made = room.tracker.create(draft())
    room.site.set_repo(private=False)
    other = room.site.add_user("other", role="read")
    with pytest.raises(Denied, match="may not close"):
        room.connect(token=other).close_duplicate(made, WORDS)
    assert room.site.issues()[0]["state"] == "open"


def test_an_archived_repository_takes_no_comment_and_nothing_is_closed(room: Room) -> None:
    made = room.tracker.create(draft())
    room.site.set_repo(archived=True)
    with pytest.raises(Denied, match="archived"):
        room.tracker.close_duplicate(made, WORDS)
    assert room.site.issues()[0]["state"] == "open"


def test_a_success_that_changed_nothing_is_not_believed(forgejo: Room) -> None:
    """Forgejo answers a state that it does not know as if it had set it."""
    made = forgejo.tracker.create(draft())

    class Changed:
        name = "forgejo"

        def __call__(self, request: Request) -> Reply:
            body = request.body.replace(b'"closed"', b'"shut"') if request.method == "PATCH" else request.body
            return forgejo.site(replace(request, body=body))

    with serving(Changed()) as url:
        tracker = open_tracker(url, token=forgejo.token)
        found: Any = tracker.get(f"{url}/example/threats/issues/1")
        with pytest.raises(Denied, match="shows it open"):
            tracker.close_duplicate(found, WORDS)
    assert made.ref.id == found.ref.id


def test_another_servers_ticket_is_left_alone(room: Room) -> None:
    made = room.tracker.create(draft())
    with pytest.raises(Denied, match="no issue on this server"):
        room.tracker.close_duplicate(replace(made, url="https://elsewhere.example.com/a/b/issues/1"), WORDS)
