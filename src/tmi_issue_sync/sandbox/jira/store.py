"""The state of the sandbox's Jira; whatever changes an issue ends in a commit to the log and goes to the index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from tmi_issue_sync.sandbox.jira import adf
from tmi_issue_sync.sandbox.jira.fields import AGILE_FIELDS
from tmi_issue_sync.sandbox.jira.model import (
    Choice,
    Comment,
    Field,
    Issue,
    IssueType,
    Link,
    Project,
    Status,
    Token,
    User,
)
from tmi_issue_sync.sandbox.wire import Clock, CommitLog

TODO = Status("10000", "To Do", "new")
DOING = Status("3", "In Progress", "indeterminate")
DONE = Status("10001", "Done", "done")
STATUSES = (TODO, DOING, DONE)
RESOLUTIONS = tuple(
    Choice(str(n), name)
    for n, name in enumerate(("Done", "Won't Do", "Duplicate", "Cannot Reproduce"), start=10000)
)


class Store:
    """Users, projects, fields and issues. Callers have checked rights and values before they change anything."""

    def __init__(self, log: CommitLog, clock: Clock, *, cloud: bool) -> None:
        self._log = log
        self.clock = clock
        self.cloud = cloud
        self._ids = count(10_100)
        self.users: dict[int, User] = {}
        self.tokens: dict[str, Token] = {}
        self.locked_out: set[int] = set()
        """Who must solve a CAPTCHA first."""
        self.projects: dict[str, Project] = {}
        self.fields: tuple[Field, ...] = () if cloud else AGILE_FIELDS
        self._issues: dict[str, Issue] = {}
        self._keys: dict[str, str] = {}
        self._index: dict[str, list[tuple[datetime, Issue | None]]] = {}

    def next_id(self) -> str:
        return str(next(self._ids))

    def user(self, name: str) -> User | None:
        """The user of an account id (on Cloud), or of a name."""
        if self.cloud:
            return next((user for user in self.users.values() if user.account_id == name), None)
        return self.named(name)

    def named(self, name: str) -> User | None:
        """The user of a name or an e-mail address."""
        wanted = name.casefold()
        return next(
            (user for user in self.users.values() if wanted in (user.name.casefold(), user.email.casefold())), None
        )

    def project(self, key: str) -> Project | None:
        """The project of a key or an id."""
        wanted = key.upper()
        return self.projects.get(wanted) or next((one for one in self.projects.values() if one.id == key), None)

    def issue(self, key: str) -> Issue | None:
        """The issue of an id, of a key, or of a key that it had before."""
        return self._issues.get(key) or self._issues.get(self._keys.get(key.upper(), ""))

    def issues(self) -> list[Issue]:
        """All that exist, in the order of their creation."""
        return list(self._issues.values())

    def indexed(self, lag: timedelta, fresh: Iterable[str] = ()) -> list[Issue]:
        """The issues as the index knows them: as they were a lag ago, but for those whose ids are given."""
        now, exempt, found = self.clock(), set(fresh), []
        for issue_id, versions in self._index.items():
            then = now if issue_id in exempt else now - lag
            known = next((issue for at, issue in reversed(versions) if at <= then), None)
            # What is gone is dropped when the hits are loaded, whatever the index says.
            if known is not None and issue_id in self._issues:
                found.append(known)
        return found

    def number(self, project: Project) -> int:
        """The next number of a project; it is burnt, whatever becomes of it."""
        project.last_number += 1
        return project.last_number

    def create(
        self,
        project: Project,
        kind: IssueType,
        author: User,
        values: Mapping[str, Any],
        properties: Mapping[str, Any],
    ) -> Issue:
        """File an issue with its fields and properties at once."""
        now, key = self.clock(), f"{project.key}-{self.number(project)}"
        issue = Issue(
            self.next_id(), key, project, kind, author.number, now, now, TODO, dict(values), dict(properties)
        )
        self._issues[issue.id] = issue
        self._keys[key] = issue.id
        body = adf.text_of(values.get("description"))
        facts: dict[str, Any] = {"body": body, "labels": list(values.get("labels") or ()), "issue_type": kind.name}
        self._note(issue, "issue.created", author, **facts, properties=dict(properties))
        return issue

    def edit(self, issue: Issue, actor: User, values: Mapping[str, Any]) -> None:
        """Give an issue these fields."""
        changed = sorted(name for name, value in values.items() if issue.values.get(name) != value)
        if changed:
            issue.values = {**issue.values, **values}
            self._touch(issue, "issue.edited", actor, fields=changed)

    def set_property(self, issue: Issue, actor: User, key: str, value: Any) -> None:
        """Store an entity property. It changes no `updated`."""
        issue.properties = {**issue.properties, key: value}
        self._note(issue, "property.set", actor, property=key, value=value)

    def transition(self, issue: Issue, actor: User, status: Status, resolution: Choice | None) -> None:
        """Bring an issue to a status."""
        if issue.status is status and issue.resolution == resolution:
            return
        was, done = issue.status.category == "done", status.category == "done"
        issue.status, issue.resolution = status, resolution
        issue.resolved = self.clock() if resolution is not None else None
        kind = (
            "issue.closed" if done and not was else "issue.reopened" if was and not done else "issue.transitioned"
        )
        self._touch(issue, kind, actor, status=status.name, resolution=resolution.name if resolution else None)

    def comment(self, issue: Issue, author: User, body: Any) -> Comment:
        """Add a comment."""
        comment = Comment(self.next_id(), author.number, body, self.clock())
        issue.comments = (*issue.comments, comment)
        self._touch(issue, "comment.created", author, id=comment.id, body=adf.text_of(body))
        return comment

    def link(self, kind: str, inward: Issue, outward: Issue, actor: User) -> None:
        """Link two issues: `inward` is where the link starts."""
        link_id = self.next_id()
        inward.links = (*inward.links, Link(link_id, kind, outward.id, outward=True))
        outward.links = (*outward.links, Link(link_id, kind, inward.id, outward=False))
        self._touch(outward, "link.created", actor, type=kind, other=inward.key)
        self._touch(inward, "link.created", actor, type=kind, other=outward.key)

    def remote_link(self, issue: Issue, actor: User, link: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
        """Add a link to elsewhere, or replace the one of the same global id; whether it is new."""
        known = next(
            (old for old in issue.remote_links if "globalId" in link and old.get("globalId") == link["globalId"]),
            None,
        )
        kept = {**link, "id": known["id"] if known else next(self._ids)}
        issue.remote_links = (*(old for old in issue.remote_links if old is not known), kept)
        self._touch(issue, "remotelink.set", actor, global_id=link.get("globalId"))
        return kept, known is None

    def delete(self, issue: Issue, actor: User) -> None:
        """Delete an issue for good; its number stays taken."""
        del self._issues[issue.id]
        self._note(issue, "issue.deleted", actor, gone=True)

    def move(self, issue: Issue, to: Project, actor: User) -> None:
        """Move an issue. It keeps its id and gets a new key; the old one still leads to it."""
        old = issue.key
        issue.project, issue.key = to, f"{to.key}-{self.number(to)}"
        issue.old_keys = (*issue.old_keys, old)
        self._keys[issue.key] = issue.id
        self._touch(issue, "issue.moved", actor, old_key=old)

    def _touch(self, issue: Issue, kind: str, actor: User, **facts: Any) -> None:
        issue.updated = self.clock()
        self._note(issue, kind, actor, **facts)

    def _note(self, issue: Issue, kind: str, actor: User, *, gone: bool = False, **facts: object) -> None:
        self._index.setdefault(issue.id, []).append((self.clock(), None if gone else copy(issue)))
        known: dict[str, object] = {
            "key": issue.key,
            "id": issue.id,
            "project": issue.project.key,
            "summary": issue.values.get("summary"),
            "author": self.users[issue.author].name,
            "actor": actor.name,
        }
        self._log.commit("jira", kind, **(known | facts))
