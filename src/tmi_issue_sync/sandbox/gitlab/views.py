"""How the sandbox's GitLab shows its things as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tmi_issue_sync.sandbox.gitlab.model import Issue, Milestone, Note, Project, Token, User


def stamp(at: datetime | None) -> str | None:
    """A time as GitLab tells it: UTC, milliseconds."""
    return None if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


@dataclass(frozen=True, slots=True)
class Views:
    """`base` is where people open it, a path included."""

    base: str

    def api(self, path: str) -> str:
        """The address of a path of the API."""
        return f"{self.base}/api/v4{path}"

    def html(self, issue: Issue) -> str:
        """The address of an issue's page."""
        return (
            f"{self.base}/{issue.project.path}/-/{'work_items' if issue.kind == 'task' else 'issues'}/{issue.iid}"
        )

    def user(self, user: User) -> dict[str, Any]:
        return {
            "id": user.id,
            "username": user.username,
            "public_email": "",
            "name": user.username,
            "state": "blocked" if user.blocked else "active",
            "locked": False,
            "avatar_url": None,
            "web_url": f"{self.base}/{user.username}",
        }

    def account(self, user: User, at: datetime) -> dict[str, Any]:
        """The user about themselves; that they are no administrator is not said."""
        bot = user.username.endswith("_bot")
        told = {"created_at": stamp(at), "bio": "", "bot": bot, "email": f"{user.username}@example.com"}
        return self.user(user) | told | ({"is_admin": True} if user.admin else {})

    def token(self, token: Token) -> dict[str, Any]:
        return {
            "id": token.id,
            "name": "sandbox",
            "revoked": token.revoked,
            "scopes": list(token.scopes),
            "user_id": token.user.id,
            "active": not token.revoked,
            "expires_at": token.expires.isoformat() if token.expires else None,
        }

    def project(self, project: Project, user: User | None) -> dict[str, Any]:
        name = project.path.rpartition("/")[2]
        open_issues = sum(issue.state == "opened" for issue in project.issues.values())
        level = project.members.get(user.id) if user and user.id not in project.via_group else None
        return {
            "id": project.id,
            "name": name,
            "path": name,
            "path_with_namespace": project.path,
            "web_url": f"{self.base}/{project.path}",
            "created_at": stamp(project.created_at),
            "visibility": project.visibility,
            "archived": project.archived,
            "issues_enabled": project.issues_enabled,
            "issues_access_level": "enabled" if project.issues_enabled else "disabled",
            "open_issues_count": open_issues,
            "permissions": {
                "project_access": {"access_level": level, "notification_level": 3} if level else None,
                "group_access": None,
            },
            "_links": {"self": self.api(f"/projects/{project.id}")},
        }

    def milestone(self, project: Project, milestone: Milestone) -> dict[str, Any]:
        return {
            "id": milestone.id,
            "iid": milestone.iid,
            "project_id": project.id,
            "title": milestone.title,
            "description": "",
            "state": milestone.state,
            "due_date": None,
        }

    def issue(self, issue: Issue) -> dict[str, Any]:
        path = self.api(f"/projects/{issue.project.id}")
        assignees = [self.user(user) for user in issue.assignees]
        return {
            "id": issue.id,
            "iid": issue.iid,
            "project_id": issue.project.id,
            "title": issue.title,
            "description": issue.description,
            "state": issue.state,
            "created_at": stamp(issue.created_at),
            "updated_at": stamp(issue.updated_at),
            "closed_at": stamp(issue.closed_at),
            "closed_by": self.user(issue.closed_by) if issue.closed_by else None,
            "labels": sorted(issue.labels),
            "milestone": self.milestone(issue.project, issue.milestone) if issue.milestone else None,
            "assignees": assignees,
            "author": self.user(issue.author),
            "type": issue.kind.upper(),
            "assignee": assignees[0] if assignees else None,
            "user_notes_count": sum(not note.system for note in issue.notes),
            "due_date": issue.due.isoformat() if issue.due else None,
            "confidential": issue.confidential,
            "issue_type": issue.kind,
            "web_url": self.html(issue),
            "references": {
                "short": f"#{issue.iid}",
                "relative": f"#{issue.iid}",
                "full": f"{issue.project.path}#{issue.iid}",
            },
            "severity": "UNKNOWN",
            "_links": {"self": f"{path}/issues/{issue.iid}", "project": path},
            "moved_to_id": issue.moved_to.id if issue.moved_to else None,
        }

    def note(self, issue: Issue, note: Note) -> dict[str, Any]:
        return {
            "id": note.id,
            "type": None,
            "body": note.body,
            "author": self.user(note.author),
            "created_at": stamp(note.at),
            "updated_at": stamp(note.at),
            "system": note.system,
            "noteable_id": issue.id,
            "noteable_type": "Issue",
            "noteable_iid": issue.iid,
            "project_id": issue.project.id,
        }
