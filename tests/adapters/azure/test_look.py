"""Looks: complete or an error, whoever made the tickets and wherever they are now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync.model import Look
from tmi_issue_sync.sandbox.wire import Reply, Request
from tmi_issue_sync_adapters.azure_devops import listing

from ..loopback import Scripted, serving
from .world import PROJECT, Room, draft, marker, number, open_tracker, row

ME = {"authenticatedUser": {"id": "5ab0", "providerDisplayName": "bot"}}


def numbers(look: Look) -> list[int]:
    return [number(ticket) for ticket in look.tickets]


def test_what_was_made_by_us_or_carries_the_tag_in_any_state(room: Room) -> None:
    for n in range(4):
        room.tracker.create(draft(f"t-{n}"))
    room.fill(1, marked=False)
    room.site.close(1)
    room.site.edit(2, tags="")
    copy = room.site.clone(3, author="alice")
    room.site.edit(4, text="somebody wrote over it")
    look = room.tracker.changed(None)
    assert numbers(look) == [1, 2, 3, copy]
    assert [ticket.open for ticket in look.tickets] == [False, True, True, True]
    assert look.tickets[-1].author == room.site.user_id("alice") != look.account
    assert look.as_of is not None


def test_since_shows_what_changed_after_it(room: Room) -> None:
    for n in range(3):
        room.tracker.create(draft(f"t-{n}"))
    now = datetime.now(UTC)
    assert numbers(room.tracker.changed(now - timedelta(minutes=1))) == [1, 2, 3]
    assert numbers(room.tracker.changed(now + timedelta(minutes=1))) == []
    asked = [one for one in room.log.requests() if one.facts["path"].endswith("/wiql")]
    assert all(["timePrecision", "true"] in [list(pair) for pair in one.facts["query"]] for one in asked)


def test_an_idle_look_is_two_calls(room: Room) -> None:
    room.tracker.create(draft())
    start, later = len(room.paths()), datetime.now(UTC) + timedelta(minutes=1)
    assert room.connect().changed(later).tickets == ()
    assert room.paths(start) == ["connectionData", "wit/wiql"]


def test_long_lists_come_by_number_and_in_batches(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 150)
    room.site.settings.most = 200
    room.fill(450)
    start = len(room.paths())
    assert numbers(room.tracker.changed(None)) == list(range(1, 451))
    asked = room.paths(start)
    assert asked.count("wit/wiql") == 4
    assert asked.count("wit/workitemsbatch") == 3


def test_the_page_stays_below_what_a_query_may_show(room: Room) -> None:
    room.site.settings.most = listing.PAGE // 2
    assert not room.tracker.changed(None).tickets
    assert listing.PAGE < 20_000


def test_a_lagging_query_shows_new_tickets_later(room: Room) -> None:
    room.site.settings.lag = 3_600
    made = room.tracker.create(draft())
    assert not room.tracker.changed(None).tickets
    assert room.tracker.get(made.ref) is not None


def test_an_empty_list_is_believed_of_a_project_that_is_there_alone(room: Room) -> None:
    assert room.tracker.changed(None).tickets == ()
    room.site.set_rights("bot", ["read"], projects=["Elsewhere"])
    with pytest.raises(Denied, match="TF200016"):
        room.tracker.changed(None)
    room.site.drop_project(PROJECT)
    room.site.set_rights("bot", ["read"])
    with pytest.raises(Denied, match="TF200016"):
        room.tracker.changed(None)


def test_find_believes_no_list_where_the_project_is_not_seen(room: Room) -> None:
    room.site.set_rights("bot", ["read"], projects=["Elsewhere"])
    with pytest.raises(Denied, match="TF200016"):
        room.tracker.find(marker())


def test_an_old_server_that_has_states_as_a_preview(room: Room) -> None:
    tracker = room.connect(api_version="5.1")
    tracker.create(draft())
    room.site.close(1)
    assert [one.open for one in tracker.changed(None).tickets] == [False]


def test_find_sees_all_projects_and_every_ticket_of_the_threat(room: Room) -> None:
    room.site.add_project("Other")
    first = room.tracker.create(draft())
    room.tracker.create(draft("t-2", body=f"quoted: {marker().word}"))
    again = room.tracker.create(draft(marker=marker(generation=2)))
    room.site.move(number(first), "Other")
    room.site.retype(number(again), "Task")
    found = room.tracker.find(marker())
    assert numbers(found) == [1, 3]
    assert [ticket.project for ticket in found.tickets] == ["example/other", "example/sec threats"]
    assert found.tickets[0].url.endswith("/example/Other/_workitems/edit/1")
    assert numbers(room.tracker.changed(None)) == [2, 3]
    assert room.tracker.find(marker("t-9")).tickets == ()


def test_what_lies_in_an_area_that_we_may_not_view_is_not_shown(room: Room) -> None:
    area = room.site.add_area(PROJECT, "Hidden")
    made = room.tracker.create(draft())
    room.site.edit(1, area=area)
    room.site.hide_area("bot", area)
    assert not room.tracker.changed(None).tickets
    assert "TF401232" in str(room.tracker.get(made.ref))


def test_a_process_without_steps_to_reproduce(room: Room) -> None:
    room.site.drop_field("Microsoft.VSTS.TCM.ReproSteps")
    room.tracker.create(draft())
    assert numbers(room.tracker.changed(None)) == [1]
    start = len(room.paths())
    assert numbers(room.tracker.changed(None)) == [1]
    assert room.paths(start).count("wit/workitemsbatch") == 1


def test_a_state_that_is_new_to_us_is_looked_up(room: Room) -> None:
    room.tracker.create(draft())
    assert [ticket.open for ticket in room.tracker.changed(None).tickets] == [True]
    room.site.add_type(PROJECT, "Issue", ("To Do", "Proposed"), ("Dropped", "Removed"))
    room.site.edit(1, state="Dropped")
    assert [ticket.open for ticket in room.tracker.changed(None).tickets] == [False]


def scripted(**answers: Callable[[Request], Any] | Any) -> Scripted:
    """A site whose answers by the end of the path are given; those of a function at each request."""
    usual: dict[str, Any] = {
        "connectionData": ME,
        "wiql": {"workItems": [{"id": 7}]},
        "workitemsbatch": {"value": [row()]},
        "states": {"value": [{"name": "To Do", "category": "Proposed"}]},
        "7": row(),
    }

    def answer(request: Request) -> Reply:
        given = (usual | answers)[request.path.rpartition("/")[2]]
        told = given(request) if callable(given) else given
        return told if isinstance(told, Reply) else Reply(200, told)

    return Scripted(answer, name="azure-devops")


def test_the_script_is_good() -> None:
    with serving(scripted()) as url:
        [found] = open_tracker(f"{url}/example").changed(None).tickets
        assert (found.number, found.author, found.marker) == (f"{PROJECT}#7", "5ab0", marker())
        assert found.created_at == datetime(2026, 11, 1, 10, 0, 0, 120_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "answers",
    [
        {"wiql": {"workItems": None}},
        {"wiql": {}},
        {"wiql": []},
        {"wiql": {"workItems": [{"id": "7"}]}},
        {"wiql": {"workItems": [{"id": 9}, {"id": 7}]}},
        {"wiql": {"workItems": [{"id": 7}, {"id": 7}]}},
        {"workitemsbatch": {"value": None}},
        {"workitemsbatch": []},
        {"workitemsbatch": {"value": []}, "7": Reply(500, {})},
        {"workitemsbatch": {"value": []}, "7": row(8)},
        {"workitemsbatch": {"value": [row(**{"System.State": None})]}},
        {"workitemsbatch": {"value": [row(**{"System.CreatedDate": "yesterday"})]}},
        {"workitemsbatch": {"value": [row(**{"System.CreatedDate": "2026-11-01T10:00:00"})]}},
        {"states": Reply(500, {})},
        {"states": {"value": 1}},
        {"wiql": Reply(200, "<html>hello</html>", content_type="text/html")},
        {"wiql": Reply(204)},
    ],
)
def test_what_makes_no_sense_is_no_look(answers: dict[str, Any]) -> None:
    with serving(scripted(**answers)) as url, pytest.raises(Unavailable):
        open_tracker(f"{url}/example").changed(None)


def test_what_a_batch_leaves_out_is_read_by_itself() -> None:
    for left_out in ([], [None]):
        with serving(scripted(workitemsbatch={"value": left_out})) as url:
            assert numbers(open_tracker(f"{url}/example").changed(None)) == [7]


def test_a_list_that_goes_in_a_circle_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 1)
    with serving(scripted()) as url, pytest.raises(Unavailable, match="circle"):
        open_tracker(f"{url}/example").changed(None)


def test_states_that_are_not_shown_are_told_by_their_names() -> None:
    gone = Reply(404, {"message": "VS402323", "typeKey": "WorkItemTypeNotFoundException"})
    for state, is_open in (("Closed", False), ("Doing", True)):
        told = {"value": [row(**{"System.State": state})]}
        with serving(scripted(states=gone, workitemsbatch=told)) as url:
            assert [one.open for one in open_tracker(f"{url}/example").changed(None).tickets] == [is_open]


@pytest.mark.parametrize("user", [None, {}, {"id": ""}, {"id": "5ab0", "providerDisplayName": "Anonymous"}])
def test_nobody_is_not_us(user: Any) -> None:
    with (
        serving(scripted(connectionData={"authenticatedUser": user})) as url,
        pytest.raises((Denied, Unavailable)),
    ):
        open_tracker(f"{url}/example").changed(None)


def test_what_somebody_made_markdown_is_still_ours(room: Room) -> None:
    text = f"It is *bad*.\n\n{marker().block()}"
    with serving(scripted(workitemsbatch={"value": [row(**{"System.Description": text})]})) as url:
        assert [one.marker for one in open_tracker(f"{url}/example").changed(None).tickets] == [marker()]
