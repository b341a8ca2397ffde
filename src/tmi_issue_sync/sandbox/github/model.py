"""What the sandbox's GitHub keeps: users, repositories, issues, labels, comments."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class User:
    """An account. Its rights hold for every repository that it sees (`sees` None: all)."""

    id: int
    login: str
    push: bool = True
    triage: bool = True
    read_only: bool = False
    sees: frozenset[str] | None = None


@dataclass(slots=True)
class Label:
    """A label of a repository. GitHub finds it whatever the case, and shows it as it was first written."""

    id: int
    name: str
    color: str = "ededed"
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment under an issue."""

    id: int
    author: User
    body: str
    at: datetime


@dataclass(slots=True, eq=False)
class Issue:
    """An issue or a pull request, which is one too."""

    id: int
    number: int
    repo: Repo
    title: str
    body: str | None
    author: User
    created_at: datetime
    updated_at: datetime
    labels: list[Label] = field(default_factory=list)
    assignees: list[User] = field(default_factory=list)
    state: str = "open"
    state_reason: str | None = None
    closed_at: datetime | None = None
    closed_by: User | None = None
    comments: list[Comment] = field(default_factory=list)
    pull: bool = False
    parent: Issue | None = None

    def facts(self) -> dict[str, Any]:
        """What a test wants to know."""
        return {
            "id": self.id,
            "number": self.number,
            "repo": self.repo.full_name,
            "title": self.title,
            "body": self.body,
            "state": self.state,
            "state_reason": self.state_reason,
            "labels": [label.name for label in self.labels],
            "author": self.author.login,
            "comments": [comment.body for comment in self.comments],
            "parent": self.parent.number if self.parent else None,
        }


@dataclass(frozen=True, slots=True)
class Deleted:
    """What a deleted issue leaves at its number."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What a transferred issue leaves at its number. `issue` knows where it lives now."""

    issue: Issue


@dataclass(slots=True, eq=False)
class Repo:
    """A repository. Issues and pull requests share its numbers; a number is never used twice."""

    id: int
    owner: User
    name: str
    created_at: datetime
    private: bool = True
    has_issues: bool = True
    archived: bool = False
    names: set[str] = field(default_factory=set)
    """What it is and was called."""
    labels: dict[str, Label] = field(default_factory=dict)
    issues: dict[int, Issue | Deleted | Moved] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    def living(self) -> list[Issue]:
        """What is here, neither deleted nor moved away."""
        return [issue for issue in self.issues.values() if isinstance(issue, Issue)]
