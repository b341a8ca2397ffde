"""`check`, options, proxies and secrets."""

from __future__ import annotations

import logging
import socket
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from tmi_issue_sync.errors import ConfigError, TrackerError, Unavailable
from tmi_issue_sync.model import Finding, Level, TrackerKey
from tmi_issue_sync.sandbox.wire import Reply, Request
from tmi_issue_sync.tracker import Tracker, load

from .loopback import REPO, TOKEN, Room, Scripted, draft, listening, open_tracker, serving, whole_request

ADAPTER = load("github")


def told(tracker: Tracker, level: Level | None = None) -> str:
    return "\n".join(f"{one.what} {one.todo}" for one in tracker.check() if level in (None, one.level))


def publicity(tracker: Tracker) -> list[bool]:
    return [one.public for one in tracker.check() if one.public is not None]


def test_all_is_well(room: Room) -> None:
    assert not told(room.tracker, Level.ERROR)
    assert "signed in as bot" in told(room.tracker, Level.OK)
    assert publicity(room.tracker) == [False]
    assert not room.posts()
    assert len(room.log.requests()) == 4  # the account once, the repository each of the three times
    assert "'tmi' is on every ticket" in told(room.tracker, Level.OK)


def test_what_is_wrong_is_named(room: Room) -> None:
    assert "http links" in told(room.tracker, Level.WARNING)
    assert "Bad credentials" in told(room.connect("no-token"), Level.ERROR)
    assert "Issues: read and write" in told(room.connect(repo="example/nowhere"), Level.ERROR)
    weak = told(room.connect(room.site.add_user("weak", push=False)), Level.WARNING)
    assert "role Write" in weak
    assert "no label 'tmi'" in weak
    room.site.set_repo(private=False, archived=True, has_issues=False)
    errors = told(room.tracker, Level.ERROR)
    assert "archived" in errors
    assert "switched off" in errors
    assert publicity(room.tracker) == [True]
    room.site.rename_repo(REPO, "example/risks")
    assert 'repo = "example/risks"' in told(room.tracker, Level.ERROR)


def test_a_server_that_is_not_there_is_one_error(room: Room) -> None:
    room.strike("drop-before", method="GET", path="/user$")
    [finding] = list(room.tracker.check())
    assert finding.level is Level.ERROR


REPOSITORY: dict[str, Any] = {"full_name": REPO, "private": True, "html_url": f"https://git_hub.example.com/{REPO}"}


def scripted_check(changes: dict[str, Any], headers: dict[str, str]) -> list[Finding]:
    def answer(request: Request) -> Reply:
        shown = {"login": "bot"} if request.path.endswith("/user") else REPOSITORY | changes
        return Reply(200, shown, {"Date": "Sun, 01 Nov 2026 10:00:00 GMT"} | headers)

    with serving(Scripted(answer)) as url:
        return list(open_tracker(url).check())


@pytest.mark.parametrize(
    ("ends", "level"),
    [
        ("2026-11-10 10:00:00 UTC", Level.WARNING),
        ("2026-11-10 10:00:00 -0700", Level.WARNING),
        ("2027-01-01 10:00:00 +0000", Level.OK),
    ],
)
def test_a_token_that_expires(ends: str, level: Level) -> None:
    found = scripted_check({}, {"github-authentication-token-expiration": ends})
    assert [one.level for one in found if "expires on" in one.what] == [level]
    assert not [
        one for one in scripted_check({}, {"github-authentication-token-expiration": "?"}) if "expires" in one.what
    ]


def test_links_that_tmi_would_refuse() -> None:
    warnings = " ".join(one.what for one in scripted_check({}, {}) if one.level is Level.WARNING)
    assert "underscore" in warnings
    assert "not at 127.0.0.1" in warnings
    internal = scripted_check({"visibility": "internal"}, {})
    assert [one.public for one in internal if "enterprise" in one.what] == [False]
    assert Level.ERROR in [one.level for one in scripted_check({"private": None}, {})]


@pytest.mark.parametrize(
    ("url", "host", "api"),
    [
        ("https://github.com", "github.com", "https://api.github.com"),
        ("https://GitHub.com:443/", "github.com", "https://api.github.com"),
        ("https://acme.ghe.com", "acme.ghe.com", "https://api.acme.ghe.com"),
        ("https://git.example.com:8443", "git.example.com:8443", "https://git.example.com:8443/api/v3"),
        ("http://[::1]:80", "[::1]", "http://[::1]:80/api/v3"),
    ],
)
def test_where_the_api_is(url: str, host: str, api: str) -> None:
    from tmi_issue_sync_adapters.github.options import road

    options, target = ADAPTER.options(url=url, token=TOKEN), ADAPTER.target(repo="Example/Threats")
    assert ADAPTER.key(options, target) == TrackerKey("github", host, "example/threats")
    assert ADAPTER.traits(options).hosts == (host,)
    assert road(options).api.geturl() == api
    ADAPTER.connect(options, (target,))


@pytest.mark.parametrize(
    "url", ["http://github.com", "github.com", "https://u:p@github.com", "https://github.com:x"]
)
def test_urls_that_will_not_do(url: str) -> None:
    options = ADAPTER.options(url=url, token=TOKEN)
    with pytest.raises(ConfigError):
        ADAPTER.connect(options, (ADAPTER.target(repo=REPO),))


@pytest.mark.parametrize(
    "repo", ["threats", "a/b/c", "a/..", "a/.", "/b", "a/", "a b/c", "a/b\n", "https://github.com/a/b"]
)
def test_names_that_are_no_repository(repo: str) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.target(repo=repo)


@pytest.mark.parametrize(
    "options",
    [
        {"token": "two words"},
        {"token": "line\nbreak"},
        {"token": ""},
        {"token": "n\xe4"},
        {"wait": 0},
        {"late": -1},
        {"lag": float("inf")},
        {"proxy": "socks5://secret-proxy"},
        {"unknown": 1},
    ],
)
def test_options_that_will_not_do(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as raised:
        ADAPTER.options(**({"token": TOKEN} | options))
    assert TOKEN not in str(raised.value)
    assert "two words" not in str(raised.value)
    assert "secret-proxy" not in str(raised.value)


def test_the_environment_changes_nothing(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert room.connect().create(draft()).marker


def test_a_proxy_is_asked_for_a_tunnel_and_told_who_we_are() -> None:
    heard: list[bytes] = []

    def refuse(connection: socket.socket) -> None:
        heard.append(whole_request(connection))
        connection.sendall(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")

    with listening(refuse) as (port, _), pytest.raises(Unavailable, match="407"):
        open_tracker("https://git.example.com", proxy=f"http://me:pa%40ss@127.0.0.1:{port}").create(draft())
    assert heard[0].startswith(b"CONNECT git.example.com:443 ")
    assert b"Proxy-Authorization: Basic bWU6cGFAc3M=" in heard[0]
    assert TOKEN.encode() not in heard[0]


def test_a_proxy_takes_plain_requests(room: Room) -> None:
    tracker = open_tracker("http://git.example.com", room.token, proxy=room.url, allow_http=True)
    with pytest.raises(TrackerError):
        # The sandbox is no proxy and knows no such path, but it was the one that was asked.
        tracker.create(draft())
    assert room.posts()[0].facts["path"].startswith("http://git.example.com/api/v3/")


@pytest.mark.parametrize("kind", ["drop-before", "hang-before", "stall", "truncate", "html", "status-before", None])
def test_no_token_in_any_error_or_log(room: Room, kind: str | None, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tracker = room.connect(TOKEN, wait=0.2, timeout=0.2)
    calls: list[Callable[[], object]] = [
        lambda: tracker.create(draft()),
        lambda: tracker.changed(None),
        lambda: tracker.get(f"{room.url}/{REPO}/issues/1"),
    ]
    texts = [
        repr(tracker),
        repr(list(tracker.check())),
        repr(ADAPTER.options(token=TOKEN, proxy=f"http://u:{TOKEN}@p")),
    ]
    for call in calls:
        if kind is not None:
            room.strike(kind, method=None, path=None, seconds=0.4)
        with pytest.raises(TrackerError) as raised:
            call()
        texts += ["".join(traceback.format_exception(raised.value)), repr(raised.value), repr(vars(raised.value))]
    assert TOKEN not in "\n".join([*texts, caplog.text])
