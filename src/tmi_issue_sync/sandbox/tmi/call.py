"""What a handler gets, and how the server's routes are described."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tmi_issue_sync.sandbox.tmi.people import Caller, Role
from tmi_issue_sync.sandbox.wire import Reply, Request

JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
FORM = "application/x-www-form-urlencoded"

Access = Literal["public", "signed-in", "person", "administrator"]
"""`person` excludes service accounts: the authority has to be the invoker's own."""

NOBODY = Caller("", frozenset())


@dataclass(slots=True)
class Call:
    """A request that has passed every check in front of its handler."""

    request: Request
    ids: Mapping[str, str]
    caller: Caller = NOBODY
    body: Any = None

    @property
    def model_id(self) -> str:
        return self.ids["model"]

    @property
    def threat_id(self) -> str:
        return self.ids["threat"]

    @property
    def facts(self) -> dict[str, object]:
        """Who did it, for the log."""
        return {"actor": self.caller.user, "request_id": self.request.headers.get("x-request-id")}


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. `role` is what the caller must be on the threat model of the path."""

    method: str
    path: str
    answer: Callable[[Call], Reply]
    access: Access = "signed-in"
    role: Role | None = None
    media: tuple[str, ...] = ()
    check: Callable[[Any], Any] | None = None
    """Validates the body as the OpenAPI description has it; gives the body to hand on."""
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        # `[^/]+` for an id: an id that is no UUID gets its own refusal later.
        object.__setattr__(self, "pattern", re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)))
