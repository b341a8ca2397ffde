"""Listing, filing and changing issues at the sandbox's Gitea."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tmi_issue_sync.sandbox.gitea.call import Call
from tmi_issue_sync.sandbox.gitea.checks import (
    Refused,
    broken,
    fields,
    kept_title,
    missing,
    refusal,
    signed_in,
    text_of,
    unmarshal,
)
from tmi_issue_sync.sandbox.gitea.filters import filters
from tmi_issue_sync.sandbox.gitea.model import Issue, Label, Milestone, Repo, User
from tmi_issue_sync.sandbox.wire import Reply


def list_issues(call: Call, repo: Repo) -> Reply:
    """What all filters let through, newest first whatever is asked. Empty where no issues are kept."""
    passing = filters(call, repo)
    rows = [issue for issue in repo.issues.values() if repo.tracks and all(passes(issue) for passes in passing)]
    return call.page(sorted(rows, key=lambda issue: -issue.number), call.views.issue)


def create_issue(call: Call, repo: Repo) -> Reply:
    """File an issue; what is unknown, or not for this author to set, is dropped without a word."""
    author = signed_in(call.user)
    _require_open(repo)
    data = fields(call.request)
    if not isinstance(data.get("title"), str) or not data["title"]:
        raise refusal(422, "[Title]: Required")
    title, body = kept_title(text_of(data, "title"), call.settings.flavour), text_of(data, "body")
    labels, milestone, due = _labels(call, repo, data), _milestone(repo, data), _due(data)
    issue = call.store.draft(repo, author, title, body)
    if author.writes:
        issue.assignees = _assignees(call, repo, data)
        issue.labels, issue.milestone, issue.due = labels, milestone, due
    call.store.commit(issue)
    if data.get("closed") is True:
        call.store.close(issue, author)
    return Reply(201, call.views.issue(issue))


def show_issue(call: Call, repo: Repo, number: str) -> Reply:
    """One issue, or one pull request."""
    return Reply(200, call.views.issue(here(repo, number)))


def update_issue(call: Call, repo: Repo, number: str) -> Reply:
    """Change what is given. Neither an archived repository nor one without issues keeps anybody from it."""
    actor, issue = signed_in(call.user), _any(repo, number)
    data = fields(call.request)
    if not actor.writes and actor is not issue.author:
        raise Refused(Reply(403))
    title, body = text_of(data, "title"), text_of(data, "body", issue.body)
    call.store.edit(issue, actor, kept_title(title, call.settings.flavour) or issue.title, body)
    match data.get("state"):
        case "closed" if issue.blocked and issue.state == "open":
            raise refusal(412, "cannot close this issue because it still has open dependencies")
        case "closed":
            call.store.close(issue, actor)
        case "open":
            call.store.reopen(issue, actor)
        case str() as state if call.settings.flavour == "gitea":
            raise refusal(412, f"unknown state: {state}")
    return Reply(201, call.views.issue(issue))


def list_comments(call: Call, repo: Repo, number: str) -> Reply:
    """All comments at once: this list has no pages."""
    issue = here(repo, number)
    return Reply(200, [call.views.comment(issue, comment) for comment in issue.comments])


def create_comment(call: Call, repo: Repo, number: str) -> Reply:
    """Comment on an issue. One that does not exist breaks the server."""
    author = signed_in(call.user)
    if not repo.tracks:
        raise missing()
    if repo.archived:
        raise refusal(423, f"{repo.full_name} is archived")
    data = fields(call.request)
    body = text_of(data, "body")
    if not body:
        raise refusal(422, "[Body]: Required")
    if int(number) not in repo.issues:
        raise broken()
    issue = repo.issues[int(number)]
    return Reply(201, call.views.comment(issue, call.store.comment(issue, author, body)))


def here(repo: Repo, number: str) -> Issue:
    """The issue at a number. Where no issues are kept none is there."""
    if not repo.tracks:
        raise missing()
    return _any(repo, number)


def _any(repo: Repo, number: str) -> Issue:
    issue = repo.issues.get(int(number))
    if issue is None:
        raise missing()
    return issue


def _require_open(repo: Repo) -> None:
    if repo.archived:
        raise refusal(423, f"{repo.full_name} is archived")
    if not repo.tracks:
        raise refusal(403, "user should have specific read permission or be a repo admin or a site admin")


def _labels(call: Call, repo: Repo, data: dict[str, Any]) -> list[Label]:
    """By id; the organisation's are good too, and any other id is none."""
    idents = _list(data, "labels", int, "int64")
    usable = [*repo.labels, *call.store.shared[repo.owner.login.casefold()]]
    return [label for label in usable if label.id in idents]


def _milestone(repo: Repo, data: dict[str, Any]) -> Milestone | None:
    ident = data.get("milestone")
    if ident is not None and (not isinstance(ident, int) or isinstance(ident, bool)):
        raise unmarshal("milestone", "int64")
    return next((one for one in repo.milestones if one.id == ident), None)


def _due(data: dict[str, Any]) -> datetime | None:
    text = data.get("due_date")
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        at = None
    if at is None or at.tzinfo is None:
        raise refusal(422, f'[]: Deserialization: parsing time "{text}" as "2006-01-02T15:04:05Z07:00"')
    return at.replace(hour=23, minute=59, second=59)


def _assignees(call: Call, repo: Repo, data: dict[str, Any]) -> list[User]:
    found = []
    for login in _list(data, "assignees", str, "string"):
        user = call.store.users.get(login.casefold())
        if user is None:
            raise refusal(422, f"Assignee does not exist: [name: user does not exist [uid: 0, name: {login}]]")
        if user.role == "none":
            where = f"user_id: {user.id}, repo_name: {repo.name}"
            raise refusal(422, f"user doesn't have access to repo [{where}]")
        found.append(user)
    return found


def _list(data: dict[str, Any], name: str, kind: type, wanted: str) -> list[Any]:
    value = data.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(type(item) is kind for item in value):
        raise unmarshal(name, wanted)
    return value
