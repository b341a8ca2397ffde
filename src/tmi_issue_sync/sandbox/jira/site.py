"""The sandbox's Jira as a whole: the door to it, how it is set up, and what people do to it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import count
from typing import Any

from tmi_issue_sync.sandbox.jira import pages, people, rest, setup
from tmi_issue_sync.sandbox.jira.about import PERMISSIONS
from tmi_issue_sync.sandbox.jira.auth import SCOPES, Asker, Door, marks
from tmi_issue_sync.sandbox.jira.call import Call, Settings
from tmi_issue_sync.sandbox.jira.errors import Refused
from tmi_issue_sync.sandbox.jira.limits import Limits
from tmi_issue_sync.sandbox.jira.model import Kind, Project
from tmi_issue_sync.sandbox.jira.store import DONE, RESOLUTIONS, TODO, Store
from tmi_issue_sync.sandbox.jira.views import Views
from tmi_issue_sync.sandbox.wire import Clock, CommitLog, Reply, Request, utcnow

API = re.compile(r"(/ex/jira/[^/]+)?/rest/api/(latest|2|3)/(.*)", re.DOTALL)
Options = Iterable[str] | Mapping[str, Iterable[str]]


class JiraSite:
    """A Jira with one project to begin with: Cloud, which speaks 3 and 2, or Data Center, which speaks 2."""

    name = "jira"

    def __init__(
        self,
        *,
        log: CommitLog,
        clock: Clock = utcnow,
        cloud: bool = True,
        project: str = "SEC",
        lag: float = 0.0,
        cloud_id: str = "11111111-2222-3333-4444-555555555555",
    ) -> None:
        self.clock = clock
        self._cloud_id = cloud_id
        self._settings = Settings(timedelta(seconds=lag))
        self._store = Store(log, clock, cloud=cloud)
        self._door = Door(self._store)
        self._limits = Limits(clock, cloud)
        self._lock = threading.RLock()
        self._requests = count(1)
        self._people = people.People(self._store)
        self.add_project(project)

    def __call__(self, request: Request) -> Reply:
        with self._lock:
            at = API.fullmatch(request.path)
            if at is not None:
                return self._api(request, *at.groups())
            if request.path == "/_edge/tenant_info" and self._store.cloud:
                return Reply(200, {"cloudId": self._cloud_id})
            return pages.page(self._store, request.base, request.path)

    def add_user(
        self,
        name: str,
        *,
        email: str | None = None,
        permissions: Iterable[str] = PERMISSIONS,
        projects: Iterable[str] | None = None,
        zone: str = "UTC",
    ) -> str:
        """A user, and a token of theirs: for Basic auth on Cloud, a personal access token on Data Center. A name
        that is known gets other rights. `projects`: the keys of those that they see (None: all)."""
        with self._lock:
            mail = email or f"{name.lower()}@example.com"
            user = setup.user(self._store, name, mail, frozenset(permissions), projects, zone)
            return setup.token(self._store, user, None)

    def add_token(self, name: str, *, scopes: Iterable[str] = SCOPES) -> str:
        """A token with scopes, which is good at the gateway alone: /ex/jira/{cloud id}."""
        with self._lock:
            return setup.token(self._store, setup.known(self._store, name), frozenset(scopes))

    def revoke(self, token: str) -> None:
        """End a token; its user stays."""
        with self._lock:
            del self._store.tokens[token]

    def account_id(self, name: str) -> str:
        """How Cloud names a user."""
        with self._lock:
            return setup.known(self._store, name).account_id

    def add_project(
        self,
        key: str,
        *,
        issue_types: Sequence[str] = ("Bug", "Task", "Epic"),
        archived: bool = False,
        public: bool = False,
        team_managed: bool = False,
        resolution_screen: bool = False,
    ) -> str:
        """A project; gives its key back. A type called Sub-task is one."""
        with self._lock:
            kinds = setup.issue_types(self._store, issue_types)
            self._store.projects[key] = Project(
                self._store.next_id(), key, kinds, archived, public, team_managed, resolution_screen
            )
        return key

    def set_project(self, key: str, *, archived: bool | None = None, public: bool | None = None) -> None:
        """Change what is given of a project."""
        with self._lock:
            project = self._store.projects[key]
            project.archived = project.archived if archived is None else archived
            project.public = project.public if public is None else public

    def require(
        self,
        field_name: str,
        *,
        kind: Kind,
        options: Options = (),
        project: str | None = None,
        issue_type: str | None = None,
    ) -> str:
        """A custom field that must be filled in; its id. `options` of a cascading one: those below each."""
        with self._lock:
            return setup.field(self._store, field_name, kind, options, project, issue_type, required=True)

    def add_field(
        self,
        field_name: str,
        *,
        kind: Kind,
        options: Options = (),
        project: str | None = None,
        issue_type: str | None = None,
    ) -> str:
        """A custom field that may stay empty; its id."""
        with self._lock:
            return setup.field(self._store, field_name, kind, options, project, issue_type, required=False)

    def security_level(
        self,
        name: str,
        *,
        required: bool = False,
        project: str | None = None,
        members: Iterable[str] | None = None,
    ) -> str:
        """A security level of a project (None: of all); its id. Only members may give it, and see what has it."""
        with self._lock:
            return setup.level(self._store, name, project, members, required=required)

    def add_component(self, name: str, *, project: str | None = None) -> str:
        """A component of a project (None: of all); its id."""
        with self._lock:
            return setup.component(self._store, name, project)

    def set_lag(self, seconds: float) -> None:
        """For so long after a change a search does not know of it."""
        self._settings.lag = timedelta(seconds=seconds)

    def cannot_fetch(self, *keys: str) -> None:
        """The next bulkfetch can't return these just then."""
        self._settings.unfetched = frozenset(keys)

    def captcha(self, name: str, on: bool = True) -> None:
        """Whether a user must first solve a CAPTCHA at the login page."""
        with self._lock:
            number = setup.known(self._store, name).number
            (self._store.locked_out.add if on else self._store.locked_out.discard)(number)

    def require_auth(self, on: bool = True) -> None:
        """Whether nobody may come in without a name, not even to what is public."""
        self._door.closed = on

    def rate_limit(
        self,
        requests: int | None,
        *,
        seconds: float = 60.0,
        methods: Sequence[str] = (),
        status: int = 429,
        retry_after: str | int | None = 5,
        reason: str = "jira-burst-based",
    ) -> None:
        """So many requests of one user in so many seconds; None for no limit."""
        with self._lock:
            after = None if retry_after is None else str(retry_after)
            self._limits = Limits(self.clock, self._store.cloud, requests, seconds, methods, status, after, reason)

    def close(self, key: str, resolution: str = "Done") -> None:
        """A person closes an issue."""
        with self._lock:
            self._people.transition(key, DONE, next(one for one in RESOLUTIONS if one.name == resolution))

    def reopen(self, key: str) -> None:
        """A person reopens an issue."""
        with self._lock:
            self._people.transition(key, TODO, None)

    def delete(self, key: str) -> None:
        """A person deletes an issue."""
        with self._lock:
            self._people.delete(key)

    def move(self, key: str, to_project: str) -> str:
        """A person moves an issue to another project; its key there."""
        with self._lock:
            return self._people.move(key, to_project)

    def clone(self, key: str, author: str | None = None) -> str:
        """A person, or `author`'s automation, files an issue with the same fields, but no properties; its key."""
        with self._lock:
            return self._people.clone(key, author)

    def edit(self, key: str, **fields: Any) -> None:
        """A person changes what is given, as the API takes it: summary, description, labels and others."""
        with self._lock:
            self._people.edit(key, fields)

    def comment(self, key: str, body: str) -> None:
        """A person comments on an issue."""
        with self._lock:
            self._people.comment(key, body)

    def issues(self, project: str | None = None) -> list[dict[str, Any]]:
        """The issues that exist, in the order of their creation; of all projects if none is named."""
        with self._lock:
            return self._people.facts(project)

    def _api(self, request: Request, gateway: str | None, version: str, path: str) -> Reply:
        spoken = 3 if version == "3" else 2
        if gateway not in (None, f"/ex/jira/{self._cloud_id}") or not (
            self._store.cloud or (spoken == 2 and not gateway)
        ):
            return Reply(404, {"code": 404, "message": "Not Found"})
        asker = Asker(None)
        try:
            asker = self._door.who(request, gateway=gateway is not None)
            views = Views(self._store, request.base, request.base + (gateway or ""), spoken, asker.user)
            call = Call(request, asker, views, self._store, self._settings)
            reply = self._limits.spend(request, asker) or rest.answer(call, path)
        except Refused as error:
            reply = error.reply
        marked = marks(asker, next(self._requests), cloud=self._store.cloud)
        reply.headers = self._limits.headers(asker) | marked | reply.headers
        return reply
