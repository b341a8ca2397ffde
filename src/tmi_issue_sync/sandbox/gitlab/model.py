"""What the sandbox's GitLab keeps: users, tokens, projects, issues, labels, milestones, notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

GUEST, PLANNER, REPORTER, DEVELOPER, MAINTAINER, OWNER = 10, 15, 20, 30, 40, 50


@dataclass(slots=True, eq=False)
class User:
    """An account; a project's or group's token has one of its own."""

    id: int
    username: str
    blocked: bool = False
    admin: bool = False


@dataclass(slots=True, eq=False)
class Token:
    """An access token. All kinds answer alike."""

    id: int
    user: User
    scopes: tuple[str, ...]
    expires: date | None = None
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Milestone:
    """A milestone of a project."""

    id: int
    iid: int
    title: str
    state: str = "active"


@dataclass(frozen=True, slots=True)
class Note:
    """A comment, by a person or by GitLab itself."""

    id: int
    author: User
    body: str
    at: datetime
    system: bool = False


@dataclass(slots=True, eq=False)
class Issue:
    """An issue. `moved_to` is what it became elsewhere; it stays behind closed."""

    id: int
    iid: int
    project: Project
    title: str
    description: str
    author: User
    created_at: datetime
    updated_at: datetime
    kind: str = "issue"
    confidential: bool = False
    labels: list[str] = field(default_factory=list)
    assignees: list[User] = field(default_factory=list)
    milestone: Milestone | None = None
    due: date | None = None
    state: str = "opened"
    closed_at: datetime | None = None
    closed_by: User | None = None
    moved_to: Issue | None = None
    notes: list[Note] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        """What a test wants to know."""
        return {
            "id": self.id,
            "iid": self.iid,
            "project": self.project.path,
            "title": self.title,
            "body": self.description,
            "state": self.state,
            "labels": list(self.labels),
            "author": self.author.username,
            "assignees": [user.username for user in self.assignees],
            "milestone": self.milestone.title if self.milestone else None,
            "due": self.due.isoformat() if self.due else None,
            "confidential": self.confidential,
            "kind": self.kind,
            "notes": [note.body for note in self.notes if not note.system],
        }


@dataclass(slots=True, eq=False)
class Project:
    """A project. Its issues are numbered in turn; a number is never used twice."""

    id: int
    path: str
    created_at: datetime
    visibility: str = "private"
    issues_enabled: bool = True
    archived: bool = False
    members: dict[int, int] = field(default_factory=dict)
    """Levels by user."""
    via_group: set[int] = field(default_factory=set)
    """Members whose role comes from elsewhere than the project or its group."""
    labels: dict[str, str] = field(default_factory=dict)
    """As first written, by their small letters."""
    milestones: list[Milestone] = field(default_factory=list)
    issues: dict[int, Issue] = field(default_factory=dict)
    last: int = 0
    """The highest number that was ever given out."""

    def level(self, user: User | None) -> int:
        """The user's role here; 0 for none."""
        if user is None:
            return 0
        return OWNER if user.admin else self.members.get(user.id, 0)
