"""What an administrator does to let the bot in, and what anybody may ask about himself."""

from __future__ import annotations

import re
from typing import Any

from tmi_issue_sync.sandbox.tmi.call import JSON, Call, Route
from tmi_issue_sync.sandbox.tmi.errors import Refusal, invalid
from tmi_issue_sync.sandbox.tmi.listing import page_of
from tmi_issue_sync.sandbox.tmi.oauth import OAuth
from tmi_issue_sync.sandbox.tmi.people import ADMINISTRATORS, AUTOMATION, REVIEWERS, Group, People, User
from tmi_issue_sync.sandbox.tmi.stamps import micro
from tmi_issue_sync.sandbox.tmi.store import Store
from tmi_issue_sync.sandbox.tmi.tokens import Tokens
from tmi_issue_sync.sandbox.tmi.views import moment
from tmi_issue_sync.sandbox.wire import Reply

_ACCOUNT_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9 _.@-]{0,62}[a-zA-Z0-9]")
_OPERATOR = "00000000-0000-0000-0000-000000000001"


class Admin:
    """Groups, users and accounts."""

    def __init__(self, store: Store, people: People, tokens: Tokens, oauth: OAuth) -> None:
        self._store = store
        self._people = people
        self._tokens = tokens
        self._oauth = oauth

    def routes(self) -> list[Route]:
        accounts, members = "/admin/users/automation", "/admin/groups/{group}/members"
        return [
            Route("GET", "/me", self.me),
            Route("POST", "/me/logout", self.log_out),
            Route("GET", "/admin/groups", self.groups, "administrator"),
            Route("POST", members, self.add_member, "administrator", None, (JSON,)),
            Route("GET", "/admin/users", self.users, "administrator"),
            Route("POST", accounts, self.create_account, "administrator", None, (JSON,)),
        ]

    def me(self, call: Call) -> Reply:
        """A service account looks like its owner here, administrators' group and all."""
        name = call.caller.user
        groups = [_membership(group) for group in self._people.groups_of(name)]
        body = {
            **self._people.principal(name),
            "groups": groups,
            "is_admin": self._people.is_in(name, ADMINISTRATORS),
            "is_security_reviewer": self._people.is_in(name, REVIEWERS),
        }
        return Reply(200, body)

    def log_out(self, call: Call) -> Reply:
        self._tokens.log_out(call.request.headers.get("authorization"))
        return Reply(204)

    def groups(self, call: Call) -> Reply:
        rows = [self._group(group) for group in reversed(self._people.groups.values())]
        return _paged(call, "groups", rows)

    def users(self, call: Call) -> Reply:
        people = sorted(self._people.users.values(), key=lambda user: user.created_at, reverse=True)
        return _paged(call, "users", [*map(self._user, people), self._operator()])

    def add_member(self, call: Call) -> Reply:
        group = self._people.group_by_id(call.ids["group"])
        user = self._people.user_by_id(_text(call.body, "user_internal_uuid"))
        admin = self._people.ensure(call.caller.user)
        if user.name in group.members:
            raise Refusal(409, "conflict", "User is already a member of this group")
        self._people.join(user.name, group.name)
        self._store.commit("group.join", user=user.name, group=group.name, **call.facts)
        body = {
            "added_at": micro(self._store.now()),
            "added_by_email": admin.email,
            "added_by_internal_uuid": admin.uuid,
            "group_internal_uuid": group.uuid,
            "id": self._store.random_id(),
            "subject_type": "user",
            "user_email": user.email,
            "user_internal_uuid": user.uuid,
            "user_name": user.display_name,
            "user_provider": "tmi",
            "user_provider_user_id": user.name,
        }
        return Reply(201, body)

    def create_account(self, call: Call) -> Reply:
        """An account that is in the automation group at once: it reads every model, and writes none."""
        name = _text(call.body, "name")
        if not _ACCOUNT_NAME.fullmatch(name):
            raise invalid("name must be 2 to 64 characters, begin with a letter and end with a letter or digit")
        slug = f"tmi-automation-{re.sub(r'[^a-z0-9]+', '-', name.lower())}"
        if slug in self._people.users:
            raise Refusal(409, "conflict", "An automation account with this name already exists")
        user = self._people.ensure(slug, f"TMI Automation: {name}", automation=True)
        self._people.join(slug, AUTOMATION)
        credential = self._oauth.new_client(slug, name, call.facts)
        credential["description"] = f"Auto-created for automation account {user.display_name}"
        return Reply(201, {"user": self._user(user), "client_credential": credential})

    def _user(self, user: User) -> dict[str, Any]:
        owned = [row for row in self._store.models.values() if row.owner.get("provider_id") == user.name]
        return {
            "active_threat_models": len(owned),
            **({"automation": True} if user.automation else {}),
            "created_at": micro(user.created_at),
            "email": user.email,
            "email_verified": user.automation,
            "internal_uuid": user.uuid,
            "is_admin": self._people.is_in(user.name, ADMINISTRATORS),
            **moment(user.last_login),
            "modified_at": micro(user.created_at),
            "name": user.display_name,
            "provider": "tmi",
            "provider_user_id": user.name,
        }

    def _operator(self) -> dict[str, Any]:
        """The account that every server is born with."""
        user = User("", "Operator System", "operator@tmi.system", _OPERATOR, self._store.born)
        return self._user(user)

    def _group(self, group: Group) -> dict[str, Any]:
        named = any(
            entry.get("principal_type") == "group" and entry.get("provider_id") == group.name
            for row in self._store.models.values()
            for entry in row.authorization
        )
        return {
            "internal_uuid": group.uuid,
            "provider": "tmi",
            "group_name": group.name,
            "name": group.display_name,
            "first_used": micro(self._store.born),
            "last_used": micro(self._store.born),
            "usage_count": 1,
            **({"used_in_authorizations": True} if named else {}),
            "is_builtin": group.built_in,
        }


def _membership(group: Group) -> dict[str, Any]:
    return {"internal_uuid": group.uuid, "group_name": group.name, "name": group.display_name}


def _paged(call: Call, name: str, rows: list[Any]) -> Reply:
    page = page_of(call.request)
    return Reply(200, {name: page.of(rows), "total": len(rows), "limit": page.limit, "offset": page.offset})


def _text(body: Any, name: str) -> str:
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, str):
        raise invalid(f'property "{name}" is missing')
    return value
