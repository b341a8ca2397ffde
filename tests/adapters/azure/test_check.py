"""What `check` finds out, and closing what is one too many."""

from __future__ import annotations

import pytest

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync.model import Level
from tmi_issue_sync.sandbox.wire import Reply, Request

from ..loopback import Scripted, serving
from .world import PROJECT, Room, draft, levels, number, open_tracker

WORDS = "A duplicate of [1](https://example.com/1)."


def test_all_is_well(room: Room) -> None:
    room.site.add_area(PROJECT, "Web")
    room.site.add_iteration(PROJECT, "S1")
    tracker = room.connect({"area": "Web", "iteration": "S1"})
    found = list(tracker.check())
    assert not levels(found, Level.ERROR)
    assert "signed in as bot on 127.0.0.1" in levels(found, Level.OK)
    assert [one.public for one in found if one.public is not None] == [False]
    assert not room.log.commits()


def test_a_public_project_is_called_so(room: Room) -> None:
    room.site.set_project(PROJECT, public=True)
    assert [one.public for one in room.tracker.check() if one.public is not None] == [True]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({"type": "Bgu"}, "did you mean 'Bug'"),
        ({"area": "Web"}, "no area 'Web'"),
        ({"iteration": "S1/S2"}, "no iteration"),
        ({"project": "Nothing"}, "TF200016"),
    ],
)
def test_what_is_not_there_is_named(room: Room, target: dict[str, str], words: str) -> None:
    assert words in levels(list(room.connect(target).check()), Level.ERROR)


def test_wrong_credentials_and_a_project_that_ends(room: Room) -> None:
    room.site.set_project(PROJECT, state="deleting")
    assert "deleting" in levels(list(room.tracker.check()), Level.ERROR)
    room.site.revoke(room.token)
    assert "personal access token" in levels(list(room.connect().check()), Level.ERROR)


def test_a_server_that_says_nothing_has_no_public_projects(room: Room) -> None:
    def answer(request: Request) -> Reply:
        reply = room.site(request)
        if "/projects/" in request.path:
            del reply.body["visibility"]
        return reply

    with serving(Scripted(answer, name="azure-devops")) as url:
        tracker = open_tracker(f"{url}/example", token=room.token)
        assert [one.public for one in tracker.check() if one.public is not None] == [False]
        assert "does not say" not in levels(list(tracker.check()), Level.ERROR)


def test_a_duplicate_is_closed_with_one_comment_in_one_change(room: Room) -> None:
    for kind, state in (("Issue", "Done"), ("Bug", "Closed"), ("Impediment", "Removed")):
        made = room.tracker.create(draft(kind, target={"type": kind}))
        for _ in range(2):
            room.tracker.close_duplicate(made, WORDS)
        item = room.item(number(made))
        assert (item["status"], item["state"], item["rev"]) == (state, "closed", 2)
        assert len(item["comments"]) == 1
        assert 'href="https://example.com/1"' in item["comments"][0]


def test_what_a_person_closed_is_left_alone(room: Room) -> None:
    made = room.tracker.create(draft())
    room.site.close(1)
    room.tracker.close_duplicate(made, WORDS)
    assert not room.item(1)["comments"]


def test_where_rules_forbid_one_way_another_is_taken_or_a_person_told(room: Room) -> None:
    room.site.settings.rules_at_close = {"Custom.Why": "Why"}
    task = room.tracker.create(draft(target={"type": "Task"}))
    room.tracker.close_duplicate(task, WORDS)
    assert room.item(1)["status"] == "Removed"
    bug = room.tracker.create(draft("t-2", target={"type": "Bug"}))
    with pytest.raises(Denied, match="field Why"):
        room.tracker.close_duplicate(bug, WORDS)
    assert (room.item(2)["state"], room.item(2)["comments"]) == ("open", [])


def test_what_changed_meanwhile_is_not_closed(room: Room) -> None:
    made = room.tracker.create(draft())
    room.strike("call-before", method="PATCH", path=None, action=lambda: room.site.edit(1, title="Mine"))
    with pytest.raises(Unavailable):
        room.tracker.close_duplicate(made, WORDS)

    def answer(request: Request) -> Reply:
        if request.method == "PATCH":
            room.site.edit(1, title="Mine too")
        return room.site(request)

    with serving(Scripted(answer, name="azure-devops")) as url:
        tracker = open_tracker(f"{url}/example", token=room.token)
        [seen] = tracker.changed(None).tickets
        with pytest.raises(Unavailable, match="412"):
            tracker.close_duplicate(seen, WORDS)
    assert room.item(1)["state"] == "open"
    room.site.delete(1)
    with pytest.raises(Unavailable, match="TF401232"):
        room.tracker.close_duplicate(made, WORDS)
