"""What the sandbox's Jira keeps: users, projects, fields, issues."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal
from zoneinfo import ZoneInfo

Kind = Literal[
    "text",
    "textarea",
    "number",
    "date",
    "datetime",
    "select",
    "multiselect",
    "user",
    "cascading",
    "labels",
    "epic-name",
    "epic-link",
    "sprint",
    "summary",
    "description",
    "priority",
    "components",
    "security",
    "parent",
]


@dataclass(frozen=True, slots=True)
class User:
    """An account. Its permissions hold in every project that it sees (`projects` None: all)."""

    number: int
    name: str
    email: str
    permissions: frozenset[str]
    projects: frozenset[str] | None = None
    zone: str = "UTC"

    @property
    def account_id(self) -> str:
        """How Cloud names it."""
        return f"712020:5ab0cafe-0000-4000-8000-{self.number:012}"

    @property
    def tz(self) -> tzinfo:
        return UTC if self.zone == "UTC" else ZoneInfo(self.zone)


@dataclass(frozen=True, slots=True)
class Token:
    """A secret of a user's. `scopes` None: an API token of the old kind, or a personal access token."""

    user: int
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class IssueType:
    """A type of issue; `level` 1 is above the ordinary, -1 below."""

    id: str
    name: str
    level: int = 0

    @property
    def subtask(self) -> bool:
        return self.level < 0


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that is chosen by id or by name: an option, a priority, a component, a security level."""

    id: str
    name: str
    children: tuple[Choice, ...] = ()
    members: frozenset[str] | None = None
    """Of a security level: who may see what has it (None: everybody)."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of issues, in one project or type of issue if named."""

    id: str
    name: str
    kind: Kind
    required: bool = False
    choices: tuple[Choice, ...] = ()
    project: str | None = None
    issue_type: str | None = None

    @property
    def custom(self) -> bool:
        return self.id.startswith("customfield_")


@dataclass(frozen=True, slots=True)
class Status:
    """Where an issue stands; `category` is new, indeterminate or done."""

    id: str
    name: str
    category: str


@dataclass(slots=True, eq=False)
class Project:
    """A project. A number that was given out, be it to a create that was refused, never comes back."""

    id: str
    key: str
    issue_types: tuple[IssueType, ...]
    archived: bool = False
    public: bool = False
    team_managed: bool = False
    resolution_screen: bool = False
    """Whether who closes an issue must say how it was resolved."""
    components: tuple[Choice, ...] = ()
    levels: tuple[Choice, ...] = ()
    level_required: bool = False
    last_number: int = 0


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment; its body is a document or wiki text."""

    id: str
    author: int
    body: Any
    at: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """A link between two issues, as seen from one of them."""

    id: str
    type: str
    other: str
    """The id of the other issue."""
    outward: bool


@dataclass(slots=True, eq=False)
class Issue:
    """An issue. What it holds is replaced, never changed in place, so that the index can keep what was."""

    id: str
    key: str
    project: Project
    type: IssueType
    author: int
    created: datetime
    updated: datetime
    status: Status
    values: dict[str, Any]
    """By id of the field."""
    properties: dict[str, Any] = field(default_factory=dict)
    resolution: Choice | None = None
    resolved: datetime | None = None
    comments: tuple[Comment, ...] = ()
    links: tuple[Link, ...] = ()
    remote_links: tuple[dict[str, Any], ...] = ()
    old_keys: tuple[str, ...] = ()
