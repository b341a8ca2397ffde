"""Sub-issues: put below once, again without harm, and what GitHub refuses."""

from __future__ import annotations

import pytest

from tmi_issue_sync.errors import Rejected, TrackerError, Unavailable
from tmi_issue_sync.model import TicketRef
from tmi_issue_sync.sandbox.faults import Fault
from tmi_issue_sync.tracker import Nester

from .loopback import REPO, Room, draft


def nester(room: Room) -> Nester:
    assert isinstance(room.tracker, Nester)
    return room.tracker


def above(room: Room) -> list[int | None]:
    return [issue["parent"] for issue in room.site.issues()]


def test_a_ticket_is_put_below_another_and_again_is_harmless(room: Room) -> None:
    parent, child = room.tracker.create(draft("m-1")), room.tracker.create(draft("t-1"))
    for _ in range(2):
        nester(room).nest(child.ref, parent.url)
    assert above(room) == [None, 1]


def test_a_lost_answer_is_no_harm(room: Room) -> None:
    parent, child = room.tracker.create(draft("m-1")), room.tracker.create(draft("t-1"))
    room.faults.add(Fault(site="github", kind="drop-after", method="POST", path="/sub_issues$"))
    with pytest.raises(Unavailable):
        nester(room).nest(child.ref, parent.url)
    nester(room).nest(child.ref, parent.url)
    assert above(room) == [None, 1]


def test_a_person_who_put_it_elsewhere_is_right(room: Room) -> None:
    parent, child = room.tracker.create(draft("m-1")), room.tracker.create(draft("t-1"))
    theirs = room.site.file("A person's list")
    nester(room).nest(child.ref, f"{room.url}/{REPO}/issues/{theirs}")
    with pytest.raises(Rejected, match="only have one parent"):
        nester(room).nest(child.ref, parent.url)
    assert above(room)[1] == theirs


@pytest.mark.parametrize("url", ["{0}/example/threats/issues/99", "https://other.example.com/1"])
def test_a_parent_that_is_none(room: Room, url: str) -> None:
    child = room.tracker.create(draft())
    with pytest.raises(Rejected):
        nester(room).nest(child.ref, url.format(room.url))


def test_a_ticket_that_is_gone(room: Room) -> None:
    parent = room.tracker.create(draft())
    with pytest.raises(Rejected):
        nester(room).nest(TicketRef("github", parent.ref.host, "1"), parent.url)


def test_a_stumble_is_another_pass_s_work(room: Room) -> None:
    parent, child = room.tracker.create(draft("m-1")), room.tracker.create(draft("t-1"))
    room.faults.add(Fault(site="github", kind="status-before", status=502, path="/sub_issues$"))
    with pytest.raises(TrackerError) as raised:
        nester(room).nest(child.ref, parent.url)
    assert isinstance(raised.value, Unavailable)
