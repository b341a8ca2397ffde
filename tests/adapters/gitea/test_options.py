"""What an operator may write."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tmi_issue_sync.errors import ConfigError
from tmi_issue_sync.model import TrackerKey

from .world import ADAPTER, CANARY, REPO


def options(url: str = "https://git.example.com", **more: Any) -> Any:
    return ADAPTER.options(url=url, token=CANARY, **more)


@pytest.mark.parametrize(
    "repo", ["threats", "a/b/c", "example/", "/threats", "example/..", "https://git.example.com/a/b", "a b/c", ""]
)
def test_a_repository_is_owner_and_name(repo: str) -> None:
    with pytest.raises(ValidationError, match="owner/name"):
        ADAPTER.target(repo=repo)


def test_the_key_is_the_same_whatever_the_case_and_the_slash() -> None:
    target = ADAPTER.target(repo="Example/Threats")
    for url in ("https://GIT.example.com", "https://git.example.com/", "https://git.example.com:443"):
        assert ADAPTER.key(options(url), target) == TrackerKey("gitea", "git.example.com", REPO)


def test_no_ticket_can_be_kept_confidential_by_itself() -> None:
    traits = ADAPTER.traits(options("https://git.example.com:8443/git"))
    assert not traits.confidential
    assert traits.hosts == ("git.example.com:8443",)
    assert (traits.wait, traits.late, traits.lag, traits.title_max) == (60, 120, 10, 255)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("git.example.com", "no URL"),
        ("http://git.example.com", "plain http"),
        ("https://a:b@git.example.com", "user"),
    ],
)
def test_an_url_that_can_not_work_is_told_at_once(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        ADAPTER.connect(options(url), (ADAPTER.target(repo=REPO),))


def test_a_token_is_one_word_and_never_shown() -> None:
    with pytest.raises(ValidationError) as raised:
        ADAPTER.options(url="https://git.example.com", token=f"{CANARY} two")
    assert CANARY not in str(raised.value)
    assert CANARY not in repr(options())


@pytest.mark.parametrize(
    "wrong", [{"milestone": ""}, {"due_days": {"high": -1}}, {"due_days": {"huge": 1}}, {"labels": ["x"]}]
)
def test_what_a_target_can_not_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.target(repo=REPO, **wrong)
