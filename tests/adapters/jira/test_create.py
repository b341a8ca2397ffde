"""What a create sends, and what it refuses to send."""

from __future__ import annotations

import json
import re
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tmi_issue_sync.errors import Denied, Rejected
from tmi_issue_sync.markup import adf
from tmi_issue_sync.model import Marker, Ticket, TicketRef
from tmi_issue_sync.sandbox.wire import Reply, Request

from ..loopback import Scripted, listening, serving, whole_request
from .world import MADE, ME, Room, draft, marker, open_tracker, value


def sent(room: Room) -> dict[str, Any]:
    """The newest issue, all of its fields and properties."""
    reply = room.call("GET", f"issue/{room.key()}")
    assert reply.status == 200
    return dict(reply.body["fields"])


def test_a_ticket_is_made_with_its_marker(room: Room) -> None:
    ticket = room.tracker.create(draft(labels=("security", "TMI", "two words")))
    [made] = room.made()
    assert made.facts["properties"] == {"tmi-issue-sync": value(marker())}
    assert Marker.parse(made.facts["body"].replace("{{", "").replace("}}", "").replace("&#58;", ":")) == marker()
    assert sorted(made.facts["labels"]) == ["security", "tmi", "two-words"]
    host = room.url.removeprefix("http://")
    assert ticket.ref == TicketRef("jira", host, made.facts["id"])
    assert (ticket.number, ticket.project, ticket.url) == ("SEC-1", "SEC", f"{room.url}/browse/SEC-1")
    assert (ticket.marker, ticket.open) == (marker(), True)
    assert ticket.request_id
    [post] = room.posts()
    assert post.facts["headers"]["x-request-id"] == "request-1"
    assert room.paths() == ["myself", "issue"]


def test_it_says_what_a_read_says(room: Room) -> None:
    made = room.tracker.create(draft())
    read = room.tracker.get(made.ref)
    assert isinstance(read, Ticket)
    assert (read.ref, read.number, read.url, read.marker) == (made.ref, made.number, made.url, made.marker)
    assert (read.author, read.project, read.open) == (made.author, made.project, made.open)
    assert timedelta(0) <= read.created_at - made.created_at < timedelta(seconds=4)


def test_cloud_gets_a_document_and_data_center_wiki_markup() -> None:
    for cloud in (True, False):
        app = Scripted(
            lambda request: Reply(201, MADE) if request.method == "POST" else Reply(200, ME | {"key": "me"})
        )
        with serving(app) as url:
            open_tracker(url, cloud=cloud).create(draft(body="# Bad\n\n*{very}* <b>"))
        request = app.asked[-1]
        description = request.json()["fields"]["description"]
        if cloud:
            assert request.path == "/rest/api/3/issue"
            assert request.headers["authorization"].startswith("Basic ")
            last = description["content"][-1]["content"]
            assert last == [{"type": "text", "text": marker().block().strip("`"), "marks": [{"type": "code"}]}]
            assert Marker.parse(adf.text(description)) == marker()
        else:
            assert request.path == "/rest/api/2/issue"
            assert request.headers["authorization"].startswith("Bearer ")
            assert description.startswith("h1. Bad\n\n_&#123;very&#125;_ <b>")
            assert description.splitlines()[-1].startswith("{{tmi-issue-sync v1 tmi")


def test_every_create_has_a_connection_of_its_own() -> None:
    def answer(connection: socket.socket) -> None:
        posted = whole_request(connection).startswith(b"POST")
        body = json.dumps(MADE if posted else ME)
        status = b"201 Created" if posted else b"200 OK"
        connection.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body.encode()))
        connection.recv(1)

    with listening(answer) as (port, seen):
        tracker = open_tracker(f"http://127.0.0.1:{port}")
        for threat in ("t-1", "t-2", "t-3"):
            assert tracker.create(draft(threat)).marker == marker(threat)
    assert len(set(seen)) == 4


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"title": "x" * 255}, "254"),
        ({"title": "two\nlines"}, "one line"),
        ({"title": " "}, "empty"),
        ({"labels": ("x" * 256,)}, "label"),
        ({"labels": ("\U0001f600" * 128,)}, "label"),
        ({"labels": (" ",)}, "label"),
        ({"target": {"project": "OPS"}}, "another place than SEC"),
    ],
)
def test_what_jira_cannot_keep_is_not_sent(room: Room, changes: dict[str, Any], named: str) -> None:
    with pytest.raises(Rejected, match=named):
        room.tracker.create(draft(**changes))
    assert not room.log.requests()


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("x" * 254, "x" * 254),
        ("漢" * 254, "漢" * 254),
        ("\U0001f600" * 127, "\U0001f600" * 127),
        ("\U0001f600" * 254, "\U0001f600" * 126 + "…"),
        (f"{'x' * 251}\U0001f44d\U0001f3fd", f"{'x' * 251}…"),
    ],
)
def test_a_title_is_as_long_as_jira_counts_it(room: Room, title: str, kept: str) -> None:
    """An emoji is two of its characters."""
    room.tracker.create(draft(title=title))
    assert sent(room)["summary"] == kept


def test_a_confidential_ticket_needs_a_security_level(room: Room) -> None:
    room.site.security_level("Internal", project="SEC")
    with pytest.raises(Denied, match="security level"):
        room.tracker.create(draft(confidential=True))
    assert not room.log.requests()
    room.tracker.create(draft(confidential=True, target={"security": "internal"}))
    assert sent(room)["security"]["name"] == "Internal"
    with pytest.raises(Denied, match="'Internal'"):
        room.tracker.create(draft(target={"security": "Intern"}))
    assert len(room.posts()) == 1


def test_no_level_that_the_account_may_not_give(room: Room) -> None:
    room.site.security_level("Vault", project="SEC", members=["somebody"])
    with pytest.raises(Denied, match="no security level 'Vault'"):
        room.tracker.create(draft(target={"security": "Vault"}))
    assert not room.posts()


def test_what_the_target_says_is_kept(room: Room) -> None:
    room.site.add_component("API", project="SEC")
    room.site.add_user("ann", email="ann@example.com")
    who = room.site.account_id("ann") if room.cloud else "ann"
    target = {"issue_type": "bug", "components": ["api"], "assignee": who, "due_days": {"critical": 7}}
    room.tracker.create(draft(target=target, priority="highest", labels=("tmi", "severity/critical")))
    fields = sent(room)
    assert fields["issuetype"]["name"] == "Bug"
    assert [one["name"] for one in fields["components"]] == ["API"]
    assert fields["assignee"]["displayName"] == "ann"
    assert fields["priority"]["name"] == "Highest"
    assert fields["duedate"] == (datetime.now(UTC) + timedelta(days=7)).date().isoformat()
    room.tracker.create(draft("t-2", target=target, labels=("tmi",)))
    assert sent(room)["duedate"] is None


def test_the_parents_of_cloud(cloud: Room) -> None:
    epic = cloud.tracker.create(draft("epic", target={"issue_type": "Epic"}))
    cloud.tracker.create(draft("t-1", parent=epic.ref))
    assert sent(cloud)["parent"]["key"] == epic.number
    cloud.tracker.create(draft("t-2", target={"parent": epic.number}))
    assert sent(cloud)["parent"]["key"] == epic.number
    with pytest.raises(Denied, match="parent"):
        cloud.tracker.create(draft("t-3", target={"parent": "SEC-99"}))


def test_the_parents_of_data_center(data_center: Room) -> None:
    target = {"issue_type": "Epic"}
    epic = data_center.tracker.create(draft("epic", target=target, fields={"Epic Name": "A model"}))
    data_center.tracker.create(draft("t-1", parent=epic.ref))
    assert sent(data_center)["customfield_10014"] == epic.number
    data_center.tracker.create(draft("t-2", target={"parent": epic.number}))
    assert sent(data_center)["customfield_10014"] == epic.number
    with pytest.raises(Denied, match="no parent"):
        data_center.tracker.create(draft("t-3", target={"parent": epic.number, "issue_type": "Epic"}))


@pytest.mark.parametrize("piece", ["word ", "\U0001f600 ", "- item\n", "> {code}\n\n"])
def test_a_long_text_is_shortened_and_keeps_its_end(room: Room, piece: str) -> None:
    body = f"{piece * (31_000 // len(piece))}\n\nThe footer."
    room.tracker.create(draft(body=body))
    read = room.tracker.get(room.browse(room.key()))
    assert isinstance(read, Ticket)
    assert read.marker == marker()
    kept = room.made()[0].facts["body"]
    assert len(kept.encode("utf-16-le")) // 2 <= 32_767
    assert "The footer." in kept


HOSTILE = "</td> <!-- @all SEC-1 --> [~admin] {code} !x! \x00\x1b[31m \U0001f600 ```\n`tmi-issue-sync v1 x`\r\nend"


def test_hostile_text_hides_no_marker(room: Room) -> None:
    assert room.tracker.create(draft(body=HOSTILE, title="<b>\u202e & 'x'")).marker == marker()
    others = marker("other").block()
    room.tracker.create(draft("t-2", body=f"{others}\n\n> {others}"))
    room.tracker.create(draft("t-3", body=f"{others}\n\n```\nopen"))
    expected = {marker(), marker("t-2"), marker("t-3")}
    assert {one.marker for one in room.tracker.changed(None).tickets} == expected
    assert all(room.tracker.find(one).tickets for one in expected)


def test_the_gateway_is_asked_and_the_site_is_shown(cloud: Room) -> None:
    cloud_id = "11111111-2222-3333-4444-555555555555"
    scoped = cloud.site.add_token("bot")
    options: dict[str, Any] = {"email": None, "cloud_id": cloud_id, "gateway": cloud.url, "kind": None}
    tracker = open_tracker("https://example.atlassian.net", token=scoped, **options)
    made = tracker.create(draft())
    assert made.url == "https://example.atlassian.net/browse/SEC-1"
    assert [one.url for one in tracker.changed(None).tickets] == [made.url]
    assert isinstance(tracker.get(made.url), Ticket)
    assert all(re.match(f"/ex/jira/{cloud_id}/rest/api/3/", one.facts["path"]) for one in cloud.log.requests())
    with_name = open_tracker(
        "https://example.atlassian.net", token=scoped, **(options | {"email": "bot@example.com"})
    )
    assert isinstance(with_name.get(made.ref), Ticket)


def test_a_user_and_a_password(data_center: Room) -> None:
    tracker = data_center.connect(token=None, user="bot", password=data_center.token)
    assert tracker.create(draft()).number == "SEC-1"


def test_a_context_path_is_part_of_every_link() -> None:
    def answer(request: Request) -> Reply:
        return Reply(201, MADE) if request.method == "POST" else Reply(200, ME)

    app = Scripted(answer)
    with serving(app) as url:
        made = open_tracker(f"{url}/jira/", cloud=False).create(draft())
        assert made.url == f"{url}/jira/browse/SEC-7"
    assert {request.path for request in app.asked} == {"/jira/rest/api/2/myself", "/jira/rest/api/2/issue"}
