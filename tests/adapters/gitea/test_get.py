"""One ticket by its URL: as it is now, gone, or none of ours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync.model import Gone, NotMine, Ticket, TicketRef
from tmi_issue_sync.sandbox.gitea import GiteaSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server
from tmi_issue_sync.sandbox.wire import Reply, Request

from ..loopback import serving
from .world import REPO, Room, Scripted, draft, marker, open_tracker


def test_a_ticket_is_read_by_url_and_by_the_id_that_was_seen(room: Room) -> None:
    made = room.tracker.create(draft())
    room.site.close(1)
    for ref in (made.url, f"{made.url}/", f" {made.url}#issuecomment-1", made.ref):
        found = room.tracker.get(ref)
        assert isinstance(found, Ticket)
        assert (found.ref, found.open, found.marker) == (made.ref, False, marker())
    assert isinstance(room.connect().get(made.ref), NotMine)


def test_the_ledgers_name_of_the_repository_is_in_lower_case() -> None:
    log = Log()
    site = GiteaSite(log=log, repo="Example/Threats")
    token = site.add_user("bot")
    with Server(site, log=log) as server:
        tracker = open_tracker(server.url, token=token)
        made = tracker.create(draft())
    assert (made.project, made.number) == (REPO, "Example/Threats#1")


def test_a_ticket_whose_marker_was_edited_out_is_one_without(room: Room) -> None:
    made = room.tracker.create(draft())
    room.site.edit(1, body="mine now")
    found = room.tracker.get(made.url)
    assert isinstance(found, Ticket)
    assert found.marker is None


def test_a_deleted_ticket_is_gone(room: Room) -> None:
    made = room.tracker.create(draft())
    room.site.delete(1)
    assert isinstance(room.tracker.get(made.url), Gone)
    assert room.tracker.create(draft("t-2")).number == f"{REPO}#2"


@pytest.mark.parametrize("settings", [{"has_issues": False}, {"external_tracker": True}])
def test_a_ticket_of_a_repository_that_keeps_no_issues_is_not_called_gone(
    room: Room, settings: dict[str, bool]
) -> None:
    made = room.tracker.create(draft())
    room.site.set_repo(**settings)
    with pytest.raises(Denied, match="can't be read"):
        room.tracker.get(made.url)


def test_a_ticket_of_a_repository_out_of_sight(room: Room) -> None:
    made = room.tracker.create(draft())
    room.site.add_repo("example/other")
    room.site.add_user("bot", role="none")
    with pytest.raises(Denied):
        room.tracker.get(made.url)
    assert isinstance(room.tracker.get(f"{room.url}/example/other/issues/1"), Gone)


def test_a_renamed_repository_is_followed(room: Room) -> None:
    made = room.tracker.create(draft())
    room.site.rename_repo(REPO, "other/risks")
    found = room.tracker.get(made.url)
    assert isinstance(found, Ticket)
    assert (found.ref, found.project, found.url) == (made.ref, "other/risks", f"{room.url}/other/risks/issues/1")


def test_another_repository_under_the_old_name_has_other_tickets(room: Room) -> None:
    made = room.tracker.create(draft())
    room.site.rename_repo(REPO, "other/risks")
    room.site.add_repo(REPO)
    assert isinstance(room.tracker.get(made.url), Gone)
    room.call("POST", "/issues", {"title": "Another"})
    found = room.tracker.get(made.url)
    assert isinstance(found, Ticket)
    assert found.ref != made.ref


def test_a_pull_request_is_none_of_ours(room: Room) -> None:
    number = room.site.add_pull(body=marker().block())
    for kind in ("issues", "pulls"):
        assert isinstance(room.tracker.get(f"{room.url}/{REPO}/{kind}/{number}"), NotMine)


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example.com/example/threats/issues/1",
        "{url}/example/threats",
        "{url}/example/threats/issues/0",
        "{url}/example/../issues/1",
        "ftp{url}/example/threats/issues/1",
        "http://[/example/threats/issues/1",
        "{url}:x/example/threats/issues/1",
        "n/a",
    ],
)
def test_other_urls_are_not_asked_for(gitea: Room, url: str) -> None:
    assert isinstance(gitea.tracker.get(url.format(url=gitea.url)), NotMine)
    assert isinstance(gitea.tracker.get(TicketRef("gitea", "elsewhere.example.com", "1")), NotMine)
    assert not gitea.log.requests()


def test_a_server_below_a_path_and_with_a_wrong_address_of_its_own() -> None:
    """Links are made from the address in the config, which is the one that works."""
    log = Log()
    site = GiteaSite(log=log, root="http://localhost:3000")
    token = site.add_user("bot")

    class Below:
        name = "gitea"

        def __call__(self, request: Request) -> Reply:
            assert request.path.startswith("/git/")
            return site(replace(request, path=request.path.removeprefix("/git")))

    with Server(Below(), log=log) as server:
        tracker = open_tracker(f"{server.url}/git/", token=token)
        made = tracker.create(draft())
        assert made.url == f"{server.url}/git/{REPO}/issues/1"
        assert tracker.get(made.url) == tracker.changed(None).tickets[0]
        assert isinstance(tracker.get(made.url.replace("/git/", "/")), NotMine)
        assert any("not at 127.0.0.1" in found.what for found in tracker.check())


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404, "<h1>Not found</h1>", {}, "text/html"),
        Reply(200, "<h1>Sign in</h1>", {}, "text/html"),
        Reply(200, {"id": 1}),
        Reply(500, {"message": ""}),
    ],
)
def test_what_a_proxy_says_proves_nothing(reply: Reply) -> None:
    app = Scripted(lambda request: reply if "/issues/" in request.path else None)
    with serving(app) as url, pytest.raises(Unavailable):
        open_tracker(url).get(f"{url}/{REPO}/issues/1")
