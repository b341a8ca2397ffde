"""Closing an issue that is one too many."""

from __future__ import annotations

from tmi_issue_sync.errors import Denied
from tmi_issue_sync.model import Ticket

from . import verdict
from .api import Api
from .issue import place


def close(api: Api, ticket: Ticket, words: str) -> None:
    """Comment once, then close; again is harmless. Raises TrackerError.

    A success says little: a change of state is answered as made also where it was ignored. So it is read again.
    """
    at = place(ticket.url, api.site)
    if at is None:
        raise Denied(f"{ticket.url} is no issue on this server")
    path, what = f"/repos/{at[0]}/issues/{at[1]}", f"{at[0]}#{at[1]}"
    said = api.read_json(f"{path}/comments", f"the comments of {what}")
    if not any(isinstance(one, dict) and one.get("body") == words for one in said):
        reply = api.change("POST", f"{path}/comments", {"body": words})
        if reply.status != 201:
            raise verdict.of_read(reply, f"a comment on {what}")
    if _is_closed(api, path, what):
        return
    reply = api.change("PATCH", path, {"state": "closed"})
    if reply.status == 412:
        todo = "Close what it depends on, or take the dependency away."
        raise Denied(f"closing {what} is refused: {verdict.words(reply)}", todo=todo)
    if reply.status == 403 and not reply.body:
        raise Denied(f"this account may not close {what}", todo=verdict.RIGHTS_TODO)
    if reply.status != 201:
        raise verdict.of_read(reply, f"closing {what}")
    if not _is_closed(api, path, what):
        raise Denied(f"the server says that it closed {what}, and shows it open", todo="Close it by hand.")


def _is_closed(api: Api, path: str, what: str) -> bool:
    row = api.read_json(path, f"the issue {what}")
    return isinstance(row, dict) and row.get("state") == "closed"
