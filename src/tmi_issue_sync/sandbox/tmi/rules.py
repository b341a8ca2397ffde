"""How one server differs from the next: its version's dialect and its operator's settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tmi_issue_sync.sandbox.tmi.errors import Refusal, invalid
from tmi_issue_sync.sandbox.tmi.store import Model, Threat
from tmi_issue_sync.sandbox.wire import Request

Dialect = Literal["1.8.22", "documented"]
Headers = dict[str, str]

_NO_IF_MATCH = {
    "Deprecation": "true",
    "Warning": "299 - \"If-Match header (or body 'version') is required for PUT/PATCH; "
    'future releases will return 428 Precondition Required"',
}


@dataclass(frozen=True, slots=True)
class Rules:
    dialect: Dialect
    issue_uri_schemes: tuple[str, ...]
    require_if_match: bool

    def precondition(self, request: Request, row: Model | Threat) -> Headers:
        """Check `If-Match`; gives the headers that the answer to this write carries, a refused one's too."""
        wanted = request.headers.get("if-match")
        if wanted is None:
            if self.require_if_match:
                raise Refusal(428, "if_match_required", "If-Match header is required for this operation")
            return dict(_NO_IF_MATCH)
        if wanted.strip() != "*":
            _compare(wanted, row.version)
        return {"Etag": f'"{row.version + 1}"'}


def _compare(wanted: str, version: int) -> None:
    number = wanted.strip().strip('"')
    if not number.isdigit():
        raise invalid("If-Match must be a version number or *", "invalid_if_match")
    if int(number) != version:
        raise Refusal(409, "version_mismatch", "The resource was changed by another request")


def bumped(headers: Headers, row: Model | Threat) -> None:
    """Only a write that came with If-Match counts the version up: it guards against nobody else."""
    if "Etag" in headers:
        row.version += 1
