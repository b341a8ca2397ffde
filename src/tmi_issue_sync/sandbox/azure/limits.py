"""How much of the sandbox's Azure DevOps one may use."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tmi_issue_sync.sandbox.azure.errors import refusal
from tmi_issue_sync.sandbox.azure.model import Settings
from tmi_issue_sync.sandbox.wire import Clock, Reply, Request


@dataclass(slots=True)
class Limits:
    """So many requests in so many seconds; None: no limit."""

    clock: Clock
    settings: Settings
    requests: int | None = None
    seconds: float = 300.0
    methods: Sequence[str] = ()
    """Only these count; none named: all do."""
    retry_after: str | None = "30"
    _recent: deque[datetime] = field(default_factory=deque)

    def spend(self, request: Request) -> Reply | None:
        """Count a request; the refusal if it is one too many."""
        if self.requests is None or (self.methods and request.method not in self.methods):
            return None
        while self._recent and self._recent[0] <= self.clock() - timedelta(seconds=self.seconds):
            self._recent.popleft()
        if len(self._recent) < self.requests:
            self._recent.append(self.clock())
            return None
        words = "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource"
        reply = refusal(429, f"{words} 'Concurrency' in namespace 'User'.", "RequestBlockedException").reply
        reply.headers = self._told(0) | ({} if self.retry_after is None else {"Retry-After": self.retry_after})
        return reply

    def headers(self) -> dict[str, str]:
        """What an answer tells that was delayed."""
        pause = self.settings.pause
        if pause is None:
            return {}
        return self._told(0) | {"Retry-After": f"{pause:.0f}", "X-RateLimit-Delay": f"{pause:.3f}"}

    def _told(self, left: int) -> dict[str, str]:
        resets = self.clock() + timedelta(seconds=self.seconds)
        return {
            "X-RateLimit-Resource": "sandbox/WIT",
            "X-RateLimit-Limit": "200",
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": f"{resets.timestamp():.0f}",
        }
