"""How the sandbox's GitHub shows its things as JSON."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from tmi_issue_sync.sandbox.github.model import Comment, Issue, Label, Repo, User

USER_LINKS = (
    "followers", "following", "gists", "starred", "subscriptions", "organizations", "repos", "events",
    "received_events",
)  # fmt: skip
REPO_LINKS = (
    "archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits", "compare", "contents",
    "contributors", "deployments", "downloads", "events", "forks", "git_commits", "git_refs", "git_tags", "hooks",
    "issue_comment", "issue_events", "issues", "keys", "labels", "languages", "merges", "milestones",
    "notifications", "pulls", "releases", "stargazers", "statuses", "subscribers", "subscription", "tags", "teams",
    "trees",
)  # fmt: skip
REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


def stamp(at: datetime | None) -> str | None:
    """A time as GitHub tells it: UTC, whole seconds."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Views:
    """Every link leads back to the host that was asked: clients refuse to follow others."""

    base: str
    prefix: str

    def api(self, path: str) -> str:
        """The address of a path of the API."""
        return f"{self.base}{self.prefix}{path}"

    def html(self, issue: Issue) -> str:
        """The address of an issue's page."""
        kind = "pull" if issue.pull else "issues"
        return f"{self.base}/{issue.repo.full_name}/{kind}/{issue.number}"

    def user(self, user: User) -> dict[str, Any]:
        url = self.api(f"/users/{user.login}")
        bot = user.login.endswith("[bot]")
        return {
            "login": user.login,
            "id": user.id,
            "node_id": _node("U", user.id),
            "avatar_url": f"{self.base}/avatars/u/{user.id}",
            "gravatar_id": "",
            "url": url,
            "html_url": f"{self.base}/{user.login}",
            **{f"{link}_url": f"{url}/{link}" for link in USER_LINKS},
            "type": "Bot" if bot else "User",
            "user_view_type": "public",
            "site_admin": False,
        }

    def account(self, user: User, repos: list[Repo], at: datetime) -> dict[str, Any]:
        """The user about themselves."""
        names = ("name", "company", "blog", "location", "email", "hireable", "bio", "twitter_username")
        private = sum(repo.private for repo in repos)
        zero = ("public_gists", "followers", "following", "private_gists", "disk_usage", "collaborators")
        return {
            **self.user(user),
            **dict.fromkeys(names),
            **dict.fromkeys(zero, 0),
            "user_view_type": "private",
            "public_repos": len(repos) - private,
            "total_private_repos": private,
            "owned_private_repos": private,
            "two_factor_authentication": True,
            "created_at": stamp(at),
            "updated_at": stamp(at),
        }

    def repo(self, repo: Repo, user: User | None) -> dict[str, Any]:
        url = self.api(f"/repos/{repo.full_name}")
        html = f"{self.base}/{repo.full_name}"
        issues = sum(issue.state == "open" for issue in repo.living())
        return {
            "id": repo.id,
            "node_id": _node("R", repo.id),
            "name": repo.name,
            "full_name": repo.full_name,
            "private": repo.private,
            "visibility": "private" if repo.private else "public",
            "owner": self.user(repo.owner),
            "html_url": html,
            "description": None,
            "fork": False,
            "url": url,
            **{f"{link}_url": f"{url}/{link.replace('_', '/')}" for link in REPO_LINKS},
            **dict.fromkeys(("clone_url", "svn_url", "git_url", "ssh_url"), f"{html}.git"),
            **dict.fromkeys(("mirror_url", "homepage", "language", "license")),
            **dict.fromkeys(("created_at", "updated_at", "pushed_at"), stamp(repo.created_at)),
            **dict.fromkeys(("forks", "forks_count", "stargazers_count", "watchers", "watchers_count"), 0),
            **dict.fromkeys(("size", "network_count", "subscribers_count"), 0),
            **dict.fromkeys(("has_projects", "has_wiki", "has_pages", "has_discussions", "disabled"), False),
            "default_branch": "main",
            "open_issues": issues,
            "open_issues_count": issues,
            "has_issues": repo.has_issues,
            "archived": repo.archived,
            "permissions": self._permissions(user),
        }

    def issue(self, issue: Issue) -> dict[str, Any]:
        repo = self.api(f"/repos/{issue.repo.full_name}")
        url = f"{repo}/issues/{issue.number}"
        assignees = [self.user(user) for user in issue.assignees]
        shown = {
            "id": issue.id,
            "node_id": _node("I", issue.id),
            "url": url,
            "repository_url": repo,
            "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "timeline_url": f"{url}/timeline",
            "html_url": self.html(issue),
            "number": issue.number,
            "state": issue.state,
            "state_reason": issue.state_reason,
            "title": issue.title,
            "body": issue.body,
            "user": self.user(issue.author),
            "labels": [self.label(issue.repo, label) for label in issue.labels],
            "assignee": assignees[0] if assignees else None,
            "assignees": assignees,
            "milestone": None,
            "locked": False,
            "active_lock_reason": None,
            "comments": len(issue.comments),
            "created_at": stamp(issue.created_at),
            "updated_at": stamp(issue.updated_at),
            "closed_at": stamp(issue.closed_at),
            "closed_by": self.user(issue.closed_by) if issue.closed_by is not None else None,
            "author_association": _association(issue.author),
            "performed_via_github_app": None,
            "reactions": self._reactions(url),
        }
        return shown | (self._pull(issue) if issue.pull else {})

    def comment(self, issue: Issue, comment: Comment) -> dict[str, Any]:
        url = self.api(f"/repos/{issue.repo.full_name}/issues/comments/{comment.id}")
        return {
            "id": comment.id,
            "node_id": _node("IC", comment.id),
            "url": url,
            "html_url": f"{self.html(issue)}#issuecomment-{comment.id}",
            "issue_url": self.api(f"/repos/{issue.repo.full_name}/issues/{issue.number}"),
            "user": self.user(comment.author),
            "body": comment.body,
            "created_at": stamp(comment.at),
            "updated_at": stamp(comment.at),
            "author_association": _association(comment.author),
            "performed_via_github_app": None,
            "reactions": self._reactions(url),
        }

    def label(self, repo: Repo, label: Label) -> dict[str, Any]:
        return {
            "id": label.id,
            "node_id": _node("LA", label.id),
            "url": self.api(f"/repos/{repo.full_name}/labels/{quote(label.name, safe='')}"),
            "name": label.name,
            "color": label.color,
            "default": False,
            "description": label.description,
        }

    def _pull(self, issue: Issue) -> dict[str, Any]:
        html = self.html(issue)
        links = {"html_url": html, "diff_url": f"{html}.diff", "patch_url": f"{html}.patch", "merged_at": None}
        url = self.api(f"/repos/{issue.repo.full_name}/pulls/{issue.number}")
        return {"draft": False, "pull_request": {"url": url, **links}}

    def _permissions(self, user: User | None) -> dict[str, bool]:
        if user is None or user.login.endswith("[bot]"):  # an App's rights come with its token
            push, triage = False, False
        else:
            push, triage = user.push, user.triage
        return {"admin": False, "maintain": False, "push": push, "triage": triage, "pull": True}

    def _reactions(self, url: str) -> dict[str, Any]:
        return {"url": f"{url}/reactions", "total_count": 0, **dict.fromkeys(REACTIONS, 0)}


def _association(user: User) -> str:
    return "COLLABORATOR" if user.push or user.triage else "NONE"


def _node(kind: str, number: int) -> str:
    return f"{kind}_{base64.urlsafe_b64encode(str(number).encode()).decode().rstrip('=')}"
