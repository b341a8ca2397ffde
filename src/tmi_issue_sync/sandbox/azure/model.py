"""What the sandbox's Azure DevOps keeps: users, projects, types, fields, work items."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

Kind = Literal[
    "string", "html", "integer", "double", "dateTime", "identity", "tags", "area", "iteration", "boolean"
]
RIGHTS = frozenset({"read", "write", "tags", "delete"})
SCOPES = frozenset({"vso.work", "vso.work_write"})


@dataclass(frozen=True, slots=True)
class User:
    """An account. Its rights hold in every project that it sees (`projects` None: all)."""

    number: int
    name: str
    email: str
    rights: frozenset[str] = RIGHTS
    projects: frozenset[str] | None = None
    blind: frozenset[str] = frozenset()
    """Area paths whose work items it may not view."""

    @property
    def id(self) -> str:
        return str(UUID(int=0x5AB0CAFE_0000_4000_8000_000000000000 + self.number))


@dataclass(frozen=True, slots=True)
class Token:
    """A secret of a user's; `ends` is None where it does not."""

    user: int
    scopes: frozenset[str] = SCOPES
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A field of work items; of some types alone if these are named."""

    ref: str
    name: str
    kind: Kind = "string"
    required: bool = False
    allowed: tuple[str, ...] = ()
    default: Any = None
    types: frozenset[str] | None = None
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """`category` is Proposed, InProgress, Resolved, Completed or Removed."""

    name: str
    category: str


@dataclass(frozen=True, slots=True)
class ItemType:
    """A type of work items; the first state is that of new ones."""

    name: str
    states: tuple[State, ...]
    disabled: bool = False


@dataclass(slots=True, eq=False)
class Project:
    """A project, with its trees of areas and iterations (each a path from the project's name down)."""

    id: str
    name: str
    types: dict[str, ItemType]
    areas: set[str]
    iterations: set[str]
    public: bool = False
    state: str = "wellFormed"


@dataclass(slots=True, eq=False)
class Item:
    """A work item. What it holds is replaced, never changed in place, so that an older look keeps what was."""

    id: int
    rev: int
    project: Project
    type: ItemType
    author: int
    created: datetime
    changed: datetime
    values: dict[str, Any]
    """By reference name; without what is written by the server."""
    relations: tuple[dict[str, Any], ...] = ()
    comments: tuple[tuple[int, str], ...] = ()
    deleted: datetime | None = None

    @property
    def state(self) -> State:
        return next(state for state in self.type.states if state.name == self.values["System.State"])


@dataclass(slots=True)
class Settings:
    """How this Azure DevOps behaves; may change at any time."""

    lag: float = 0.0
    """Seconds for which a query does not know of a change."""
    most: int = 20_000
    """So many work items a query, and it is refused."""
    sign_in: int = 0
    """How it turns away whom it does not know: 401, 203, 302, 200; 0: as it sees fit."""
    pause: float | None = None
    """Seconds that every answer asks to wait for, as where a request was delayed."""
    token_life: int = 3_600
    rules_at_close: dict[str, str] = field(default_factory=dict)
    """Fields that a work item must have in a state of the category Completed, by reference name: the name."""
