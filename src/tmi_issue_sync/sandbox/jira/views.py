"""How the sandbox's Jira shows its things as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from tmi_issue_sync.sandbox.jira import adf
from tmi_issue_sync.sandbox.jira.fields import SYSTEM
from tmi_issue_sync.sandbox.jira.model import Choice, Comment, Field, Issue, IssueType, Link, Project, Status, User
from tmi_issue_sync.sandbox.jira.store import Store

CATEGORIES = {
    "new": (2, "blue-gray", "To Do"),
    "indeterminate": (4, "yellow", "In Progress"),
    "done": (3, "green", "Done"),
}
LINK_TYPES = {
    "10000": ("Blocks", "is blocked by", "blocks"),
    "10001": ("Cloners", "is cloned by", "clones"),
    "10002": ("Duplicate", "is duplicated by", "duplicates"),
    "10003": ("Relates", "relates to", "relates to"),
}


@dataclass(frozen=True, slots=True)
class Views:
    """Views for one request: who asks decides on the time zone, the path on the form of long texts."""

    store: Store
    site: str
    """Where people go."""
    root: str
    """Where the API was called: the site, or the gateway."""
    version: int
    user: User | None

    @property
    def adf(self) -> bool:
        """Whether long texts are documents here."""
        return self.version == 3

    def api(self, path: str) -> str:
        return f"{self.root}/rest/api/{self.version}/{path}"

    def stamp(self, at: datetime) -> str:
        """A moment, as Jira writes it."""
        local = at.astimezone(self.user.tz) if self.user is not None else at
        return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03}{local:%z}"

    def text(self, body: Any) -> Any:
        """A long text in the form that is spoken here."""
        if body is None:
            return None
        if self.adf:
            return body if isinstance(body, dict) else adf.document(body)
        return adf.text_of(body)

    def person(self, number: int | None) -> dict[str, Any] | None:
        """A user, as issues show them."""
        if number is None:
            return None
        user = self.store.users[number]
        avatar = f"{self.site}/secure/useravatar?ownerId={user.number}&size="
        shown: dict[str, Any] = {
            "emailAddress": user.email,
            "avatarUrls": {f"{size}x{size}": f"{avatar}{size}" for size in (16, 24, 32, 48)},
            "displayName": user.name,
            "active": True,
            "timeZone": user.zone if user.zone != "UTC" else "Etc/UTC",
        }
        if self.store.cloud:
            link = self.api(f"user?accountId={quote(user.account_id)}")
            return {"self": link, "accountId": user.account_id, "accountType": "atlassian", **shown}
        link = self.api(f"user?username={quote(user.name)}")
        return {"self": link, "name": user.name, "key": f"JIRAUSER{user.number}", **shown}

    def issue_type(self, kind: IssueType) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "self": self.api(f"issuetype/{kind.id}"),
            "id": kind.id,
            "description": "",
            "iconUrl": f"{self.site}/images/icons/issuetypes/{quote(kind.name.lower())}.png",
            "name": kind.name,
            "subtask": kind.subtask,
        }
        return shown | ({"hierarchyLevel": kind.level} if self.store.cloud else {})

    def project(self, project: Project) -> dict[str, Any]:
        """A project, as issues show it."""
        avatar = f"{self.site}/secure/projectavatar?pid={project.id}&size="
        shown: dict[str, Any] = {
            "self": self.api(f"project/{project.id}"),
            "id": project.id,
            "key": project.key,
            "name": f"Project {project.key}",
            "projectTypeKey": "software",
            "avatarUrls": {f"{size}x{size}": f"{avatar}{size}" for size in (16, 24, 32, 48)},
        }
        return shown | ({"simplified": project.team_managed} if self.store.cloud else {})

    def status(self, status: Status) -> dict[str, Any]:
        number, color, name = CATEGORIES[status.category]
        return {
            "self": self.api(f"status/{status.id}"),
            "description": "",
            "iconUrl": f"{self.site}/",
            "name": status.name,
            "id": status.id,
            "statusCategory": {
                "self": self.api(f"statuscategory/{number}"),
                "id": number,
                "key": status.category,
                "colorName": color,
                "name": name,
            },
        }

    def named(self, choice: Choice | None, path: str) -> dict[str, Any] | None:
        """A priority, component, resolution or security level."""
        if choice is None:
            return None
        return {"self": self.api(f"{path}/{choice.id}"), "id": choice.id, "name": choice.name}

    def option(self, choice: Choice) -> dict[str, Any]:
        return {"self": self.api(f"customFieldOption/{choice.id}"), "value": choice.name, "id": choice.id}

    def comment(self, issue: Issue, comment: Comment) -> dict[str, Any]:
        at, author = self.stamp(comment.at), self.person(comment.author)
        return {
            "self": self.api(f"issue/{issue.id}/comment/{comment.id}"),
            "id": comment.id,
            "author": author,
            "body": self.text(comment.body),
            "updateAuthor": author,
            "created": at,
            "updated": at,
        }

    def brief(self, issue_id: str) -> dict[str, Any] | None:
        """An issue, as others show it; None for one that is gone."""
        issue = self.store.issue(issue_id)
        if issue is None:
            return None
        told = {
            "summary": issue.values.get("summary"),
            "status": self.status(issue.status),
            "issuetype": self.issue_type(issue.type),
        }
        return {"id": issue.id, "key": issue.key, "self": self.api(f"issue/{issue.id}"), "fields": told}

    def link(self, link: Link) -> dict[str, Any] | None:
        other = self.brief(link.other)
        name, inward, outward = LINK_TYPES[link.type]
        kind = {"id": link.type, "name": name, "inward": inward, "outward": outward}
        return other and {"id": link.id, "type": kind, "outwardIssue" if link.outward else "inwardIssue": other}

    def value(self, field: Field, value: Any) -> Any:
        """What a field holds."""
        return None if value is None else SHOWN[field.kind](self, value)

    def fields(self, issue: Issue) -> dict[str, Any]:
        """All that an issue holds."""
        mine = [field for field in self.store.fields if field.project in (None, issue.project.key)]
        shown = {field.id: self.value(field, issue.values.get(field.id)) for field in (*SYSTEM, *mine)}
        links = (self.link(link) for link in issue.links)
        lists = {"labels": shown["labels"] or [], "components": shown["components"] or []}
        if shown["parent"] is None:
            del shown["parent"]
        return shown | lists | {
            "issuetype": self.issue_type(issue.type),
            "project": self.project(issue.project),
            "status": self.status(issue.status),
            "resolution": self.named(issue.resolution, "resolution"),
            "resolutiondate": self.stamp(issue.resolved) if issue.resolved else None,
            "created": self.stamp(issue.created),
            "updated": self.stamp(issue.updated),
            "creator": self.person(issue.author),
            "issuelinks": [link for link in links if link is not None],
        }  # fmt: skip

    def issue(
        self, issue: Issue, wanted: Sequence[str], properties: Sequence[str], *, bare: bool = False
    ) -> dict[str, Any]:
        """An issue with these fields and properties; `bare`: as a search shows one that asks for no fields."""
        if bare:
            return {"id": issue.id}
        told = self._pick(issue, wanted)
        shown: dict[str, Any] = {
            "expand": "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",
            "id": issue.id,
            "self": self.api(f"issue/{issue.id}"),
            "key": issue.key,
        }
        if told or wanted:
            shown["fields"] = told
        if properties:
            every = "*all" in properties
            shown["properties"] = {
                key: value for key, value in issue.properties.items() if every or key in properties
            }
        return shown

    def _pick(self, issue: Issue, wanted: Sequence[str]) -> dict[str, Any]:
        every = self.fields(issue)
        out = {name[1:] for name in wanted if name.startswith("-")}
        if not {"*all", "*navigable"}.isdisjoint(wanted) or (out and len(out) == len(wanted)):
            return {name: value for name, value in every.items() if name not in out}
        return {name: every[name] for name in every if name in wanted and name not in out}


SHOWN: dict[str, Callable[[Views, Any], Any]] = {
    "text": lambda _, value: value,
    "textarea": Views.text,
    "number": lambda _, value: value,
    "date": lambda _, value: value,
    "datetime": Views.stamp,
    "select": Views.option,
    "multiselect": lambda views, value: [views.option(choice) for choice in value],
    "user": Views.person,
    "cascading": lambda views, value: (
        views.option(value[0]) | ({"child": views.option(value[1])} if value[1] is not None else {})
    ),
    "labels": lambda _, value: list(value),
    "epic-name": lambda _, value: value,
    "epic-link": lambda views, value: (views.brief(value) or {}).get("key"),
    "sprint": lambda _, value: [{"id": value, "name": f"Sprint {value}", "state": "active"}],
    "summary": lambda _, value: value,
    "description": Views.text,
    "priority": lambda views, value: views.named(value, "priority"),
    "components": lambda views, value: [views.named(choice, "component") for choice in value],
    "security": lambda views, value: views.named(value, "securitylevel"),
    "parent": Views.brief,
}
