"""Sub-issues at the sandbox's GitHub: an issue below another."""

from __future__ import annotations

from tmi_issue_sync.sandbox.github.call import Call
from tmi_issue_sync.sandbox.github.checks import Refused, fields, malformed, refusal, sees, writer
from tmi_issue_sync.sandbox.github.issues import here
from tmi_issue_sync.sandbox.github.model import Issue, Repo
from tmi_issue_sync.sandbox.wire import Reply

MOST = 100
"""Sub-issues that one issue may have."""


def list_sub_issues(call: Call, repo: Repo, number: str) -> Reply:
    """The issues below this one."""
    parent = here(call, repo, number)
    if isinstance(parent, Reply):
        return parent
    return call.page(f"/repositories/{repo.id}/issues/{number}/sub_issues", _below(call, parent), call.views.issue)


def add_sub_issue(call: Call, repo: Repo, number: str) -> Reply:
    """Put an issue, named by its id, below this one."""
    actor = writer(call.user, repo)
    parent = here(call, repo, number)
    if isinstance(parent, Reply):
        return parent
    if not actor.triage:
        raise refusal(403, "Must have admin rights to Repository.")
    data = fields(call.request)
    wanted = data.get("sub_issue_id")
    if not isinstance(wanted, int) or isinstance(wanted, bool):
        raise malformed("sub_issue_id", wanted, "an integer")
    child = next((issue for issue in _all(call) if issue.id == wanted and not issue.pull), None)
    if child is None or child.repo.owner.id != repo.owner.id:
        raise refusal(404, "The provided sub-issue does not exist")
    _refuse(call, child, parent, replace=data.get("replace_parent") is True)
    if refused := call.limits.refuse_create(actor):
        raise Refused(refused)
    call.store.nest(child, parent, actor)
    return Reply(201, call.views.issue(parent))


def _refuse(call: Call, child: Issue, parent: Issue, *, replace: bool) -> None:
    above: Issue | None = parent
    seen = {child.id}
    while above is not None:
        if above.id in seen:
            raise _unprocessable("Sub issue may not create a circular dependency")
        seen.add(above.id)
        above = above.parent
    if child.parent is parent:
        raise _unprocessable("Issue may not contain duplicate sub-issues and Sub issue may only have one parent")
    if child.parent is not None and not replace:
        raise _unprocessable("Sub issue may only have one parent")
    if len(_below(call, parent)) >= MOST:
        raise _unprocessable(f"Parent cannot have more than {MOST} sub-issues")


def _unprocessable(why: str) -> Refused:
    return refusal(422, f"An error occurred while adding the sub-issue to the parent issue. {why}")


def _below(call: Call, parent: Issue) -> list[Issue]:
    return [issue for issue in _all(call) if issue.parent is parent]


def _all(call: Call) -> list[Issue]:
    return [issue for repo in call.store.repos.values() if sees(call.user, repo) for issue in repo.living()]
