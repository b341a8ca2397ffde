"""How often one may ask the sandbox's Jira."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tmi_issue_sync.sandbox.jira.auth import Asker
from tmi_issue_sync.sandbox.wire import Clock, Reply, Request

Burst = deque[datetime]


@dataclass(slots=True)
class Limits:
    """So many requests of one user in so many seconds; None: no limit."""

    clock: Clock
    cloud: bool
    requests: int | None = None
    seconds: float = 60.0
    methods: Sequence[str] = ()
    """Only these count; none named: all do."""
    status: int = 429
    retry_after: str | None = "5"
    reason: str = "jira-burst-based"
    _bursts: defaultdict[int, Burst] = field(default_factory=lambda: defaultdict(deque))

    def spend(self, request: Request, asker: Asker) -> Reply | None:
        """Count a request; the refusal if it is one too many."""
        free = (self.methods and request.method not in self.methods) or request.path.endswith("/serverInfo")
        if self.requests is None or free:
            return None
        burst = self._recent(asker)
        if len(burst) < self.requests:
            burst.append(self.clock())
            return None
        headers = {} if self.retry_after is None else {"Retry-After": self.retry_after}
        if self.status == 503:
            return Reply(503, {"errorMessage": "Service temporarily unavailable."}, headers)
        if self.cloud:
            resets = (burst[0] if burst else self.clock()) + timedelta(seconds=self.seconds)
            headers |= {"RateLimit-Reason": self.reason, "X-RateLimit-Reset": f"{resets:%Y-%m-%dT%H:%MZ}"}
            return Reply(self.status, {"errorMessages": ["Rate limit exceeded."], "errors": {}}, headers)
        return Reply(self.status, {"message": "Rate limit exceeded."}, headers)

    def headers(self, asker: Asker) -> dict[str, str]:
        """The figures that every answer tells while there is a limit."""
        if self.requests is None:
            return {}
        left = max(0, self.requests - len(self._recent(asker)))
        told = {"X-RateLimit-Limit": str(self.requests), "X-RateLimit-Remaining": str(left)}
        if not self.cloud:
            told |= {
                "X-RateLimit-Interval-Seconds": f"{self.seconds:g}",
                "X-RateLimit-FillRate": str(self.requests),
            }
        return told

    def _recent(self, asker: Asker) -> Burst:
        burst = self._bursts[asker.user.number if asker.user is not None else 0]
        while burst and burst[0] <= self.clock() - timedelta(seconds=self.seconds):
            burst.popleft()
        return burst
