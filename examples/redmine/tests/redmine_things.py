"""What the small Redmine keeps, and how it refuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from tmi_issue_sync.sandbox.wire import Reply

ROLE, FIELD = 3, 7
TRACKERS = {1: "Bug", 2: "Feature"}
PRIORITIES = {1: "Low", 2: "Normal", 3: "High"}
STATUSES = {1: "New", 2: "In Progress", 5: "Closed"}
CLOSED = 5
ALL = ("view_issues", "add_issues", "edit_issues", "add_issue_notes", "set_own_issues_private")
NO_TARGET = ["Project cannot be blank", "Tracker cannot be blank", "Status cannot be blank"]


class Refused(Exception):
    def __init__(self, status: int, *errors: str) -> None:
        super().__init__(status)
        body = {"errors": list(errors)} if errors else None
        self.reply = Reply(status, body)


@dataclass
class User:
    id: int
    login: str
    permissions: set[str] = field(default_factory=lambda: set(ALL))
    hidden: set[str] = field(default_factory=set)
    """Projects of which this user is no member."""


@dataclass
class Project:
    id: int
    identifier: str
    status: int = 1
    public: bool = False
    fields: tuple[int, ...] = (FIELD,)
    modules: tuple[str, ...] = ("issue_tracking", "wiki")

    def keeps_issues(self) -> bool:
        return "issue_tracking" in self.modules


@dataclass
class Issue:
    id: int
    project: Project
    author: User
    subject: str
    description: str
    made: datetime
    changed: datetime
    tracker: int = 1
    priority: int = 2
    status: int = 1
    private: bool = False
    fields: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
