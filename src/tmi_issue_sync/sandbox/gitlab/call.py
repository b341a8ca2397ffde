"""One call of the sandbox's GitLab API: who asks for what, and how answers are paged."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from tmi_issue_sync.sandbox.gitlab.checks import Refused, malformed, refusal, sees
from tmi_issue_sync.sandbox.gitlab.limits import Limits
from tmi_issue_sync.sandbox.gitlab.model import Issue, Project, Token, User
from tmi_issue_sync.sandbox.gitlab.store import Store
from tmi_issue_sync.sandbox.gitlab.views import Views
from tmi_issue_sync.sandbox.wire import Clock, Reply, Request

T = TypeVar("T")
PER_PAGE, MAX_PER_PAGE = 20, 100
COUNTED = 10_000
"""Longer lists do not say how long they are."""


@dataclass(slots=True)
class Settings:
    """How this GitLab behaves; may change at any time."""

    lag: timedelta = timedelta()
    """For so long lists leave out an issue that exists already."""
    spam: str = ""
    """Issues whose text has it are refused as spam."""
    captcha: bool = False
    """Whether spam may be made after all by whoever solves a CAPTCHA."""
    drops_confidential: bool = False
    max_offset: int = 50_000


@dataclass(frozen=True, slots=True)
class Call:
    """A request, who makes it, and all that is needed to answer it."""

    request: Request
    token: Token | None
    views: Views
    store: Store
    limits: Limits
    settings: Settings
    clock: Clock

    @property
    def user(self) -> User | None:
        return self.token.user if self.token else None

    def page(self, path: str, rows: Sequence[T], view: Callable[[T], dict[str, Any]]) -> Reply:
        """The page of the rows that the request asks for, and where the others are."""
        size, page = min(self._number("per_page", PER_PAGE), MAX_PER_PAGE), self._number("page", 1)
        if size * (page - 1) > self.settings.max_offset:
            why = f"Offset pagination has a maximum allowed offset of {self.settings.max_offset} for requests"
            raise Refused(Reply(405, {"error": f"{why} that return objects of type Issue."}))
        last = max(1, -(-len(rows) // size))
        near = {"prev": page - 1 if page > 1 else None, "next": page + 1 if page < last else None}
        links = [f'<{self._link(path, at)}>; rel="{rel}"' for rel, at in near.items() if at]
        told = {
            "X-Page": page,
            "X-Per-Page": size,
            "X-Next-Page": near["next"] or "",
            "X-Prev-Page": near["prev"] or "",
        }
        if len(rows) <= COUNTED:
            told |= {"X-Total": len(rows), "X-Total-Pages": last}
        headers = {name: str(value) for name, value in told.items()}
        shown = [view(row) for row in rows[(page - 1) * size : page * size]]
        return Reply(200, shown, headers | ({"Link": ", ".join(links)} if links else {}))

    def issue(self, project: Project, iid: str) -> Issue:
        """An issue that this user sees."""
        found = project.issues.get(int(iid))
        if found is None or not sees(self.user, found):
            raise refusal(404, "404 Issue Not Found" if self.request.method != "GET" else "404 Not found")
        return found

    def _number(self, name: str, default: int) -> int:
        text = self.request.param(name)
        if text is None:
            return default
        if not re.fullmatch(r"\d{1,9}", text):
            raise malformed(f"{name} is invalid")
        return max(1, int(text))

    def _link(self, path: str, page: int) -> str:
        kept = [(name, value) for name, value in self.request.query if name != "page"]
        return f"{self.views.api(path)}?{urlencode([*kept, ('page', str(page))])}"
