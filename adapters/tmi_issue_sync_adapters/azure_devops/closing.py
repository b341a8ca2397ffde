"""Closing a work item that is one too many."""

from __future__ import annotations

from typing import Any

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync.markup import html

from . import verdict
from .api import Api
from .listing import Listing
from .meta import DONE, Metas


def close(api: Api, listing: Listing, metas: Metas, number: int, words: str) -> None:
    """State and comment in one change, if nothing else has changed meanwhile. Again is harmless. Raises."""
    what = f"work item {number}"
    row = listing.one(number)
    if isinstance(row, str):
        raise Unavailable(f"{what} can't be closed: {row}")
    fields = row.get("fields") or {}
    project, kind, state = (str(fields.get(f"System.{name}")) for name in ("TeamProject", "WorkItemType", "State"))
    if not metas.is_open(project, kind, state):
        return
    states = metas.states(project, kind)
    ways = [name for category in DONE for name, its in states.items() if its == category]
    said = "it has no state that counts as done"
    for way in ways:
        patch: list[dict[str, Any]] = [
            {"op": "test", "path": "/rev", "value": row.get("rev")},
            {"op": "add", "path": "/fields/System.State", "value": way},
            {"op": "add", "path": "/fields/System.History", "value": html.render(words)},
        ]
        reply = api.change(f"_apis/wit/workitems/{number}", f"closing {what}", patch)
        if reply.status == 200:
            return
        told = verdict.told(reply)
        if reply.status != 400 or told is None:
            raise verdict.of_read(reply, f"closing {what}")
        said = told.words
    raise Denied(f"{what} can't be closed: {said}", todo="Close it by hand.")
