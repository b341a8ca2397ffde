"""What the sandbox's Forgejo answers, and what the adapter sends, held against the official description."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from tmi_issue_sync.errors import Denied
from tmi_issue_sync.model import Draft, Marker
from tmi_issue_sync.sandbox.gitea import GiteaSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server
from tmi_issue_sync.sandbox.wire import Reply, Request
from tmi_issue_sync.tracker import Tracker, load

Json = dict[str, Any]
SPEC: Json = json.loads((Path(__file__).parent.parent / "specs" / "forgejo.json").read_text())
ANYWHERE = {401, 403, 404, 422, 423}
"""Answered by any operation, and described with some."""
FORMATS = FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def is_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def closed(node: Any) -> Any:
    """A schema in which what is not described is not allowed."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    schema = {key: closed(value) for key, value in node.items()}
    return schema | {"additionalProperties": False} if isinstance(node.get("properties"), dict) else schema


DEFINITIONS = {name: closed(schema) for name, schema in SPEC["definitions"].items()}


def without_null(value: Any) -> Any:
    """Swagger 2 has no null, and Forgejo's pointers do."""
    if isinstance(value, list):
        return [without_null(item) for item in value]
    if isinstance(value, dict):
        return {name: without_null(item) for name, item in value.items() if item is not None}
    return value


def complaints(schema: Json, value: Any) -> list[str]:
    validator = Draft202012Validator({**schema, "definitions": DEFINITIONS}, format_checker=FORMATS)
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(without_null(value))]


def operation(request: Request) -> Json:
    path = request.path.removeprefix("/api/v1")
    for template in sorted(SPEC["paths"], key=lambda template: template.count("{")):
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            found: Json = SPEC["paths"][template][request.method.lower()]
            return found
    raise KeyError(path)


def check(request: Request, reply: Reply) -> list[str]:
    """What is wrong with an exchange."""
    found = operation(request)
    known = {each["name"]: each for each in found.get("parameters", ())}
    wrong = [f"no parameter {name}" for name, _ in request.query if name not in known]
    if request.body and "body" in known:
        wrong += complaints(known["body"]["schema"], request.json())
    said = found["responses"].get(str(reply.status))
    if said is None:
        return wrong if reply.status in ANYWHERE else [*wrong, f"{reply.status} is not described"]
    schema = SPEC["responses"][said["$ref"].rpartition("/")[2]].get("schema")
    return wrong + (complaints(closed(schema), reply.body) if schema and reply.body is not None else [])


@dataclass
class Listener:
    """The site, and all that was said to it."""

    site: GiteaSite
    name: str = "forgejo"
    heard: list[tuple[Request, Reply]] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        reply = self.site(request)
        self.heard.append((request, reply))
        return reply

    def wrong(self) -> list[str]:
        described = [each for each in self.heard if not each[0].path.endswith("/milestones")]
        return [f"{each[0].method} {each[0].path} {line}" for each in described for line in check(*each)]


@pytest.fixture
def listener(log: Log) -> Listener:
    return Listener(GiteaSite(log=log, flavour="forgejo"))


@pytest.fixture
def tracker(listener: Listener, log: Log) -> Iterator[Tracker]:
    adapter = load("gitea")
    listener.site.add_milestone("Release")
    target = adapter.target(repo="example/threats", assignees=["bot"], milestone="Release", due_days={"high": 3})
    token = listener.site.add_user("bot")
    with Server(listener, log=log) as server:
        yield adapter.connect(adapter.options(url=server.url, token=token, wait=5), (target,))


def draft(tracker: Any, n: int) -> Draft:
    given = Marker("https://tmi.example.com", f"t-{n}")
    return Draft(given, f"Threat {n}", "text", tracker._targets[0], ("tmi", "severity/high"))


def test_what_the_adapter_does_is_as_described(tracker: Any, listener: Listener) -> None:
    assert all(found.level != "error" for found in tracker.check())
    made = [tracker.create(draft(tracker, n)) for n in range(2)]
    look = tracker.changed(None)
    tracker.changed(look.as_of)
    tracker.get(made[0].url)
    tracker.close_duplicate(made[1], "Duplicate.")
    listener.site.delete(1)
    tracker.get(made[0].url)
    assert listener.wrong() == []
    assert {reply.status for _, reply in listener.heard} == {200, 201, 404}


def test_what_is_refused_is_as_described(tracker: Any, listener: Listener) -> None:
    site = listener.site
    made = tracker.create(draft(tracker, 0))
    for settings in ({"archived": True}, {"archived": False, "has_issues": False}):
        site.set_repo(**settings)
        with pytest.raises(Denied):
            tracker.create(draft(tracker, 1))
        with pytest.raises(Denied):
            tracker.close_duplicate(made, "x")
    with pytest.raises(Denied):
        tracker.changed(None)
    site.add_user("bot", scopes=["read:user"])
    list(tracker.check())
    assert listener.wrong() == []
    assert {reply.status for _, reply in listener.heard} >= {403, 404, 423}


def test_the_check_has_teeth() -> None:
    asked = Request(
        "POST", "/api/v1/repos/o/r/issues", (("colour", "red"),), body=b'{"body": "x", "labels": ["tmi"]}'
    )
    wrong = check(asked, Reply(201, {"number": "1", "extra": 1}))
    for words in ("no parameter colour", "'title' is a required", "labels[0]", "$.number", "'extra'"):
        assert any(words in line for line in wrong), words
    assert check(Request("GET", "/api/v1/user"), Reply(418, {})) == ["418 is not described"]
