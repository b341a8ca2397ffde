"""What the sandbox's GitLab refuses, and in which words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from tmi_issue_sync.sandbox.gitlab.model import GUEST, PLANNER, Issue, Project, Token, User
from tmi_issue_sync.sandbox.wire import Reply, Request

MAX_TITLE = 255
MAX_DESCRIPTION = 1_048_576
KINDS = ("issue", "incident", "test_case", "requirement", "task", "ticket")


class Refused(Exception):
    """The request ends here, with this answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def refusal(status: int, message: Any) -> Refused:
    """A refusal by the application."""
    return Refused(Reply(status, {"message": message}))


def invalid(field: str, why: str) -> Refused:
    """The refusal of a value by the model."""
    return refusal(400, {field: [why]})


def malformed(why: str) -> Refused:
    """The refusal of a parameter, before anything looks at it."""
    return Refused(Reply(400, {"error": why}))


def fields(request: Request) -> dict[str, Any]:
    """The JSON object that a request carries."""
    try:
        data = request.json()
        json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise malformed("The body is not valid JSON") from None
    if not isinstance(data, dict):
        raise malformed("The body is not valid JSON")
    return data


def title_of(data: Mapping[str, Any]) -> str:
    title = data.get("title")
    if title is None:
        raise malformed("title is missing")
    if not isinstance(title, str):
        raise malformed("title is invalid")
    if not title.strip():
        raise invalid("title", "can't be blank")
    if len(title) > MAX_TITLE:
        raise invalid("title", f"is too long (maximum is {MAX_TITLE} characters)")
    return " ".join(title.split())


def description_of(data: Mapping[str, Any], default: str = "") -> str:
    text = data.get("description")
    if text is None:
        return default
    if not isinstance(text, str):
        raise malformed("description is invalid")
    if len(text) > MAX_DESCRIPTION:
        raise invalid("description", f"is too long (maximum is {MAX_DESCRIPTION} characters)")
    return text


def labels_of(data: Mapping[str, Any]) -> list[str]:
    """A comma makes two labels of one, in a list as well."""
    given = data.get("labels")
    if given is None:
        return []
    if not isinstance(given, str | list):
        raise malformed("labels is invalid")
    parts = [given] if isinstance(given, str) else [str(one) for one in given]
    return [name for part in parts for one in part.split(",") if (name := one.strip())]


def flag_of(data: Mapping[str, Any], name: str, default: bool) -> bool:
    given = data.get(name, default)
    if given in (True, "true", 1):
        return True
    if given in (False, None, "false", 0):
        return False
    raise malformed(f"{name} is invalid")


def kind_of(data: Mapping[str, Any]) -> str:
    kind = data.get("issue_type") or "issue"
    if kind not in KINDS:
        raise malformed("issue_type does not have a valid value")
    return str(kind)


def day_of(data: Mapping[str, Any]) -> date | None:
    """GitLab ignores what it can't read as a day."""
    try:
        return date.fromisoformat(str(data.get("due_date")))
    except ValueError:
        return None


def numbers_of(data: Mapping[str, Any], name: str) -> list[int]:
    given = data.get(name) or []
    if not isinstance(given, list) or not all(isinstance(one, int) for one in given):
        raise malformed(f"{name} is invalid")
    return given


def token_of(request: Request, tokens: Mapping[str, Token], now: datetime) -> Token | None:
    """Who asks: None without credentials; wrong ones are refused even where none are needed."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    secret = request.headers.get("private-token") or (bearer if scheme.lower() == "bearer" else "")
    if not secret:
        return None
    token = tokens.get(secret.strip())
    if token is None:
        raise refusal(401, "401 Unauthorized")
    if token.revoked or (token.expires is not None and token.expires <= now.date()):
        why = "Token was revoked." if token.revoked else "Token is expired."
        why += " You have to re-authorize from the user."
        raise Refused(Reply(401, {"error": "invalid_token", "error_description": why}))
    if token.user.blocked:
        raise refusal(403, "403 Forbidden - Your account has been blocked.")
    read = request.method in ("GET", "HEAD") or request.path.endswith("/graphql")
    if "api" not in token.scopes and not (read and "read_api" in token.scopes):
        why = "The request requires higher privileges than provided by the access token."
        wanted = "api read_api" if read else "api"
        body = {"error": "insufficient_scope", "error_description": why, "scope": wanted}
        raise Refused(Reply(403, body))
    return token


def sees_project(user: User | None, project: Project) -> bool:
    """Whether a project exists for this user."""
    if project.visibility == "public" or (project.visibility == "internal" and user is not None):
        return True
    return project.level(user) >= GUEST


def sees(user: User | None, issue: Issue) -> bool:
    """Whether an issue exists for this user."""
    if not sees_project(user, issue.project) or not issue.project.issues_enabled:
        return False
    if not issue.confidential:
        return True
    return user is not None and (
        user is issue.author or user in issue.assignees or issue.project.level(user) >= PLANNER
    )


def writer(user: User | None, project: Project) -> User:
    """Who writes here, if they may."""
    if user is None:
        raise refusal(401, "401 Unauthorized")
    if project.archived or not project.issues_enabled:
        raise refusal(403, "403 Forbidden")
    return user
