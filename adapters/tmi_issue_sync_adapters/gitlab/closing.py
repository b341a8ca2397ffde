"""Closing an issue that is one too many."""

from __future__ import annotations

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync.model import Ticket
from tmi_issue_sync_adapters.wire.line import Line

from . import verdict
from .api import Api
from .issue import place
from .text import disarmed

NOTES = 100
MAX_PAGES = 100


def close(api: Api, line: Line, ticket: Ticket, words: str) -> None:
    """Comment once, then close; again is harmless. Raises TrackerError.

    Not by the quick action /duplicate: it runs only where the account may see the other issue, and is dropped in
    silence else.
    """
    at = place(ticket.url, api.site)
    if at is None:
        raise Denied(f"{ticket.url} is no issue of this GitLab")
    text = disarmed(words)
    if not _said(api, line, f"{at.path}/notes", str(at), text):
        reply = api.change(line, "post", f"{at.path}/notes", {"body": text})
        if reply.status != 201:
            raise verdict.of_read(reply, f"a comment on {at}")
    reply = api.change(line, "put", at.path, {"state_event": "close"})
    if reply.status != 200:
        raise verdict.of_read(reply, f"closing {at}")


def _said(api: Api, line: Line, path: str, number: str, text: str) -> bool:
    what = f"the comments of {number}"
    for page in range(1, MAX_PAGES + 1):
        query = {"per_page": str(NOTES), "page": str(page), "sort": "asc", "order_by": "created_at"}
        notes = api.read_json(line, path, what, query)
        if not isinstance(notes, list):
            raise Unavailable(f"GitLab answered {what} with something that is no list")
        if any(isinstance(note, dict) and note.get("body") == text for note in notes):
            return True
        if len(notes) < NOTES:
            return False
    raise Unavailable(f"GitLab lists {what} on more than {MAX_PAGES} pages")
