"""What the sandbox's GitHub refuses: strangers, drafts, and those who are too fast."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from github import Github, GithubException, RateLimitExceededException
from github.Repository import Repository

from tmi_issue_sync.sandbox.github import GitHubSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server
from tmi_issue_sync.sandbox.wire import Clock

NAME = "example/threats"


def refused(call: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(GithubException) as caught:
        call()
    return caught.value.status, str(caught.value.data["message"])


def token_of(repo: Repository) -> str:
    auth = repo.requester.auth
    assert auth is not None
    return auth.token


def test_issues_may_be_disabled_or_the_repository_archived(repo: Repository, site: GitHubSite) -> None:
    repo.create_issue("T")
    site.set_repo(archived=True)
    assert refused(lambda: repo.create_issue("U")) == (403, "Repository was archived so is read-only.")
    assert [issue.number for issue in repo.get_issues()] == [1]
    site.set_repo(archived=False, has_issues=False)
    assert refused(lambda: repo.create_issue("U"))[0] == 410
    site.add_pull()
    assert [issue.pull_request is None for issue in repo.get_issues()] == [False]
    assert refused(lambda: repo.get_issue(1))[0] == 410


def test_who_may_not_see_finds_nothing(site: GitHubSite, login: Callable[..., Github], server: Server) -> None:
    site.add_repo("example/secret")
    client = login("guest", repos=[NAME])
    assert refused(lambda: client.get_repo("example/secret")) == (404, "Not Found")
    assert httpx.get(f"{server.url}/api/v3/repos/{NAME}").status_code == 404
    site.set_repo(private=False)
    assert httpx.get(f"{server.url}/api/v3/repos/{NAME}").json()["visibility"] == "public"
    assert httpx.post(f"{server.url}/api/v3/repos/{NAME}/issues", json={"title": "T"}).status_code == 401


def test_bad_credentials_and_rights(site: GitHubSite, login: Callable[..., Github], repo: Repository) -> None:
    reader = login("reader", read_only=True).get_repo(NAME)
    assert refused(lambda: reader.create_issue("T"))[0] == 403
    issue = repo.create_issue("T")
    other = login("other", push=False).get_repo(NAME).get_issue(1)
    assert refused(lambda: other.edit(title="mine")) == (403, "Must have admin rights to Repository.")
    site.revoke(token_of(repo))
    assert refused(lambda: issue.edit(state="closed")) == (401, "Bad credentials")


def test_basic_credentials_and_a_missing_user_agent(site: GitHubSite, server: Server) -> None:
    token = site.add_user("bot")
    assert httpx.get(f"{server.url}/api/v3/user", auth=("x", token)).json()["login"] == "bot"
    assert httpx.get(f"{server.url}/api/v3/user", auth=("x", "y")).status_code == 401
    assert httpx.get(f"{server.url}/api/v3/user").json()["message"] == "Requires authentication"
    with httpx.Client() as client:
        del client.headers["user-agent"]
        assert client.get(f"{server.url}/api/v3/user").status_code == 403


@pytest.mark.parametrize(
    ("sent", "field", "code"),
    [
        ({}, "title", "missing_field"),
        ({"title": "  "}, "title", "missing_field"),
        ({"title": "x" * 257}, "title", "custom"),
        ({"title": "x", "body": "y" * 65537}, "body", "custom"),
        ({"title": "x", "labels": ["l" * 51]}, "name", "invalid"),
        ({"title": "x", "assignees": ["nobody"]}, "assignees", "invalid"),
        ({"title": "x", "milestone": 1}, "milestone", "invalid"),
    ],
)
def test_drafts_that_github_refuses(
    sent: dict[str, Any], field: str, code: str, repo: Repository, site: GitHubSite
) -> None:
    with pytest.raises(GithubException) as caught:
        repo.requester.requestJsonAndCheck("POST", f"{repo.url}/issues", input=sent)
    assert caught.value.status == 422
    [error] = caught.value.data["errors"]
    assert (error["field"], error["code"]) == (field, code)
    assert site.issues() == []


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"\xff", 400),
        (b'{"title": "\\ud800"}', 400),
        (b'{"title": ["x"]}', 422),
        (b'{"title": "x", "body": 1}', 422),
        (b'{"title": "x", "labels": "tmi"}', 422),
        (b'{"title": "x", "labels": [1]}', 422),
    ],
)
def test_bodies_that_are_no_drafts(content: bytes, status: int, site: GitHubSite, server: Server) -> None:
    auth = {"Authorization": f"Bearer {site.add_user('bot')}"}
    reply = httpx.post(f"{server.url}/api/v3/repos/{NAME}/issues", headers=auth, content=content)
    assert (reply.status_code, site.issues()) == (status, [])


def test_the_limits_themselves_are_allowed(repo: Repository) -> None:
    issue = repo.create_issue("🛡" * 256, "ü" * 65536, labels=["l" * 50])
    assert (len(issue.title), len(issue.body), len(issue.labels[0].name)) == (256, 65536, 50)


def test_unknown_labels_may_be_refused_outright(log: Log) -> None:
    strict = GitHubSite(log=log, reject_unknown_labels=True)
    with Server(strict, log=log) as server:
        auth = {"Authorization": f"Bearer {strict.add_user('bot')}"}
        draft = {"title": "T", "labels": ["tmi"]}
        assert httpx.post(f"{server.url}/api/v3/repos/{NAME}/issues", headers=auth, json=draft).status_code == 422


def test_the_primary_limit(
    repo: Repository,
    site: GitHubSite,
    clock: Clock,
    pass_time: Callable[[float], None],
    login: Callable[..., Github],
) -> None:
    site.set_hourly_limit(3)
    repo.get_issues().totalCount  # noqa: B018 - it asks
    repo.create_issue("T")
    with pytest.raises(RateLimitExceededException) as caught:
        repo.create_issue("U")
    headers = caught.value.headers or {}
    assert (headers["x-ratelimit-remaining"], headers["x-ratelimit-limit"]) == ("0", "3")
    assert headers["x-ratelimit-reset"] == str(int((clock() + timedelta(hours=1)).timestamp()))
    assert login("other").get_user().login == "other"
    pass_time(3600)
    assert repo.create_issue("U").number == 2


def test_the_limits_are_told(login: Callable[..., Github], site: GitHubSite) -> None:
    client = login()
    client.get_user().login  # noqa: B018 - it asks
    assert client.rate_limiting == (4999, 5000)
    assert client.get_rate_limit().rate.remaining == 4999
    site.set_hourly_limit(0)
    assert refused(client.get_rate_limit) == (404, "Rate limiting is not enabled.")


@pytest.mark.parametrize(("status", "wait"), [(403, 60), (429, 1), (403, None)])
def test_the_secondary_limit(
    status: int, wait: int | None, repo: Repository, site: GitHubSite, pass_time: Callable[[float], None]
) -> None:
    site.limit_creates(2, status=status, retry_after=wait)
    repo.create_issue("1")
    repo.create_issue("2")
    with pytest.raises(GithubException) as caught:
        repo.create_issue("3")
    assert caught.value.status == status
    assert caught.value.data["message"].startswith("You have exceeded a secondary rate limit")
    told = (caught.value.headers or {}).get("retry-after")
    assert told == (None if wait is None else str(wait))
    pass_time(60)
    assert repo.create_issue("3").number == 3
