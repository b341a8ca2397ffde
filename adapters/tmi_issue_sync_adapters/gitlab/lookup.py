"""Ids by what an operator writes: users, milestones; and where an issue is, by its id."""

from __future__ import annotations

from typing import Any

from tmi_issue_sync.errors import Denied
from tmi_issue_sync_adapters.wire.line import Line

from .api import Api
from .issue import Place, own_place, project_path

_WHERE = "query($id: IssueID!) { issue(id: $id) { webUrl } }"


class Lookup:
    """Remembers what it has looked up."""

    def __init__(self, api: Api, project: str) -> None:
        self._api = api
        self._project = project
        self._users: dict[str, int] = {}
        self._milestones: dict[str, int] = {}
        self._places: dict[int, Place] = {}

    def user(self, line: Line, name: str) -> int:
        """A user by their name. Raises Denied where nobody, or somebody blocked, has it."""
        if name not in self._users:
            rows: Any = self._api.read_json(line, "/users", f"the user {name}", {"username": name})
            found = [row for row in _objects(rows) if str(row.get("username")).casefold() == name.casefold()]
            if len(found) != 1 or found[0].get("state") != "active":
                raise Denied(f"GitLab has no active user {name!r}", todo="Mend the target's assignee.")
            self._users[name] = int(found[0]["id"])
        return self._users[name]

    def milestone(self, line: Line, title: str) -> int:
        """A milestone by its title, of the project or a group above it. Raises Denied where none is open."""
        if title not in self._milestones:
            query = {"title": title, "state": "active", "include_ancestors": "true"}
            path = f"{project_path(self._project)}/milestones"
            rows: Any = self._api.read_json(line, path, f"the milestone {title}", query)
            found = [row for row in _objects(rows) if row.get("title") == title]
            if not found:
                raise Denied(
                    f"{self._project} has no open milestone {title!r}",
                    todo="Mend the target's milestone, or open it.",
                )
            self._milestones[title] = int(found[0]["id"])
        return self._milestones[title]

    def place(self, line: Line, ident: int) -> Place | None:
        """Where the issue with this id is; None where this account sees none.

        The REST API reads issues by their id for administrators alone; GraphQL does for everybody.
        """
        if ident not in self._places:
            what = f"the issue with the id {ident}"
            data = self._api.ask(line, what, _WHERE, {"id": f"gid://gitlab/Issue/{ident}"})
            issue = data.get("issue")
            url = issue.get("webUrl") if isinstance(issue, dict) else None
            at = own_place(url, self._api.site) if isinstance(url, str) else None
            if at is None:
                return None
            self._places[ident] = at
        return self._places[ident]


def _objects(rows: Any) -> list[dict[str, Any]]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
