"""One call of the sandbox's Gitea API: who asks for what, and how lists are cut into pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from tmi_issue_sync.sandbox.gitea.model import Flavour, Token, User
from tmi_issue_sync.sandbox.gitea.store import Store
from tmi_issue_sync.sandbox.gitea.views import Views
from tmi_issue_sync.sandbox.wire import Clock, Reply, Request

T = TypeVar("T")
PER_PAGE = 30


@dataclass(slots=True)
class Settings:
    """How this server is set up; may change at any time."""

    flavour: Flavour
    root: str | None
    """The address that it takes for its own (ROOT_URL); None: the one that it was asked at."""
    most: int = 50
    """Rows on a page at most (MAX_RESPONSE_ITEMS)."""
    lag: timedelta = timedelta()
    """For so long lists leave out an issue that exists already; real ones showed no such lag."""
    index_lag: timedelta = timedelta(seconds=0.3)
    """For so long a search by keyword leaves it out."""
    refuses: Reply | None = None
    """What a proxy in front answers every new issue with; None: it passes all on."""
    lost: frozenset[int] = frozenset()
    """Ids that the index of keywords lost when the server was killed."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request, who makes it, and all that is needed to answer it."""

    request: Request
    token: Token | None
    views: Views
    store: Store
    settings: Settings
    clock: Clock

    @property
    def user(self) -> User | None:
        return self.token.user if self.token else None

    def page(self, rows: Sequence[T], view: Callable[[T], dict[str, Any]]) -> Reply:
        """The page of the rows that the request asks for. One beyond the end is empty, and no error."""
        size = min(_number(self.request.param("limit"), PER_PAGE), self.settings.most)
        page, last = _number(self.request.param("page"), 1), -(-len(rows) // size)
        told = {"next": page + 1, "last": last} if page < last else {}
        told |= {"first": 1, "prev": page - 1} if page > 1 else {}
        links = ",".join(f'<{self._url(number)}>; rel="{rel}"' for rel, number in told.items())
        headers = {"X-Total-Count": str(len(rows)), "Access-Control-Expose-Headers": "X-Total-Count"}
        shown = [view(row) for row in rows[(page - 1) * size : page * size]]
        return Reply(200, shown, headers | ({"Link": links} if links else {}))

    def _url(self, page: int) -> str:
        kept = [(name, value) for name, value in self.request.query if name != "page"]
        return f"{self.views.root}{self.request.path}?{urlencode([*kept, ('page', str(page))])}"


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and re.fullmatch(r"0*[1-9]\d{0,8}", text) else default
