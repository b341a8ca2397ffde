"""What the sandbox's GitHub refuses, and in which words."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from tmi_issue_sync.sandbox.github.model import Repo, User
from tmi_issue_sync.sandbox.wire import Reply, Request

DOCS = "https://docs.github.com/rest"
MAX_TITLE = 256
MAX_BODY = 65536
MAX_LABEL = 50


class Refused(Exception):
    """The request ends here, with this answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def refusal(status: int, message: str, **more: Any) -> Refused:
    """A refusal in GitHub's form."""
    return Refused(Reply(status, {"message": message, **more, "documentation_url": DOCS, "status": str(status)}))


def invalid(resource: str, field: str, code: str = "invalid", **more: Any) -> Refused:
    """The refusal of a value."""
    error = {"resource": resource, "field": field, "code": code, **more}
    return refusal(422, "Validation Failed", errors=[error])


def malformed(field: str, value: Any, wanted: str) -> Refused:
    """The refusal of a value of the wrong type."""
    return refusal(422, f"Invalid request.\n\nFor 'properties/{field}', {value!r} is not {wanted}.")


def fields(request: Request) -> dict[str, Any]:
    """The JSON object that a request carries."""
    try:
        data = request.json()
        # A lone surrogate is JSON, but no text that could ever be sent back.
        json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise refusal(400, "Problems parsing JSON") from None
    if not isinstance(data, dict):
        raise refusal(400, "Body should be a JSON object")
    return data


def title_of(data: dict[str, Any]) -> str:
    """A title that may be."""
    title = data.get("title")
    if isinstance(title, int) and not isinstance(title, bool):
        title = str(title)
    if title is not None and not isinstance(title, str):
        raise malformed("title", title, "a string")
    if title is None or not title.strip():
        raise invalid("Issue", "title", "missing_field")
    if len(title) > MAX_TITLE:
        message = f"title is too long (maximum is {MAX_TITLE} characters)"
        raise invalid("Issue", "title", "custom", message=message)
    return title


def body_of(data: dict[str, Any], resource: str = "Issue") -> str | None:
    """A body that may be."""
    body = data.get("body")
    if body is not None and not isinstance(body, str):
        raise malformed("body", body, "a string")
    if body is not None and len(body) > MAX_BODY:
        message = f"body is too long (maximum is {MAX_BODY} characters)"
        raise invalid(resource, "body", "custom", message=message)
    return body


def names_of(data: dict[str, Any], field: str) -> list[str]:
    """A list of names: strings, or objects with a name as labels may be."""
    value = data.get(field)
    if value is None:
        return []
    if not isinstance(value, list):
        raise malformed(field, value, "an array")
    names: list[str] = []
    for item in value:
        name = item.get("name") if isinstance(item, dict) else item
        if not isinstance(name, str):
            raise malformed(field, name, "a string")
        names.append(name)
    return names


def label_name(name: Any) -> str:
    """A label's name that may be."""
    if not isinstance(name, str) or not name.strip():
        raise invalid("Label", "name", "missing_field")
    if len(name) > MAX_LABEL:
        raise invalid("Label", "name", message=f"name is too long (maximum is {MAX_LABEL} characters)")
    return name


def user_of(request: Request, tokens: Mapping[str, User]) -> User | None:
    """Who asks: None without credentials; wrong ones are refused even where none are needed."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        return None
    if scheme.lower() == "basic":
        try:
            secret = base64.b64decode(secret).decode().partition(":")[2]
        except ValueError:
            secret = ""
    user = tokens.get(secret.strip())
    if user is None:
        raise refusal(401, "Bad credentials")
    return user


def sees(user: User | None, repo: Repo) -> bool:
    """Whether a repository exists for this user."""
    if not repo.private:
        return True
    return user is not None and (user.sees is None or not user.sees.isdisjoint(repo.names))


def writer(user: User | None, repo: Repo) -> User:
    """Who writes here, if they may."""
    if user is None:
        raise refusal(401, "Requires authentication")
    if user.read_only:
        raise refusal(403, "Resource not accessible by personal access token")
    if repo.archived:
        raise refusal(403, "Repository was archived so is read-only.")
    return user
