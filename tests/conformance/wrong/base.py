"""What every wrong adapter is: the right one for GitHub, and one thing that it does wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from http.client import HTTPConnection
from typing import Any, ClassVar
from urllib.parse import urlsplit

from tmi_issue_sync.model import Draft, Finding, Gone, Look, Marker, NotMine, Ticket, TicketRef
from tmi_issue_sync.tracker import Adapter, Closer, Tracker

from ..test_github import REPO, GitHubHarness

ISSUES = f"/repos/{REPO}/issues"


class Wrong:
    """The right adapter; each subclass changes one method."""

    def __init__(self, right: Tracker, options: Any) -> None:
        self.right = right
        self.options = options
        self.open()

    def open(self) -> None:
        """What happens when it is connected."""

    def close(self) -> None:
        """What is left open."""

    def check(self) -> Iterable[Finding]:
        return self.right.check()

    def changed(self, since: datetime | None) -> Look:
        return self.right.changed(since)

    def find(self, marker: Marker) -> Look:
        return self.right.find(marker)

    def get(self, ref: TicketRef | str) -> Ticket | Gone | NotMine:
        return self.right.get(ref)

    def create(self, draft: Draft) -> Ticket:
        return self.right.create(draft)

    def close_duplicate(self, ticket: Ticket, words: str) -> None:
        assert isinstance(self.right, Closer)
        self.right.close_duplicate(ticket, words)

    def call(self, method: str, path: str, body: Any = None, line: HTTPConnection | None = None) -> Any:
        """One call of the API, by a way of its own."""
        own = line or self.line()
        headers = {"Authorization": f"token {self.options.token.get_secret_value()}", "User-Agent": "wrong"}
        try:
            own.request(method, f"/api/v3{path}", None if body is None else json.dumps(body), headers)
            return json.loads(own.getresponse().read())
        finally:
            if line is None:
                own.close()

    def line(self) -> HTTPConnection:
        return HTTPConnection(urlsplit(self.options.url).netloc, timeout=2)


def only(look: Look, *tickets: Ticket) -> Look:
    """A look that shows these alone."""
    return replace(look, tickets=tickets)


class WrongHarness(GitHubHarness):
    """The right server, and a wrong adapter before it."""

    kind: ClassVar[type[Wrong]] = Wrong

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[Wrong] = []

    def __exit__(self, *ended: Any) -> None:
        for each in self.opened:
            each.close()
        super().__exit__(*ended)

    def loaded(self) -> Adapter[Any, Any]:
        right = super().loaded()

        def connect(options: Any, targets: tuple[Any, ...]) -> Tracker:
            self.opened.append(self.kind(right.connect(options, targets), options))
            return self.opened[-1]

        return replace(right, connect=connect)
