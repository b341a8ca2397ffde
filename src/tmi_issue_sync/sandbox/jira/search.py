"""Finding issues by JQL at the sandbox's Jira; what it finds lags behind what there is."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from tmi_issue_sync.sandbox.jira.call import Call, names, number
from tmi_issue_sync.sandbox.jira.clauses import compare, order
from tmi_issue_sync.sandbox.jira.errors import INVALID, body_of, refusal, strings
from tmi_issue_sync.sandbox.jira.jql import BadQuery, Query, read
from tmi_issue_sync.sandbox.jira.model import Issue
from tmi_issue_sync.sandbox.wire import Reply

REMOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration "
    "guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
PAGE, MAX_PAGE, MAX_BARE_PAGE, MAX_PAGE_DC = 50, 100, 5000, 1000
MAX_RECONCILED = 50


def removed(_: Call) -> Reply:
    """What Cloud says to who still calls the old search."""
    return Reply(410, {"errorMessages": [REMOVED], "errors": {}})


def search_jql(call: Call) -> Reply:
    """Cloud: a page, and a token for the next; no total; only ids if no field is asked for."""
    asked = _asked(call)
    jql = asked.get("jql") or ""
    size = number(asked.get("maxResults"), PAGE)
    if not 1 <= size <= MAX_BARE_PAGE:
        raise refusal(400, f"The value of maxResults must be between 1 and {MAX_BARE_PAGE}.")
    given = asked.get("reconcileIssues") or []
    fresh = [str(one) for one in given] if isinstance(given, list) else []
    if len(fresh) > MAX_RECONCILED or not isinstance(given, list):
        raise refusal(400, f"No more than {MAX_RECONCILED} issues can be reconciled.")
    query, found = _find(call, jql, fresh)
    if query.test is None:
        raise refusal(400, UNBOUNDED)
    fields, properties = asked["fields"], asked["properties"]
    bare = set(fields) <= {"id"} and not properties
    start, size = _opened(asked.get("nextPageToken"), jql), min(size, MAX_BARE_PAGE if bare else MAX_PAGE)
    page = found[start : start + size]
    more = start + size < len(found)
    shown: dict[str, Any] = {"issues": [call.views.issue(issue, fields, properties, bare=bare) for issue in page]}
    if more:
        shown["nextPageToken"] = _sealed(start + size, jql)
    return Reply(200, shown | {"isLast": not more})


def search(call: Call) -> Reply:
    """Data Center: a page from `startAt` on, and how many there are."""
    asked = _asked(call)
    start, size = number(asked.get("startAt"), 0), min(number(asked.get("maxResults"), PAGE), MAX_PAGE_DC)
    _, found = _find(call, asked.get("jql") or "", [])
    fields = asked["fields"] or ["*navigable"]
    page = [call.views.issue(issue, fields, asked["properties"]) for issue in found[start : start + size]]
    told = {"expand": "schema,names", "startAt": start, "maxResults": size, "total": len(found)}
    return Reply(200, told | {"issues": page})


def _asked(call: Call) -> dict[str, Any]:
    """The parameters, be they in the query or in the body."""
    if call.request.method != "POST":
        lists = {name: names(call.request, name) for name in ("fields", "properties", "reconcileIssues")}
        return {name: value for name, value in call.request.query if name not in lists} | lists
    data = body_of(call.request)
    if not isinstance(data.get("jql", ""), str):
        raise refusal(400, INVALID)
    return data | {name: strings(data, name) for name in ("fields", "properties")}


def _find(call: Call, jql: str, fresh: list[str]) -> tuple[Query, list[Issue]]:
    try:
        query = read(jql, lambda clause: compare(call, clause))
        keys = [(order(name), down) for name, down in query.order]
    except BadQuery as error:
        raise refusal(400, str(error)) from None
    known = call.store.indexed(call.settings.lag, fresh)
    found = [issue for issue in known if (query.test is None or query.test(issue)) and _seen(call, issue)]
    found.sort(key=lambda issue: -int(issue.id))
    for key, down in reversed(keys):
        found.sort(key=key, reverse=down)
    return query, found


def _seen(call: Call, known: Issue) -> bool:
    """Whether a hit may be shown: rights are looked up, not searched for."""
    issue = call.store.issue(known.id)
    return issue is not None and call.sees(issue) and not issue.project.archived


def _sealed(start: int, jql: str) -> str:
    return base64.urlsafe_b64encode(f"{start}:{_seal(jql)}".encode()).decode()


def _opened(token: Any, jql: str) -> int:
    if not token:
        return 0
    try:
        start, _, seal = base64.urlsafe_b64decode(str(token)).decode().partition(":")
        if seal == _seal(jql):
            return int(start)
    except ValueError:
        pass
    raise refusal(400, "The nextPageToken is not valid.")


def _seal(jql: str) -> str:
    return hashlib.sha256(jql.encode()).hexdigest()[:16]
