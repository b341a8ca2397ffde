"""How many tickets one create leaves at the sandbox's Jira when its answer is lost."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from jira import JIRAError
from requests import RequestException

from sandbox.jira.api import Api, adf
from tmi_issue_sync.sandbox.faults import Fault, Kind
from tmi_issue_sync.sandbox.jira import JiraSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server

LOST: list[tuple[Kind, int, int]] = [
    # kind, commits of the library as it comes, commits of one single shot
    ("drop-before", 1, 0),
    ("drop-after", 2, 1),
    ("fin-after", 2, 1),
    ("hang-before", 1, 0),
    ("hang-after", 2, 1),
    ("truncate", 1, 1),
    ("stall", 1, 1),
    ("delay", 1, 1),
    ("late", 2, 1),
    ("status-before", 0, 0),
    ("status-after", 1, 1),
    ("html", 0, 0),
]


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library tries again at once."""
    monkeypatch.setattr("jira.resilientsession.time", SimpleNamespace(sleep=lambda _: None))


@pytest.mark.parametrize(("kind", "default", "single"), LOST)
def test_one_create_with_the_answer_lost(
    kind: Kind,
    default: int,
    single: int,
    site: JiraSite,
    serve: Callable[[JiraSite], Server],
    login: Callable[..., Api],
    log: Log,
) -> None:
    server, token = serve(site), site.add_user("bot")
    for retries, wanted in ((0, single), (3, default)):
        api = login(site, token, retries=retries)
        before = len(log.commits(kind="issue.created"))
        server.faults.add(Fault(site="jira", kind=kind, method="POST", seconds=0.05))
        with contextlib.suppress(JIRAError, RequestException, ValueError):
            api.create(description=adf("x"), properties={"tmi": 1})
        server.drain()
        assert len(log.commits(kind="issue.created")) - before == wanted


@pytest.mark.parametrize(("retries", "commits"), [(0, 1), (3, 2)])
def test_a_503_that_names_a_time_is_tried_again(
    retries: int,
    commits: int,
    site: JiraSite,
    serve: Callable[[JiraSite], Server],
    login: Callable[..., Api],
    log: Log,
) -> None:
    api = login(site, site.add_user("bot"), retries=retries)
    fault = Fault(site="jira", kind="status-after", method="POST", status=503, retry_after="0")
    serve(site).faults.add(fault)
    with contextlib.suppress(JIRAError):
        api.create()
    assert len(log.commits(kind="issue.created")) == commits
