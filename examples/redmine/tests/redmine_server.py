"""A small Redmine: its rules, its silent drops and its refusals, as a real one was seen to have them."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from redmine_things import (
    CLOSED,
    NO_TARGET,
    PRIORITIES,
    ROLE,
    STATUSES,
    TRACKERS,
    Issue,
    Project,
    Refused,
    User,
)

from tmi_issue_sync.sandbox.wire import Clock, CommitLog, Reply, Request


class RedmineSite:
    """A Redmine with three projects."""

    def __init__(self, *, log: CommitLog, clock: Clock) -> None:
        self.name = "redmine"
        self.clock = clock
        self.lag = 0.0
        self.users: dict[str, User] = {}
        self.projects = [Project(1, "security"), Project(2, "other"), Project(3, "secret")]
        self.issues: dict[int, Issue] = {}
        self.closed = {CLOSED}
        self.person = User(2, "alice")
        self._last = 0
        self._log = log
        self._lock = threading.RLock()

    def __call__(self, request: Request) -> Reply:
        with self._lock:
            try:
                return self._answer(request, self.users.get(request.headers.get("x-redmine-api-key", "")))
            except Refused as refused:
                return refused.reply

    def add_user(self, login: str) -> str:
        key = f"sandbox-key-of-{login}"
        self.users[key] = User(len(self.users) + 5, login)
        return key

    def make(self, project: Project, author: User, subject: str, description: str, **more: Any) -> Issue:
        with self._lock:
            self._last += 1
            now = self.clock()
            issue = self.issues[self._last] = Issue(
                self._last, project, author, subject, description, now, now, **more
            )
            self._log.commit(self.name, "issue.created", number=issue.id, body=description)
            return issue

    def change(self, number: int, **values: Any) -> None:
        """What a person, or the API, changes of an issue."""
        with self._lock:
            issue = self.issues[number]
            for name, value in values.items():
                setattr(issue, name, value)
            issue.changed = self.clock()
            self._log.commit(self.name, "issue.changed", number=number, fields=sorted(values))

    def delete(self, number: int) -> None:
        with self._lock:
            del self.issues[number]
            self._log.commit(self.name, "issue.deleted", number=number)

    # -- the API -------------------------------------------------------------------------------------------

    def _answer(self, request: Request, user: User | None) -> Reply:
        routes: tuple[tuple[str, str, Callable[..., Reply]], ...] = (
            ("GET", r"/users/current\.json", self._me),
            ("GET", r"/roles/3\.json", self._role),
            ("GET", r"/projects/([a-z]+)\.json", self._show_project),
            ("GET", r"/issue_statuses\.json", self._statuses),
            ("GET", r"/enumerations/issue_priorities\.json", self._priorities),
            ("GET", r"/issues\.json", self._list),
            ("POST", r"/issues\.json", self._create),
            ("GET", r"/issues/(\d+)\.json", self._show),
            ("PUT", r"/issues/(\d+)\.json", self._update),
        )
        for method, pattern, answer in routes:
            if method == request.method and (at := re.fullmatch(pattern, request.path)):
                return answer(request, user, *at.groups())
        raise Refused(404)

    def _me(self, request: Request, user: User | None) -> Reply:
        if user is None:
            raise Refused(401)
        mine = [project for project in self.projects if project.identifier not in user.hidden]
        roles = [{"id": ROLE, "name": "Bot"}]
        rows = [{"id": one.id, "project": {"id": one.id, "name": one.identifier}, "roles": roles} for one in mine]
        return Reply(200, {"user": {"id": user.id, "login": user.login, "admin": False, "memberships": rows}})

    def _role(self, request: Request, user: User | None) -> Reply:
        if user is None:
            raise Refused(401)
        return Reply(200, {"role": {"id": ROLE, "name": "Bot", "permissions": sorted(user.permissions)}})

    def _show_project(self, request: Request, user: User | None, identifier: str) -> Reply:
        project = self._project(user, identifier)
        shown = {
            "id": project.id,
            "identifier": identifier,
            "status": project.status,
            "is_public": project.public,
            "trackers": [{"id": number, "name": name} for number, name in TRACKERS.items()],
            "issue_custom_fields": [{"id": number, "name": "Marker"} for number in project.fields],
        }
        if "enabled_modules" in (request.param("include") or "").split(","):
            shown["enabled_modules"] = [{"id": at, "name": name} for at, name in enumerate(project.modules)]
        return Reply(200, {"project": shown})

    def _statuses(self, request: Request, user: User | None) -> Reply:
        rows = [{"id": n, "name": name, "is_closed": n in self.closed} for n, name in STATUSES.items()]
        return Reply(200, {"issue_statuses": rows})

    def _priorities(self, request: Request, user: User | None) -> Reply:
        return Reply(200, {"issue_priorities": [{"id": n, "name": name} for n, name in PRIORITIES.items()]})

    def _list(self, request: Request, user: User | None) -> Reply:
        """Open ones only, unless asked for all; what a filter does not understand, it lets through."""
        rows = [one for one in self.issues.values() if self._sees(user, one) and self._passes(request, one)]
        if (identifier := request.param("project_id")) is not None:
            project = self._project(user, identifier)
            rows = [one for one in rows if one.project is project]
        limit = min(int(request.param("limit") or 25), 100)
        offset = int(request.param("offset") or 0)
        rows.sort(key=lambda one: one.id, reverse=request.param("sort") != "id")
        shown = [self._shown(one) for one in rows[offset : offset + limit]]
        return Reply(200, {"issues": shown, "total_count": len(rows), "offset": offset, "limit": limit})

    def _passes(self, request: Request, issue: Issue) -> bool:
        author, status, since = (request.param(name) for name in ("author_id", "status_id", "updated_on"))
        if since and issue.changed < datetime.fromisoformat(since.removeprefix(">=")) - timedelta(seconds=1):
            return False
        seen = issue.made <= self.clock() - timedelta(seconds=self.lag)
        return (
            seen and author in (None, str(issue.author.id)) and (status == "*" or issue.status not in self.closed)
        )

    def _create(self, request: Request, user: User | None) -> Reply:
        if user is None:
            raise Refused(401)
        data = self._fields(request)
        project = next((one for one in self.projects if one.id == data.get("project_id")), None)
        hidden = project is None or project.identifier in user.hidden or project.status != 1
        if project is None or hidden or "add_issues" not in user.permissions or not project.keeps_issues():
            raise Refused(422, *NO_TARGET)
        subject, description = str(data.get("subject") or ""), str(data.get("description") or "")
        if not subject.strip():
            raise Refused(422, "Subject cannot be blank")
        if len(subject) > 255:
            raise Refused(422, "Subject is too long (maximum is 255 characters)")
        if "\0" in subject + description:
            raise Refused(500)
        values = {one["id"]: str(one["value"]) for one in data.get("custom_fields") or []}
        issue = self.make(
            project,
            user,
            subject,
            description,
            tracker=data.get("tracker_id") if data.get("tracker_id") in TRACKERS else 1,
            priority=data.get("priority_id", 2),
            private=bool(data.get("is_private")) and "set_own_issues_private" in user.permissions,
            fields={number: value for number, value in values.items() if number in project.fields},
        )
        return Reply(201, {"issue": self._shown(issue)}, {"Location": f"{request.base}/issues/{issue.id}"})

    def _show(self, request: Request, user: User | None, number: str) -> Reply:
        issue = self._visible(user, int(number))
        notes = [{"id": at, "notes": text} for at, text in enumerate(issue.notes)]
        return Reply(200, {"issue": self._shown(issue) | {"journals": notes}})

    def _update(self, request: Request, user: User | None, number: str) -> Reply:
        """204 whatever comes of it."""
        issue, data = self._visible(user, int(number)), self._fields(request)
        held = user.permissions if user else set()
        if data.get("notes") and "add_issue_notes" in held:
            self.change(issue.id, notes=[*issue.notes, data["notes"]])
        if data.get("status_id") in STATUSES and "edit_issues" in held:
            self.change(issue.id, status=data["status_id"])
        return Reply(204)

    def _fields(self, request: Request) -> dict[str, Any]:
        try:
            data = request.json()["issue"]
        except (ValueError, KeyError, TypeError):
            raise Refused(400) from None
        if not isinstance(data, dict):
            raise Refused(422, "Subject cannot be blank")
        return data

    def _project(self, user: User | None, identifier: str) -> Project:
        project = next((one for one in self.projects if one.identifier == identifier), None)
        if project is None:
            raise Refused(404)
        if user is None and not project.public:
            raise Refused(401)
        if project.status == 9 or (user is not None and identifier in user.hidden and not project.public):
            raise Refused(403)
        return project

    def _sees(self, user: User | None, issue: Issue) -> bool:
        project = issue.project
        inside = project.public if user is None else project.public or project.identifier not in user.hidden
        return (
            inside
            and project.keeps_issues()
            and project.status != 9
            and (not issue.private or issue.author is user)
        )

    def _visible(self, user: User | None, number: int) -> Issue:
        issue = self.issues.get(number)
        if issue is None:
            raise Refused(404)
        if not self._sees(user, issue):
            raise Refused(401 if user is None else 403)
        return issue

    def _shown(self, issue: Issue) -> dict[str, Any]:
        return {
            "id": issue.id,
            "project": {"id": issue.project.id, "name": issue.project.identifier.title()},
            "tracker": {"id": issue.tracker, "name": TRACKERS[issue.tracker]},
            "status": {"id": issue.status, "name": STATUSES[issue.status]},
            "priority": {"id": issue.priority, "name": PRIORITIES[issue.priority]},
            "author": {"id": issue.author.id, "name": issue.author.login},
            "subject": issue.subject,
            "description": issue.description,
            "is_private": issue.private,
            "custom_fields": [{"id": n, "name": "Marker", "value": text} for n, text in issue.fields.items()],
            "created_on": f"{issue.made:%Y-%m-%dT%H:%M:%SZ}",
            "updated_on": f"{issue.changed:%Y-%m-%dT%H:%M:%SZ}",
        }
