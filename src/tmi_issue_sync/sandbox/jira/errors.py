"""What the sandbox's Jira refuses, and in which form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tmi_issue_sync.sandbox.wire import Reply, Request

INVALID = "Invalid request payload. Refer to the REST API documentation and try again."
UNSEEN_ISSUE = "Issue does not exist or you do not have permission to see it."


class Refused(Exception):
    """The request ends here, with this answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


class Bad(Exception):
    """A value that a field does not take; says why."""


def refusal(status: int, *messages: str, errors: Mapping[str, str] | None = None) -> Refused:
    """A refusal in Jira's form."""
    return Refused(Reply(status, {"errorMessages": list(messages), "errors": dict(errors or {})}))


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object that a request carries."""
    data = json_of(request)
    if not isinstance(data, dict):
        raise refusal(400, INVALID)
    return data


def strings(data: Mapping[str, Any], name: str) -> list[str]:
    """A list of strings of a body; none if it is not there."""
    value = data.get(name) or []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise refusal(400, INVALID)
    return value


def member(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object in a body; an empty one if it is not there."""
    value = data.get(name) or {}
    if not isinstance(value, dict):
        raise refusal(400, INVALID)
    return value


def json_of(request: Request) -> Any:
    """The JSON that a request carries."""
    if not request.headers.get("content-type", "").lower().startswith("application/json"):
        raise Refused(Reply(415, {"errorMessages": ["Unsupported Media Type"], "errors": {}}))
    try:
        data = request.json()
        # A lone surrogate is JSON, but no text that could ever be sent back.
        json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise refusal(400, "There was an error parsing JSON. Check that your request body is valid.") from None
    return data
