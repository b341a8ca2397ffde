"""Bearer tokens, sessions and the refresh tokens that work once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from tmi_issue_sync.sandbox.tmi.errors import Refusal, unauthorized
from tmi_issue_sync.sandbox.tmi.people import ADMINISTRATORS, Caller, People
from tmi_issue_sync.sandbox.wire import Clock


@dataclass(frozen=True, slots=True)
class Lifetimes:
    token: timedelta
    refresh: timedelta
    session: timedelta


@dataclass(frozen=True, slots=True)
class Session:
    """One login. Rotation does not move its end."""

    user: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class _Access:
    caller: Caller
    expires_at: datetime | None
    session: Session | None = None


@dataclass(frozen=True, slots=True)
class _Refresh:
    session: Session
    expires_at: datetime


class Tokens:
    """Who holds which token, and until when."""

    def __init__(self, people: People, clock: Clock, lifetimes: Lifetimes) -> None:
        self._people = people
        self._clock = clock
        self._lifetimes = lifetimes
        self._access: dict[str, _Access] = {}
        self._refresh: dict[str, _Refresh] = {}

    @property
    def expires_in(self) -> int:
        return int(self._lifetimes.token.total_seconds())

    def static(self, user: str) -> str:
        return self._mint(_Access(self._caller(user), None))

    def service(self, owner: str) -> str:
        """A service account speaks for its owner, but never as an administrator."""
        return self._mint(_Access(self._caller(owner, service=True), self._soon()))

    def log_in(self, user: str) -> tuple[str, str]:
        person = self._people.ensure(user)
        person.last_login = self._clock()
        return self._pair(Session(user, self._clock() + self._lifetimes.session))

    def refresh(self, token: str) -> tuple[str, str]:
        """A new pair for a refresh token, which is gone with this: also where the answer gets lost."""
        held = self._refresh.pop(token, None)
        if held is None or self._clock() >= min(held.expires_at, held.session.ends_at):
            raise Refusal(400, "invalid_grant", "The refresh token is invalid or expired.")
        return self._pair(held.session)

    def caller(self, authorization: str | None) -> Caller:
        """Whose `Authorization` header this is."""
        return self._held(authorization).caller

    def log_out(self, authorization: str | None) -> None:
        session = self._held(authorization).session
        self._access = {
            token: held
            for token, held in self._access.items()
            if f"Bearer {token}" != authorization and (session is None or held.session != session)
        }
        self._refresh = {token: held for token, held in self._refresh.items() if held.session != session}

    def end_sessions(self) -> None:
        """Their time is over now; access tokens live on for theirs."""
        self._refresh.clear()

    def revoke(self, token: str) -> None:
        self._access.pop(token, None)
        self._refresh.pop(token, None)

    def _held(self, authorization: str | None) -> _Access:
        parts = (authorization or "").split(" ")
        held = self._access.get(parts[1]) if len(parts) == 2 and parts[0] == "Bearer" else None
        if held is None or (held.expires_at is not None and self._clock() >= held.expires_at):
            raise unauthorized()
        return held

    def _pair(self, session: Session) -> tuple[str, str]:
        access = self._mint(_Access(self._caller(session.user), self._soon(), session))
        refresh = secrets.token_urlsafe(24)
        self._refresh[refresh] = _Refresh(session, self._clock() + self._lifetimes.refresh)
        return access, refresh

    def _mint(self, access: _Access) -> str:
        token = secrets.token_urlsafe(32)
        self._access[token] = access
        return token

    def _soon(self) -> datetime:
        return self._clock() + self._lifetimes.token

    def _caller(self, user: str, *, service: bool = False) -> Caller:
        self._people.ensure(user)
        groups = {group.name for group in self._people.groups_of(user)}
        return Caller(user, frozenset(groups - {ADMINISTRATORS} if service else groups), service)
