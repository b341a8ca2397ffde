"""The sandbox's Azure DevOps without a socket, so short that a test reads well."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tmi_issue_sync.sandbox.azure import AzureSite
from tmi_issue_sync.sandbox.wire import Reply, Request

Json = dict[str, Any]
PATCH = "application/json-patch+json"
TEXT = "<p>It is bad.</p>"


@dataclass(frozen=True)
class Api:
    """A user's way to one organization."""

    site: AzureSite
    token: str
    project: str = "Threats"

    def reply(self, method: str, path: str, body: Any = None, kind: str | None = None, **query: Any) -> Reply:
        given = {"api-version": "7.1", **query}
        headers = {"authorization": f"Bearer {self.token}", "x-tfs-fedauthredirect": "Suppress"}
        headers["content-type"] = kind or (PATCH if isinstance(body, list) else "application/json")
        data = b"" if body is None else json.dumps(body).encode()
        pairs = tuple((name, str(value)) for name, value in given.items() if value is not None)
        return self.site(Request(method, f"/example/{path}", pairs, headers, data))

    def get(self, path: str, **query: Any) -> Any:
        reply = self.reply("GET", path, **query)
        assert reply.status == 200, reply.body
        return reply.body

    def at(self, path: str) -> str:
        return f"{quote(self.project)}/_apis/wit/{path}"

    def attempt(self, title: Any = "T", *, type: str = "Issue", query: Json | None = None, **fields: Any) -> Reply:  # noqa: A002
        """The answer to a create; fields by their reference names, with _ for a dot."""
        values = {"System.Title": title, "System.Description": TEXT}
        values |= {name.replace("_", "."): value for name, value in fields.items()}
        patch = [{"op": "add", "path": f"/fields/{name}", "value": value} for name, value in values.items()]
        return self.reply("POST", self.at(f"workitems/${quote(type)}"), patch, **(query or {}))

    def create(self, title: Any = "T", **more: Any) -> int:
        """Make a work item; its number."""
        reply = self.attempt(title, **more)
        assert reply.status == 200, reply.body
        return int(reply.body["id"])

    def change(self, number: int, *steps: Json) -> Reply:
        return self.reply("PATCH", f"_apis/wit/workitems/{number}", list(steps))

    def set(self, number: int, **fields: Any) -> Reply:
        steps = [
            {"op": "add", "path": f"/fields/{name.replace('_', '.')}", "value": value}
            for name, value in fields.items()
        ]
        return self.change(number, *steps)

    def ask(self, where: str, *, inside: Any = True, **query: Any) -> Reply:
        path = self.at("wiql") if inside else "_apis/wit/wiql"
        body = {"query": f"SELECT [System.Id] FROM WorkItems WHERE {where} ORDER BY [System.Id]"}
        return self.reply("POST", path, body, **({"timePrecision": "true"} | query))

    def find(self, where: str, **more: Any) -> list[int]:
        """The numbers of what a query finds."""
        reply = self.ask(where, **more)
        assert reply.status == 200, reply.body
        return [row["id"] for row in reply.body["workItems"]]

    def batch(self, *numbers: int, **more: Any) -> Reply:
        body = {"ids": list(numbers), "fields": ["System.Title"], **more}
        return self.reply("POST", "_apis/wit/workitemsbatch", body)


def said(reply: Reply) -> str:
    """The words of a refusal, with its status and kind."""
    assert reply.status >= 400, reply.body
    body = reply.body
    if "value" in body:
        return f"{reply.status} {body['value']['Message']}"
    return f"{reply.status} {body['typeKey']} {body['message']}"
