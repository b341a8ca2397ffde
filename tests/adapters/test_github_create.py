"""What a create sends, and what it refuses to send."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest

from tmi_issue_sync.errors import Denied, Rejected, Unavailable
from tmi_issue_sync.model import Level, Ticket, TicketRef
from tmi_issue_sync.sandbox.wire import Reply
from tmi_issue_sync.tracker import Rehearser

from .loopback import (
    REPO,
    Room,
    Scripted,
    draft,
    issue,
    listening,
    marker,
    open_tracker,
    serving,
    whole_request,
)


def test_a_ticket_is_made_with_its_marker(room: Room) -> None:
    ticket = room.tracker.create(draft(labels=("security", "TMI")))
    [made] = room.made()
    assert made.facts["body"] == f"It is *bad*.\n\n{marker().block()}"
    assert made.facts["labels"] == ["security", "tmi"]
    assert (ticket.number, ticket.project, ticket.url) == (f"{REPO}#1", REPO, f"{room.url}/{REPO}/issues/1")
    assert (ticket.marker, ticket.author, ticket.open) == (marker(), "bot", True)
    assert ticket.ref == TicketRef("github", room.url.removeprefix("http://"), str(made.facts["id"]))
    [post] = room.posts()
    assert post.facts["headers"]["x-request-id"] == "request-1"
    assert ticket.request_id
    assert len(room.log.requests()) == 1


def test_every_create_has_a_connection_of_its_own() -> None:
    def answer(connection: socket.socket) -> None:
        body = json.loads(whole_request(connection).partition(b"\r\n\r\n")[2])
        row = issue(body["body"])
        connection.sendall(f"HTTP/1.1 201 Created\r\nContent-Length: {len(row)}\r\n\r\n{row}".encode())
        connection.recv(1)

    with listening(answer) as (port, seen):
        tracker = open_tracker(f"http://127.0.0.1:{port}")
        for threat in ("t-1", "t-2", "t-3"):
            assert tracker.create(draft(threat)).marker == marker(threat)
    assert len(set(seen)) == 3


@pytest.mark.parametrize("body", ["", "the marker is gone", marker("t-2").block()])
def test_an_echo_without_our_marker_is_a_ticket_without_one(body: str) -> None:
    with serving(Scripted(lambda request: Reply(201, issue(body)))) as url:
        ticket = open_tracker(url).create(draft())
    assert isinstance(ticket, Ticket)
    assert ticket.marker is None


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"title": "x" * 257}, "257"),
        ({"title": " "}, "title"),
        ({"body": "x" * 65_536}, "65536"),
        ({"priority": "high"}, "priority"),
        ({"fields": {"team": "red"}}, "'team'"),
        ({"fields": {"milestone": "next"}}, "'milestone'"),
        ({"fields": {"assignees": "me"}}, "'assignees'"),
        ({"labels": tuple(f"label {n}" for n in range(100))}, "100"),
        ({"labels": ("x" * 51,)}, "x" * 51),
        ({"target": object()}, REPO),
    ],
)
def test_what_github_cannot_keep_is_not_sent(room: Room, changes: dict[str, Any], named: str) -> None:
    with pytest.raises(Rejected, match=named):
        room.tracker.create(draft(**changes))
    assert isinstance(room.tracker, Rehearser)
    [finding] = room.tracker.rehearse(draft(**changes))
    assert (finding.level, named in finding.what) == (Level.ERROR, True)
    assert not room.log.requests()


def test_fields_that_issues_have_are_sent() -> None:
    app = Scripted(lambda request: Reply(201, issue(request.json()["body"])))
    fields = {"assignees": ["me"], "milestone": 3, "type": "Bug"}
    with serving(app) as url:
        open_tracker(url).create(draft(fields=fields))
    sent = app.asked[0].json()
    assert {name: sent[name] for name in fields} == fields


def test_a_confidential_ticket_goes_to_a_private_repository_alone(room: Room) -> None:
    room.tracker.create(draft(confidential=True))
    room.site.set_repo(private=False)
    with pytest.raises(Denied, match="public"):
        room.tracker.create(draft("t-2", confidential=True))
    room.strike("drop-before", method="GET", path=r"/threats$")
    with pytest.raises(Unavailable):
        room.tracker.create(draft("t-3", confidential=True))
    assert len(room.posts()) == 1


def test_writes_keep_their_distance(room: Room) -> None:
    tracker, start = room.connect(seconds_between_writes=0.2), time.monotonic()
    for threat in ("t-1", "t-2", "t-3"):
        tracker.create(draft(threat))
    assert time.monotonic() - start >= 0.4


HOSTILE = "</td> <!-- @all #1 fixes #2 --> \u202e\x00\x1b[31m \U0001f600 {{ x }} ```\n`tmi-issue-sync v1 x`\r\nend"


def test_hostile_text_arrives_as_it_is(room: Room) -> None:
    assert room.tracker.create(draft(body=HOSTILE, title="<b>\u202e & 'x'")).marker == marker()
    [kept] = room.site.issues()
    assert kept["title"] == "<b>\u202e & 'x'"
    assert room.made()[0].facts["body"] == f"{HOSTILE}\n\n{marker().block()}"
