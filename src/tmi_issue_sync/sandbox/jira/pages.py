"""The pages that a person sees: the projects' issues, and one issue."""

from __future__ import annotations

import re
from html import escape

from tmi_issue_sync.sandbox.jira import adf
from tmi_issue_sync.sandbox.jira.model import Issue
from tmi_issue_sync.sandbox.jira.store import Store
from tmi_issue_sync.sandbox.paper import Paper, link, listed
from tmi_issue_sync.sandbox.wire import Reply

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#172b4d}"
    "a{color:#0052cc}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f5f7;padding:1rem;"
    "border-radius:3px;font:14px/1.5 ui-monospace,monospace}h1{font-size:1.6rem;overflow-wrap:anywhere}"
    ".state,.label{border-radius:3px;padding:.1em .5em;font-size:.8rem;margin-right:.4em}"
    ".new{background:#dfe1e6}.indeterminate{background:#0052cc;color:#fff}.done{background:#00875a;color:#fff}"
    ".label{background:#f4f5f7}.quiet{color:#5e6c84}li{margin:.4rem 0}"
)
_PAPER = Paper(STYLE)


def page(store: Store, base: str, path: str) -> Reply:
    """The page at a path. Unlike the API's, the pages are open to all: they are for whoever runs the sandbox."""
    if path in ("", "/"):
        rows = [link(f"{base}/browse/{key}", f"Project {key}") for key in store.projects]
        return _PAPER.page(200, "Projects", listed(rows))
    at = re.fullmatch(r"/browse/([A-Za-z][A-Za-z0-9_]*)(-\d{1,9})?/?", path)
    if at is None:
        return _PAPER.page(404, "Page not found", "")
    if at[2] is None and (project := store.project(at[1])):
        mine = [issue for issue in reversed(store.issues()) if issue.project is project]
        rows = [f"{_state(issue)} {link(f'{base}/browse/{issue.key}', _title(issue))}" for issue in mine]
        return _PAPER.page(200, f"Issues of {project.key}", listed(rows))
    issue = store.issue(at[1] + at[2]) if at[2] else None
    if issue is None:
        return _PAPER.page(404, "Issue does not exist or you do not have permission to see it.", "")
    return _issue(store, base, issue)


def _issue(store: Store, base: str, issue: Issue) -> Reply:
    labels = "".join(f'<span class="label">{escape(label)}</span>' for label in issue.values.get("labels") or ())
    comments = "".join(
        f'<p class="quiet">{escape(store.users[comment.author].name)}, {comment.at:%Y-%m-%d %H:%M} UTC</p>'
        f"<pre>{escape(adf.text_of(comment.body))}</pre>"
        for comment in issue.comments
    )
    home = link(f"{base}/browse/{issue.project.key}", f"Project {issue.project.key}")
    author = escape(store.users[issue.author].name)
    about = f"{home} {escape(issue.key)}, {escape(issue.type.name)} by {author}, {issue.created:%Y-%m-%d %H:%M} UTC"
    text = escape(adf.text_of(issue.values.get("description")))
    body = f'<p>{_state(issue)}{labels}</p><p class="quiet">{about}</p><pre>{text}</pre>{comments}'
    return _PAPER.page(200, _title(issue), body)


def _title(issue: Issue) -> str:
    return f"{issue.key} {issue.values.get('summary')}"


def _state(issue: Issue) -> str:
    return f'<span class="state {issue.status.category}">{escape(issue.status.name)}</span>'
