"""One ticket by its URL or id."""

from __future__ import annotations

import pytest

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync.model import Gone, NotMine, Ticket, TicketRef
from tmi_issue_sync.sandbox.wire import Reply

from ..loopback import Scripted, serving
from .world import META, PROJECT, Room, draft, marker, open_tracker, row


@pytest.mark.parametrize(
    "path",
    [
        "/-/issues/1",
        "/issues/1",
        "/-/work_items/1",
        "/-/issues/1/",
        "/-/issues/1/designs",
        "/-/issues/incident/1",
        "/-/issues/1?page=2#note_7",
    ],
)
def test_every_form_of_its_url(room: Room, path: str) -> None:
    made = room.tracker.create(draft())
    found = room.tracker.get(f"{room.url}/{PROJECT}{path}")
    assert isinstance(found, Ticket)
    assert found.ref == made.ref


@pytest.mark.parametrize(
    "url",
    [
        "https://gitlab.example.com/example/threats/-/issues/1",
        "{url}/example/threats/-/issues",
        "{url}/example/threats/-/issues/0",
        "{url}/example/threats/-/issues/x",
        "{url}/example/threats/-/merge_requests/1",
        "{url}/threats/-/issues/1",
        "{url}/groups/example/-/work_items/1",
        "ftp://{host}/example/threats/-/issues/1",
        "https://[bad/example/threats/-/issues/1",
        "no url",
    ],
)
def test_what_is_no_issue_here(room: Room, url: str) -> None:
    text = url.format(url=room.url, host=room.url.removeprefix("http://"))
    assert isinstance(room.tracker.get(text), NotMine)
    assert not room.log.requests()


def test_by_its_id_without_ever_having_seen_it(room: Room) -> None:
    made = room.tracker.create(draft())
    other = room.connect()
    found = other.get(made.ref)
    assert isinstance(found, Ticket)
    assert found.url == made.url
    other.get(made.ref)
    assert [call for call in room.calls() if "graphql" in call] == ["POST /graphql"], "asked once"
    assert isinstance(other.get(TicketRef("gitlab", made.ref.host, "999999")), Gone)
    assert isinstance(other.get(TicketRef("gitlab", "gitlab.example.com", "1")), NotMine)
    assert isinstance(other.get(TicketRef("gitlab", made.ref.host, "SEC-1")), NotMine)


def test_an_issue_of_another_project(room: Room) -> None:
    room.site.add_project("example/sub/other")
    room.site.set_level("bot", 20, "example/sub/other")
    tracker = room.connect({"project": "example/sub/other"})
    made = tracker.create(draft(target={"project": "example/sub/other"}))
    found = room.read(made)
    assert (found.project, found.number) == ("example/sub/other", "example/sub/other#1")


def test_a_persons_issue_has_no_marker(room: Room) -> None:
    room.fill(1, marked=False)
    found = room.tracker.get(f"{room.url}/{PROJECT}/-/issues/1")
    assert isinstance(found, Ticket)
    assert found.marker is None


def test_deleted_or_never_there(room: Room) -> None:
    made = room.tracker.create(draft())
    room.site.delete(1)
    assert isinstance(room.tracker.get(made.url), Gone)
    assert isinstance(room.tracker.get(made.ref), Gone)
    assert isinstance(room.tracker.get(f"{room.url}/example/none/-/issues/1"), Gone)


def test_a_moved_one_is_followed(room: Room) -> None:
    room.site.add_project("example/other")
    room.site.set_level("bot", 20, "example/other")
    made = room.tracker.create(draft())
    room.site.move(1, "example/other")
    for asked in (made.url, made.ref):
        found = room.tracker.get(asked)
        assert isinstance(found, Ticket)
        assert (found.number, found.open, found.marker) == ("example/other#1", True, marker())
    room.site.delete(1, project="example/other")
    left = room.tracker.get(made.url)
    assert isinstance(left, Ticket)
    assert (left.ref, left.open) == (made.ref, False)


def test_one_that_stayed_behind_and_was_opened_again(room: Room) -> None:
    room.site.add_project("example/other")
    room.site.set_level("bot", 20, "example/other")
    made = room.tracker.create(draft())
    room.site.move(1, "example/other")
    room.site.reopen(1)
    found = room.read(made)
    assert (found.ref, found.open) == (made.ref, True)


def test_a_renamed_project_redirects(room: Room) -> None:
    made = room.tracker.create(draft())
    room.site.rename_project(PROJECT, "elsewhere/threats")
    found = room.read(made)
    assert (found.ref, found.project) == (made.ref, "elsewhere/threats")


def test_nothing_is_gone_on_a_bad_answer(room: Room) -> None:
    url = f"{room.url}/{PROJECT}/-/issues/1"
    room.strike("status-before", method="GET", path="/issues/1", status=404, times=1)
    with pytest.raises(Unavailable):
        room.tracker.get(url)
    room.site.revoke(room.token)
    with pytest.raises(Denied):
        room.tracker.get(url)


def test_another_gitlab_behind_the_same_name() -> None:
    """What it calls itself does not count, where it is asked does."""
    with serving(Scripted(lambda _: Reply(200, row(), dict(META)))) as url:
        found = open_tracker(url).get(f"{url}/{PROJECT}/-/issues/7")
    assert isinstance(found, Ticket)
    assert found.url == f"https://gitlab.example.com/{PROJECT}/-/issues/7"
    assert found.ref.host == url.removeprefix("http://")
