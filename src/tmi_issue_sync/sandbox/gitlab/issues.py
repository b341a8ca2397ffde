"""Listing, filing and changing issues at the sandbox's GitLab."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tmi_issue_sync.sandbox.gitlab.call import Call
from tmi_issue_sync.sandbox.gitlab.checks import (
    Refused,
    day_of,
    description_of,
    fields,
    flag_of,
    kind_of,
    labels_of,
    malformed,
    numbers_of,
    refusal,
    sees,
    title_of,
    writer,
)
from tmi_issue_sync.sandbox.gitlab.model import GUEST, OWNER, PLANNER, Issue, Project, User
from tmi_issue_sync.sandbox.wire import Reply

Filter = Callable[[Issue], bool]


def list_issues(call: Call, project: Project) -> Reply:
    """A project's issues; without issues at all where they are switched off."""
    return _listed(call, f"/projects/{project.id}/issues", list(project.issues.values()))


def list_all(call: Call) -> Reply:
    """The issues of all projects; only the user's own where nothing else is said."""
    scope = call.request.param("scope") or "created_by_me"
    if call.user is None and scope != "all":
        raise refusal(401, "401 Unauthorized")
    rows = [issue for project in call.store.projects.values() for issue in project.issues.values()]
    if scope == "created_by_me":
        rows = [issue for issue in rows if issue.author is call.user]
    if (call.request.param("non_archived") or "true").lower() != "false":
        rows = [issue for issue in rows if not issue.project.archived]
    return _listed(call, "/issues", rows)


def _listed(call: Call, path: str, found: list[Issue]) -> Reply:
    by = call.request.param("order_by") or "created_at"
    if by not in ("created_at", "updated_at"):
        raise malformed("order_by does not have a valid value")
    filters = _filters(call)
    rows = [issue for issue in found if sees(call.user, issue) and all(passes(issue) for passes in filters)]
    rows.sort(key=lambda issue: (getattr(issue, by), issue.id), reverse=call.request.param("sort") != "asc")
    return call.page(path, rows, call.views.issue)


def _filters(call: Call) -> list[Filter]:
    visible = call.clock() - call.settings.lag
    filters: list[Filter] = [lambda issue: issue.created_at <= visible or issue.moved_to is not None]
    if (state := call.request.param("state") or "all") != "all":
        if state not in ("opened", "closed"):
            raise malformed("state does not have a valid value")
        filters.append(lambda issue: issue.state == state)
    if (author := call.request.param("author_id")) is not None:
        if not author.isdecimal():
            raise malformed("author_id is invalid")
        filters.append(lambda issue: issue.author.id == int(author))
    if names := [name.strip() for name in (call.request.param("labels") or "").split(",") if name.strip()]:
        filters.append(lambda issue: set(names) <= set(issue.labels))
    for name, test in (("created_after", _created), ("updated_after", _updated)):
        if (at := _moment(call, name)) is not None:
            filters.append(test(at))
    return filters


def _created(at: datetime) -> Filter:
    return lambda issue: issue.created_at >= at


def _updated(at: datetime) -> Filter:
    return lambda issue: issue.updated_at >= at


def _moment(call: Call, name: str) -> datetime | None:
    text = call.request.param(name)
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise malformed(f"{name} is invalid") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def create_issue(call: Call, project: Project) -> Reply:
    """File an issue; what the author may not set is dropped without a word."""
    author = writer(call.user, project)
    data = fields(call.request)
    title, text, kind = title_of(data), description_of(data), kind_of(data)
    labels, confidential = labels_of(data), flag_of(data, "confidential", False)
    iid = _iid(call, project, data)
    if refused := call.limits.refuse_create(author):
        raise Refused(refused)
    _spam(call, title, text)
    issue = call.store.draft(project, author, title, text, iid)
    issue.kind, issue.confidential = kind, confidential and not call.settings.drops_confidential
    if project.level(author) >= GUEST:
        _metadata(call, issue, author, data, labels)
    call.store.commit(issue)
    return Reply(201, call.views.issue(issue))


def show_issue(call: Call, project: Project, iid: str) -> Reply:
    return Reply(200, call.views.issue(call.issue(project, iid)))


def update_issue(call: Call, project: Project, iid: str) -> Reply:
    """Change what is given, if the user may: the author their own issue, others from Planner on."""
    actor, issue = writer(call.user, project), call.issue(project, iid)
    data = fields(call.request)
    above = project.level(actor) >= PLANNER
    if not above and actor is not issue.author:
        raise refusal(403, "403 Forbidden")
    if not set(data) & {"title", "description", "state_event", "labels", "confidential", "due_date"}:
        raise malformed(
            "title, description, state_event, labels are missing, at least one parameter must be provided"
        )
    new: dict[str, Any] = {"title": title_of(data)} if "title" in data else {}
    if "description" in data:
        new["description"] = description_of(data)
    if above and "labels" in data:
        new["labels"] = [call.store.label(project, name, actor) for name in labels_of(data)]
    if above and "confidential" in data:
        new["confidential"] = flag_of(data, "confidential", issue.confidential)
    event = data.get("state_event")
    if event not in (None, "close", "reopen"):
        raise malformed("state_event does not have a valid value")
    call.store.edit(issue, actor, **new)
    if event == "close":
        call.store.close(issue, actor)
    elif event == "reopen":
        call.store.reopen(issue, actor)
    return Reply(200, call.views.issue(issue))


def list_notes(call: Call, project: Project, iid: str) -> Reply:
    issue = call.issue(project, iid)
    path = f"/projects/{project.id}/issues/{iid}/notes"
    notes = sorted(issue.notes, key=lambda note: note.id, reverse=call.request.param("sort") != "asc")
    return call.page(path, notes, lambda note: call.views.note(issue, note))


def create_note(call: Call, project: Project, iid: str) -> Reply:
    author, issue = writer(call.user, project), call.issue(project, iid)
    body = fields(call.request).get("body")
    if not isinstance(body, str):
        raise malformed("body is missing")
    if not body.strip():
        raise refusal(400, {"note": ["can't be blank"]})
    note = call.store.comment(issue, author, body)
    if note is None:
        return Reply(202, {"commands_changes": {}, "summary": ["Applied commands."]})
    return Reply(201, call.views.note(issue, note))


def _iid(call: Call, project: Project, data: dict[str, Any]) -> int | None:
    """Only an owner's word counts; a number that is taken is a conflict."""
    iid = data.get("iid")
    if not isinstance(iid, int) or project.level(call.user) < OWNER:
        return None
    if iid in project.issues:
        raise refusal(409, "Duplicated issue")
    return iid


def _spam(call: Call, title: str, text: str) -> None:
    word = call.settings.spam
    if not word or word not in f"{title}\n{text}":
        return
    if not call.settings.captcha:
        raise refusal(400, {"error": "Spam detected"})
    why = "Your issue has been recognized as spam. Please, change the content or solve the reCAPTCHA to proceed."
    told = {"needs_captcha_response": True, "spam_log_id": 1, "captcha_site_key": "example"}
    raise Refused(Reply(409, told | {"message": {"error": why}}))


def _metadata(call: Call, issue: Issue, author: User, data: dict[str, Any], labels: list[str]) -> None:
    """Members may set it on a new issue; who is below Planner makes no new labels."""
    project = issue.project
    kept = (
        labels if project.level(author) >= PLANNER else [name for name in labels if name.lower() in project.labels]
    )
    issue.labels = list(dict.fromkeys(call.store.label(project, name, author) for name in kept))
    ids = numbers_of(data, "assignee_ids")
    users = [user for user in call.store.users.values() if user.id in ids and project.level(user) >= GUEST]
    issue.assignees = users[:1]  # more than one is a paid tier's
    wanted = data.get("milestone_id")
    issue.milestone = next((one for one in project.milestones if one.id == wanted), None)
    issue.due = day_of(data)
