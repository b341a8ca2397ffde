"""One threat's tickets, in the widest scope that Jira has."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from tmi_issue_sync.errors import Unavailable
from tmi_issue_sync.model import Look
from tmi_issue_sync.sandbox.wire import Reply, Request

from ..loopback import Scripted, serving
from .world import Room, draft, marker, open_tracker


def numbers(look: Look) -> list[str]:
    return [ticket.number for ticket in look.tickets]


def test_a_lagging_search_is_seen_through_by_the_numbers(room: Room) -> None:
    room.site.set_lag(3600)
    room.fill(130, marked=False)
    room.tracker.create(draft())
    assert not room.tracker.changed(None).tickets
    before = len(room.paths())
    assert numbers(room.tracker.find(marker())) == ["SEC-131"]
    if room.cloud:
        assert room.paths(before).count("issue/bulkfetch") == 3
    assert not room.tracker.find(marker("t-9")).tickets


def test_the_numbers_begin_below_what_the_search_shows(cloud: Room) -> None:
    """The ticket in doubt may be older than others that are listed already."""
    cloud.site.set_lag(0.3)
    cloud.tracker.create(draft())
    cloud.fill(3, marked=False)
    time.sleep(0.35)
    cloud.site.set_lag(3600)
    cloud.tracker.create(draft("t-2"))
    assert numbers(cloud.tracker.find(marker("t-2"))) == ["SEC-5"]


def test_gaps_end_the_probe_only_above_what_is_listed(cloud: Room) -> None:
    for _ in range(130):
        cloud.call("POST", "issue", {"fields": {"project": {"key": "SEC"}, "issuetype": {"name": "Task"}}})
    cloud.fill(1, marked=False)
    cloud.site.set_lag(0)
    cloud.tracker.changed(None)
    made = cloud.tracker.create(draft())
    assert made.number == "SEC-132"
    assert numbers(cloud.tracker.find(marker())) == ["SEC-132"]


def test_a_moved_ticket_is_found_by_its_text(room: Room) -> None:
    room.site.add_project("OPS")
    room.tracker.create(draft())
    assert room.site.move("SEC-1", "OPS") == "OPS-1"
    [found] = room.tracker.find(marker()).tickets
    assert (found.number, found.project, found.url) == ("OPS-1", "OPS", room.browse("OPS-1"))
    assert not room.tracker.changed(None).tickets


def test_a_ticket_that_moved_before_it_was_listed_is_found_by_its_old_number(cloud: Room) -> None:
    cloud.site.add_project("OPS")
    cloud.site.set_lag(3600)
    cloud.tracker.create(draft())
    cloud.site.move("SEC-1", "OPS")
    assert numbers(cloud.tracker.find(marker())) == ["OPS-1"]


def test_find_shows_every_ticket_of_the_threat(room: Room) -> None:
    room.tracker.create(draft())
    room.tracker.create(draft("t-2"))
    room.tracker.create(draft(marker=marker("t-1", generation=3)))
    room.tracker.create(draft("t-2", body=f"quoted: {marker('t-1').word}"))
    look = room.tracker.find(marker())
    assert numbers(look) == ["SEC-1", "SEC-3"]
    assert look.as_of is not None
    assert room.tracker.find(marker("t-9")).tickets == ()


def test_what_jira_could_not_fetch_just_then_is_read_by_itself(cloud: Room) -> None:
    cloud.fill(3, marked=False)
    cloud.tracker.create(draft())
    cloud.site.set_lag(3600)
    cloud.site.cannot_fetch("SEC-2", "SEC-4")
    assert numbers(cloud.tracker.find(marker())) == ["SEC-4"]


def test_what_jira_could_not_fetch_may_be_named_by_its_key(cloud: Room) -> None:
    cloud.tracker.create(draft())
    cloud.site.set_lag(3600)

    def answer(request: Request) -> Reply:
        reply = cloud.site(request)
        if request.path.endswith("/bulkfetch"):
            left_out = [{"id": one["key"], "errorMessage": "Try again."} for one in reply.body["issues"]]
            reply.body = {"issues": [], "issueErrors": left_out}
        return reply

    with serving(Scripted(answer)) as url:
        assert numbers(open_tracker(url, token=cloud.token).find(marker())) == ["SEC-1"]


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        ([{"errorMessage": "Try again."}], "does not say which"),
        ([{"id": "ten", "errorMessage": "Try again."}], "does not say which"),
        (["10100"], "does not say which"),
        ("Try again.", "no list"),
    ],
)
def test_what_jira_left_out_and_does_not_name_is_no_none(cloud: Room, errors: Any, said: str) -> None:
    def answer(request: Request) -> Reply:
        reply = cloud.site(request)
        if request.path.endswith("/bulkfetch"):
            reply.body = {"issues": [], "issueErrors": errors}
        return reply

    with serving(Scripted(answer)) as url, pytest.raises(Unavailable, match=said):
        open_tracker(url, token=cloud.token).find(marker())


@pytest.mark.parametrize("others", [2, 60])
def test_one_that_was_moved_here_lately_does_not_hide_what_is_below_it(cloud: Room, others: int) -> None:
    """It keeps its age, and has a higher number than the ticket in doubt."""
    cloud.site.add_project("OPS")
    cloud.fill(others, marked=False)
    cloud.fill(1, "OPS", marked=False)
    for old in cloud.site._store.issues():
        old.created -= timedelta(days=2)
        cloud.site.edit(old.key, summary="Old")
    lost = cloud.tracker.create(draft()).number
    cloud.site.move("OPS-1", "SEC")

    def answer(request: Request) -> Reply:
        """The search does not know the ticket in doubt yet."""
        reply = cloud.site(request)
        if request.path.endswith("/search/jql"):
            rows = reply.body["issues"]
            reply.body = {**reply.body, "issues": [one for one in rows if one["key"] != lost]}
        return reply

    app = Scripted(answer)
    with serving(app) as url:
        assert numbers(open_tracker(url, token=cloud.token).find(marker())) == [lost]
    [first, *_] = [request for request in app.asked if request.path.endswith("/bulkfetch")]
    assert first.json()["issueIdsOrKeys"][0] == ("SEC-1" if others < 50 else "SEC-13")


def test_nothing_of_the_probe_may_be_missing(cloud: Room) -> None:
    for kind in ("drop-before", "status-before", "html"):
        cloud.strike(kind, path="bulkfetch$")
        with pytest.raises(Unavailable):
            cloud.tracker.find(marker())
