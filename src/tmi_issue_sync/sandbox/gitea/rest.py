"""The routes of the sandbox's Gitea API."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote, urlencode

from tmi_issue_sync.sandbox.gitea.call import Call
from tmi_issue_sync.sandbox.gitea.checks import (
    fields,
    missing,
    refusal,
    require_scope,
    sees,
    signed_in,
    text_of,
    writer,
)
from tmi_issue_sync.sandbox.gitea.issues import (
    create_comment,
    create_issue,
    list_comments,
    list_issues,
    show_issue,
    update_issue,
)
from tmi_issue_sync.sandbox.gitea.model import Flavour, Label, Repo
from tmi_issue_sync.sandbox.gitea.views import PREFIX
from tmi_issue_sync.sandbox.wire import Reply

VERSIONS: dict[Flavour, str] = {"gitea": "1.26.0", "forgejo": "10.0.0-dev-1-5e777a43+gitea-1.22.0"}


def answer(call: Call, path: str) -> Reply:
    """Answer a call of the API; `path` comes without the prefix."""
    method = "GET" if call.request.method == "HEAD" else call.request.method
    if (method, path) == ("GET", "/version"):
        return Reply(200, {"version": VERSIONS[call.settings.flavour]})
    if (method, path) == ("GET", "/user"):
        _scope(call, "user", "GET")
        return Reply(200, call.views.user(signed_in(call.user)))
    if at := re.fullmatch(r"/repositories/(\d{1,18})", path):
        return _within(call, call.store.repos.get(int(at[1])), method, "")
    if at := re.fullmatch(r"/repos/([^/]+)/([^/]+)(/.*)?", path):
        name = f"{unquote(at[1])}/{unquote(at[2])}".casefold()
        repo = call.store.former.get(name) or call.store.names.get(name)
        return _within(call, repo, method, at[3] or "", moved=name in call.store.former)
    raise missing()


def _scope(call: Call, category: str, method: str) -> None:
    require_scope(call.token, category, call.settings.flavour, write=method != "GET")


def _elsewhere(call: Call, repo: Repo, rest: str) -> Reply:
    """A redirect, of writes too: a POST that follows it becomes a GET at Gitea, and a ticket at Forgejo."""
    query = urlencode(call.request.query)
    url = f"{PREFIX}/repos/{repo.full_name}{rest}{f'?{query}' if query else ''}"
    status = 301 if call.settings.flavour == "gitea" else 307
    return Reply(status, f'<a href="{url}">Moved</a>.\n', {"Location": url}, "text/html; charset=utf-8")


def _within(call: Call, repo: Repo | None, method: str, rest: str, *, moved: bool = False) -> Reply:
    found = [(at, one) for one in ROUTES if one[0] == method and (at := re.fullmatch(one[2], rest))]
    if not found:
        raise missing()
    at, (_, category, _, handler) = found[0]
    _scope(call, category, method)
    if repo is None or not sees(call.user, repo):
        raise missing()
    return _elsewhere(call, repo, rest) if moved else handler(call, repo, *map(unquote, at.groups()))


def _show_repo(call: Call, repo: Repo) -> Reply:
    return Reply(200, call.views.repo(repo, call.user))


def _list_labels(call: Call, repo: Repo) -> Reply:
    labels = sorted(repo.labels, key=lambda label: label.name.casefold())
    return call.page(labels, lambda label: call.views.label(repo, label))


def _create_label(call: Call, repo: Repo) -> Reply:
    """Nobody asks whether there is one of this name already."""
    actor = writer(signed_in(call.user))
    data = fields(call.request)
    name, color = text_of(data, "name").strip(), text_of(data, "color")
    if not name:
        raise refusal(422, "[Name]: Required")
    if not re.fullmatch(r"#?([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})", color):
        raise refusal(422, f"invalid color: {color}" if color else "[Color]: Required")
    label = call.store.label(repo, name, actor, color.removeprefix("#"), text_of(data, "description"))
    return Reply(201, call.views.label(repo, label))


def _edit_label(call: Call, repo: Repo, ident: str) -> Reply:
    writer(signed_in(call.user))
    data = fields(call.request)
    label = _by_id(repo.labels, ident)
    label.name = text_of(data, "name") or label.name
    return Reply(200, call.views.label(repo, label))


def _list_milestones(call: Call, repo: Repo) -> Reply:
    state, name = call.request.param("state") or "open", (call.request.param("name") or "").casefold()
    open_ones = {"open": True, "closed": False}.get(state)
    rows = [one for one in repo.milestones if open_ones in (None, one.open) and name in one.title.casefold()]
    return call.page(rows, call.views.milestone)


def _by_id(rows: list[Label], ident: str) -> Label:
    found = next((row for row in rows if row.id == int(ident)), None)
    if found is None:
        raise missing()
    return found


ROUTES: tuple[tuple[str, str, str, Callable[..., Reply]], ...] = (
    ("GET", "repository", r"", _show_repo),
    ("GET", "issue", r"/issues", list_issues),
    ("POST", "issue", r"/issues", create_issue),
    ("GET", "issue", r"/issues/(\d{1,9})", show_issue),
    ("PATCH", "issue", r"/issues/(\d{1,9})", update_issue),
    ("GET", "issue", r"/issues/(\d{1,9})/comments", list_comments),
    ("POST", "issue", r"/issues/(\d{1,9})/comments", create_comment),
    ("GET", "issue", r"/labels", _list_labels),
    ("POST", "issue", r"/labels", _create_label),
    ("PATCH", "issue", r"/labels/(\d{1,9})", _edit_label),
    ("GET", "issue", r"/milestones", _list_milestones),
)
"""Method, the scope's category, path below the repository, who answers."""
