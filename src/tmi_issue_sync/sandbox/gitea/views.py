"""How the sandbox's Gitea shows its things as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tmi_issue_sync.sandbox.gitea.model import Comment, Issue, Label, Milestone, Repo, User

PREFIX = "/api/v1"
EPOCH = "1970-01-01T00:00:00Z"


def stamp(at: datetime | None) -> str | None:
    """A time as Gitea tells it: UTC, whole seconds."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Views:
    """Links lead to the address that the server was told to be its own (`root`), whatever host was asked."""

    root: str

    def html(self, issue: Issue) -> str:
        """The address of an issue's page."""
        kind = "pulls" if issue.pull else "issues"
        return f"{self.root}/{issue.repo.full_name}/{kind}/{issue.number}"

    def user(self, user: User) -> dict[str, Any]:
        return {
            "id": user.id,
            "login": user.login,
            "login_name": "",
            "source_id": 0,
            "full_name": "",
            "email": f"{user.login}@noreply.example.com",
            "avatar_url": f"{self.root}/avatars/{user.id}",
            "html_url": f"{self.root}/{user.login}",
            "language": "",
            "is_admin": False,
            "last_login": EPOCH,
            "created": EPOCH,
            "restricted": False,
            "active": True,
            "prohibit_login": user.suspended,
            "location": "",
            "website": "",
            "description": "",
            "visibility": "public",
            "followers_count": 0,
            "following_count": 0,
            "starred_repos_count": 0,
        }

    def repo(self, repo: Repo, user: User | None) -> dict[str, Any]:
        html = f"{self.root}/{repo.full_name}"
        role = user.role if user else "none"
        shown = {
            "id": repo.id,
            "owner": self.user(repo.owner),
            "name": repo.name,
            "full_name": repo.full_name,
            "description": "",
            "empty": False,
            "private": repo.private,
            "internal": False,
            "fork": False,
            "template": False,
            "mirror": False,
            "size": 0,
            "html_url": html,
            "url": f"{self.root}{PREFIX}/repos/{repo.full_name}",
            "clone_url": f"{html}.git",
            "default_branch": "main",
            "archived": repo.archived,
            "created_at": stamp(repo.made),
            "updated_at": stamp(repo.made),
            "open_issues_count": sum(issue.state == "open" for issue in repo.issues.values()),
            "permissions": {"admin": False, "push": role == "write", "pull": True},
            "has_issues": repo.has_issues,
        }
        return shown | self._trackers(repo)

    def issue(self, issue: Issue) -> dict[str, Any]:
        repo = issue.repo
        assignees = [self.user(user) for user in issue.assignees]
        return {
            "id": issue.id,
            "url": f"{self.root}{PREFIX}/repos/{repo.full_name}/issues/{issue.number}",
            "html_url": self.html(issue),
            "number": issue.number,
            "user": self.user(issue.author),
            "original_author": "",
            "original_author_id": 0,
            "title": issue.title,
            "body": issue.body,
            "ref": "",
            "assets": [],
            "labels": [self.label(repo, label) for label in issue.labels],
            "milestone": self.milestone(issue.milestone) if issue.milestone else None,
            "assignee": assignees[0] if assignees else None,
            "assignees": assignees or None,
            "state": issue.state,
            "is_locked": False,
            "comments": len(issue.comments),
            "created_at": stamp(issue.created_at),
            "updated_at": stamp(issue.updated_at),
            "closed_at": stamp(issue.closed_at),
            "due_date": stamp(issue.due),
            "pull_request": {"merged": False, "merged_at": None, "draft": False} if issue.pull else None,
            "repository": {
                "id": repo.id,
                "name": repo.name,
                "owner": repo.owner.login,
                "full_name": repo.full_name,
            },
            "pin_order": 0,
        }

    def comment(self, issue: Issue, comment: Comment) -> dict[str, Any]:
        return {
            "id": comment.id,
            "html_url": f"{self.html(issue)}#issuecomment-{comment.id}",
            "pull_request_url": self.html(issue) if issue.pull else "",
            "issue_url": "" if issue.pull else self.html(issue),
            "user": self.user(comment.author),
            "original_author": "",
            "original_author_id": 0,
            "body": comment.body,
            "assets": [],
            "created_at": stamp(comment.at),
            "updated_at": stamp(comment.at),
        }

    def label(self, repo: Repo, label: Label) -> dict[str, Any]:
        return {
            "id": label.id,
            "name": label.name,
            "exclusive": False,
            "is_archived": False,
            "color": label.color,
            "description": label.description,
            "url": f"{self.root}{PREFIX}/repos/{repo.full_name}/labels/{label.id}",
        }

    def milestone(self, milestone: Milestone) -> dict[str, Any]:
        return {
            "id": milestone.id,
            "title": milestone.title,
            "description": "",
            "state": "open" if milestone.open else "closed",
            "open_issues": 0,
            "closed_issues": 0,
            "created_at": stamp(milestone.made),
            "updated_at": stamp(milestone.made),
            "closed_at": None,
            "due_on": None,
        }

    def _trackers(self, repo: Repo) -> dict[str, Any]:
        if repo.external_tracker:
            url = "https://tracker.example.com"
            return {
                "external_tracker": {"external_tracker_url": url, "external_tracker_format": f"{url}/{{index}}"}
            }
        inner = {
            "enable_time_tracker": False,
            "allow_only_contributors_to_track_time": True,
            "enable_issue_dependencies": True,
        }
        return {"internal_tracker": inner} if repo.has_issues else {}
