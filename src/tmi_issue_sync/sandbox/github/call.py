"""One call of the sandbox's GitHub API: who asks for what, and how answers are paged and sent elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from tmi_issue_sync.sandbox.github.checks import refusal
from tmi_issue_sync.sandbox.github.limits import Limits
from tmi_issue_sync.sandbox.github.model import Deleted, Issue, Moved, Repo, User
from tmi_issue_sync.sandbox.github.store import Store
from tmi_issue_sync.sandbox.github.views import Views
from tmi_issue_sync.sandbox.wire import Clock, Reply, Request

T = TypeVar("T")
PER_PAGE, MAX_PER_PAGE = 30, 100


@dataclass(slots=True)
class Settings:
    """How this GitHub behaves; may change at any time."""

    lag: timedelta = timedelta()
    """For so long lists leave out an issue that exists already."""
    reject_unknown_labels: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A request, who makes it, and all that is needed to answer it."""

    request: Request
    user: User | None
    views: Views
    store: Store
    limits: Limits
    settings: Settings
    clock: Clock

    def page(self, path: str, rows: Sequence[T], view: Callable[[T], dict[str, Any]]) -> Reply:
        """The page of the rows that the request asks for, and links to the others."""
        size = min(_number(self.request.param("per_page"), PER_PAGE), MAX_PER_PAGE)
        page, last = _number(self.request.param("page"), 1), max(1, -(-len(rows) // size))
        pages = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
        told = ["prev", "first"] if page > 1 else []
        told += ["next", "last"] if page < last else []
        links = [f'<{self.views.api(path)}?{self._query(pages[rel])}>; rel="{rel}"' for rel in pages if rel in told]
        shown = [view(row) for row in rows[(page - 1) * size : page * size]]
        return Reply(200, shown, {"Link": ", ".join(links)} if links else {})

    def elsewhere(self, path: str) -> Reply:
        """A redirect. GitHub sends reads away for good and writes for now, so that they keep their method."""
        url = self.views.api(path)
        if query := urlencode(self.request.query):
            url = f"{url}?{query}"
        status = 301 if self.request.method in ("GET", "HEAD") else 307
        docs = "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects"
        body = {"message": "Moved Permanently", "url": url, "documentation_url": docs}
        return Reply(status, body, {"Location": url})

    def issue(self, repo: Repo, number: int) -> Issue | Moved:
        """What is at a number of a repository, or was and has moved."""
        match repo.issues.get(number):
            case Deleted():
                raise refusal(410, "This issue was deleted")
            case None:
                raise refusal(404, "Not Found")
            case found:
                return found

    def _query(self, page: int) -> str:
        kept = [(name, value) for name, value in self.request.query if name != "page"]
        return urlencode([*kept, ("page", str(page))])


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and re.fullmatch(r"0*[1-9]\d{0,8}", text) else default
