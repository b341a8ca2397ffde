"""Ways in, what will not do, and secrets that stay in."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from tmi_issue_sync.errors import ConfigError, TrackerError
from tmi_issue_sync.model import TrackerKey
from tmi_issue_sync.sandbox.wire import Reply

from ..loopback import Scripted, serving
from .world import ADAPTER, CANARY, JIRA, Room, draft, marker, open_tracker


@pytest.mark.parametrize(
    ("options", "cloud"),
    [
        ({"url": "https://example.atlassian.net", "email": "a@example.com", "token": "t"}, True),
        ({"url": "https://jira.example.com", "cloud_id": "abc-1", "token": "t"}, True),
        ({"url": "https://jira.example.com", "kind": "cloud", "email": "a@example.com", "token": "t"}, True),
        ({"url": "https://jira.example.com", "token": "t"}, False),
        ({"url": "https://jira.example.com/jira", "user": "bot", "password": "p w: \xe4\u20ac"}, False),
    ],
)
def test_ways_in(options: dict[str, Any], cloud: bool) -> None:
    made, target = ADAPTER.options(**options), ADAPTER.target(project="SEC")
    assert made.cloud is cloud
    host = options["url"].removeprefix("https://").removesuffix("/jira")
    assert ADAPTER.key(made, target) == TrackerKey("jira", host, "SEC")
    traits = ADAPTER.traits(made)
    assert (traits.hosts, traits.confidential, traits.title_max) == ((host,), True, 254)
    assert (traits.wait, traits.late, traits.lag, traits.lag_after_errors) == (60, 120, 300, 900)
    ADAPTER.connect(made, (target,))


@pytest.mark.parametrize(
    "options",
    [
        {"url": "https://example.atlassian.net", "token": "t"},
        {"url": "https://example.atlassian.net", "email": "a@example.com"},
        {"url": "https://example.atlassian.net", "email": "a@example.com", "token": "t", "user": "u"},
        {"url": "https://jira.example.com", "email": "a@example.com", "token": "t"},
        {"url": "https://jira.example.com"},
        {"url": "https://jira.example.com", "user": "u"},
        {"url": "https://jira.example.com", "token": "t", "user": "u", "password": "secret-word"},
        {"url": "https://jira.example.com", "token": "two words"},
        {"url": "https://jira.example.com", "token": "line\nbreak"},
        {"url": "https://jira.example.com", "user": "a:b", "password": "secret-word"},
        {"url": "https://jira.example.com", "cloud_id": "../x", "token": "t"},
        {"url": "https://jira.example.com", "token": "t", "kind": "server"},
        {"url": "https://jira.example.com", "token": "t", "wait": 0},
        {"url": "https://jira.example.com", "token": "t", "proxy": "socks5://secret-word"},
    ],
)
def test_options_that_will_not_do(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as raised:
        ADAPTER.options(**options)
    assert "secret-word" not in str(raised.value)
    assert "two words" not in str(raised.value)


@pytest.mark.parametrize(
    "options",
    [
        {"url": "http://jira.example.com", "token": "t"},
        {"url": "jira.example.com", "token": "t"},
        {"url": "https://u:p@jira.example.com", "token": "t"},
        {"url": "https://jira.example.com", "token": "t", "cloud_id": "x", "gateway": "http://api.example.com"},
    ],
)
def test_urls_that_will_not_do(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        ADAPTER.connect(ADAPTER.options(**options), (ADAPTER.target(project="SEC"),))


@pytest.mark.parametrize(
    "target",
    [
        {"project": "sec"},
        {"project": "S"},
        {"project": 'SEC" OR project = "OPS'},
        {"project": "SEC", "parent": "12"},
        {"project": "SEC", "due_days": {"huge": 1}},
        {"project": "SEC", "issue_type": ""},
        {"project": "SEC", "unknown": 1},
    ],
)
def test_targets_that_will_not_do(target: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.target(**target)


def test_nothing_is_sent_at_the_start_and_the_environment_changes_nothing(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file")
    monkeypatch.delenv("NO_PROXY", raising=False)
    tracker = room.connect()
    assert not room.log.requests()
    assert tracker.create(draft()).marker == marker()


def test_a_proxy_takes_plain_requests() -> None:
    app = Scripted(lambda request: Reply(500, JIRA))
    with serving(app) as url, pytest.raises(TrackerError):
        open_tracker("http://jira.example.com", proxy=url, allow_http=True).changed(None)
    assert app.asked[0].path == "http://jira.example.com/rest/api/3/myself"


@pytest.mark.parametrize("kind", ["drop-before", "hang-before", "stall", "truncate", "html", "status-before", None])
@pytest.mark.parametrize("way", ["token", "password"])
def test_no_secret_in_any_error_or_log(
    data_center: Room, kind: str | None, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret: dict[str, Any] = (
        {"token": CANARY} if way == "token" else {"token": None, "user": "bot", "password": CANARY}
    )
    tracker = data_center.connect(wait=0.2, timeout=0.2, **secret)
    calls: list[Callable[[], object]] = [
        lambda: tracker.create(draft()),
        lambda: tracker.changed(None),
        lambda: tracker.find(marker()),
        lambda: tracker.get(data_center.browse("SEC-1")),
    ]
    settings = {"url": "https://jira.example.com", "proxy": f"http://u:{CANARY}@p"} | secret
    texts = [repr(tracker), repr(list(tracker.check())), repr(ADAPTER.options(**settings))]
    for call in calls:
        if kind is not None:
            data_center.strike(kind, method=None, path=None, seconds=0.3)
        with pytest.raises(TrackerError) as raised:
            call()
        texts += ["".join(traceback.format_exception(raised.value)), repr(raised.value), repr(vars(raised.value))]
    assert CANARY not in "\n".join([*texts, caplog.text])
