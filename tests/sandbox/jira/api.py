"""The jira library's raw session, so short that a test reads well."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from jira import JIRA, JIRAError
from requests import Response

Json = dict[str, Any]


def adf(*lines: str) -> Json:
    """Lines as a document."""
    content = [{"type": "paragraph", "content": [{"type": "text", "text": line}]} for line in lines]
    return {"type": "doc", "version": 1, "content": content}


@dataclass(frozen=True)
class Api:
    """A client of one version of the API."""

    client: JIRA
    url: str
    version: int

    def speaking(self, version: int) -> Api:
        return replace(self, version=version)

    def at(self, path: str) -> str:
        return f"{self.url}/rest/api/{self.version}/{path}"

    def reply(self, method: str, path: str, body: Any = None, **params: Any) -> Response:
        data = None if body is None else json.dumps(body)
        return self.client._session.request(method, self.at(path), data=data, params=params)

    def get(self, path: str, **params: Any) -> Any:
        return self.reply("GET", path, **params).json()

    def post(self, path: str, body: Any) -> Any:
        reply = self.reply("POST", path, body)
        return reply.json() if reply.content else None

    def put(self, path: str, body: Any) -> int:
        return self.reply("PUT", path, body).status_code

    def create(
        self, summary: Any = "T", *, properties: Json | None = None, kind: str = "Task", **fields: Any
    ) -> str:
        """File an issue; its key."""
        given = {"project": {"key": "SEC"}, "issuetype": {"name": kind}, "summary": summary, **fields}
        rows = [{"key": key, "value": value} for key, value in (properties or {}).items()]
        body = {"fields": given} | ({"properties": rows} if rows else {})
        return str(self.post("issue", body)["key"])

    def find(self, jql: str) -> list[str]:
        """The keys of what a query finds."""
        path = "search/jql" if self.version == 3 else "search"
        return [issue["key"] for issue in self.get(path, jql=jql, fields="summary")["issues"]]


def failure(call: Callable[[], object]) -> Response:
    """The answer to what is refused."""
    with pytest.raises(JIRAError) as caught:
        call()
    reply: Response | None = caught.value.response
    assert reply is not None
    return reply


def refused(call: Callable[[], object]) -> tuple[int, Any]:
    """Status, and the errors by field; or, if there are none, the messages."""
    reply = failure(call)
    body = reply.json()
    return reply.status_code, body["errors"] or body["errorMessages"]
