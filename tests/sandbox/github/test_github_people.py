"""What people do to the sandbox's GitHub behind a client's back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from github import Github, GithubException, UnknownObjectException
from github.Repository import Repository

from tmi_issue_sync.sandbox.github import GitHubSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server

NAME = "example/threats"


def numbers(repo: Repository, **filters: Any) -> list[int]:
    return [issue.number for issue in repo.get_issues(**{"state": "all", **filters})]


def refused(call: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(GithubException) as caught:
        call()
    return caught.value.status, str(caught.value.data["message"])


def test_what_people_do(repo: Repository, site: GitHubSite, log: Log) -> None:
    repo.create_issue("T", "the body", labels=["tmi"])
    assert site.clone(1) == 2
    site.edit(1, title="Mine", body="", labels=["theirs"])
    site.close(1, "duplicate")
    site.reopen(1)
    site.close(2)
    first, copy = site.issues()
    assert (first["title"], first["body"], first["labels"], first["state"]) == ("Mine", "", ["theirs"], "open")
    assert (copy["title"], copy["body"], copy["author"]) == ("T", "the body", "human")
    assert {entry.facts["actor"] for entry in log.commits()[2:]} == {"human"}
    assert numbers(repo, creator="bot") == [1]


def test_a_deleted_issue_is_gone_and_its_number_too(repo: Repository, site: GitHubSite) -> None:
    repo.create_issue("T")
    site.delete(1)
    assert refused(lambda: repo.get_issue(1)) == (410, "This issue was deleted")
    assert numbers(repo) == []
    assert repo.create_issue("U").number == 2


def test_a_transferred_issue_leads_to_its_new_home(
    repo: Repository, site: GitHubSite, login: Callable[..., Github], log: Log, server: Server
) -> None:
    site.add_repo("example/other")
    old = repo.create_issue("T", labels=["tmi"])
    assert site.transfer(1, "example/other") == 1
    new = repo.get_issue(1)
    assert new.html_url.endswith("/example/other/issues/1")
    assert new.id != old.id
    assert new.labels == []
    assert numbers(repo) == []
    assert httpx.get(old.html_url).headers["location"] == new.html_url
    stranger = login("stranger", repos=[NAME]).get_repo(NAME)
    with pytest.raises(UnknownObjectException):
        stranger.get_issue(1)
    assert log.commits(kind="issue.transferred")[0].facts["actor"] == "human"


def test_a_renamed_repository_redirects_reads(
    repo: Repository, site: GitHubSite, login: Callable[..., Github]
) -> None:
    repo.create_issue("T")
    site.rename_repo(NAME, "example/renamed")
    assert login().get_repo(NAME).full_name == "example/renamed"
    assert repo.get_issue(1).html_url.endswith("/example/renamed/issues/1")
    site.add_repo(NAME)
    assert login().get_repo(NAME).full_name == NAME


def test_a_client_that_follows_a_rename_loses_its_filters(
    repo: Repository, site: GitHubSite, login: Callable[..., Github]
) -> None:
    # PyGithub follows a redirect by its path alone; GitHub's own Location has the query.
    login("other").get_repo(NAME).create_issue("theirs")
    site.rename_repo(NAME, "example/renamed")
    assert numbers(repo, creator="bot") == [1]


def test_a_write_to_the_old_name_is_not_done_and_looks_done(repo: Repository, site: GitHubSite) -> None:
    # 307, which PyGithub neither follows nor calls an error: an "issue" comes back that does not exist.
    site.rename_repo(NAME, "example/renamed")
    phantom = repo.create_issue("T")
    assert phantom.raw_data["message"] == "Moved Permanently"
    assert site.issues() == []
