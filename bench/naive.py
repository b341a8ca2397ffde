"""The script that anybody would write first: page by 20, a new connection for each call, no ledger.

It asks for each threat without a link: make a ticket, PATCH its URL back. It never looks before it makes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

PAGE = 20
DONE = ("resolved", "accepted", "false_positive", "closed")


@dataclass(frozen=True, slots=True)
class Script:
    """One TMI, one repository, and a token for each."""

    tmi: str
    tmi_token: str
    github: str
    github_token: str
    repo: str

    def run(self) -> None:
        """One pass over everything."""
        for model in self._paged("/threat_models", "threat_models"):
            path = f"/threat_models/{model['id']}/threats"
            for threat in self._paged(path, "threats"):
                if not threat.get("issue_uri") and not threat.get("mitigated") and threat.get("status") not in DONE:
                    self._ticket(f"{path}/{threat['id']}", threat)

    def _ticket(self, path: str, threat: dict[str, Any]) -> None:
        issue = {"title": threat["name"], "body": threat.get("description") or ""}
        status, made = _call(
            "POST", f"{self.github}/api/v3/repos/{self.repo}/issues", self.github_token, issue, "application/json"
        )
        if status == 201:
            patch = [{"op": "replace", "path": "/issue_uri", "value": made["html_url"]}]
            _call("PATCH", self.tmi + path, self.tmi_token, patch, "application/json-patch+json")

    def _paged(self, path: str, name: str) -> Iterator[dict[str, Any]]:
        offset, more = 0, True
        while more:
            url = f"{self.tmi}{path}?limit={PAGE}&offset={offset}"
            _, answer = _call("GET", url, self.tmi_token)
            rows = answer.get(name) or []
            yield from rows
            offset, more = offset + PAGE, len(rows) == PAGE


def _call(method: str, url: str, token: str, body: object = None, kind: str = "") -> tuple[int, Any]:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "User-Agent": "naive", "Accept": "application/json"}
    if kind:
        headers["Content-Type"] = kind
    try:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, path, json.dumps(body) if kind else None, headers)
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read() or b"{}")
    finally:
        connection.close()
