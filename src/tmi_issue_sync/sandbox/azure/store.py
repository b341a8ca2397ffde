"""The state of the sandbox's Azure DevOps; whatever changes a work item ends in a commit to the log."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from tmi_issue_sync.sandbox.azure.model import Field, Item, ItemType, Project, Settings, Token, User
from tmi_issue_sync.sandbox.azure.process import FIELDS, TYPES
from tmi_issue_sync.sandbox.wire import Clock, CommitLog

TEXTS = ("System.Description", "Microsoft.VSTS.TCM.ReproSteps")


class Store:
    """One organization. Callers have checked rights and values before they change anything."""

    def __init__(self, name: str, log: CommitLog, clock: Clock) -> None:
        self.name = name
        self._log = log
        self.clock = clock
        self.settings = Settings()
        self._numbers = count(1)
        self.users: dict[int, User] = {}
        self.tokens: dict[str, Token] = {}
        self.clients: dict[str, tuple[str, int]] = {}
        """Service principals by their client id: secret and user."""
        self.projects: dict[str, Project] = {}
        self.fields: tuple[Field, ...] = FIELDS
        self.items: dict[int, Item] = {}
        self._history: dict[int, list[tuple[datetime, Item | None]]] = {}

    def next_number(self) -> int:
        return next(self._numbers)

    def add_project(self, name: str, *, public: bool = False) -> Project:
        ident = str(UUID(int=0x1F0CAFE0_0000_4000_8000_000000000000 + len(self.projects)))
        kinds = {kind.name.casefold(): kind for kind in TYPES}
        self.projects[name.casefold()] = Project(ident, name, kinds, {name}, {name}, public)
        return self.projects[name.casefold()]

    def project(self, name: str) -> Project | None:
        """The project of a name or an id."""
        by_id = (one for one in self.projects.values() if one.id == name.lower())
        return self.projects.get(name.casefold()) or next(by_id, None)

    def named(self, name: str) -> User | None:
        """The user of a name, an e-mail or an id."""
        wanted = name.casefold()
        rows = self.users.values()
        return next((one for one in rows if wanted in (one.name.casefold(), one.email.casefold(), one.id)), None)

    def field(self, ref: str, kind: ItemType | None = None) -> Field | None:
        """The field of a reference name, if the type has it."""
        found = next((one for one in self.fields if one.ref.casefold() == ref.casefold()), None)
        away = found is not None and kind is not None and found.types is not None and kind.name not in found.types
        return None if away else found

    def fields_of(self, kind: ItemType) -> list[Field]:
        return [one for one in self.fields if one.types is None or kind.name in one.types]

    def indexed(self) -> list[Item]:
        """What a query knows: everything, as it was a lag ago."""
        then, found = self.clock() - timedelta(seconds=self.settings.lag), []
        for versions in self._history.values():
            known = next((item for at, item in reversed(versions) if at <= then), None)
            if known is not None:
                found.append(known)
        return found

    def create(
        self,
        project: Project,
        kind: ItemType,
        author: User,
        values: Mapping[str, Any],
        relations: tuple[dict[str, Any], ...],
    ) -> Item:
        """Make a work item with all that it holds at once."""
        now, number = self.clock(), self.next_number()
        told = dict(values)
        said = told.pop("System.History", None)
        item = Item(number, 1, project, kind, author.number, now, now, told, relations)
        item.comments = ((author.number, said),) if said else ()
        self.items[number] = item
        body = "\n".join(str(told[name]) for name in TEXTS if told.get(name))
        self._note(item, "issue.created", author, body=body, labels=tags_of(item), relations=list(relations))
        return item

    def edit(
        self,
        item: Item,
        actor: User,
        values: Mapping[str, Any],
        relations: tuple[dict[str, Any], ...] | None = None,
    ) -> None:
        """Give a work item these fields, and say what its history shall keep."""
        was = item.state
        told = dict(values)
        said = told.pop("System.History", None)
        item.values = {**item.values, **told}
        item.relations = item.relations if relations is None else relations
        if said:
            item.comments = (*item.comments, (actor.number, said))
        done = {"Completed", "Removed"}
        kind = "issue.edited"
        if (was.category in done) != (item.state.category in done):
            kind = "issue.closed" if item.state.category in done else "issue.reopened"
        self._touch(item, kind, actor, fields=sorted(told), comment=said, state=item.state.name)

    def move(self, item: Item, to: Project, actor: User) -> None:
        """Move a work item. It keeps its number."""
        item.project, item.type = to, to.types[item.type.name.casefold()]
        item.values = {**item.values, "System.AreaPath": to.name, "System.IterationPath": to.name}
        self._touch(item, "issue.moved", actor)

    def retype(self, item: Item, kind: ItemType, actor: User) -> None:
        item.type = kind
        item.values = {**item.values, "System.State": kind.states[0].name}
        self._touch(item, "issue.retyped", actor)

    def delete(self, item: Item, actor: User, *, destroy: bool = False) -> None:
        """Into the recycle bin, or for good."""
        item.deleted = self.clock()
        if destroy:
            del self.items[item.id]
        self._history[item.id].append((self.clock(), None))
        self._commit(item, "issue.destroyed" if destroy else "issue.deleted", actor)

    def restore(self, item: Item, actor: User) -> None:
        """Out of the recycle bin."""
        item.deleted = None
        self._touch(item, "issue.restored", actor)

    def _touch(self, item: Item, kind: str, actor: User, **facts: Any) -> None:
        item.changed, item.rev = self.clock(), item.rev + 1
        self._note(item, kind, actor, **facts)

    def _note(self, item: Item, kind: str, actor: User, **facts: Any) -> None:
        self._history.setdefault(item.id, []).append((self.clock(), copy(item)))
        self._commit(item, kind, actor, **facts)

    def _commit(self, item: Item, kind: str, actor: User, **facts: Any) -> None:
        known: dict[str, object] = {
            "number": item.id,
            "key": f"{item.project.name}#{item.id}",
            "project": item.project.name,
            "issue_type": item.type.name,
            "title": item.values.get("System.Title"),
            "author": self.users[item.author].name,
            "actor": actor.name,
            "organization": self.name,
        }
        self._log.commit("azure-devops", kind, **(known | facts))


def tags_of(item: Item) -> list[str]:
    """The tags of a work item."""
    return [tag for part in str(item.values.get("System.Tags") or "").split(";") if (tag := part.strip())]
