"""How often one may ask, and how fast one may write."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tmi_issue_sync.sandbox.github.model import User
from tmi_issue_sync.sandbox.wire import Clock, Reply

ANONYMOUS_LIMIT = 60
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
PRIMARY_DOCS = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"
SECONDARY_DOCS = f"{PRIMARY_DOCS}#about-secondary-rate-limits"
SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. "
    "If you reach out to GitHub Support for help, please include the request ID."
)


@dataclass(slots=True)
class Window:
    """One user's hour."""

    resets: datetime
    used: int = 0


@dataclass(slots=True)
class Limits:
    """The primary limit (per hour, told in every answer) and the secondary one (per minute, told when it hits)."""

    clock: Clock
    hourly: int
    """0: no primary limit, as on an Enterprise Server out of the box."""
    creates_per_minute: int | None = None
    secondary_status: int = 403
    retry_after: int | None = 60
    _windows: dict[int, Window] = field(default_factory=dict)
    _creates: defaultdict[int, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))

    def spend(self, user: User | None) -> Reply | None:
        """Count a request; the refusal if it is one too many."""
        if self.hourly <= 0:
            return None
        window, limit = self._window(user), self._limit(user)
        if window.used < limit:
            window.used += 1
            return None
        who = f"user ID {user.id}" if user is not None else "127.0.0.1"
        return Reply(403, {"message": f"API rate limit exceeded for {who}.", "documentation_url": PRIMARY_DOCS})

    def refuse_create(self, user: User) -> Reply | None:
        """The refusal of content that comes too fast after other content."""
        if self.creates_per_minute is None:
            return None
        recent = self._creates[user.id]
        while recent and recent[0] <= self.clock() - MINUTE:
            recent.popleft()
        if len(recent) < self.creates_per_minute:
            recent.append(self.clock())
            return None
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        body = {"message": SECONDARY, "documentation_url": SECONDARY_DOCS}
        return Reply(self.secondary_status, body, headers)

    def figures(self, user: User | None) -> dict[str, int]:
        """Limit, used, remaining, reset; empty where there is no limit."""
        if self.hourly <= 0:
            return {}
        window, limit = self._window(user), self._limit(user)
        reset = int(window.resets.timestamp())
        return {"limit": limit, "used": window.used, "remaining": limit - window.used, "reset": reset}

    def headers(self, user: User | None) -> dict[str, str]:
        """The figures as every answer tells them."""
        figures = self.figures(user)
        told = {f"x-ratelimit-{name}": str(value) for name, value in figures.items()}
        return told | {"x-ratelimit-resource": "core"} if told else {}

    def _limit(self, user: User | None) -> int:
        return self.hourly if user is not None else ANONYMOUS_LIMIT

    def _window(self, user: User | None) -> Window:
        key = user.id if user is not None else 0
        now = self.clock()
        window = self._windows.get(key)
        if window is None or now >= window.resets:
            window = self._windows[key] = Window((now + HOUR).replace(microsecond=0))
        return window
