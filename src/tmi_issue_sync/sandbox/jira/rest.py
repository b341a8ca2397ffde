"""The routes of the sandbox's Jira API."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from tmi_issue_sync.sandbox.jira import about, issues, search, under
from tmi_issue_sync.sandbox.jira.call import Call
from tmi_issue_sync.sandbox.jira.errors import refusal
from tmi_issue_sync.sandbox.wire import Reply

Route = tuple[str, str, Callable[..., Reply]]
ISSUE = r"issue/([^/]+)"
SHARED: tuple[Route, ...] = (
    ("GET", r"serverInfo", about.server_info),
    ("GET", r"myself", about.myself),
    ("GET", r"mypermissions", about.my_permissions),
    ("GET", r"field", about.list_fields),
    ("GET", r"priority", about.list_priorities),
    ("GET", r"project/([^/]+)", about.show_project),
    ("GET", r"project/([^/]+)/securitylevel", about.list_levels),
    ("GET", r"issue/createmeta", about.old_create_meta),
    ("GET", r"issue/createmeta/([^/]+)/issuetypes", about.create_types),
    ("GET", r"issue/createmeta/([^/]+)/issuetypes/([^/]+)", about.create_fields),
    ("POST", r"issue", issues.create_issue),
    ("GET", ISSUE, issues.show_issue),
    ("PUT", ISSUE, issues.update_issue),
    ("DELETE", ISSUE, issues.delete_issue),
    ("GET", rf"{ISSUE}/properties", under.list_properties),
    ("GET", rf"{ISSUE}/properties/([^/]+)", under.show_property),
    ("PUT", rf"{ISSUE}/properties/([^/]+)", under.set_property),
    ("GET", rf"{ISSUE}/comment", under.list_comments),
    ("POST", rf"{ISSUE}/comment", under.create_comment),
    ("GET", rf"{ISSUE}/transitions", under.list_transitions),
    ("POST", rf"{ISSUE}/transitions", under.transition),
    ("GET", rf"{ISSUE}/remotelink", under.list_remote_links),
    ("POST", rf"{ISSUE}/remotelink", under.set_remote_link),
    ("POST", r"issueLink", under.create_link),
)
CLOUD: tuple[Route, ...] = (
    ("POST", r"issue/bulkfetch", issues.fetch_issues),
    ("GET", r"search/jql", search.search_jql),
    ("POST", r"search/jql", search.search_jql),
    ("GET", r"search", search.removed),
    ("POST", r"search", search.removed),
    *SHARED,
)
DATA_CENTER: tuple[Route, ...] = (
    ("GET", r"search", search.search),
    ("POST", r"search", search.search),
    *SHARED,
)


def answer(call: Call, path: str) -> Reply:
    """Answer a call of the API; `path` is what follows the version."""
    method = "GET" if call.request.method == "HEAD" else call.request.method
    there = False
    for wanted, pattern, handler in CLOUD if call.store.cloud else DATA_CENTER:
        if at := re.fullmatch(pattern, path):
            if wanted == method:
                return handler(call, *map(unquote, at.groups()))
            there = True
    if there:
        raise refusal(405, "Method Not Allowed")
    raise refusal(404, f"null for uri: {call.request.base}{call.request.path}")
