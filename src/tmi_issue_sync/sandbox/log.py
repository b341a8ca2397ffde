"""The sandbox's memory of what was asked of it and of what it made durable."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from tmi_issue_sync.sandbox.wire import Clock, utcnow

Event = Literal["request", "commit", "fault"]

KEPT_HEADERS = ("user-agent", "x-request-id", "content-type")
"""An allow-list, so that no header that carries a credential can ever reach the log."""

SECRET = re.compile("token|secret|password", re.IGNORECASE)
"""Names of query parameters whose values stay out of the log."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log. `kind` is the method of a request, the name of a commit or the kind of a fault."""

    n: int
    at: datetime
    site: str
    event: Event
    kind: str
    facts: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The entry as plain JSON values."""
        return {
            "n": self.n,
            "at": self.at.isoformat(),
            "site": self.site,
            "event": self.event,
            "kind": self.kind,
            "facts": json.loads(json.dumps(dict(self.facts), default=str)),
        }


class Log:
    """Requests, commits and faults in the order in which they happened; optionally a JSON-lines file too."""

    def __init__(self, path: Path | None = None, clock: Clock = utcnow) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: list[Entry] = []

    @property
    def entries(self) -> list[Entry]:
        """A copy of all entries so far."""
        with self._lock:
            return list(self._entries)

    def request(
        self,
        site: str,
        method: str,
        path: str,
        query: tuple[tuple[str, str], ...],
        status: int | None,
        fault: str | None,
        headers: Mapping[str, str],
    ) -> None:
        """Note a request. `status` is None where no status line was sent; `fault` names what was done to it."""
        kept = {name: headers[name] for name in KEPT_HEADERS if name in headers}
        asked = [(key, "***" if SECRET.search(key) else value) for key, value in query]
        facts = {"path": path, "query": asked, "status": status, "fault": fault, "headers": kept}
        self._append(site, "request", method, facts)

    def commit(self, site: str, kind: str, **facts: object) -> None:
        """Note a change that is durable now."""
        self._append(site, "commit", kind, facts)

    def fault(self, site: str, kind: str, **facts: object) -> None:
        """Note that a fault struck, or that the site itself broke."""
        self._append(site, "fault", kind, facts)

    def requests(
        self, site: str | None = None, method: str | None = None, path_re: str | None = None
    ) -> list[Entry]:
        """The requests of a site, of a method and whose path contains a match of `path_re`."""
        found = self._select("request", site, method)
        return [entry for entry in found if path_re is None or re.search(path_re, entry.facts["path"])]

    def commits(self, site: str | None = None, kind: str | None = None) -> list[Entry]:
        """The commits of a site and of a kind."""
        return self._select("commit", site, kind)

    def faults(self, site: str | None = None, kind: str | None = None) -> list[Entry]:
        """The faults that struck a site."""
        return self._select("fault", site, kind)

    def _select(self, event: Event, site: str | None, kind: str | None) -> list[Entry]:
        return [
            entry
            for entry in self.entries
            if entry.event == event and site in (None, entry.site) and kind in (None, entry.kind)
        ]

    def _append(self, site: str, event: Event, kind: str, facts: Mapping[str, Any]) -> None:
        with self._lock:
            entry = Entry(len(self._entries) + 1, self._clock(), site, event, kind, dict(facts))
            self._entries.append(entry)
            if self._path is not None:
                # Opened for each line: a reader sees whole lines, and there is no handle to forget.
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(entry.as_json(), ensure_ascii=False) + "\n")
