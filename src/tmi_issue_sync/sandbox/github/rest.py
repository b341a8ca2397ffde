"""The routes of the sandbox's GitHub API."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from tmi_issue_sync.sandbox.github.call import Call
from tmi_issue_sync.sandbox.github.checks import (
    Refused,
    body_of,
    fields,
    invalid,
    label_name,
    refusal,
    sees,
    writer,
)
from tmi_issue_sync.sandbox.github.issues import create_issue, here, list_issues, show_issue, update_issue
from tmi_issue_sync.sandbox.github.model import Repo
from tmi_issue_sync.sandbox.github.sub_issues import add_sub_issue, list_sub_issues
from tmi_issue_sync.sandbox.wire import Reply

HEX = re.compile(r"[0-9A-Fa-f]{6}")


def answer(call: Call, path: str) -> Reply:
    """Answer a call of the API; `path` comes without the prefix."""
    method = "GET" if call.request.method == "HEAD" else call.request.method
    if method == "GET" and (found := _top(call, path)):
        return found
    if at := re.fullmatch(r"/repos/([^/]+)/([^/]+)(/.*)?", path):
        name, rest = f"{unquote(at[1])}/{unquote(at[2])}", at[3] or ""
        repo = call.store.repo(name)
        if repo is not None and sees(call.user, repo) and repo.full_name.casefold() != name.casefold():
            return call.elsewhere(f"/repositories/{repo.id}{rest}")
        return _within(call, repo, method, rest)
    if at := re.fullmatch(r"/repositories/(\d{1,18})(/.*)?", path):
        return _within(call, call.store.repos.get(int(at[1])), method, at[2] or "")
    raise refusal(404, "Not Found")


def _top(call: Call, path: str) -> Reply | None:
    if path == "/user":
        return _account(call)
    if path == "/rate_limit":
        return _rate_limit(call)
    if path in ("", "/", "/meta"):
        api = call.views.api
        return Reply(200, {"current_user_url": api("/user"), "rate_limit_url": api("/rate_limit")})
    if at := re.fullmatch(r"/users/([^/]+)", path):
        user = call.store.users.get(unquote(at[1]).casefold())
        if user is not None:
            return Reply(200, call.views.user(user))
    return None


def _account(call: Call) -> Reply:
    if call.user is None:
        raise refusal(401, "Requires authentication")
    if call.user.login.endswith("[bot]"):
        raise refusal(403, "Resource not accessible by integration")
    repos = [repo for repo in call.store.repos.values() if repo.owner.id == call.user.id]
    return Reply(200, call.views.account(call.user, repos, call.clock()))


def _rate_limit(call: Call) -> Reply:
    figures = call.limits.figures(call.user)
    if not figures:
        raise refusal(404, "Rate limiting is not enabled.")
    return Reply(200, {"resources": {"core": figures, "search": figures}, "rate": figures})


def _within(call: Call, repo: Repo | None, method: str, rest: str) -> Reply:
    if repo is None or not sees(call.user, repo):
        raise refusal(404, "Not Found")
    for wanted, pattern, handler in ROUTES:
        if wanted == method and (at := re.fullmatch(pattern, rest)):
            return handler(call, repo, *map(unquote, at.groups()))
    raise refusal(404, "Not Found")


def _show_repo(call: Call, repo: Repo) -> Reply:
    return Reply(200, call.views.repo(repo, call.user))


def _list_comments(call: Call, repo: Repo, number: str) -> Reply:
    issue = here(call, repo, number)
    if isinstance(issue, Reply):
        return issue
    path = f"/repositories/{repo.id}/issues/{number}/comments"
    return call.page(path, issue.comments, lambda comment: call.views.comment(issue, comment))


def _create_comment(call: Call, repo: Repo, number: str) -> Reply:
    author = writer(call.user, repo)
    issue = here(call, repo, number)
    if isinstance(issue, Reply):
        return issue
    body = body_of(fields(call.request), "IssueComment")
    if body is None or not body.strip():
        raise invalid("IssueComment", "body", "missing_field")
    if refused := call.limits.refuse_create(author):
        raise Refused(refused)
    shown = call.views.comment(issue, call.store.comment(issue, author, body))
    return Reply(201, shown, {"Location": shown["url"]})


def _list_labels(call: Call, repo: Repo) -> Reply:
    labels = sorted(repo.labels.values(), key=lambda label: label.name.casefold())
    return call.page(f"/repositories/{repo.id}/labels", labels, lambda label: call.views.label(repo, label))


def _create_label(call: Call, repo: Repo) -> Reply:
    actor = writer(call.user, repo)
    if not actor.push:
        # Who may not write here is told that there is nothing here.
        raise refusal(404, "Not Found")
    data = fields(call.request)
    name, color, text = label_name(data.get("name")), data.get("color") or "ededed", data.get("description")
    if name.casefold() in repo.labels:
        raise invalid("Label", "name", "already_exists")
    if not isinstance(color, str) or not HEX.fullmatch(color):
        raise invalid("Label", "color")
    if text is not None and (not isinstance(text, str) or len(text) > 100):
        raise invalid("Label", "description", message="description is too long (maximum is 100 characters)")
    shown = call.views.label(repo, call.store.label(repo, name, actor, color, text))
    return Reply(201, shown, {"Location": shown["url"]})


def _show_label(call: Call, repo: Repo, name: str) -> Reply:
    label = repo.labels.get(name.casefold())
    if label is None:
        raise refusal(404, "Not Found")
    return Reply(200, call.views.label(repo, label))


ROUTES: tuple[tuple[str, str, Callable[..., Reply]], ...] = (
    ("GET", r"", _show_repo),
    ("GET", r"/issues", list_issues),
    ("POST", r"/issues", create_issue),
    ("GET", r"/issues/(\d{1,9})", show_issue),
    ("PATCH", r"/issues/(\d{1,9})", update_issue),
    ("GET", r"/issues/(\d{1,9})/comments", _list_comments),
    ("POST", r"/issues/(\d{1,9})/comments", _create_comment),
    ("GET", r"/issues/(\d{1,9})/sub_issues", list_sub_issues),
    ("POST", r"/issues/(\d{1,9})/sub_issues", add_sub_issue),
    ("GET", r"/labels", _list_labels),
    ("POST", r"/labels", _create_label),
    ("GET", r"/labels/([^/]+)", _show_label),
)
