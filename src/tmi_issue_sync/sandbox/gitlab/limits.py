"""How often one may ask, and how fast one may file issues."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tmi_issue_sync.sandbox.gitlab.model import User
from tmi_issue_sync.sandbox.wire import Clock, Reply

MINUTE = timedelta(minutes=1)
TOO_MANY = "This endpoint has been requested too many times. Try again later."


@dataclass(slots=True)
class Limits:
    """The front door's limit (per user and minute, told in every answer), and the application's own on issues."""

    clock: Clock
    per_minute: int | None = None
    creates_per_minute: int | None = None
    retry_after: int | None = None
    """What the application's refusal says; by default nothing."""
    told: bool = True
    """Whether the front door's refusal says when to come back."""
    _asked: defaultdict[int, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))
    _made: defaultdict[int, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))

    def spend(self, user: User | None) -> Reply | None:
        """Count a request; the refusal if it is one too many: plain text, before the application sees it."""
        if self.per_minute is None or self._within(self._asked[user.id if user else 0], self.per_minute):
            return None
        headers = self.headers(user) | {"Retry-After": "60"} if self.told else {}
        return Reply(429, "Retry later\n", headers, "text/plain")

    def refuse_create(self, user: User) -> Reply | None:
        """The refusal of an issue that comes too fast after others."""
        if self.creates_per_minute is None or self._within(self._made[user.id], self.creates_per_minute):
            return None
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return Reply(429, {"message": {"error": TOO_MANY}}, headers)

    def headers(self, user: User | None) -> dict[str, str]:
        """The figures as every answer tells them."""
        if self.per_minute is None:
            return {}
        used = len(self._asked[user.id if user else 0])
        reset = int((self.clock() + MINUTE).timestamp())
        figures = {"Limit": self.per_minute, "Observed": used, "Remaining": max(0, self.per_minute - used)}
        return {f"RateLimit-{name}": str(value) for name, value in (figures | {"Reset": reset}).items()}

    def _within(self, recent: deque[datetime], limit: int) -> bool:
        while recent and recent[0] <= self.clock() - MINUTE:
            recent.popleft()
        if len(recent) >= limit:
            return False
        recent.append(self.clock())
        return True
