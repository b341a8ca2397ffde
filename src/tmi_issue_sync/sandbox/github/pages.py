"""The pages that a person sees: a repository's issues, and one issue."""

from __future__ import annotations

import re
from html import escape

from tmi_issue_sync.sandbox.github.model import Issue, Moved, Repo
from tmi_issue_sync.sandbox.github.store import Store
from tmi_issue_sync.sandbox.github.views import Views, stamp
from tmi_issue_sync.sandbox.paper import Paper, link, listed
from tmi_issue_sync.sandbox.wire import Reply

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#1f2328}"
    "a{color:#0969da}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f6f8fa;padding:1rem;"
    "border-radius:6px;font:14px/1.5 ui-monospace,monospace}h1{font-size:1.6rem;overflow-wrap:anywhere}"
    ".state,.label{border-radius:2em;padding:.1em .7em;font-size:.85rem;margin-right:.4em}"
    ".open{background:#1a7f37;color:#fff}.closed{background:#8250df;color:#fff}.label{background:#ddf4ff}"
    ".quiet{color:#59636e}li{margin:.4rem 0}"
)
_PAPER = Paper(STYLE)


def page(store: Store, views: Views, path: str) -> Reply:
    """The page at a path. Unlike the API's, the pages are open to all: they are for whoever runs the sandbox."""
    if path in ("", "/"):
        rows = [link(f"{views.base}/{repo.full_name}/issues", repo.full_name) for repo in store.repos.values()]
        return _PAPER.page(200, "Repositories", listed(rows))
    at = re.fullmatch(r"/([^/]+/[^/]+)(?:/(?:issues|pull)(?:/(\d{1,9}))?)?/?", path)
    repo = store.repo(at[1]) if at else None
    if at is None or repo is None:
        return _PAPER.page(404, "Page not found", "")
    if at[2] is None:
        return _PAPER.page(200, f"Issues of {repo.full_name}", _index(views, repo))
    match repo.issues.get(int(at[2])):
        case Issue() as issue:
            return _issue(views, issue)
        case Moved(issue):
            return Reply(301, "", {"Location": views.html(issue), **_PAPER.headers}, "text/html; charset=utf-8")
        case None:
            return _PAPER.page(404, "Page not found", "")
        case _:
            return _PAPER.page(404, "This issue has been deleted", "")


def _index(views: Views, repo: Repo) -> str:
    rows = [
        f"{_state(issue)} {link(views.html(issue), f'#{issue.number} {issue.title}')}"
        for issue in sorted(repo.living(), key=lambda issue: -issue.number)
    ]
    return listed(rows)


def _issue(views: Views, issue: Issue) -> Reply:
    labels = "".join(f'<span class="label">{escape(label.name)}</span>' for label in issue.labels)
    comments = "".join(
        f'<p class="quiet">{escape(comment.author.login)}, {stamp(comment.at)}</p><pre>{escape(comment.body)}</pre>'
        for comment in issue.comments
    )
    home = link(f"{views.base}/{issue.repo.full_name}/issues", issue.repo.full_name)
    about = f"#{issue.number} by {escape(issue.author.login)}, {stamp(issue.created_at)}"
    text = escape(issue.body or "")
    body = f'<p>{_state(issue)}{labels}</p><p class="quiet">{home} {about}</p><pre>{text}</pre>'
    return _PAPER.page(200, issue.title, body + comments)


def _state(issue: Issue) -> str:
    reason = f" as {issue.state_reason}" if issue.state == "closed" and issue.state_reason else ""
    return f'<span class="state {issue.state}">{issue.state}{escape(reason)}</span>'
