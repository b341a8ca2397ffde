"""What people do at the sandbox's Azure DevOps, and what a test wants to know of its work items."""

from __future__ import annotations

from typing import Any

from tmi_issue_sync.sandbox.azure.html import sanitised
from tmi_issue_sync.sandbox.azure.model import Item, User
from tmi_issue_sync.sandbox.azure.store import TEXTS, Store, tags_of

NAMES = {"title": "System.Title", "tags": "System.Tags", "area": "System.AreaPath", "state": "System.State"}


class People:
    """A person who may do everything."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._human = self.user("human")

    def user(self, name: str) -> User:
        """The account of a name; a new one where there is none."""
        known = self._store.named(name)
        if known is None:
            number = len(self._store.users) + 1
            known = self._store.users[number] = User(number, name, f"{name.lower()}@example.com")
        return known

    def edit(self, number: int, given: dict[str, Any]) -> None:
        """Change title, tags, area, state, or text, which is HTML; other fields by their reference names."""
        item = self._item(number)
        values = {NAMES.get(name, name): value for name, value in given.items() if name != "text"}
        if "text" in given:
            place = next((name for name in TEXTS if item.values.get(name)), TEXTS[0])
            values[place] = sanitised(given["text"])
        self._store.edit(item, self._human, values)

    def close(self, number: int) -> None:
        done = [one.name for one in self._item(number).type.states if one.category in ("Completed", "Removed")]
        self.edit(number, {"state": done[0]})

    def reopen(self, number: int) -> None:
        self.edit(number, {"state": self._item(number).type.states[0].name})

    def comment(self, number: int, text: str) -> None:
        self.edit(number, {"System.History": sanitised(text)})

    def delete(self, number: int, *, destroy: bool) -> None:
        self._store.delete(self._item(number), self._human, destroy=destroy)

    def restore(self, number: int) -> None:
        self._store.restore(self._item(number), self._human)

    def move(self, number: int, to: str) -> None:
        self._store.move(self._item(number), self._store.projects[to.casefold()], self._human)

    def retype(self, number: int, to: str) -> None:
        item = self._item(number)
        self._store.retype(item, item.project.types[to.casefold()], self._human)

    def clone(self, number: int, author: str | None) -> int:
        """A copy of what a work item holds; its author is who copies."""
        item = self._item(number)
        maker = self.user(author) if author else self._human
        start = {"System.State": item.type.states[0].name}
        link = {"rel": "System.LinkTypes.Related", "url": f"x/_apis/wit/workItems/{number}"}
        return self._store.create(item.project, item.type, maker, item.values | start, (link,)).id

    def facts(self, project: str | None) -> list[dict[str, Any]]:
        """The work items that exist."""
        rows = (item for item in self._store.items.values() if item.deleted is None)
        return [self._facts(item) for item in rows if project in (None, item.project.name)]

    def _facts(self, item: Item) -> dict[str, Any]:
        return {
            "id": item.id,
            "number": item.id,
            "rev": item.rev,
            "project": item.project.name,
            "type": item.type.name,
            "title": item.values.get("System.Title"),
            "body": "\n".join(str(item.values[name]) for name in TEXTS if item.values.get(name)),
            "tags": tags_of(item),
            "status": item.values["System.State"],
            "state": "closed" if item.state.category in ("Completed", "Removed") else "open",
            "author": self._store.users[item.author].name,
            "created": item.created,
            "fields": dict(item.values),
            "relations": [dict(link) for link in item.relations],
            "comments": [text for _, text in item.comments],
        }

    def _item(self, number: int) -> Item:
        return self._store.items[number]
