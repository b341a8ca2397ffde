"""Jira Cloud passes the conformance suite."""

from __future__ import annotations

from tmi_issue_sync.testing import Conformance
from tmi_issue_sync.testing.sandbox import Call

from .jira import JiraHarness


class CloudHarness(JiraHarness):
    cloud = True
    listing = Call("POST", r"/search/jql$")


class TestJiraCloud(Conformance):
    harness = CloudHarness
