"""What `check` finds out about a GitLab."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self
from urllib.parse import urlsplit

from tmi_issue_sync.errors import TrackerError, Unavailable
from tmi_issue_sync.model import Finding, Level
from tmi_issue_sync_adapters.wire.line import Line
from tmi_issue_sync_adapters.wire.links import link_findings
from tmi_issue_sync_adapters.wire.reach import netloc
from tmi_issue_sync_adapters.wire.reply import Reply, date_of, json_of

from . import verdict
from .api import Api
from .issue import project_path
from .lookup import Lookup
from .options import Target

SOON = timedelta(days=14)
GUEST, PLANNER = 10, 15
ROLES = {5: "Minimal access", 10: "Guest", 15: "Planner", 20: "Reporter", 25: "Security Manager", 30: "Developer"}
ROLES |= {40: "Maintainer", 50: "Owner"}


@dataclass(frozen=True, slots=True)
class Account:
    """Who a token is."""

    id: int
    name: str
    admin: bool = False

    @classmethod
    def of(cls, user: Any) -> Self:
        """Raises Unavailable for what is no user."""
        ident, name = (user.get("id"), user.get("username")) if isinstance(user, dict) else (None, None)
        if not isinstance(ident, int) or not isinstance(name, str) or not name:
            raise Unavailable("GitLab does not say whose token this is")
        return cls(ident, name, user.get("is_admin") is True)


@dataclass(frozen=True, slots=True)
class Checker:
    """Asks, and makes nothing."""

    api: Api
    line: Line
    project: str
    lookup: Lookup
    account: Callable[[Line], Account]

    def findings(self, targets: Sequence[Target]) -> Iterator[Finding]:
        """One line each; the first that is an error of the way there ends it."""
        try:
            me = self.account(self.line)
            yield Finding(Level.OK, f"signed in as {me.name} on {netloc(self.api.site)}")
            yield from self._token()
            shown: Any = self.api.read_json(self.line, project_path(self.project), f"the project {self.project}")
            if not isinstance(shown, dict) or not isinstance(shown.get("path_with_namespace"), str):
                raise Unavailable(f"GitLab answered the project {self.project} with something else")
            yield from self._project(shown)
            yield from _visibility(shown, targets)
            yield from link_findings(urlsplit(str(shown.get("web_url"))), netloc(self.api.site), "GitLab")
            yield from self._role(me, shown)
            yield from self._targets(targets)
        except TrackerError as error:
            yield Finding(Level.ERROR, error.why, error.todo)

    def _token(self) -> Iterator[Finding]:
        """Its scopes and its last day; other kinds of token than access tokens tell neither."""
        reply = self.api.read(self.line, "/personal_access_tokens/self")
        told = json_of(reply) if reply.status == 200 else None
        if not isinstance(told, dict):
            return
        scopes = told.get("scopes")
        if isinstance(scopes, list) and "api" not in scopes:
            has = ", ".join(map(str, scopes)) or "none"
            todo = "Make one with the scope api: GitLab has no narrower one that makes issues."
            yield Finding(Level.ERROR, f"the token lacks the scope api (it has {has})", todo)
        yield from _expiry(told.get("expires_at"), reply)

    def _project(self, shown: dict[str, Any]) -> Iterator[Finding]:
        name = shown["path_with_namespace"]
        if name.lower() != self.project.lower():
            todo = f'Set the target\'s project = "{name}".'
            yield Finding(Level.ERROR, f"{self.project} has moved: it is {name} now", todo)
        if shown.get("archived") is True:
            todo = "Unarchive it, or name another."
            yield Finding(Level.ERROR, f"{name} is archived, and takes no tickets", todo)
        if shown.get("marked_for_deletion_on") or shown.get("marked_for_deletion_at"):
            yield Finding(Level.ERROR, f"{name} is about to be deleted", "Restore it, or name another.")
        if has_no_issues(shown):
            yield Finding(Level.ERROR, f"issues are switched off in {name}", "Switch them on in its settings.")

    def _role(self, me: Account, shown: dict[str, Any]) -> Iterator[Finding]:
        """Who may what: below Planner, labels that are new and changes of a ticket are dropped in silence."""
        if me.admin:
            yield Finding(Level.OK, "this account is an administrator; a project's own access token is enough")
            return
        level = _level(shown) or self._member(me)
        if level is None:
            what = f"{me.name} is no member of {self.project}: GitLab drops its labels, assignees and dates"
            yield Finding(Level.WARNING, what, "Make it a member with the role Planner or Reporter.")
            return
        role = ROLES.get(level, f"access level {level}")
        if level < GUEST:
            yield Finding(Level.ERROR, f"{me.name} may make no tickets: its role is {role}", verdict.RIGHTS_TODO)
        elif level < PLANNER:
            what = f"{me.name} has the role {role}: it makes no new labels"
            yield Finding(Level.WARNING, what, "Give it the role Planner or Reporter, or make the labels yourself.")
        else:
            yield Finding(Level.OK, f"{me.name} has the role {role} in {self.project}")

    def _member(self, me: Account) -> int | None:
        """The role by every way: groups above, and groups that the project is shared with. None: no member."""
        reply = self.api.read(self.line, f"{project_path(self.project)}/members/all/{me.id}")
        if verdict.unseen(reply) is not None:
            return None
        told = self.api.json_of(reply, f"the role of {me.name}")
        level = told.get("access_level") if isinstance(told, dict) else None
        if not isinstance(level, int):
            raise Unavailable(f"GitLab does not say which role {me.name} has")
        return level

    def _targets(self, targets: Sequence[Target]) -> Iterator[Finding]:
        for name in dict.fromkeys(target.assignee for target in targets if target.assignee):
            self.lookup.user(self.line, name)
            yield Finding(Level.OK, f"tickets are assigned to {name}")
        for title in dict.fromkeys(target.milestone for target in targets if target.milestone):
            self.lookup.milestone(self.line, title)
            yield Finding(Level.OK, f"tickets go into the milestone {title!r}")


def has_no_issues(shown: dict[str, Any]) -> bool:
    """Whether a project's issues are switched off, or hidden from this account. Old GitLabs know the flag alone."""
    return shown.get("issues_access_level") == "disabled" or shown.get("issues_enabled") is False


def _level(shown: dict[str, Any]) -> int | None:
    """The role, where the project's own answer tells it."""
    rights = shown.get("permissions")
    ways = rights.values() if isinstance(rights, dict) else ()
    levels = [way.get("access_level") for way in ways if isinstance(way, dict)]
    return max((level for level in levels if isinstance(level, int)), default=None)


def _visibility(shown: dict[str, Any], targets: Sequence[Target]) -> Iterator[Finding]:
    name, seen_by = shown["path_with_namespace"], shown.get("visibility")
    closed = all(target.confidential for target in targets)
    if seen_by not in ("private", "internal", "public"):
        yield Finding(Level.ERROR, f"GitLab does not say who can see {name}")
        return
    if closed:
        what = (
            f"{name} is {seen_by}; tickets are confidential: only its members from Planner or Reporter on see them"
        )
        yield Finding(Level.OK, what, public=False)
    elif seen_by == "public" and shown.get("issues_access_level") != "private":
        what = f"{name} is public and tickets are not confidential: anybody can read them"
        yield Finding(Level.OK, what, 'Leave out "confidential = false" in the target to keep them.', public=True)
    else:
        who = {"internal": "everybody with an account here", "private": "all members"}.get(seen_by, "all members")
        yield Finding(Level.OK, f"{name} is {seen_by}: {who} can read its tickets", public=False)


def _expiry(text: Any, reply: Reply) -> Iterator[Finding]:
    try:
        ends = date.fromisoformat(str(text))
    except ValueError:
        return
    now = date_of(reply) or datetime.now(UTC)
    near = ends - now.date() < SOON
    what = f"the token expires on {ends}"
    yield Finding(Level.WARNING, what, "Make a new one before.") if near else Finding(Level.OK, what)
