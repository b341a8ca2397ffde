"""What the sandbox's Azure DevOps refuses, and in which form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tmi_issue_sync.sandbox.wire import Reply, Request

SERVER = "Microsoft.TeamFoundation.WorkItemTracking.Server"


class Refused(Exception):
    """The request ends here, with this answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def refusal(status: int, message: str, kind: str, properties: dict[str, Any] | None = None) -> Refused:
    """A refusal in Azure DevOps' form."""
    body: dict[str, Any] = {"$id": "1"} | ({"customProperties": properties} if properties else {})
    body |= {
        "innerException": None,
        "message": message,
        "typeName": f"{SERVER}.{kind}, {SERVER}",
        "typeKey": kind,
        "errorCode": 0,
        "eventId": 3200,
    }
    return Refused(Reply(status, body))


def bound(message: str) -> Refused:
    """The refusal of a body that can't be read."""
    return Refused(Reply(400, {"count": 1, "value": {"Message": message}}))


def rule(ref: str, name: str, *flags: str) -> dict[str, Any]:
    """One field that a rule refuses."""
    spelled = ", ".join(flag[:1].upper() + flag[1:] for flag in flags)
    return {
        "fieldReferenceName": ref,
        "fieldStatusFlags": ", ".join(flags),
        "errorMessage": f"TF401320: Rule Error for field {name}. Error code: {spelled}.",
        "fieldStatusCode": 524289,
        "ruleValidationErrors": None,
    }


def rules(rows: Sequence[dict[str, Any]]) -> Refused:
    """The refusal of all that rules refuse."""
    more = f" {len(rows) - 1} additional errors occurred during validation of the work item." if rows[1:] else ""
    message = f"{rows[0]['errorMessage']}{more}"
    told = {"FieldReferenceName": None, "FieldStatusFlags": "none", "ErrorMessage": message, "FieldStatusCode": 0}
    return refusal(400, message, "RuleValidationException", told | {"RuleValidationErrors": list(rows)})


def unseen(number: int) -> Refused:
    """The refusal of a work item that is not there for who asks."""
    words = f"TF401232: Work item {number} does not exist, or you do not have permissions to read it."
    return refusal(404, words, "WorkItemUnauthorizedAccessException")


def json_of(request: Request, kind: str) -> Any:
    """The JSON of that type which a request carries."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != kind:
        raise refusal(
            415,
            f'The request indicated a Content-Type of "{given}" for method type "{request.method}" which is not'
            f" supported. Valid content types for this method are: {kind}.",
            "VssRequestContentTypeNotSupportedException",
        )
    try:
        data = request.json()
        # A lone surrogate is JSON, but no text that could ever be sent back.
        json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise bound("You must pass a valid patch document in the body of the request.") from None
    return data
