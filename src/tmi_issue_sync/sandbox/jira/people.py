"""What people do at the sandbox's Jira, and what a test wants to know of its issues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tmi_issue_sync.sandbox.jira import adf
from tmi_issue_sync.sandbox.jira.fields import screen
from tmi_issue_sync.sandbox.jira.model import Choice, Field, Issue, Status, User
from tmi_issue_sync.sandbox.jira.setup import user
from tmi_issue_sync.sandbox.jira.store import Store
from tmi_issue_sync.sandbox.jira.values import Draft, parse
from tmi_issue_sync.sandbox.jira.views import LINK_TYPES

NEEDED = frozenset({"ASSIGN_ISSUES", "MODIFY_REPORTER", "SCHEDULE_ISSUES", "SET_ISSUE_SECURITY"})
CLONED = frozenset(
    {"summary", "description", "labels", "priority", "components", "assignee", "duedate", "security"}
)


class People:
    """A person who may do everything, and who sits at the same database."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._human = user(store, "human", "human@example.com", NEEDED, None, "UTC")

    def transition(self, key: str, status: Status, resolution: Choice | None) -> None:
        issue = self._issue(key)
        self._store.transition(issue, self._human, status, None if issue.project.team_managed else resolution)

    def delete(self, key: str) -> None:
        self._store.delete(self._issue(key), self._human)

    def move(self, key: str, to_project: str) -> str:
        issue = self._issue(key)
        self._store.move(issue, self._store.projects[to_project], self._human)
        return issue.key

    def clone(self, key: str, author: str | None) -> str:
        """A copy of what people see; it gets no entity properties, and its parent's place is its own."""
        source = self._issue(key)
        maker = self._maker(author)
        fields = {*CLONED, "parent", *(field.id for field in self._store.fields)}
        kept = {name: value for name, value in source.values.items() if name in fields}
        values = kept | {"reporter": maker.number}
        copy = self._store.create(source.project, source.type, maker, values, {})
        self._store.link("10001", copy, source, maker)
        return copy.key

    def edit(self, key: str, given: Mapping[str, Any]) -> None:
        """Change fields by id or by name. A long text may be given as text on Cloud too."""
        issue = self._issue(key)
        fields = screen(self._store.fields, issue.project, issue.type, self._human, cloud=self._store.cloud)
        by_name = {field.name: field for field in fields.values()} | fields
        draft = Draft(self._store, issue.project, issue.type, self._store.cloud, lambda _: True)
        values = {
            by_name[name].id: parse(draft, by_name[name], self._long(by_name[name], raw))
            for name, raw in given.items()
        }
        self._store.edit(issue, self._human, values)

    def comment(self, key: str, body: str) -> None:
        self._store.comment(self._issue(key), self._human, body)

    def facts(self, project: str | None) -> list[dict[str, Any]]:
        """The issues that exist."""
        return [self._facts(issue) for issue in self._store.issues() if project in (None, issue.project.key)]

    def _long(self, field: Field, raw: Any) -> Any:
        areas = field.kind in ("description", "textarea")
        return adf.document(raw) if areas and self._store.cloud and isinstance(raw, str) else raw

    def _issue(self, key: str) -> Issue:
        issue = self._store.issue(key)
        if issue is None:
            raise KeyError(key)
        return issue

    def _maker(self, name: str | None) -> User:
        found = self._store.named(name) if name else self._human
        return found or user(self._store, str(name), f"{name}@example.com", NEEDED, None, "UTC")

    def _facts(self, issue: Issue) -> dict[str, Any]:
        fields = {
            field.name: _plain(issue.values[field.id]) for field in self._store.fields if field.id in issue.values
        }
        parent = self._store.issue(issue.values.get("parent") or issue.values.get("customfield_10014") or "")
        assignee = issue.values.get("assignee")
        return {
            "id": issue.id,
            "key": issue.key,
            "project": issue.project.key,
            "type": issue.type.name,
            "summary": issue.values.get("summary"),
            "description": issue.values.get("description"),
            "body": adf.text_of(issue.values.get("description")),
            "state": "closed" if issue.status.category == "done" else "open",
            "status": issue.status.name,
            "resolution": issue.resolution.name if issue.resolution else None,
            "labels": list(issue.values.get("labels") or ()),
            "priority": _plain(issue.values.get("priority")),
            "components": _plain(issue.values.get("components") or ()),
            "security": _plain(issue.values.get("security")),
            "duedate": issue.values.get("duedate"),
            "parent": parent.key if parent is not None else None,
            "author": self._store.users[issue.author].name,
            "reporter": self._store.users[issue.values["reporter"]].name,
            "assignee": self._store.users[assignee].name if assignee is not None else None,
            "fields": fields,
            "properties": dict(issue.properties),
            "comments": [adf.text_of(comment.body) for comment in issue.comments],
            "links": [self._link(link.type, link.other, outward=link.outward) for link in issue.links],
            "remote_links": [dict(link) for link in issue.remote_links],
        }

    def _link(self, kind: str, other: str, *, outward: bool) -> tuple[str, str | None]:
        issue = self._store.issue(other)
        return LINK_TYPES[kind][2 if outward else 1], issue.key if issue is not None else None


def _plain(value: Any) -> Any:
    """A value as one would say it: choices by their names."""
    match value:
        case Choice():
            return value.name
        case tuple():
            return [_plain(one) for one in value]
        case _:
            return value
