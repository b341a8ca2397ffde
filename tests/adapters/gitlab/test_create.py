"""What a create sends, and what it refuses to send."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tmi_issue_sync.errors import Denied, Rejected
from tmi_issue_sync.model import Level, Marker, TicketRef
from tmi_issue_sync.sandbox.wire import Reply

from ..loopback import Scripted, listening, serving, whole_request
from .conftest import opened
from .world import ADAPTER, CANARY, PROJECT, Room, draft, levels, marker, open_tracker, row


def test_a_ticket_is_made_with_its_marker(room: Room) -> None:
    ticket = room.tracker.create(draft(labels=("security", "TMI", "severity/high")))
    issue = room.issue()
    assert Marker.parse(issue["body"]) == marker()
    assert issue["body"].startswith("It is *bad*.\n\n")
    assert sorted(issue["labels"]) == ["security", "severity/high", "tmi"]
    assert issue["confidential"]
    host = room.url.removeprefix("http://")
    assert ticket.ref == TicketRef("gitlab", host, str(issue["id"]))
    assert (ticket.number, ticket.project, ticket.open) == (f"{PROJECT}#1", PROJECT, True)
    assert ticket.url == f"{room.url}/{PROJECT}/-/issues/1"
    assert (ticket.marker, ticket.author) == (marker(), "bot")
    assert ticket.request_id
    [post] = room.posts()
    assert post.facts["headers"]["x-request-id"] == "request-1"
    assert post.facts["headers"]["user-agent"] == "tmi-issue-sync"
    assert room.calls() == ["POST /v4/projects/example%2Fthreats/issues"]


def test_it_says_what_a_read_says(room: Room) -> None:
    made = room.tracker.create(draft())
    read = room.read(made)
    assert (read.ref, read.number, read.url, read.marker) == (made.ref, made.number, made.url, made.marker)
    assert (read.author, read.created_at, read.open) == (made.author, made.created_at, made.open)


def test_the_token_goes_into_its_own_header() -> None:
    app = Scripted(lambda _: Reply(201, row()))
    with serving(app) as url:
        open_tracker(url).create(draft())
    [request] = app.asked
    assert request.headers["private-token"] == CANARY
    assert "authorization" not in request.headers
    assert request.json()["labels"] == "tmi"


def test_every_create_has_a_connection_of_its_own() -> None:
    def answer(connection: socket.socket) -> None:
        threat = json.loads(whole_request(connection).partition(b"\r\n\r\n")[2])["title"]
        body = json.dumps(row(threat)).encode()
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        connection.recv(1)

    with listening(answer) as (port, seen):
        tracker = open_tracker(f"http://127.0.0.1:{port}")
        for threat in ("t-1", "t-2", "t-3"):
            assert tracker.create(draft(threat, title=threat)).marker == marker(threat)
    assert len(set(seen)) == 3


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"title": "x" * 256}, "255"),
        ({"title": "two\nlines"}, "one line"),
        ({"title": " "}, "empty"),
        ({"body": "x" * 1_048_576}, "1048576"),
        ({"labels": ("a,b",)}, "comma"),
        ({"labels": ("x" * 256,)}, "255"),
        ({"labels": (" ",)}, "empty"),
        ({"priority": "High"}, "no priority"),
        ({"target": {"project": "example/other"}}, "another place than example/threats"),
        ({"fields": {"weigth": 3}}, "did you mean 'weight'"),
        ({"fields": {"weight": "heavy"}}, "it is a number"),
        ({"fields": {"due_date": "soon"}}, "it is a day"),
        ({"fields": {"assignee_ids": ["alice"]}}, "it is a number"),
    ],
)
def test_what_gitlab_cannot_keep_is_not_sent(room: Room, changes: dict[str, Any], named: str) -> None:
    with pytest.raises(Rejected, match=named):
        room.tracker.create(draft(**changes))
    assert not room.log.requests()


def test_a_parent_is_named_in_the_body_alone(room: Room) -> None:
    room.tracker.create(draft(parent=TicketRef("gitlab", "gitlab.example.com", "1")))
    assert len(room.made()) == 1


def test_confidential_unless_the_operator_says_otherwise(room: Room) -> None:
    room.tracker.create(draft("t-1", target={"confidential": False}))
    room.tracker.create(draft("t-2", target={"confidential": False}, confidential=True))
    assert [issue["confidential"] for issue in room.site.issues()] == [False, True]


def test_a_ticket_that_is_not_kept_confidential_stops_the_next(room: Room) -> None:
    room.site.settings.drops_confidential = True
    made = room.tracker.create(draft())
    assert made.marker is None
    assert made.number == f"{PROJECT}#1"


def test_what_the_target_says_is_kept(room: Room) -> None:
    room.site.add_user("alice")
    room.site.add_milestone("Old", state="closed")
    room.site.add_milestone("Autumn")
    target = {"issue_type": "incident", "assignee": "Alice", "milestone": "Autumn", "due_days": {"critical": 7}}
    room.tracker.create(draft("t-1", target=target, labels=("tmi", "severity/critical")))
    room.tracker.create(draft("t-2", target=target, labels=("tmi",), fields={"due_date": "2030-01-31"}))
    first, second = room.site.issues()
    assert (first["assignees"], first["milestone"], first["kind"]) == (["alice"], "Autumn", "incident")
    assert first["due"] == (datetime.now(UTC) + timedelta(days=7)).date().isoformat()
    assert second["due"] == "2030-01-31"
    room.tracker.create(draft("t-3", target=target, fields={"due_date": "+30d"}))
    assert room.issue(3)["due"] == (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    asked = [call for call in room.calls() if not call.endswith("/issues")]
    assert asked == ["GET /v4/users", "GET /v4/projects/example%2Fthreats/milestones"], "each is looked up once"


@pytest.mark.parametrize(
    ("target", "named"),
    [({"assignee": "nobody"}, "'nobody'"), ({"assignee": "left"}, "'left'"), ({"milestone": "Old"}, "'Old'")],
)
def test_nobody_and_nothing_is_not_made_up(room: Room, target: dict[str, Any], named: str) -> None:
    room.site.add_milestone("Old", state="closed")
    room.site.add_user("left")
    room.site.block("left")
    with pytest.raises(Denied, match=named):
        room.tracker.create(draft(target=target))
    found = list(room.tracker.rehearse(draft(target=target)))
    assert named in levels(found, Level.ERROR)
    assert not room.posts()


def test_a_rehearsal_makes_nothing(room: Room) -> None:
    assert "can be made" in levels(list(room.tracker.rehearse(draft(fields={"weight": "3"}))), Level.OK)
    assert "fields.weight" in levels(list(room.tracker.rehearse(draft(fields={"weigth": "3"}))), Level.ERROR)
    assert not room.log.requests()


def test_a_guest_makes_tickets_without_new_labels(room: Room) -> None:
    room.site.set_level("bot", 10)
    room.site.add_label("security")
    made = room.tracker.create(draft(labels=("security", "new")))
    assert room.issue()["labels"] == ["security"]
    assert [one.ref for one in room.tracker.changed(None).tickets] == [made.ref], "found by its author"


def test_the_ledger_knows_a_project_by_one_name(room: Room) -> None:
    """Whatever the case in which GitLab or an operator writes it: the control of a look goes by it."""
    room.site.rename_project(PROJECT, "Example/Threats")
    target = {"project": "example/THREATS"}
    tracker = room.connect(target)
    made = tracker.create(draft(target=target))
    given = ADAPTER.options(url=room.url, token=room.token)
    assert made.project == ADAPTER.key(given, ADAPTER.target(**target)).project == "example/threats"


def test_a_gitlab_below_a_path() -> None:
    with opened(prefix="/gitlab") as room:
        made = room.tracker.create(draft())
        assert made.url == f"{room.url}/{PROJECT}/-/issues/1"
        assert "/gitlab/example" in made.url
        assert room.read(made).ref == made.ref
        assert room.tracker.get(made.ref) == room.read(made)
        assert [one.ref for one in room.tracker.find(marker()).tickets] == [made.ref]
