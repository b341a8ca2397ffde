"""Listing, filing and changing issues at the sandbox's GitHub."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tmi_issue_sync.sandbox.github.call import Call
from tmi_issue_sync.sandbox.github.checks import (
    Refused,
    body_of,
    fields,
    invalid,
    label_name,
    names_of,
    refusal,
    sees,
    title_of,
    writer,
)
from tmi_issue_sync.sandbox.github.model import Issue, Label, Moved, Repo, User
from tmi_issue_sync.sandbox.wire import Reply

REASONS = ("completed", "not_planned", "duplicate", "reopened")


def list_issues(call: Call, repo: Repo) -> Reply:
    """The issues that all given filters let through, newest first if not asked otherwise.

    Where issues are switched off this is no error: pull requests are left, which are issues too.
    """
    sort = _choice(call, "sort", ("created", "updated", "comments"))
    filters = _filters(call)
    there = [issue for issue in repo.living() if repo.has_issues or issue.pull]
    rows = [issue for issue in there if all(passes(issue) for passes in filters)]
    keys: dict[str, Any] = {
        "created": lambda issue: (issue.created_at, issue.number),
        "updated": lambda issue: (issue.updated_at, issue.number),
        "comments": lambda issue: (len(issue.comments), issue.number),
    }
    rows.sort(key=keys[sort], reverse=_choice(call, "direction", ("desc", "asc")) == "desc")
    return call.page(f"/repositories/{repo.id}/issues", rows, call.views.issue)


def create_issue(call: Call, repo: Repo) -> Reply:
    """File an issue; what the author may not set is dropped without a word."""
    author = writer(call.user, repo)
    _require_issues(repo)
    data = fields(call.request)
    title, body = title_of(data), body_of(data)
    labels, assignees = names_of(data, "labels"), _assignees(call, data)
    if data.get("milestone") is not None and author.push:
        raise invalid("Issue", "milestone", value=data["milestone"])
    if refused := call.limits.refuse_create(author):
        raise Refused(refused)
    issue = call.store.create(repo, author, title, body)
    issue.labels = _labels(call, repo, author, labels)
    issue.assignees = assignees if author.triage else []
    call.store.commit(issue)
    shown = call.views.issue(issue)
    return Reply(201, shown, {"Location": shown["url"]})


def show_issue(call: Call, repo: Repo, number: str) -> Reply:
    """One issue; the number of a pull request shows the issue that it is too."""
    issue = here(call, repo, number)
    return issue if isinstance(issue, Reply) else Reply(200, call.views.issue(issue))


def update_issue(call: Call, repo: Repo, number: str) -> Reply:
    """Change what is given; labels and assignees are dropped without a word if the user may not set them."""
    actor = writer(call.user, repo)
    issue = here(call, repo, number)
    if isinstance(issue, Reply):
        return issue
    if not actor.triage and actor.id != issue.author.id:
        raise refusal(403, "Must have admin rights to Repository.")
    data = fields(call.request)
    title = title_of(data) if "title" in data else issue.title
    body = body_of(data) if "body" in data else issue.body
    names, assignees = names_of(data, "labels"), _assignees(call, data)
    state, reason = _state(data)
    labels = issue.labels
    if "labels" in data and actor.triage:
        labels = _labels(call, repo, actor, names)
    call.store.edit(issue, actor, title=title, body=body, labels=labels)
    if "assignees" in data and actor.triage:
        call.store.assign(issue, actor, assignees)
    if state == "closed":
        call.store.close(issue, actor, reason or "completed")
    elif state == "open":
        call.store.reopen(issue, actor)
    return Reply(200, call.views.issue(issue))


def here(call: Call, repo: Repo, number: str) -> Issue | Reply:
    """The issue, or the way to where it lives now. Where it went stays secret from who may not go there."""
    _require_issues(repo)
    found = call.issue(repo, int(number))
    if not isinstance(found, Moved):
        return found
    if not sees(call.user, found.issue.repo):
        raise refusal(404, "Not Found")
    reply = call.elsewhere(f"/repositories/{found.issue.repo.id}/issues/{found.issue.number}")
    reply.status = 301
    return reply


def _filters(call: Call) -> list[Callable[[Issue], bool]]:
    """What an issue must pass to be listed. Values that GitHub refuses are refused even if there is no issue."""
    visible = call.clock() - call.settings.lag
    filters: list[Callable[[Issue], bool]] = [lambda issue: issue.created_at <= visible]
    if (state := _choice(call, "state", ("open", "closed", "all"))) != "all":
        filters.append(lambda issue: issue.state == state)
    if names := [
        name.strip().casefold() for name in (call.request.param("labels") or "").split(",") if name.strip()
    ]:
        filters.append(lambda issue: {label.name.casefold() for label in issue.labels}.issuperset(names))
    if creator := _known(call, "creator"):
        filters.append(lambda issue: issue.author.id == creator.id)
    if since := _since(call):
        filters.append(lambda issue: issue.updated_at.replace(microsecond=0) >= since)
    if call.request.param("milestone") not in (None, "", "none"):
        filters.append(lambda _: False)
    match call.request.param("assignee"):
        case None | "":
            pass
        case "none":
            filters.append(lambda issue: not issue.assignees)
        case "*":
            filters.append(lambda issue: bool(issue.assignees))
        case _:
            assignee = _known(call, "assignee")
            filters.append(lambda issue: assignee in issue.assignees)
    return filters


def _known(call: Call, field: str) -> User | None:
    """The account that a parameter names."""
    login = call.request.param(field)
    if not login:
        return None
    user = call.store.users.get(login.casefold())
    if user is None:
        raise invalid("Issue", field, value=login)
    return user


def _since(call: Call) -> datetime | None:
    text = call.request.param("since")
    if not text:
        return None
    try:
        since = datetime.fromisoformat(text)
    except ValueError:
        raise invalid("Issue", "since", value=text) from None
    return since if since.tzinfo is not None else since.replace(tzinfo=UTC)


def _choice(call: Call, name: str, allowed: tuple[str, ...]) -> str:
    """A parameter of few values; the first is the one that goes without saying."""
    value = call.request.param(name) or allowed[0]
    if value not in allowed:
        raise invalid("Issue", name, value=value)
    return value


def _labels(call: Call, repo: Repo, actor: User, names: list[str]) -> list[Label]:
    """The labels that will really be set: all with push, existing ones with triage, none without either."""
    if not actor.triage:
        return []
    unknown = [name for name in map(label_name, names) if name.casefold() not in repo.labels]
    if unknown and call.settings.reject_unknown_labels:
        raise invalid("Label", "name", value=unknown[0])
    kept = names if actor.push else [name for name in names if name not in unknown]
    labels = [call.store.label(repo, name, actor) for name in kept]
    return [label for at, label in enumerate(labels) if label not in labels[:at]]


def _assignees(call: Call, data: dict[str, Any]) -> list[User]:
    """The accounts named; for who may set none it does not matter whether they exist."""
    names = names_of(data, "assignees")
    users = [call.store.users.get(name.casefold()) for name in names]
    if call.user is not None and call.user.triage and None in users:
        raise invalid("Issue", "assignees", value=names[users.index(None)])
    return [user for user in users if user is not None]


def _state(data: dict[str, Any]) -> tuple[str | None, str | None]:
    state, reason = data.get("state"), data.get("state_reason")
    if state not in (None, "open", "closed"):
        raise invalid("Issue", "state", value=state)
    if reason is not None and reason not in REASONS:
        raise invalid("Issue", "state_reason", value=reason)
    return state, reason


def _require_issues(repo: Repo) -> None:
    if not repo.has_issues:
        raise refusal(410, "Issues are disabled for this repo")
