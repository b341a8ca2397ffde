"""Bodies that make no sense: the sandbox's Jira refuses them in its own words, and never breaks."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from sandbox.jira.api import Api, failure
from tmi_issue_sync.sandbox.log import Log

WHERE = {"project": {"key": "SEC"}, "issuetype": {"name": "Task"}, "summary": "T"}
SENSELESS: list[tuple[str, str, Any]] = [
    ("POST", "issue", {}),
    ("POST", "issue", {"fields": ["x"]}),
    ("POST", "issue", {"fields": WHERE, "properties": [{"key": 1}]}),
    ("POST", "issue", {"fields": WHERE, "update": {"labels": 1}}),
    ("POST", "issue", {"fields": WHERE, "update": {"summary": [{"add": "x"}]}}),
    ("POST", "issue", {"fields": {**WHERE, "project": {"key": []}}}),
    ("POST", "issue", {"fields": {**WHERE, "issuetype": {"name": {}}}}),
    (
        "POST",
        "issue",
        {"fields": {**WHERE, "description": {"type": "doc", "version": 1, "content": [{"type": []}]}}},
    ),
    ("POST", "issue", {"fields": {**WHERE, "components": [7]}}),
    ("PUT", "issue/SEC-1", {"update": {"labels": [1]}}),
    ("POST", "issue/SEC-1/transitions", {"transition": 31}),
    ("POST", "issue/bulkfetch", {"issueIdsOrKeys": "SEC-1"}),
    ("POST", "search/jql", {"jql": 7}),
    ("POST", "search/jql", {"jql": "project = SEC", "maxResults": "many"}),
    ("POST", "search/jql", {"jql": "project = SEC", "reconcileIssues": 7}),
]


@pytest.mark.parametrize(("method", "path", "body"), SENSELESS)
def test_what_makes_no_sense_is_refused(api: Api, log: Log, method: str, path: str, body: Any) -> None:
    api.create()
    reply = failure(partial(api.reply, method, path, body))
    assert reply.status_code == 400
    assert reply.json()["errors"] or reply.json()["errorMessages"]
    assert log.faults() == []
    assert len(log.commits()) == 1
