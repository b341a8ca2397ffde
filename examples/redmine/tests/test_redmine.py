"""Redmine passes the conformance suite; and what only Redmine does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from redmine_server import RedmineSite
from redmine_things import FIELD
from tmi_issue_sync_redmine.api import Api
from tmi_issue_sync_redmine.options import BODY_MAX, Options, traits

from tmi_issue_sync.errors import Denied, Rejected, Uncertain
from tmi_issue_sync.model import Level, Marker, Ticket
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.wire import Clock
from tmi_issue_sync.testing import Conformance, Kept, Lacking, SandboxHarness
from tmi_issue_sync.testing.contract import connect
from tmi_issue_sync.testing.drafts import draft, marker
from tmi_issue_sync.testing.sandbox import Call


class RedmineHarness(SandboxHarness[RedmineSite]):
    """A Redmine with three projects; the account is a member of two."""

    adapter = "redmine"
    posting = Call("POST", r"/issues\.json$")
    listing = Call("GET", r"/issues\.json$")
    private = False

    def build(self, log: Log, clock: Clock) -> RedmineSite:
        site = RedmineSite(log=log, clock=clock)
        self.key = site.add_user("bot")
        self.user = site.users[self.key]
        self.user.hidden.add("secret")
        return site

    def options(self) -> dict[str, Any]:
        return {"url": self.url, "key": self.key, "marker_field": FIELD, "wait": self.wait, "timeout": 20.0}

    def target(self) -> dict[str, Any]:
        return {"project": "security", "private": self.private}

    def secrets(self) -> tuple[str, ...]:
        return (self.key,)

    def kept(self, ticket: Ticket) -> Kept:
        issue = self.site.issues[int(ticket.ref.id)]
        lines = [line for line in issue.description.splitlines() if line.startswith("Labels: ")]
        labels = frozenset(lines[-1].removeprefix("Labels: ").split(", ")) if lines else frozenset()
        return Kept(issue.subject, labels, issue.status != 5, len(issue.notes), issue.private)

    def lag(self, seconds: float) -> None:
        self.site.lag = seconds

    def limit(self, retry_after: int | None) -> None:
        raise Lacking("Redmine has no rate limit")

    def revoke(self) -> None:
        del self.site.users[self.key]

    def forbid(self) -> None:
        self.user.permissions.remove("add_issues")

    def lose(self) -> None:
        self.user.hidden.add("security")

    def archive(self) -> None:
        self.site.projects[0].status = 9

    def publish(self) -> None:
        self.site.projects[0].public = True

    def rename(self, ticket: Ticket) -> None:
        self.site.change(int(ticket.ref.id), subject="Renamed by a person")

    def close(self, ticket: Ticket) -> None:
        self.site.change(int(ticket.ref.id), status=5)

    def delete(self, ticket: Ticket) -> None:
        self.site.delete(int(ticket.ref.id))

    def clone(self, ticket: Ticket) -> None:
        old = self.site.issues[int(ticket.ref.id)]
        self.site.make(old.project, self.site.person, old.subject, old.description, fields=dict(old.fields))

    def move(self, ticket: Ticket) -> None:
        self.site.change(int(ticket.ref.id), project=self.site.projects[1])

    def hide(self, ticket: Ticket) -> None:
        self.site.change(int(ticket.ref.id), project=self.site.projects[2])


class Private(RedmineHarness):
    """The same where every ticket is private."""

    private = True


class TestRedmine(Conformance):
    harness = RedmineHarness


class TestPrivate(Conformance):
    harness = Private


@pytest.fixture
def redmine() -> Iterator[Private]:
    with Private() as harness:
        yield harness


def errors(harness: RedmineHarness) -> list[str]:
    return [one.what for one in connect(harness).check() if one.level is Level.ERROR]


def test_a_proxys_password_is_not_shown(redmine: Private) -> None:
    given = Options(**redmine.options(), proxy="http://user:hush@proxy.example.com:3128")
    assert "hush" not in f"{given!r} {given}"


def test_no_macro_and_no_wiki_link_is_left_of_a_text(redmine: Private) -> None:
    text = "{{include(Secret)}} {{{x}}} `[[Page]]` [[[y]]] {a} [b](c) {"
    made = connect(redmine).create(draft(redmine, body=text, labels=("[[z]]",)))
    kept = redmine.site.issues[1].description
    assert not any(pair in kept for pair in ("{{", "[["))
    assert kept.replace("\u200b", "").startswith(f"{text}\n\nLabels: [[z]]\n")
    assert Marker.parse(kept) == made.marker == marker()


def test_a_text_that_fits_still_fits_disarmed(redmine: Private) -> None:
    room = BODY_MAX - len(f"\n\n{marker().block()}")
    connect(redmine).create(draft(redmine, body="[" * room))
    with pytest.raises(Rejected, match="are allowed"):
        connect(redmine).create(draft(redmine, body="[" * (room + 1)))


def test_the_marker_outlives_an_edit_of_the_text(redmine: Private) -> None:
    made = connect(redmine).create(draft(redmine))
    redmine.site.change(1, description="mine now")
    assert [one.ref for one in connect(redmine).find(marker()).tickets] == [made.ref]


def test_a_field_that_is_not_the_projects_makes_no_ticket(redmine: Private) -> None:
    redmine.site.projects[0].fields = ()
    assert errors(redmine) == [f"security has no custom field number {FIELD}"]
    with pytest.raises(Denied, match="custom field"):
        connect(redmine).create(draft(redmine))
    assert redmine.made() == 0


def test_a_field_that_is_dropped_all_the_same_is_told(redmine: Private) -> None:
    tracker = connect(redmine)
    tracker.changed(None)
    redmine.site.projects[0].fields = ()
    assert tracker.create(draft(redmine)).marker is None


def test_without_the_right_to_hide_nothing_is_made(redmine: Private) -> None:
    redmine.user.permissions.remove("set_own_issues_private")
    assert errors(redmine) == ["the account's issues in security would not be private"]
    with pytest.raises(Denied, match="would not be private"):
        connect(redmine).create(draft(redmine, confidential=True))
    assert redmine.made() == 0


def test_switched_off_issues_are_not_gone(redmine: Private) -> None:
    """They are missing from lists, and forbidden one by one."""
    tracker = connect(redmine)
    made = tracker.create(draft(redmine))
    tracker.changed(None)
    redmine.site.projects[0].modules = ("wiki",)
    for _ in range(2):
        with pytest.raises(Denied, match=r"switched off in security.*Issue tracking"):
            tracker.get(made.url)
        for since in (None, redmine.now()):
            with pytest.raises(Denied, match="switched off"):
                tracker.changed(since)
        with pytest.raises(Denied, match="switched off"):
            tracker.find(marker())
    assert errors(redmine) == ["issues are switched off in security"]
    redmine.site.projects[0].modules = ("issue_tracking",)
    assert [one.ref for one in tracker.find(marker()).tickets] == [made.ref]


def test_a_status_that_begins_to_count_as_closed_is_seen(redmine: Private) -> None:
    tracker = connect(redmine)
    made = tracker.create(draft(redmine))
    redmine.site.change(1, status=2)
    assert [one.open for one in tracker.changed(None).tickets] == [True]
    redmine.site.closed.add(2)
    assert [one.open for one in tracker.changed(None).tickets] == [False]
    assert tracker.get(made.ref) == tracker.changed(None).tickets[0]


def test_a_create_that_stalls_at_each_step_ends_within_its_wait(redmine: Private) -> None:
    given = Options(**redmine.options() | {"wait": 0.5})
    with socket.create_server(("127.0.0.1", 0)) as server:
        given = given.model_copy(update={"url": f"http://127.0.0.1:{server.getsockname()[1]}"})
        thread = threading.Thread(target=stalls, args=(server,))
        thread.start()
        start = time.monotonic()
        with pytest.raises(Uncertain):
            Api(given).post("/issues.json", {}, "")
        took = time.monotonic() - start
        thread.join()
    assert given.wait < took < traits(given).wait


def stalls(server: socket.socket) -> None:
    """Says the head of an answer late, a piece of its text later, and then nothing any more."""
    peer, _ = server.accept()
    with peer:
        peer.recv(65_536)
        time.sleep(0.3)
        peer.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n")
        time.sleep(0.15)
        peer.sendall(b"{")
        while peer.recv(65_536):
            pass


def test_a_dead_key_is_not_taken_for_anybody(redmine: Private) -> None:
    """A public project answers it with 200, and without what is private."""
    connect(redmine).create(draft(redmine))
    redmine.publish()
    redmine.revoke()
    with pytest.raises(Denied, match="does not know the key"):
        connect(redmine).changed(None)


def test_priorities_go_by_name(redmine: Private) -> None:
    connect(redmine).create(draft(redmine, priority="High"))
    assert redmine.site.issues[1].priority == 3
    with pytest.raises(Rejected, match="there are Low, Normal, High"):
        connect(redmine).create(draft(redmine, priority="Higher"))


def test_a_close_that_changed_nothing_is_told(redmine: Private) -> None:
    tracker: Any = connect(redmine)
    made = tracker.create(draft(redmine))
    redmine.user.permissions.remove("edit_issues")
    with pytest.raises(Denied, match="shows it open"):
        tracker.close_duplicate(made, "Duplicate.")
