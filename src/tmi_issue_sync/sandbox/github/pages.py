"""The pages that a person sees: a repository's issues, and one issue."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape

from tmi_issue_sync.sandbox.github.model import Issue, Moved, Repo
from tmi_issue_sync.sandbox.github.store import Store
from tmi_issue_sync.sandbox.github.views import Views, stamp
from tmi_issue_sync.sandbox.wire import Reply

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#1f2328}"
    "a{color:#0969da}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f6f8fa;padding:1rem;"
    "border-radius:6px;font:14px/1.5 ui-monospace,monospace}h1{font-size:1.6rem;overflow-wrap:anywhere}"
    ".state,.label{border-radius:2em;padding:.1em .7em;font-size:.85rem;margin-right:.4em}"
    ".open{background:#1a7f37;color:#fff}.closed{background:#8250df;color:#fff}.label{background:#ddf4ff}"
    ".quiet{color:#59636e}li{margin:.4rem 0}"
)
CSP = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
)
HEADERS = {"Content-Security-Policy": CSP, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


def page(store: Store, views: Views, path: str) -> Reply:
    """The page at a path. Unlike the API's, the pages are open to all: they are for whoever runs the sandbox."""
    if path in ("", "/"):
        rows = [_link(f"{views.base}/{repo.full_name}/issues", repo.full_name) for repo in store.repos.values()]
        return _html(200, "Repositories", _list(rows))
    at = re.fullmatch(r"/([^/]+/[^/]+)(?:/(?:issues|pull)(?:/(\d{1,9}))?)?/?", path)
    repo = store.repo(at[1]) if at else None
    if at is None or repo is None:
        return _html(404, "Page not found", "")
    if at[2] is None:
        return _html(200, f"Issues of {repo.full_name}", _index(views, repo))
    match repo.issues.get(int(at[2])):
        case Issue() as issue:
            return _issue(views, issue)
        case Moved(issue):
            return Reply(301, "", {"Location": views.html(issue), **HEADERS}, "text/html; charset=utf-8")
        case None:
            return _html(404, "Page not found", "")
        case _:
            return _html(404, "This issue has been deleted", "")


def _index(views: Views, repo: Repo) -> str:
    rows = [
        f"{_state(issue)} {_link(views.html(issue), f'#{issue.number} {issue.title}')}"
        for issue in sorted(repo.living(), key=lambda issue: -issue.number)
    ]
    return _list(rows)


def _issue(views: Views, issue: Issue) -> Reply:
    labels = "".join(f'<span class="label">{escape(label.name)}</span>' for label in issue.labels)
    comments = "".join(
        f'<p class="quiet">{escape(comment.author.login)}, {stamp(comment.at)}</p><pre>{escape(comment.body)}</pre>'
        for comment in issue.comments
    )
    home = _link(f"{views.base}/{issue.repo.full_name}/issues", issue.repo.full_name)
    about = f"#{issue.number} by {escape(issue.author.login)}, {stamp(issue.created_at)}"
    text = escape(issue.body or "")
    body = f'<p>{_state(issue)}{labels}</p><p class="quiet">{home} {about}</p><pre>{text}</pre>'
    return _html(200, issue.title, body + comments)


def _state(issue: Issue) -> str:
    reason = f" as {issue.state_reason}" if issue.state == "closed" and issue.state_reason else ""
    return f'<span class="state {issue.state}">{issue.state}{escape(reason)}</span>'


def _link(url: str, text: str) -> str:
    return f'<a href="{escape(url)}">{escape(text)}</a>'


def _list(rows: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{row}</li>' for row in rows)}</ul>" if rows else '<p class="quiet">None yet.</p>'


def _html(status: int, title: str, body: str) -> Reply:
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style><h1>{escape(title)}</h1>{body}</html>"
    )
    return Reply(status, text, dict(HEADERS), "text/html; charset=utf-8")
