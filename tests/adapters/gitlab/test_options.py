"""What an operator may write."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tmi_issue_sync.errors import ConfigError
from tmi_issue_sync.model import TrackerKey

from .world import ADAPTER, CANARY, open_tracker


def options(**changes: Any) -> Any:
    return ADAPTER.options(**({"token": CANARY} | changes))


def test_the_key_and_the_traits() -> None:
    given, target = options(), ADAPTER.target(project="Example/Sub-Group/Threats.x")
    assert ADAPTER.key(given, target) == TrackerKey("gitlab", "gitlab.com", "example/sub-group/threats.x")
    traits = ADAPTER.traits(options(url="https://git.example.com:8443/gitlab", lag=5))
    assert traits.hosts == ("git.example.com:8443",)
    assert (traits.confidential, traits.lag, traits.title_max) == (True, 5, 255)


@pytest.mark.parametrize(
    "project", ["threats", "/a/b", "a/b/", "a//b", "groups/a/b", "a/-/b", "a/b c", "https://h/a/b", ""]
)
def test_what_is_no_project(project: str) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.target(project=project)


@pytest.mark.parametrize("changes", [{"token": "two words"}, {"token": ""}, {"tokn": "x"}, {"proxy": "socks://x"}])
def test_what_is_no_option(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as raised:
        options(**changes)
    assert "two words" not in str(raised.value)


@pytest.mark.parametrize("target", [{"assignee": "@alice"}, {"issue_type": "epic"}, {"due_days": {"critical": -1}}])
def test_what_is_no_target(target: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.target(project="a/b", **target)


@pytest.mark.parametrize("url", ["http://gitlab.example.com", "https://user:word@gitlab.example.com", "gitlab.com"])
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(ConfigError):
        open_tracker(url)


def test_no_secret_is_shown() -> None:
    given = options()
    assert CANARY not in repr(given)
    assert CANARY not in repr(vars(open_tracker("https://gitlab.example.com")))
