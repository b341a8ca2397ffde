"""Whose credentials they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tmi_issue_sync.errors import Denied, Unavailable

from .api import Api
from .item import account_of
from .verdict import CREDENTIALS_TODO

NOBODY = ("", "00000000-0000-0000-0000-000000000000", "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa")
"""How those are named who have not signed in, where projects are public."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who we are. `id` is what the creator of a work item is compared with."""

    id: str
    name: str


def read_account(api: Api) -> Account:
    """Raises Unavailable or Denied."""
    data: Any = api.read_json("_apis/connectionData", "who we are", {"api-version": api.preview})
    user = data.get("authenticatedUser") if isinstance(data, dict) else None
    if not isinstance(user, dict):
        raise Unavailable("Azure DevOps does not say whose credentials these are")
    ident, name = account_of(user), str(user.get("providerDisplayName") or user.get("customDisplayName") or "")
    if ident in NOBODY or name == "Anonymous":
        raise Denied("Azure DevOps takes us for nobody in particular", todo=CREDENTIALS_TODO)
    return Account(ident, name or ident)
