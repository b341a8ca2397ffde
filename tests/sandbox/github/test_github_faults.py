"""How many tickets one create leaves at the sandbox's GitHub when its answer is lost."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
from github import Github, GithubException, GithubRetry

from tmi_issue_sync.sandbox.faults import Fault, Kind
from tmi_issue_sync.sandbox.github import GitHubSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server

NAME = "example/threats"


LOST: list[tuple[Kind, int, int]] = [
    # kind, commits of PyGithub as it comes, commits of one single shot
    ("drop-before", 1, 0),
    ("drop-after", 2, 1),
    ("fin-after", 2, 1),
    ("hang-before", 1, 0),
    ("hang-after", 2, 1),
    ("truncate", 1, 1),
    ("stall", 1, 1),
    ("delay", 1, 1),
    ("late", 2, 1),
    ("status-before", 1, 0),
    ("status-after", 2, 1),
    ("html", 0, 0),
    ("call-before", 1, 0),
    ("call-after", 2, 1),
]


@pytest.mark.parametrize(("kind", "default", "single"), LOST)
def test_one_create_with_the_answer_lost(
    kind: Kind, default: int, single: int, login: Callable[..., Github], server: Server, log: Log
) -> None:
    for retry, wanted in ((None, single), (GithubRetry(), default)):
        repo = login(retry=retry).get_repo(NAME)
        before = len(log.commits(kind="issue.created"))
        server.faults.add(Fault(site="github", kind=kind, method="POST", seconds=0.05))
        with contextlib.suppress(GithubException, OSError):
            repo.create_issue("T")
        server.drain()
        assert len(log.commits(kind="issue.created")) - before == wanted


CLIENT = """
import sys, github
gh = github.Github(auth=github.Auth.Token(sys.argv[2]), base_url=sys.argv[1] + "/api/v3", lazy=True)
gh.get_repo("example/threats").create_issue("T")
"""


@pytest.mark.parametrize(("kind", "commits"), [("call-before", 0), ("call-after", 1)])
def test_a_client_killed_at_the_very_moment(
    kind: Kind, commits: int, server: Server, site: GitHubSite, log: Log
) -> None:
    command = [sys.executable, "-c", CLIENT, server.url, site.add_user("bot")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as client:
        server.faults.add(Fault(site="github", kind=kind, method="POST", action=client.kill))
        assert client.wait(10) == -signal.SIGKILL
    assert len(log.commits(kind="issue.created")) == commits
