"""What the sandbox's Azure DevOps and the adapter say to each other, held against the official description."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from sandbox.azure.api import Api
from tmi_issue_sync.model import Draft, Marker
from tmi_issue_sync.sandbox.azure import AzureSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server
from tmi_issue_sync.sandbox.wire import Reply, Request
from tmi_issue_sync.tracker import load

Json = dict[str, Any]
SPEC: Json = json.loads((Path(__file__).parent.parent / "specs" / "azure-devops-wit-7.1.json").read_text())
ANY = {"type": "object"}
"""How the description says that a value may be anything."""
UNDESCRIBED = {"_links", "defaultValue", "allowedValues"}
"""Not as described: links stand by their names, and values have the type of their field."""
FORMATS = FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def is_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def schema_of(node: Any) -> Any:
    """A definition as JSON Schema: its parts in one, and nothing allowed that is not described."""
    if isinstance(node, list):
        return [schema_of(each) for each in node]
    if not isinstance(node, dict):
        return node
    if node == ANY:
        return {}
    if "$ref" in node:
        return schema_of(SPEC["definitions"][node["$ref"].rpartition("/")[2]])
    if "allOf" in node and any(each.get("type") == "array" for each in map(flat, node["allOf"])):
        return schema_of(node["allOf"][0])
    shape = flat(node)
    if "properties" in shape:
        told = {name: {} if name in UNDESCRIBED else schema_of(each) for name, each in shape["properties"].items()}
        return {"type": "object", "properties": told, "additionalProperties": False}
    return {name: schema_of(each) for name, each in shape.items()}


def flat(node: Json) -> Json:
    """A definition with what it is built upon."""
    if "$ref" in node:
        return flat(SPEC["definitions"][node["$ref"].rpartition("/")[2]])
    parts = [flat(each) for each in node.get("allOf", ())]
    properties = {name: each for part in (*parts, node) for name, each in part.get("properties", {}).items()}
    rest = {name: each for name, each in node.items() if name not in ("allOf", "properties")}
    return rest | ({"properties": properties} if properties else {})


def complaints(schema: Json, value: Any) -> list[str]:
    validator = Draft202012Validator(schema_of(schema), format_checker=FORMATS)
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]


def operation(request: Request) -> Json | None:
    """Project and team may be left out of every path that has them."""
    tail = request.path.partition("/_apis/")[2]
    for template in sorted(SPEC["paths"], key=lambda template: template.count("{")):
        below = re.escape(template.partition("/_apis/")[2]).replace(r"\$", r"(?:\$|%24)")
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", below), tail, re.IGNORECASE):
            found: Json | None = SPEC["paths"][template].get(request.method.lower())
            return found
    return None


def check(request: Request, reply: Reply) -> list[str]:
    """What is wrong with an exchange."""
    found = operation(request)
    if found is None:
        return [f"{request.method} {request.path} is not described"]
    known = {one["name"]: one for one in found["parameters"] if one["in"] == "query"} | {"api-version": {}}
    wrong = [f"{name} is no parameter" for name, _ in request.query if name not in known]
    body = next((one["schema"] for one in found["parameters"] if one["in"] == "body"), None)
    if body is not None and reply.status < 300:
        wrong += complaints(body, request.json())
    kind = request.headers.get("content-type", "")
    if body is not None and kind not in found["consumes"]:
        wrong.append(f"{kind} is not what it takes")
    told = found["responses"].get(str(reply.status))
    if told is None:
        return wrong if reply.status >= 400 else [*wrong, f"{reply.status} is not described"]
    shown = json.loads(reply.payload())
    if told["schema"].get("type") == "array":  # lists come in a wrapping that is not described
        assert sorted(shown) == ["count", "value"]
        assert shown["count"] == len(shown["value"])
        shown = shown["value"]
    return wrong + complaints(told["schema"], shown)


ELSEWHERE = re.compile(r"/_apis/(connectionData|projects/|wit/classificationnodes/)")
"""Described in other files."""


class Listener(AzureSite):
    """The site, and all that was said to it."""

    def __init__(self, log: Log) -> None:
        super().__init__(log=log)
        self.heard: list[tuple[Request, Reply]] = []

    def __call__(self, request: Request) -> Reply:
        reply = super().__call__(request)
        if not ELSEWHERE.search(request.path):
            self.heard.append((request, reply))
        return reply

    def wrong(self) -> list[str]:
        return [f"{asked.path} {line}" for asked, reply in self.heard for line in check(asked, reply)]


@pytest.fixture
def site(log: Log) -> Listener:
    site = Listener(log)
    site.require("Team", allowed=("Red", "Blue"))
    return site


@pytest.fixture
def url(site: Listener, log: Log) -> Iterator[str]:
    with Server(site, log=log) as server:
        yield f"{server.url}/example"


def test_the_adapter_and_the_sandbox_speak_as_described(site: Listener, url: str) -> None:
    adapter = load("azure-devops")
    target = adapter.target(project="Threats", type="Bug", parent=1)
    options = adapter.options(url=url, token=site.add_user("bot"), suppress_notifications=True)
    tracker: Any = adapter.connect(options, (target,))
    Api(site, site.add_user("bot")).create(Custom_Team="Red")
    draft = Draft(Marker("i", "t"), "A", "b", target, ("x",), {"Team": "Red", "Due Date": "+3d"}, "1")
    list(tracker.check())
    list(tracker.rehearse(draft))
    made = tracker.create(draft)
    assert tracker.changed(None).tickets[0].ref == tracker.find(draft.marker).tickets[0].ref == made.ref
    tracker.close_duplicate(made, "Twice.")
    tracker.get(made.ref)
    site.delete(2)
    tracker.get(made.ref)
    assert site.wrong() == []
    asked = {(request.method, reply.status) for request, reply in site.heard}
    assert asked == {("GET", 200), ("GET", 404), ("POST", 200), ("PATCH", 200)}


def test_what_is_told_else_is_as_described(site: Listener) -> None:
    api = Api(site, site.add_user("bot"))
    number = api.create(Custom_Team="Red", System_AssignedTo="bot")
    api.get(api.at("workitemtypes"))
    api.get(api.at("workitemtypes/User%20Story"))
    api.get(f"_apis/wit/workitems/{number}", **{"$expand": "all"})
    api.get(f"_apis/wit/workitems/{number}", fields="System.Title")
    api.batch(number)
    api.ask("[System.Id] > 0", **{"$top": 3})
    api.reply("DELETE", api.at(f"workitems/{number}"))
    assert site.wrong() == []


def test_the_check_has_teeth() -> None:
    patch = {"content-type": "application/json-patch+json"}
    asked = Request("POST", "/o/p/_apis/wit/workitems/$Bug", (("x", "1"),), patch, b'[{"op": "put", "path": 1}]')
    wrong = "\n".join(check(asked, Reply(200, {"id": "7", "extra": 1})))
    for words in ("x is no parameter", "'put'", "$[0].path", "'7'", "'extra'"):
        assert words in wrong
    asked = Request("POST", "/o/_apis/wit/wiql", (), {"content-type": "text/plain"}, b"{}")
    wrong = "\n".join(check(asked, Reply(200, {"workItems": [{"id": "7"}], "asOf": "now"})))
    for words in ("text/plain", "workItems[0].id", "asOf"):
        assert words in wrong
    assert check(Request("PUT", "/o/_apis/wit/wiql"), Reply(200)) == ["PUT /o/_apis/wit/wiql is not described"]
