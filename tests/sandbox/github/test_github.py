"""The sandbox's GitHub as the real PyGithub meets it over a real socket."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from github import Auth, Github, GithubException, UnknownObjectException
from github.Repository import Repository

from tmi_issue_sync.sandbox.github import GitHubSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server
from tmi_issue_sync.sandbox.wire import Clock

NAME = "example/threats"


def numbers(repo: Repository, **filters: Any) -> list[int]:
    return [issue.number for issue in repo.get_issues(**{"state": "all", **filters})]


def refused(call: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(GithubException) as caught:
        call()
    return caught.value.status, str(caught.value.data["message"])


def token_of(repo: Repository) -> str:
    auth = repo.requester.auth
    assert auth is not None
    return auth.token


def test_create_shows_and_commits_what_was_asked(repo: Repository, log: Log, site: GitHubSite) -> None:
    issue = repo.create_issue("A threat", "Body with ünïcode 🛡 and <b>", labels=["tmi", "Security"])
    assert [label.name for label in issue.labels] == ["tmi", "Security"]
    assert issue.html_url.endswith("/example/threats/issues/1")
    assert (issue.number, issue.state, issue.user.login) == (1, "open", "bot")
    assert repo.get_issue(1).body == "Body with ünïcode 🛡 and <b>"
    [created] = log.commits("github", "issue.created")
    assert created.facts["number"] == 1
    assert created.facts["author"] == created.facts["actor"] == "bot"
    assert [label.facts["name"] for label in log.commits(kind="label.created")] == ["tmi", "Security"]
    [facts] = site.issues()
    assert (facts["title"], facts["labels"], facts["author"]) == ("A threat", ["tmi", "Security"], "bot")


def test_what_the_author_may_not_set_is_dropped_silently(login: Callable[..., Github], log: Log) -> None:
    reader = login("reader", push=False).get_repo(NAME)
    assert reader.permissions.push is False
    issue = reader.create_issue("T", labels=["tmi"], assignees=["nobody"])
    assert (issue.labels, issue.assignees, log.commits(kind="label.created")) == ([], [], [])


def test_with_triage_only_labels_that_exist_are_set(login: Callable[..., Github], repo: Repository) -> None:
    repo.create_label("Known", "ff0000")
    issue = login("triager", push=False, triage=True).get_repo(NAME).create_issue("T", labels=["known", "new"])
    assert [label.name for label in issue.labels] == ["Known"]


def test_lists_filter_sort_and_page(
    login: Callable[..., Github],
    repo: Repository,
    clock: Clock,
    pass_time: Callable[[float], None],
    site: GitHubSite,
) -> None:
    for n in range(1, 8):
        pass_time(60)
        repo.create_issue(f"T{n}", labels=["tmi", "odd"] if n % 2 else ["TMI"])
    login("other").get_repo(NAME).create_issue("theirs", labels=["tmi"])
    site.close(3)
    site.add_pull()
    assert numbers(repo) == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert numbers(repo, creator="bot", sort="created", direction="asc") == [1, 2, 3, 4, 5, 6, 7]
    assert numbers(repo, labels=["tmi", "odd"]) == [7, 5, 3, 1]
    assert numbers(repo, labels=["tmi", "unknown"]) == []
    assert numbers(repo, state="closed") == [3]
    assert 3 not in numbers(repo, state="open")
    assert numbers(repo, sort="updated", creator="bot")[:2] == [7, 3]
    assert numbers(repo, since=clock() - timedelta(seconds=60)) == [9, 8, 7, 6, 3]
    assert [issue.number for issue in repo.get_issues(state="all") if issue.pull_request] == [9]
    assert refused(lambda: numbers(repo, creator="nobody-at-all")) == (422, "Validation Failed")


def test_pages_are_linked(login: Callable[..., Github], repo: Repository, server: Server) -> None:
    for n in range(5):
        repo.create_issue(f"T{n}")
    client = login()
    client.per_page = 2
    assert numbers(client.get_repo(NAME)) == [5, 4, 3, 2, 1]
    auth = {"Authorization": f"token {token_of(repo)}"}
    reply = httpx.get(f"{server.url}/api/v3/repos/{NAME}/issues?per_page=2&page=2&state=all", headers=auth)
    assert set(reply.links) == {"prev", "next", "last", "first"}
    assert reply.links["next"]["url"].endswith("/issues?per_page=2&state=all&page=3")
    assert httpx.get(reply.links["next"]["url"], headers=auth).json()[0]["number"] == 1


def test_a_fresh_issue_is_missing_from_lists_for_a_while(
    repo: Repository, site: GitHubSite, pass_time: Callable[[float], None]
) -> None:
    site.set_lag(30)
    repo.create_issue("T")
    assert numbers(repo) == []
    assert repo.get_issue(1).title == "T"
    pass_time(29)
    assert numbers(repo) == []
    pass_time(1)
    assert numbers(repo) == [1]


def test_labels_and_comments(repo: Repository, site: GitHubSite, log: Log) -> None:
    repo.create_label("needs / triage", "00ff00", "To be looked at")
    assert repo.get_label("Needs / Triage").description == "To be looked at"
    assert refused(lambda: repo.create_label("NEEDS / TRIAGE", "00ff00")) == (422, "Validation Failed")
    assert [label.name for label in repo.get_labels()] == ["needs / triage"]
    with pytest.raises(UnknownObjectException):
        repo.get_label("absent")
    issue = repo.create_issue("T")
    issue.create_comment("Hello")
    site.comment(1, "Hi")
    assert [(comment.user.login, comment.body) for comment in issue.get_comments()] == [
        ("bot", "Hello"),
        ("human", "Hi"),
    ]
    assert refused(lambda: issue.create_comment(" "))[0] == 422
    assert len(log.commits(kind="comment.created")) == 2


def test_updates(repo: Repository, log: Log, clock: Clock, pass_time: Callable[[float], None]) -> None:
    issue = repo.create_issue("T", "old", labels=["a"])
    pass_time(5)
    issue.edit(title="U", body="new", labels=["b"], assignees=["bot"])
    issue.edit(state="closed", state_reason="not_planned")
    shown = repo.get_issue(1)
    assert (shown.title, shown.body, [label.name for label in shown.labels]) == ("U", "new", ["b"])
    assert (shown.state, shown.state_reason, shown.closed_by and shown.closed_by.login) == (
        "closed",
        "not_planned",
        "bot",
    )
    assert shown.closed_at == shown.updated_at == clock()
    issue.edit(state="open")
    assert repo.get_issue(1).state_reason == "reopened"
    issue.edit(state="open")
    kinds = [entry.kind for entry in log.commits() if entry.kind != "label.created"]
    assert kinds == ["issue.created", "issue.edited", "issue.edited", "issue.closed", "issue.reopened"]
    assert refused(lambda: issue.edit(state="ajar"))[0] == 422


def test_the_page_of_an_issue(repo: Repository, server: Server) -> None:
    issue = repo.create_issue("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", labels=["a&b"])
    page = httpx.get(issue.html_url)
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<script" not in page.text
    assert "<pre>&lt;img src=x" in page.text
    assert "a&amp;b" in page.text
    index = httpx.get(f"{server.url}/{NAME}/issues")
    assert issue.html_url in index.text
    assert NAME in httpx.get(server.url).text
    for absent in ("/example/nothing/issues", f"/{NAME}/issues/7", "/x"):
        assert httpx.get(server.url + absent).status_code == 404


def test_without_a_prefix(log: Log) -> None:
    site = GitHubSite(log=log, prefix="")
    with Server(site, log=log) as server:
        with Github(auth=Auth.Token(site.add_user("bot")), base_url=server.url, retry=None) as client:
            issue = client.get_repo(NAME).create_issue("T")
        assert "<h1>T</h1>" in httpx.get(issue.html_url).text
