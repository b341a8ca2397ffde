"""Jira Data Center passes the conformance suite."""

from __future__ import annotations

from tmi_issue_sync.testing import Conformance
from tmi_issue_sync.testing.sandbox import Call

from .jira import JiraHarness


class DataCenterHarness(JiraHarness):
    cloud = False
    listing = Call("GET", r"/search$")


class TestJiraDataCenter(Conformance):
    harness = DataCenterHarness
