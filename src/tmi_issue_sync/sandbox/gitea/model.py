"""What the sandbox's Gitea keeps: users, repositories, issues, labels, milestones, comments."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Flavour = Literal["gitea", "forgejo"]
Role = Literal["none", "read", "issues", "write"]
"""What a user may do in every repository; with "none" private ones do not exist for them, with "issues" they may
write to issues alone, which the rights that a repository shows do not tell from "read"."""


@dataclass(slots=True, eq=False)
class User:
    """An account."""

    id: int
    login: str
    role: Role = "write"
    suspended: bool = False

    @property
    def writes(self) -> bool:
        """Whether they may change what others share among issues."""
        return self.role in ("issues", "write")


@dataclass(frozen=True, slots=True)
class Token:
    """A user's token. Scopes are like "read:repository"; "all" is every one of them."""

    user: User
    scopes: frozenset[str]

    def covers(self, category: str, *, write: bool) -> bool:
        """Whether the scopes allow it; to write implies to read."""
        enough = {"all", f"write:{category}"} | (set() if write else {f"read:{category}"})
        return not enough.isdisjoint(self.scopes)


@dataclass(slots=True, eq=False)
class Label:
    """A label. Nothing keeps two of one repository from having the same name."""

    id: int
    name: str
    color: str = "ededed"
    description: str = ""


@dataclass(slots=True, eq=False)
class Milestone:
    """A milestone of a repository."""

    id: int
    title: str
    made: datetime
    open: bool = True


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment under an issue."""

    id: int
    author: User
    body: str
    at: datetime


@dataclass(slots=True, eq=False)
class Issue:
    """An issue, or a pull request, which has one of the same numbers."""

    id: int
    number: int
    repo: Repo
    title: str
    body: str
    author: User
    created_at: datetime
    updated_at: datetime
    labels: list[Label] = field(default_factory=list)
    assignees: list[User] = field(default_factory=list)
    milestone: Milestone | None = None
    due: datetime | None = None
    closed_at: datetime | None = None
    comments: list[Comment] = field(default_factory=list)
    pull: bool = False
    blocked: bool = False
    """An open issue that it depends on keeps it from being closed."""

    @property
    def state(self) -> str:
        return "open" if self.closed_at is None else "closed"

    def facts(self) -> dict[str, Any]:
        """What a test wants to know."""
        return {
            "id": self.id,
            "number": self.number,
            "repo": self.repo.full_name,
            "title": self.title,
            "body": self.body,
            "state": self.state,
            "labels": [label.name for label in self.labels],
            "assignees": [user.login for user in self.assignees],
            "milestone": self.milestone.title if self.milestone else None,
            "due": self.due.date().isoformat() if self.due else None,
            "author": self.author.login,
            "comments": [comment.body for comment in self.comments],
        }


@dataclass(slots=True, eq=False)
class Repo:
    """A repository. A number is never used twice; a deleted issue leaves nothing at its own."""

    id: int
    owner: User
    name: str
    made: datetime
    private: bool = True
    has_issues: bool = True
    external_tracker: bool = False
    archived: bool = False
    labels: list[Label] = field(default_factory=list)
    milestones: list[Milestone] = field(default_factory=list)
    issues: dict[int, Issue] = field(default_factory=dict)
    last: int = 0
    """The highest number given so far."""

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    @property
    def tracks(self) -> bool:
        """Whether issues are kept here."""
        return self.has_issues and not self.external_tracker
