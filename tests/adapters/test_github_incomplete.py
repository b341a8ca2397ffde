"""Listings that could not be seen whole: an error, never an empty answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest

from tmi_issue_sync.errors import Denied, TrackerError, Unavailable
from tmi_issue_sync.sandbox.wire import Reply, Request

from .loopback import GITHUB, GOOD, REPO, SHOWN, Room, Scripted, draft, fill, open_tracker, serving

LIST = r"/issues$"
DENIED = {400, 401, 403, 404, 405, 410, 413, 415, 422}


@pytest.mark.parametrize("form", ["github", "html"])
def test_no_status_makes_an_empty_look(form: str) -> None:
    status = 0

    def answer(request: Request) -> Reply:
        if request.path.endswith("/user"):
            return Reply(200, {"login": "bot"})
        return Reply(status, GITHUB) if form == "github" else Reply(status, "<p>", content_type="text/html")

    with serving(Scripted(answer)) as url:
        for status in [each.value for each in HTTPStatus if each > 200]:
            with pytest.raises(TrackerError) as raised:
                open_tracker(url).changed(None)
            assert type(raised.value) is (Denied if status in DENIED and form == "github" else Unavailable), status
            assert getattr(raised.value, "server_fault", False) == (status >= 500), status


@pytest.mark.parametrize("kind", ["drop-before", "fin-after", "stall", "truncate", "html", "hang-before", "delay"])
@pytest.mark.parametrize("path", [LIST, r"/user$"])
def test_a_listing_that_was_not_seen_whole_raises(room: Room, kind: str, path: str) -> None:
    room.tracker.create(draft())
    room.strike(kind, method="GET", path=path, seconds=0.6)
    with pytest.raises(Unavailable):
        room.connect(timeout=0.2).changed(None)


@pytest.mark.parametrize("nth", [2, 3, 4])
def test_a_page_that_fails_fails_the_look(room: Room, nth: int) -> None:
    fill(room, 150)
    room.strike("status-before", method="GET", path=LIST, status=502, nth=nth)
    with pytest.raises(Unavailable) as raised:
        room.tracker.changed(datetime.now(UTC) - timedelta(days=1))
    assert raised.value.server_fault


@pytest.mark.parametrize(
    "rows", [{}, [1], [[]], [{"body": 5}], [GOOD, GOOD | {"id": None}], [GOOD | {"created_at": "x"}]]
)
def test_rows_that_make_no_sense_raise(rows: Any) -> None:
    shown = {"/user": {"login": "bot"}, f"/repos/{REPO}": SHOWN}
    app = Scripted(lambda request: Reply(200, shown.get(request.path.removeprefix("/api/v3"), rows)))
    with serving(app) as url, pytest.raises(Unavailable):
        open_tracker(url).changed(None)


@pytest.mark.parametrize(
    ("link", "asked"),
    [
        ("https://evil.example/api/v3/x", 2),
        ("{base}/elsewhere", 2),
        ("{base}/api/v3/repos/x/y/issues?page=2", 3),
    ],
)
def test_links_lead_nowhere_else_and_end(link: str, asked: int) -> None:
    def answer(request: Request) -> Reply:
        if request.path.endswith("/user"):
            return Reply(200, {"login": "bot"})
        return Reply(200, [], {"Link": f'<{link.format(base=request.base)}>; rel="next"'})

    app = Scripted(answer)
    with serving(app) as url, pytest.raises(Unavailable):
        open_tracker(url).changed(None)
    assert len(app.asked) == asked


def test_a_redirect_out_of_the_server_is_not_followed() -> None:
    app = Scripted(lambda request: Reply(301, None, {"Location": "https://evil.example/api/v3/user"}))
    with serving(app) as url, pytest.raises(Unavailable):
        open_tracker(url).changed(None)
    app = Scripted(lambda request: Reply(301, None, {"Location": f"{request.base}/api/v3/user"}))
    with serving(app) as url, pytest.raises(Unavailable, match="without end"):
        open_tracker(url).changed(None)
    assert len(app.asked) == 4


def test_rights_that_end_are_told(room: Room) -> None:
    room.tracker.changed(None)
    room.site.set_repo(has_issues=False)
    with pytest.raises(Denied, match="switched off"):
        room.tracker.changed(None)
    room.site.revoke(room.token)
    with pytest.raises(Denied, match="Bad credentials"):
        room.tracker.changed(None)
    with pytest.raises(Denied):
        room.tracker.get(f"{room.url}/{REPO}/issues/1")
