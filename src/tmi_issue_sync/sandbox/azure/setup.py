"""Setting up the sandbox's Azure DevOps: users, projects, areas, types, fields."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tmi_issue_sync.sandbox.azure.limits import Limits
from tmi_issue_sync.sandbox.azure.model import RIGHTS, SCOPES, Field, ItemType, Kind, Settings, State, Token
from tmi_issue_sync.sandbox.azure.people import People
from tmi_issue_sync.sandbox.azure.store import Store
from tmi_issue_sync.sandbox.wire import Clock, CommitLog


class Setup:
    """An organization, and what its administrators do."""

    def __init__(self, organization: str, log: CommitLog, clock: Clock) -> None:
        self.clock = clock
        self._store = Store(organization, log, clock)
        self._limits = Limits(clock, self._store.settings)
        self._lock = threading.RLock()
        self._people = People(self._store)

    @property
    def settings(self) -> Settings:
        """How it behaves; may be changed at any time."""
        return self._store.settings

    def add_user(
        self,
        name: str,
        *,
        rights: Iterable[str] = RIGHTS,
        projects: Iterable[str] | None = None,
        scopes: Iterable[str] = SCOPES,
    ) -> str:
        """A user, and a personal access token of theirs. A name that is known gets other rights."""
        with self._lock:
            user = self._people.user(name)
            sees = None if projects is None else frozenset(projects)
            self._store.users[user.number] = replace(user, rights=frozenset(rights), projects=sees)
            # Only a token of the sandbox, so guessable and the same in every run; no real one looks like it.
            text = f"sandbox-{name.lower()}-{user.number}-{len(self._store.tokens)}"
            self._store.tokens[text] = Token(user.number, frozenset(scopes))
            return text

    def set_rights(self, name: str, rights: Iterable[str], projects: Iterable[str] | None = None) -> None:
        """Give a user other rights; their tokens stay."""
        with self._lock:
            user = self._people.user(name)
            sees = None if projects is None else frozenset(projects)
            self._store.users[user.number] = replace(user, rights=frozenset(rights), projects=sees)

    def hide_area(self, name: str, *areas: str) -> None:
        """A user may not view what is in these areas; without any: may view all."""
        with self._lock:
            user = self._people.user(name)
            self._store.users[user.number] = replace(user, blind=frozenset(areas))

    def add_principal(self, name: str, client_id: str, client_secret: str) -> None:
        """A service principal that is a user here."""
        with self._lock:
            self._store.clients[client_id] = (client_secret, self._people.user(name).number)

    def user_id(self, name: str) -> str:
        with self._lock:
            return self._people.user(name).id

    def revoke(self, token: str) -> None:
        """End a token; its user stays."""
        with self._lock:
            del self._store.tokens[token]

    def add_project(self, name: str, *, public: bool = False) -> str:
        with self._lock:
            return self._store.add_project(name, public=public).name

    def set_project(self, name: str, *, public: bool | None = None, state: str | None = None) -> None:
        """Change what is given of a project."""
        with self._lock:
            project = self._store.projects[name.casefold()]
            project.public = project.public if public is None else public
            project.state = project.state if state is None else state

    def drop_project(self, name: str) -> None:
        """Somebody deletes a project, with all that is in it."""
        with self._lock:
            project = self._store.projects.pop(name.casefold())
            for item in [one for one in self._store.items.values() if one.project is project]:
                self._people.delete(item.id, destroy=True)

    def add_area(self, project: str, *parts: str) -> str:
        """An area below a project; its path."""
        with self._lock:
            path = "\\".join((project, *parts))
            self._store.projects[project.casefold()].areas.add(path)
            return path

    def add_iteration(self, project: str, *parts: str) -> str:
        with self._lock:
            path = "\\".join((project, *parts))
            self._store.projects[project.casefold()].iterations.add(path)
            return path

    def add_type(self, project: str, name: str, *states: tuple[str, str]) -> None:
        """A type of work items, or other states of one: their names and categories."""
        with self._lock:
            kind = ItemType(name, tuple(State(*state) for state in states))
            here = self._store.projects[project.casefold()]
            here.types[name.casefold()] = kind
            for item in self._store.items.values():
                if item.project is here and item.type.name == name:
                    item.type = kind

    def require(
        self, name: str, *, kind: Kind = "string", allowed: Sequence[str] = (), types: Iterable[str] | None = None
    ) -> str:
        """A field that must be filled in; its reference name."""
        return self.add_field(name, kind=kind, allowed=allowed, types=types, required=True)

    def add_field(
        self,
        name: str,
        *,
        kind: Kind = "string",
        allowed: Sequence[str] = (),
        types: Iterable[str] | None = None,
        required: bool = False,
    ) -> str:
        with self._lock:
            ref = f"Custom.{name.replace(' ', '')}"
            of = None if types is None else frozenset(types)
            field = Field(ref, name, kind, required, tuple(allowed), types=of)
            self._store.fields = (*self._store.fields, field)
            return ref

    def drop_field(self, ref: str) -> None:
        """No process here has this field."""
        with self._lock:
            self._store.fields = tuple(one for one in self._store.fields if one.ref != ref)

    def rate_limit(
        self,
        requests: int | None,
        *,
        seconds: float = 300.0,
        methods: Sequence[str] = (),
        retry_after: str | int | None = 30,
    ) -> None:
        """So many requests in so many seconds; None for no limit."""
        with self._lock:
            after = None if retry_after is None else str(retry_after)
            self._limits = Limits(self.clock, self._store.settings, requests, seconds, methods, after)
