"""The routes of the sandbox's GitLab API."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from tmi_issue_sync.sandbox.gitlab.call import Call
from tmi_issue_sync.sandbox.gitlab.checks import Refused, fields, refusal, sees, sees_project
from tmi_issue_sync.sandbox.gitlab.issues import (
    create_issue,
    create_note,
    list_all,
    list_issues,
    list_notes,
    show_issue,
    update_issue,
)
from tmi_issue_sync.sandbox.gitlab.model import Project
from tmi_issue_sync.sandbox.wire import Reply

MOVED = "Non GET methods are not allowed for moved projects"


def answer(call: Call, path: str) -> Reply:
    """Answer a call; `path` comes without what all begin with."""
    method = "GET" if call.request.method == "HEAD" else call.request.method
    if path == "/graphql":
        return _graphql(call)
    path = path.removeprefix("/v4")
    if at := re.fullmatch(r"/projects/([^/]+)(/.*)?", path):
        return _within(call, unquote(at[1]), method, at[2] or "")
    if method == "GET" and path in TOP:
        return TOP[path](call)
    raise Refused(Reply(404, {"error": "404 Not Found"}))


def _within(call: Call, name: str, method: str, rest: str) -> Reply:
    project = call.store.projects.get(int(name)) if name.isdecimal() else call.store.project(name)
    if project is None or not sees_project(call.user, project):
        raise refusal(404, "404 Project Not Found")
    if not name.isdecimal() and project.path.lower() != name.lower():
        return _elsewhere(call, project, method, rest)
    for wanted, pattern, handler in ROUTES:
        if wanted == method and (at := re.fullmatch(pattern, rest)):
            return handler(call, project, *at.groups())
    raise Refused(Reply(404, {"error": "404 Not Found"}))


def _elsewhere(call: Call, project: Project, method: str, rest: str) -> Reply:
    """A project that has another path now: reads are sent there, nothing else is."""
    if method != "GET":
        raise refusal(405, MOVED)
    query = "&".join(f"{name}={value}" for name, value in call.request.query)
    url = call.views.api(f"/projects/{project.id}{rest}") + (f"?{query}" if query else "")
    text = f"This resource has been moved permanently to {url}"
    return Reply(301, text, {"Location": url}, "text/plain")


def _user(call: Call) -> Reply:
    if call.user is None:
        raise refusal(401, "401 Unauthorized")
    return Reply(200, call.views.account(call.user, call.clock()))


def _users(call: Call) -> Reply:
    if call.user is None:
        raise refusal(403, "403 Forbidden - Not authorized to access /api/v4/users")
    user = call.store.users.get((call.request.param("username") or "").lower())
    return Reply(200, [call.views.user(user)] if user else [])


def _token(call: Call) -> Reply:
    if call.token is None:
        raise refusal(401, "401 Unauthorized")
    return Reply(200, call.views.token(call.token))


def _project(call: Call, project: Project) -> Reply:
    return Reply(200, call.views.project(project, call.user))


def _member(call: Call, project: Project, user_id: str) -> Reply:
    level = project.members.get(int(user_id))
    user = next((one for one in call.store.users.values() if one.id == int(user_id)), None)
    if level is None or user is None:
        raise refusal(404, "404 Not found")
    return Reply(200, call.views.user(user) | {"access_level": level, "expires_at": None})


def _milestones(call: Call, project: Project) -> Reply:
    title, state = call.request.param("title"), call.request.param("state")
    found = [one for one in project.milestones if title in (None, one.title) and state in (None, one.state)]
    return call.page(f"/projects/{project.id}/milestones", found, lambda one: call.views.milestone(project, one))


def _graphql(call: Call) -> Reply:
    """The one question that is asked here: where an issue is, by its id."""
    data = fields(call.request)
    variables = data.get("variables")
    ident = variables.get("id") if isinstance(variables, dict) else None
    at = re.fullmatch(r"gid://gitlab/Issue/(\d+)", str(ident))
    if at is None or not re.search(r"issue\(id:\s*\$id\)\s*\{\s*webUrl\s*\}", str(data.get("query"))):
        return Reply(200, {"errors": [{"message": "No such question here."}]})
    issue = call.store.issues.get(int(at[1]))
    seen = issue is not None and sees(call.user, issue)
    return Reply(200, {"data": {"issue": {"webUrl": call.views.html(issue)} if issue and seen else None}})


TOP: dict[str, Callable[[Call], Reply]] = {
    "/issues": list_all,
    "/personal_access_tokens/self": _token,
    "/user": _user,
    "/users": _users,
}
ROUTES: tuple[tuple[str, str, Callable[..., Reply]], ...] = (
    ("GET", r"", _project),
    ("GET", r"/members/all/(\d{1,9})", _member),
    ("GET", r"/milestones", _milestones),
    ("GET", r"/issues", list_issues),
    ("POST", r"/issues", create_issue),
    ("GET", r"/issues/(\d{1,9})", show_issue),
    ("PUT", r"/issues/(\d{1,9})", update_issue),
    ("GET", r"/issues/(\d{1,9})/notes", list_notes),
    ("POST", r"/issues/(\d{1,9})/notes", create_note),
)
