"""The pages that a person sees: a repository's issues, and one issue."""

from __future__ import annotations

import re
from html import escape

from tmi_issue_sync.sandbox.gitea.model import Issue, Repo
from tmi_issue_sync.sandbox.gitea.store import Store
from tmi_issue_sync.sandbox.gitea.views import Views, stamp
from tmi_issue_sync.sandbox.paper import Paper, link, listed
from tmi_issue_sync.sandbox.wire import Reply

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#24292f}"
    "a{color:#4183c4}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f5f7f9;padding:1rem;"
    "border-radius:4px;font:14px/1.5 ui-monospace,monospace}h1{font-size:1.6rem;overflow-wrap:anywhere}"
    ".state,.label{border-radius:4px;padding:.1em .6em;font-size:.85rem;margin-right:.4em}"
    ".open{background:#21ba45;color:#fff}.closed{background:#d95c5c;color:#fff}.label{background:#e8eef4}"
    ".quiet{color:#6a737d}li{margin:.4rem 0}"
)
_PAPER = Paper(STYLE)
_PATH = re.compile(r"/([^/]+/[^/]+)(?:/(?:issues|pulls)(?:/(\d{1,9}))?)?/?")


def page(store: Store, views: Views, path: str) -> Reply:
    """The page at a path. Unlike the API's, the pages are open to all: they are for whoever runs the sandbox."""
    if path in ("", "/"):
        rows = [link(f"{views.root}/{repo.full_name}/issues", repo.full_name) for repo in store.repos.values()]
        return _PAPER.page(200, "Repositories", listed(rows))
    at = _PATH.fullmatch(path)
    name = at[1].casefold() if at else ""
    repo = store.names.get(name) or store.former.get(name)
    if at is None or repo is None:
        return _PAPER.page(404, "Page Not Found", "")
    if at[2] is None:
        return _PAPER.page(200, f"Issues of {repo.full_name}", _index(views, repo))
    issue = repo.issues.get(int(at[2]))
    return _issue(views, issue) if issue else _PAPER.page(404, "Page Not Found", "")


def _index(views: Views, repo: Repo) -> str:
    newest = sorted(repo.issues.values(), key=lambda issue: -issue.number)
    return listed(
        [f"{_state(issue)} {link(views.html(issue), f'#{issue.number} {issue.title}')}" for issue in newest]
    )


def _issue(views: Views, issue: Issue) -> Reply:
    labels = "".join(f'<span class="label">{escape(label.name)}</span>' for label in issue.labels)
    comments = "".join(
        f'<p class="quiet">{escape(comment.author.login)}, {stamp(comment.at)}</p><pre>{escape(comment.body)}</pre>'
        for comment in issue.comments
    )
    home = link(f"{views.root}/{issue.repo.full_name}/issues", issue.repo.full_name)
    about = f"#{issue.number} by {escape(issue.author.login)}, {stamp(issue.created_at)}"
    body = f'<p>{_state(issue)}{labels}</p><p class="quiet">{home} {about}</p><pre>{escape(issue.body)}</pre>'
    return _PAPER.page(200, issue.title, body + comments)


def _state(issue: Issue) -> str:
    return f'<span class="state {issue.state}">{issue.state}</span>'
