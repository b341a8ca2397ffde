"""The sandbox's GitLab as a whole: the door to it, and what people do to it."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from itertools import count
from typing import Any

from tmi_issue_sync.sandbox.gitlab import pages, rest
from tmi_issue_sync.sandbox.gitlab.call import Call, Settings
from tmi_issue_sync.sandbox.gitlab.checks import Refused, token_of
from tmi_issue_sync.sandbox.gitlab.limits import Limits
from tmi_issue_sync.sandbox.gitlab.model import REPORTER, Issue, Project, User
from tmi_issue_sync.sandbox.gitlab.store import Store
from tmi_issue_sync.sandbox.gitlab.views import Views
from tmi_issue_sync.sandbox.wire import Clock, CommitLog, Reply, Request, utcnow


class GitLabSite:
    """A GitLab with one project to begin with. `prefix` is the path below which it lives."""

    name = "gitlab"

    def __init__(
        self,
        *,
        log: CommitLog,
        clock: Clock = utcnow,
        project: str = "example/threats",
        visibility: str = "private",
        prefix: str = "",
        lag: float = 0.0,
    ) -> None:
        self.clock = clock
        self.settings = Settings(timedelta(seconds=lag))
        self.limits = Limits(clock)
        self._prefix = prefix
        self._store = Store(log, clock)
        self._lock = threading.RLock()
        self._asked = count(1)
        self._first = self.add_project(project, visibility=visibility)

    def __call__(self, request: Request) -> Reply:
        with self._lock:
            views = Views(f"{request.base}{self._prefix}")
            if not request.path.startswith(f"{self._prefix}/"):
                return Reply(404, "Not found", content_type="text/plain")
            path = request.path[len(self._prefix) :]
            if not path.startswith("/api/"):
                return pages.page(self._store, views, path)
            return self._api(request, views, path.removeprefix("/api"))

    # -- who there is ------------------------------------------------------------------------------------------

    def add_user(
        self,
        name: str,
        *,
        level: int | None = REPORTER,
        project: str | None = None,
        via_group: bool = False,
        admin: bool = False,
        scopes: tuple[str, ...] = ("api",),
        expires: date | None = None,
    ) -> str:
        """A user with a role in a project (None: no member), and a new token of theirs."""
        with self._lock:
            user = self._store.user(name, admin=admin)
            if level is not None:
                self.set_level(name, level, project)
            if via_group:
                self._project(project).via_group.add(user.id)
            return self._store.token(user, scopes, expires)

    def set_level(self, name: str, level: int | None, project: str | None = None) -> None:
        """Give a user another role; None: none."""
        with self._lock:
            user, members = self._store.user(name), self._project(project).members
            members.pop(user.id, None)
            if level is not None:
                members[user.id] = level

    def block(self, name: str) -> None:
        """Shut a user out."""
        with self._lock:
            self._store.user(name).blocked = True

    def revoke(self, token: str) -> None:
        """End a token; its user stays."""
        with self._lock:
            self._store.tokens[token].revoked = True

    def set_scopes(self, token: str, scopes: tuple[str, ...]) -> None:
        """What a token is good for."""
        with self._lock:
            self._store.tokens[token].scopes = scopes

    # -- what there is -----------------------------------------------------------------------------------------

    def add_project(self, path: str, *, visibility: str = "private") -> str:
        with self._lock:
            return self._store.add_project(path, visibility).path

    def set_project(
        self,
        project: str | None = None,
        *,
        visibility: str | None = None,
        issues_enabled: bool | None = None,
        archived: bool | None = None,
    ) -> None:
        """Change what is given of a project's settings."""
        with self._lock:
            found = self._project(project)
            found.visibility = found.visibility if visibility is None else visibility
            found.issues_enabled = found.issues_enabled if issues_enabled is None else issues_enabled
            found.archived = found.archived if archived is None else archived

    def rename_project(self, old: str, new: str) -> None:
        """A person moves a project, or a group above it."""
        with self._lock:
            self._store.rename(self._project(old), new)

    def add_label(self, name: str, project: str | None = None) -> None:
        with self._lock:
            self._store.label(self._project(project), name, self._store.human)

    def add_milestone(self, title: str, *, state: str = "active", project: str | None = None) -> int:
        with self._lock:
            return self._store.milestone(self._project(project), title, state).id

    # -- what people do ----------------------------------------------------------------------------------------

    def set_lag(self, seconds: float) -> None:
        """For so long after its creation lists leave an issue out."""
        self.settings.lag = timedelta(seconds=seconds)

    def limit_creates(self, per_minute: int | None, *, retry_after: int | None = None) -> None:
        """The application's limit on new issues; None for none."""
        with self._lock:
            self.limits.creates_per_minute, self.limits.retry_after = per_minute, retry_after

    def close(self, iid: int, project: str | None = None) -> None:
        with self._lock:
            self._store.close(self._issue(iid, project), self._store.human)

    def reopen(self, iid: int, project: str | None = None) -> None:
        with self._lock:
            self._store.reopen(self._issue(iid, project), self._store.human)

    def delete(self, iid: int, project: str | None = None) -> None:
        with self._lock:
            self._store.delete(self._issue(iid, project))

    def move(self, iid: int, to: str, project: str | None = None) -> int:
        """A person moves an issue to another project; its number there."""
        with self._lock:
            return self._store.move(self._issue(iid, project), self._project(to)).iid

    def clone(self, iid: int, project: str | None = None, author: str | None = None) -> int:
        """A person, or `author`'s automation, clones an issue; its number."""
        with self._lock:
            maker = self._store.user(author) if author else self._store.human
            return self._store.clone(self._issue(iid, project), maker).iid

    def edit(self, iid: int, project: str | None = None, **new: object) -> None:
        """A person changes what is given: title, description, labels, confidential."""
        with self._lock:
            self._store.edit(self._issue(iid, project), self._store.human, **new)

    def comment(self, iid: int, body: str, project: str | None = None) -> None:
        with self._lock:
            self._store.comment(self._issue(iid, project), self._store.human, body)

    def issues(self, project: str | None = None) -> list[dict[str, Any]]:
        """The issues that exist, in the order of their numbers; of all projects if none is named."""
        with self._lock:
            projects = list(self._store.projects.values()) if project is None else [self._project(project)]
            return [issue.facts() for found in projects for issue in found.issues.values()]

    # -- inside ------------------------------------------------------------------------------------------------

    def _api(self, request: Request, views: Views, path: str) -> Reply:
        user: User | None = None
        try:
            token = token_of(request, self._store.tokens, self.clock())
            user = token.user if token else None
            if refused := self.limits.spend(user):
                return refused
            call = Call(request, token, views, self._store, self.limits, self.settings, self.clock)
            reply = rest.answer(call, path)
        except Refused as error:
            reply = error.reply
        meta = {"X-Gitlab-Meta": f'{{"correlation_id":"{next(self._asked):026d}","version":"1"}}'}
        reply.headers = meta | self.limits.headers(user) | reply.headers
        return reply

    def _project(self, path: str | None) -> Project:
        project = self._store.project(path or self._first)
        if project is None:
            raise KeyError(path)
        return project

    def _issue(self, iid: int, project: str | None) -> Issue:
        return self._project(project).issues[iid]
