"""The sandbox's Azure DevOps as a whole: the door to it, how it is set up, and what people do to it."""

from __future__ import annotations

import re
from itertools import count
from typing import Any
from urllib.parse import quote, unquote

from tmi_issue_sync.sandbox.azure import rest
from tmi_issue_sync.sandbox.azure.auth import Door
from tmi_issue_sync.sandbox.azure.call import Call
from tmi_issue_sync.sandbox.azure.errors import Refused
from tmi_issue_sync.sandbox.azure.setup import Setup
from tmi_issue_sync.sandbox.azure.views import Views
from tmi_issue_sync.sandbox.wire import Clock, CommitLog, Reply, Request, utcnow

PAGE = re.compile(r"/([^/]+)/_workitems/edit/(\d+)")
ENTRA = re.compile(r"/([^/]+)/oauth2/v2\.0/token")


class AzureSite(Setup):
    """One organization (`example`) or collection (`tfs/DefaultCollection`) with one project to begin with."""

    name = "azure-devops"

    def __init__(
        self,
        *,
        log: CommitLog,
        clock: Clock = utcnow,
        organization: str = "example",
        project: str = "Threats",
        lag: float = 0.0,
    ) -> None:
        super().__init__(organization, log, clock)
        self.settings.lag = lag
        self._door = Door(self._store, count(1))
        self._requests = count(1)
        self.add_project(project)

    def __call__(self, request: Request) -> Reply:
        with self._lock:
            if request.method == "POST" and (entra := ENTRA.fullmatch(request.path)):
                return self._door.issue(request, entra[1])
            below = self._below(request.path)
            at = re.fullmatch(r"(?:/([^/]+))?(?:/[^/]+)?/_apis/(.+)", below or "", re.DOTALL)
            reply = self._api(request, at[1], at[2]) if at else self._page(request, below)
            number = next(self._requests)
            reply.headers = {"X-TFS-ProcessId": "5ab0cafe", "X-VSS-E2EID": f"{number:032x}"} | reply.headers
            return reply

    # -- what people do ----------------------------------------------------------------------------------------

    def close(self, number: int) -> None:
        with self._lock:
            self._people.close(number)

    def reopen(self, number: int) -> None:
        with self._lock:
            self._people.reopen(number)

    def delete(self, number: int, *, destroy: bool = False) -> None:
        """Into the recycle bin, or for good."""
        with self._lock:
            self._people.delete(number, destroy=destroy)

    def restore(self, number: int) -> None:
        with self._lock:
            self._people.restore(number)

    def move(self, number: int, to_project: str) -> None:
        with self._lock:
            self._people.move(number, to_project)

    def retype(self, number: int, to: str) -> None:
        with self._lock:
            self._people.retype(number, to)

    def clone(self, number: int, author: str | None = None) -> int:
        """A person, or `author`'s automation, copies a work item; the copy's number."""
        with self._lock:
            return self._people.clone(number, author)

    def edit(self, number: int, **fields: Any) -> None:
        """A person changes title, tags, area, state or text (HTML)."""
        with self._lock:
            self._people.edit(number, fields)

    def comment(self, number: int, text: str) -> None:
        with self._lock:
            self._people.comment(number, text)

    def issues(self, project: str | None = None) -> list[dict[str, Any]]:
        """The work items that exist, in the order of their creation; of all projects if none is named."""
        with self._lock:
            return self._people.facts(project)

    # -- inside ------------------------------------------------------------------------------------------------

    def _below(self, path: str) -> str | None:
        root = f"/{quote(unquote(self._store.name))}"
        return path[len(root) :] if path.lower().startswith(f"{root.lower()}/") else None

    def _api(self, request: Request, project: str | None, path: str) -> Reply:
        try:
            user = self._door.who(request)
            views = Views(self._store, f"{request.base}/{quote(self._store.name)}")
            call = Call(request, user, self._store, views, unquote(project) if project else None)
            reply = self._limits.spend(request) or rest.answer(call, path)
        except Refused as error:
            reply = error.reply
        reply.headers = self._limits.headers() | reply.headers
        return reply

    def _page(self, request: Request, below: str | None) -> Reply:
        """What people see where a link leads; nobody else."""
        at = PAGE.fullmatch(below or "")
        item = self._store.items.get(int(at[2])) if at else None
        good = request.method == "GET" and item is not None and item.deleted is None
        title = item.values["System.Title"] if item is not None and good else "404"
        text = f"<!doctype html><title>{title}</title>"
        return Reply(200 if good else 404, text, content_type="text/html; charset=utf-8")
