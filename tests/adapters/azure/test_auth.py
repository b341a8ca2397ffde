"""A service principal: its token is got once, renewed before its end, and never told."""

from __future__ import annotations

import json

import pytest

from tmi_issue_sync.errors import ConfigError, Denied, TrackerError, Unavailable
from tmi_issue_sync.sandbox.wire import Reply, Request

from ..loopback import Scripted, serving
from .world import Room, draft, open_tracker

SECRET = "canary~secret"


def principal(room: Room, **options: str) -> dict[str, str]:
    room.site.add_principal("bot", "client-1", SECRET)
    token_url = f"{room.url}/tenant-1/oauth2/v2.0/token"
    return {
        "client_id": "client-1",
        "client_secret": SECRET,
        "tenant": "tenant-1",
        "token_url": token_url,
    } | options


def asked(room: Room) -> int:
    return len(room.log.requests("azure-devops", "POST", "/token$"))


def test_one_token_does_for_a_pass(room: Room) -> None:
    tracker = room.connect(**principal(room))
    assert not asked(room)
    for n in range(3):
        assert tracker.create(draft(f"t-{n}")).author == room.site.user_id("bot")
    assert len(tracker.changed(None).tickets) == 3
    assert asked(room) == 1


def test_a_token_is_renewed_before_its_end_in_a_long_pass(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1_000.0]
    monkeypatch.setattr("tmi_issue_sync_adapters.azure_devops.auth.time.monotonic", lambda: clock[0])
    tracker = room.connect(**principal(room))
    tracker.create(draft("t-0"))
    clock[0] += 3_200
    tracker.create(draft("t-1"))
    assert asked(room) == 1
    clock[0] += 150
    tracker.create(draft("t-2"))
    assert asked(room) == 2
    room.site.settings.token_life = 60
    clock[0] += 3_500
    tracker.create(draft("t-3"))
    clock[0] += 55
    tracker.create(draft("t-4"))
    assert asked(room) == 4


def test_a_token_that_is_refused_is_not_used_again_and_no_create_is_repeated(room: Room) -> None:
    tracker = room.connect(**principal(room))
    tracker.create(draft("t-0"))
    room.site.revoke("sandbox-entra-1")
    posts = len(room.posts())
    with pytest.raises(Denied):
        tracker.create(draft("t-1"))
    assert len(room.posts()) == posts + 1
    tracker.create(draft("t-1"))
    assert asked(room) == 2


def test_a_wrong_secret_is_denied_before_anything_is_sent(room: Room) -> None:
    tracker = room.connect(**principal(room, client_secret="canary-wrong"))
    for call in (lambda: tracker.changed(None), lambda: tracker.create(draft())):
        with pytest.raises(Denied, match="AADSTS7000215") as caught:
            call()
        assert "canary" not in str(caught.value)
    assert not room.posts()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(400, {"error": "invalid_client", "error_description": SECRET}), Denied),
        (Reply(500, {"error": "x"}), Unavailable),
        (Reply(429, "slow", {"Retry-After": "9"}), Unavailable),
        (Reply(200, {"token_type": "Bearer"}), Unavailable),
        (Reply(200, {"access_token": "a\nb"}), Unavailable),
        (Reply(200, "<html>sign in</html>"), Unavailable),
        (Reply(302, "", {"Location": "/x"}), Unavailable),
    ],
)
def test_answers_without_a_token(room: Room, reply: Reply, kind: type[TrackerError]) -> None:
    with serving(Scripted(lambda _: reply, name="entra")) as url:
        tracker = room.connect(**principal(room, token_url=f"{url}/token"))
        with pytest.raises(kind) as caught:
            tracker.create(draft())
    assert "canary" not in str(caught.value)
    assert not room.posts()


def test_entra_is_asked_as_it_wants_to_be() -> None:
    heard: list[Request] = []

    def answer(request: Request) -> Reply:
        heard.append(request)
        return Reply(200, {"access_token": "word", "expires_in": "3599"} if len(heard) == 1 else {})

    with serving(Scripted(answer, name="x")) as url:
        given = {"token": None, "client_id": "c", "client_secret": "s~1", "token_url": f"{url}/t/oauth2/v2.0/token"}
        with pytest.raises(Unavailable):
            open_tracker(f"{url}/example", **given).changed(None)
    form = heard[0].body.decode()
    assert "scope=499b84ac-1321-427f-aa17-267ca6975798%2F.default" in form
    assert "grant_type=client_credentials" in form
    assert heard[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert heard[1].headers["authorization"] == "Bearer word"
    assert heard[1].headers["x-tfs-fedauthredirect"] == "Suppress"
    assert "s~1" not in json.dumps(heard[1].headers)


def test_a_token_url_without_tls_is_refused(room: Room) -> None:
    with pytest.raises(ConfigError, match="token_url"):
        room.connect(**principal(room, token_url="http://example.com/token"))
