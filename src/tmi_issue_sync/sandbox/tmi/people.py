"""Users, groups and what they may do with a threat model."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from tmi_issue_sync.sandbox.tmi.errors import forbidden, not_found
from tmi_issue_sync.sandbox.tmi.store import Model, Store

Role = Literal["reader", "writer", "owner"]

ADMINISTRATORS = "administrators"
AUTOMATION = "tmi-automation"
REVIEWERS = "security-reviewers"
CONFIDENTIAL = "confidential-project-reviewers"
EVERYONE = "everyone"

_RANK: dict[str, int] = {"reader": 1, "writer": 2, "owner": 3}
_BUILT_IN = (
    (EVERYONE, "Everyone (Pseudo-group)"),
    (REVIEWERS, "Security Reviewers"),
    (ADMINISTRATORS, "Administrators"),
    (CONFIDENTIAL, "Confidential Project Reviewers"),
    (AUTOMATION, "TMI Automation"),
    ("embedding-automation", "Embedding Automation"),
)


@dataclass(slots=True)
class User:
    name: str
    display_name: str
    email: str
    uuid: str
    created_at: datetime
    automation: bool = False
    last_login: datetime | None = None


@dataclass(slots=True)
class Group:
    name: str
    display_name: str
    uuid: str
    built_in: bool
    members: list[str]


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a token speaks for. Groups are frozen into it when it is minted."""

    user: str
    groups: frozenset[str]
    service: bool = False


class People:
    """Users and groups, by name."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.users: dict[str, User] = {}
        self.groups = {
            name: Group(name, display, str(UUID(int=index)), True, [])
            for index, (name, display) in enumerate(_BUILT_IN)
        }

    def ensure(self, name: str, display_name: str | None = None, *, automation: bool = False) -> User:
        if name not in self.users:
            display = display_name or f"{name.capitalize()} (TMI User)"
            user = User(name, display, f"{name}@tmi.local", self._store.random_id(), self._store.now())
            user.automation = automation
            self.users[name] = user
        return self.users[name]

    def join(self, user: str, group: str) -> Group:
        found = self.groups.get(group)
        if found is None:
            uuid = UUID(bytes=hashlib.sha256(group.encode()).digest()[:16], version=4)
            found = self.groups[group] = Group(group, group, str(uuid), False, [])
        if user not in found.members:
            found.members.append(user)
        return found

    def groups_of(self, user: str) -> list[Group]:
        return [group for group in self.groups.values() if user in group.members]

    def is_in(self, user: str, group: str) -> bool:
        return user in self.groups[group].members

    def group_by_id(self, uuid: str) -> Group:
        for group in self.groups.values():
            if group.uuid == uuid:
                return group
        raise not_found("Group")

    def user_by_id(self, uuid: str) -> User:
        for user in self.users.values():
            if user.uuid == uuid:
                return user
        raise not_found("User")

    def principal(self, name: str) -> dict[str, Any]:
        user = self.ensure(name)
        return {
            "display_name": user.display_name,
            "email": user.email,
            "principal_type": "user",
            "provider": "tmi",
            "provider_id": name,
        }

    def shown(self, entry: dict[str, Any], *, group_names: bool) -> dict[str, Any]:
        """An entry of an access list; users get their names everywhere, groups only where the list is read."""
        provider_id = entry.get("provider_id", "")
        if entry.get("principal_type") == "user":
            known = self.principal(provider_id) if provider_id in self.users else {}
            return {**known, **entry}
        bare = {key: value for key, value in entry.items() if key != "display_name"}
        group = self.groups.get(provider_id)
        if not group_names or group is None:
            return entry if group_names else bare
        return {"display_name": group.display_name, **entry}


def role_of(model: Model, caller: Caller) -> int:
    """0 for none, then reader, writer, owner."""
    if model.owner.get("provider_id") == caller.user:
        return _RANK["owner"]
    return max((_RANK[entry["role"]] for entry in model.authorization if _means(entry, caller)), default=0)


def require_role(model: Model, caller: Caller, role: Role) -> None:
    if role_of(model, caller) < _RANK[role]:
        raise forbidden()


def _means(entry: dict[str, Any], caller: Caller) -> bool:
    name = entry.get("provider_id")
    if entry.get("principal_type") == "group":
        return name == EVERYONE or name in caller.groups
    return name == caller.user
