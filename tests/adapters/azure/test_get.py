"""One ticket by id or URL: where it is now, or that it is gone, or that it is none."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync.model import Gone, NotMine, Ticket
from tmi_issue_sync_adapters.azure_devops.item import link, place, ref

from .world import PROJECT, Room, draft

SERVICES, SERVER = urlsplit("https://dev.azure.com/example"), urlsplit("https://example.com/tfs/Main%20One")


@pytest.mark.parametrize(
    ("url", "number"),
    [
        ("https://dev.azure.com/example/Sec%20Threats/_workitems/edit/12", 12),
        ("https://DEV.azure.com:443/Example/x/_workitems/edit/12/?a=b#c", 12),
        ("https://dev.azure.com/example/_workitems/edit/12", 12),
        ("https://dev.azure.com/example/x/_workitems?id=12&_a=edit", 12),
        ("https://dev.azure.com/example/x/_boards/board/t/Team/Issues?workitem=12", 12),
        ("https://dev.azure.com/example/x/_sprints/taskboard/Team/S1?workitem=12", 12),
        ("https://dev.azure.com/example/web/wi.aspx?pcguid=x&id=12", 12),
        ("https://example.visualstudio.com/x/_workitems/edit/12", 12),
        ("https://example.visualstudio.com/DefaultCollection/x/_workitems/edit/12", 12),
        ("https://other.visualstudio.com/x/_workitems/edit/12", None),
        ("https://dev.azure.com/other/x/_workitems/edit/12", None),
        ("https://dev.azure.com/examples/_workitems/edit/12", None),
        ("https://dev.azure.com/example/x/_workitems/edit/0", None),
        ("https://dev.azure.com/example/x/_workitems/edit/12/more", None),
        ("https://dev.azure.com/example/x/_workitems/edit/" + "9" * 30, None),
        ("https://dev.azure.com/example/x/_git/repo/pullrequest/12", None),
        ("https://dev.azure.com/example/x/_git/repo?id=12", None),
        ("https://dev.azure.com/example/x/_workitems?id=12&id=13", None),
        ("ftp://dev.azure.com/example/x/_workitems/edit/12", None),
        ("https://[x/_workitems/edit/12", None),
        ("n/a", None),
    ],
)
def test_urls_of_services(url: str, number: int | None) -> None:
    assert place(url, SERVICES) == number


def test_urls_of_a_server() -> None:
    assert place("https://example.com/tfs/Main%20One/P/_workitems/edit/3", SERVER) == 3
    assert place("https://example.com/tfs/main%20one/_workitems/edit/3", SERVER) == 3
    assert place("https://example.com/tfs/Other/P/_workitems/edit/3", SERVER) is None
    assert place(link(SERVER, "Ä b/c", 3), SERVER) == 3
    assert link(SERVER, "Ä b", 3) == "https://example.com/tfs/Main%20One/%C3%84%20b/_workitems/edit/3"
    assert ref(SERVER, 3).id == "tfs/main%20one/3"


def test_a_ticket_that_was_moved_retyped_closed(room: Room) -> None:
    room.site.add_project("Other One")
    made = room.tracker.create(draft())
    room.site.move(1, "Other One")
    room.site.retype(1, "Bug")
    room.site.close(1)
    found = room.tracker.get(made.url)
    assert isinstance(found, Ticket)
    assert found.ref == made.ref
    assert (found.project, found.number, found.open) == ("example/other one", "Other One#1", False)
    assert found.url == f"{room.url}/example/Other%20One/_workitems/edit/1"
    assert room.tracker.get(found.url) == found


def test_a_ticket_that_is_gone_says_how(room: Room) -> None:
    made = room.tracker.create(draft())
    room.site.delete(1)
    binned = room.tracker.get(made.ref)
    assert isinstance(binned, Gone)
    assert "recycle bin since" in binned.why
    room.site.restore(1)
    assert isinstance(room.tracker.get(made.ref), Ticket)
    room.site.delete(1, destroy=True)
    destroyed = room.tracker.get(made.ref)
    assert isinstance(destroyed, Gone)
    assert "recycle bin" not in destroyed.why


def test_what_we_may_not_see_is_gone_to_us(room: Room) -> None:
    room.site.add_project("Secret")
    made = room.tracker.create(draft())
    room.site.move(1, "Secret")
    room.site.set_rights("bot", ["read", "write"], projects=[PROJECT])
    assert isinstance(room.tracker.get(made.ref), Gone)


def test_what_is_no_ticket_here(room: Room) -> None:
    made = room.tracker.create(draft())
    for other in (
        replace(made.ref, host="dev.azure.com"),
        replace(made.ref, id="other/1"),
        "https://example.com/1",
    ):
        assert isinstance(room.tracker.get(other), NotMine)
    assert isinstance(room.tracker.get(replace(made.ref, id="example/x")), NotMine)


def test_a_failure_is_not_gone(room: Room) -> None:
    made = room.tracker.create(draft())
    room.strike("status-before", method="GET", path=r"workitems/1$", status=500)
    with pytest.raises(Unavailable):
        room.tracker.get(made.ref)
    room.strike("status-before", method="GET", path=r"workitems/1$", status=404)
    with pytest.raises(Unavailable):
        room.tracker.get(made.ref)
    room.site.revoke(room.token)
    with pytest.raises(Denied):
        room.tracker.get(made.ref)
