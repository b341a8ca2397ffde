"""One call of the sandbox's Jira API: who asks for what, and what they may see and do."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from tmi_issue_sync.sandbox.jira.auth import Asker, must_log_in
from tmi_issue_sync.sandbox.jira.errors import UNSEEN_ISSUE, Refused, refusal
from tmi_issue_sync.sandbox.jira.model import Issue, IssueType, Project, User
from tmi_issue_sync.sandbox.jira.store import Store
from tmi_issue_sync.sandbox.jira.values import Draft
from tmi_issue_sync.sandbox.jira.views import Views
from tmi_issue_sync.sandbox.wire import Reply, Request

T = TypeVar("T")


@dataclass(slots=True)
class Settings:
    """How this Jira behaves; may change at any time."""

    lag: timedelta
    """For so long a search does not know of a change."""
    unfetched: frozenset[str] = frozenset()
    """The keys of those that the next bulkfetch can't return."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request, who makes it, and all that is needed to answer it."""

    request: Request
    asker: Asker
    views: Views
    store: Store
    settings: Settings

    @property
    def user(self) -> User:
        """Who asks; refuses guests."""
        if self.asker.user is None:
            raise must_log_in(self.asker, cloud=self.store.cloud)
        return self.asker.user

    def may(self, permission: str, project: Project) -> bool:
        """Whether who asks has a permission in a project."""
        user = self.asker.user
        if user is None:
            return permission == "BROWSE_PROJECTS" and project.public
        return permission in user.permissions and (user.projects is None or project.key in user.projects)

    def sees(self, issue: Issue) -> bool:
        """Whether an issue exists for who asks."""
        level, user = issue.values.get("security"), self.asker.user
        if level is not None and (user is None or (level.members is not None and user.name not in level.members)):
            return False
        return self.may("BROWSE_PROJECTS", issue.project)

    def project(self, key: str) -> Project:
        """The project of a key or an id, if it exists for who asks."""
        project = self.store.project(key)
        if project is None or not self.may("BROWSE_PROJECTS", project):
            raise refusal(404, f"No project could be found with key '{key}'.")
        return project

    def issue(self, key: str) -> Issue:
        """The issue of a key or an id, wherever it has moved, if it exists for who asks."""
        issue = self.store.issue(key)
        if issue is not None and self.sees(issue):
            return issue
        if self.store.cloud or issue is None:
            raise refusal(404, UNSEEN_ISSUE if self.store.cloud else "Issue Does Not Exist")
        login = ["Login Required"] if self.asker.user is None else []
        status = 401 if login else 403
        raise refusal(status, "You do not have the permission to see the specified issue.", *login)

    def writable(self, key: str, permission: str) -> Issue:
        """The same, if who asks may do this with it."""
        issue, user = self.issue(key), self.user
        if not self.may(permission, issue.project) or issue.project.archived:
            words = permission.lower().replace("_", " ")
            raise refusal(403, f"{user.name} does not have the permission to {words} in this project.")
        return issue

    def draft(self, project: Project, kind: IssueType) -> Draft:
        """What is known of an issue of this type when its fields are read."""
        return Draft(self.store, project, kind, self.views.adf, self.sees)

    def page(self, name: str, rows: Sequence[T], view: Callable[[T], Any], default: int, most: int) -> Reply:
        """The rows that `startAt` and `maxResults` ask for, under a name."""
        start, size = number(self.request.param("startAt"), 0), number(self.request.param("maxResults"), default)
        if size > most:
            raise refusal(400, f"Parameter 'maxResults' must not exceed the limit '{most}'")
        shown = [view(row) for row in rows[start : start + size]]
        last = {} if self.store.cloud else {"isLast": start + size >= len(rows)}
        if not self.store.cloud and name in ("issueTypes", "fields"):
            name = "values"
        return Reply(200, {"startAt": start, "maxResults": size, "total": len(rows), **last, name: shown})


def number(value: Any, default: int) -> int:
    """A number that may be: a whole one, not negative."""
    if value is None or value == "":
        return default
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,9}", str(value)):
        raise Refused(Reply(400, {"errorMessages": [f"'{value}' is not a valid number."], "errors": {}}))
    return int(value)


def names(request: Request, name: str) -> list[str]:
    """A parameter that is a list: given more than once, or with commas in between."""
    return [part.strip() for value in request.params(name) for part in value.split(",") if part.strip()]
