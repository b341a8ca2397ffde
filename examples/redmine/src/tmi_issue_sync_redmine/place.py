"""What Redmine has for a ticket: the project, its trackers, priorities, statuses, and what our role may do."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field

from tmi_issue_sync.errors import Denied, Rejected, Unavailable

from .api import Api, Row
from .options import Target

ACTIVE = 1
MODULE = "issue_tracking"


@dataclass(frozen=True, slots=True)
class Account:
    """Who we are, and what we may do in the project."""

    id: int
    login: str
    permissions: Set[str]
    admin: bool

    def may(self, *either: str) -> bool:
        return self.admin or not self.permissions.isdisjoint(either)


@dataclass(slots=True)
class Place:
    """A project; what it is asked once is kept until `forget`."""

    api: Api
    name: str
    projects: dict[int, str] = field(default_factory=dict)
    """Identifiers by number: an issue shows only the number."""
    _project: Row | None = None
    _account: Account | None = None
    _priorities: dict[str, int] | None = None
    _closed: frozenset[int] | None = None

    def forget(self) -> None:
        """Ask again for all that may change."""
        self._project = self._account = self._priorities = self._closed = None

    def project(self) -> Row:
        """Raises Unavailable or Denied, also where it is there but closed, or keeps no issues.

        Without its module its issues are missing from lists, and forbidden one by one, as if there were none.
        """
        if self._project is None:
            query = {"include": "trackers,issue_custom_fields,enabled_modules"}
            row = self.api.shown(f"/projects/{self.name}.json", "project", f"the project {self.name}", query)
            if not isinstance(row.get("id"), int) or row.get("identifier") != self.name:
                raise Unavailable(f"Redmine answered the project {self.name} with something else")
            if row.get("status", ACTIVE) != ACTIVE:
                raise Denied(f"{self.name} is closed or archived", todo="Reopen it, or name another.")
            if not any(one.get("name") == MODULE for one in row.get("enabled_modules") or []):
                todo = "Switch the module Issue tracking on in its settings."
                raise Denied(f"issues are switched off in {self.name}", todo=todo)
            self.projects[row["id"]] = self.name
            self._project = row
        return self._project

    def project_now(self) -> Row:
        """As it is at this moment. Raises like `project`."""
        self._project = None
        return self.project()

    def account(self) -> Account:
        """Raises Denied for a dead key, whatever a public project would show with it."""
        if self._account is None:
            who, number = self.me(), self.project()["id"]
            mine = [one for one in who.get("memberships") or [] if (one.get("project") or {}).get("id") == number]
            roles = {role["id"] for one in mine for role in one.get("roles") or []}
            held: set[str] = set()
            for role in sorted(roles):
                held |= set(self.api.shown(f"/roles/{role}.json", "role", "a role").get("permissions") or [])
            self._account = Account(who["id"], str(who.get("login")), held, who.get("admin") is True)
        return self._account

    def me(self) -> Row:
        """Our own account. Raises Unavailable or Denied."""
        who = self.api.shown("/users/current.json", "user", "the key's account", {"include": "memberships"})
        if not isinstance(who.get("id"), int):
            raise Unavailable("Redmine does not say whose key this is")
        return who

    def tracker(self, target: Target) -> int:
        """An unknown one would be replaced in silence. Raises Denied."""
        known = {str(one.get("name")): one.get("id") for one in self.project().get("trackers") or []}
        number = known.get(target.tracker)
        if not isinstance(number, int):
            raise Denied(f"{self.name} has no tracker {target.tracker!r}", todo=f"There are: {', '.join(known)}.")
        return number

    def has_field(self, number: int) -> bool:
        """A field that is not the project's would be dropped in silence."""
        return any(one.get("id") == number for one in self.project().get("issue_custom_fields") or [])

    def priority(self, name: str) -> int:
        """Raises Rejected for one that does not exist."""
        if self._priorities is None:
            rows = self._rows("/enumerations/issue_priorities.json", "issue_priorities")
            self._priorities = {str(one.get("name")): int(one["id"]) for one in rows}
        if name not in self._priorities:
            raise Rejected(f"there is no priority {name!r} (there are {', '.join(self._priorities)})")
        return self._priorities[name]

    def closed(self) -> frozenset[int]:
        """The statuses that count as closed, lowest first."""
        if self._closed is None:
            rows = self._rows("/issue_statuses.json", "issue_statuses")
            self._closed = frozenset(int(one["id"]) for one in rows if one.get("is_closed") is True)
        return self._closed

    def _rows(self, path: str, name: str) -> list[Row]:
        data = self.api.read(path).json()
        rows = data.get(name) if isinstance(data, dict) else None
        if not isinstance(rows, list) or not all(isinstance(one, dict) and "id" in one for one in rows):
            raise Unavailable(f"Redmine does not tell its {name}")
        return rows
