"""What the checks send: markers and drafts of an invented TMI."""

from __future__ import annotations

from typing import Any

from tmi_issue_sync.model import Draft, Marker
from tmi_issue_sync.testing.harness import Harness

INSTANCE = "https://tmi.example.com"
CREATE = "c0ffee012345"


def marker(threat: str = "t-1", create: str = CREATE) -> Marker:
    """A threat's marker, of this create."""
    return Marker(INSTANCE, threat, 0, create)


def draft(harness: Harness, threat: str = "t-1", **changes: Any) -> Draft:
    """A plain ticket for a threat."""
    given: dict[str, Any] = {
        "marker": marker(threat),
        "title": "A threat",
        "body": "It is *bad*.",
        "target": harness.set_up()[1],
        "request_id": "request-1",
    }
    return Draft(**(given | changes))
