"""The pages that a person sees: a project's issues, and one issue."""

from __future__ import annotations

import re
from html import escape

from tmi_issue_sync.sandbox.gitlab.model import Issue, Project
from tmi_issue_sync.sandbox.gitlab.store import Store
from tmi_issue_sync.sandbox.gitlab.views import Views, stamp
from tmi_issue_sync.sandbox.paper import Paper, link, listed
from tmi_issue_sync.sandbox.wire import Reply

_PAPER = Paper()


def page(store: Store, views: Views, path: str) -> Reply:
    """The page at a path. Unlike the API's, the pages are open to all: they are for whoever runs the sandbox."""
    if path in ("", "/"):
        rows = [link(f"{views.base}/{one.path}/-/issues", one.path) for one in store.projects.values()]
        return _PAPER.page(200, "Projects", listed(rows))
    at = re.fullmatch(r"/(.+?)(?:/-/(?:issues|work_items)(?:/(\d{1,9}))?)?/?", path)
    project = store.project(at[1]) if at else None
    if at is None or project is None:
        return _PAPER.page(404, "Page not found", "")
    if at[2] is None:
        return _PAPER.page(200, f"Issues of {project.path}", _index(views, project))
    issue = project.issues.get(int(at[2]))
    return _issue(views, issue) if issue else _PAPER.page(404, "Page not found", "")


def _index(views: Views, project: Project) -> str:
    found = sorted(project.issues.values(), key=lambda issue: -issue.iid)
    return listed([f"{issue.state} {link(views.html(issue), f'#{issue.iid} {issue.title}')}" for issue in found])


def _issue(views: Views, issue: Issue) -> Reply:
    about = [f"#{issue.iid} by {issue.author.username}, {stamp(issue.created_at)}", issue.state, *issue.labels]
    about += ["confidential"] if issue.confidential else []
    moved = f"<p>Moved to {link(views.html(issue.moved_to), 'its new place')}</p>" if issue.moved_to else ""
    notes = "".join(f"<p>{escape(note.author.username)}</p><pre>{escape(note.body)}</pre>" for note in issue.notes)
    text = f"<pre>{escape(issue.description)}</pre>"
    return _PAPER.page(200, issue.title, f"<p>{escape(' · '.join(about))}</p>{moved}{text}{notes}")
