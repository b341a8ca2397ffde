"""The answers of the sandbox's GitHub, and what PyGithub sends, held against the official description."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from github import Auth, Github, GithubException
from github.Repository import Repository
from jsonschema import Draft202012Validator, FormatChecker

from tmi_issue_sync.sandbox.github import GitHubSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server
from tmi_issue_sync.sandbox.wire import Reply, Request

NAME = "example/threats"
Json = dict[str, Any]
SPEC: Json = json.loads((Path(__file__).parent.parent / "specs" / "github-rest.json").read_text())
UNDESCRIBED = {301, 307, 401, 403, 404, 410, 429}
"""GitHub answers these anywhere, and describes them only here and there."""

FORMATS = FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def is_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@FORMATS.checks("uri")
def is_uri(value: object) -> bool:
    return not isinstance(value, str) or re.match(r"https?://[^/ ]+/\S*$", value) is not None


def as_json_schema(node: Any, *, closed: bool) -> Any:
    """OpenAPI 3.0 in the words of JSON Schema. `closed`: what is not described is not allowed either."""
    if isinstance(node, list):
        return [as_json_schema(item, closed=closed) for item in node]
    if not isinstance(node, dict):
        return node
    schema = {
        key: {name: as_json_schema(value, closed=closed) for name, value in node[key].items()}
        if key == "properties"
        # A part of an allOf never describes the whole, so it cannot forbid the rest.
        else as_json_schema(node[key], closed=closed and key != "allOf")
        for key in node
    }
    if closed and "properties" in schema:
        schema.setdefault("additionalProperties", False)
    if schema.pop("nullable", False):
        return {"anyOf": [{"type": "null"}, schema]}
    return schema


def described(node: Json) -> Json:
    """A response or request body, followed to where it is described."""
    reference = node.get("$ref")
    if reference is None:
        return node
    _, *path = reference.split("/")
    found: Any = SPEC
    for name in path:
        found = found[name]
    return described(found)


COMPONENTS = {
    closed: {"schemas": as_json_schema(SPEC["components"]["schemas"], closed=closed)} for closed in (False, True)
}


def complaints(node: Json, value: Any, *, closed: bool) -> list[str]:
    schema = as_json_schema(described(node)["content"]["application/json"]["schema"], closed=closed)
    validator = Draft202012Validator({**schema, "components": COMPONENTS[closed]}, format_checker=FORMATS)
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]


def operation(request: Request) -> Json:
    path = re.sub(r"^/api/v3(/repositories/\d+)?", lambda at: "/repos/o/r" if at[1] else "", request.path)
    for template, operations in SPEC["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            found: Json = operations[request.method.lower()]
            return found
    raise KeyError(path)


def check(request: Request, reply: Reply) -> list[str]:
    """What is wrong with an exchange."""
    found, wrong = operation(request), []
    if request.body and reply.status < 300:
        wrong += complaints(found["requestBody"], request.json(), closed=True)
    answer = json.loads(reply.payload())
    known = found["responses"].get(str(reply.status))
    if known is not None:
        # An error's schema leaves out what GitHub adds now and then, such as `status`.
        return wrong + complaints(known, answer, closed=reply.status < 300)
    if reply.status not in UNDESCRIBED:
        return [*wrong, f"{reply.status} is not described"]
    return wrong + complaints({"$ref": "#/components/responses/not_found"}, answer, closed=False)


@dataclass
class Listener:
    """The site, and all that was said to it."""

    site: GitHubSite
    name: str = "github"
    heard: list[tuple[Request, Reply]] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        reply = self.site(request)
        self.heard.append((request, reply))
        return reply

    def statuses(self) -> set[int]:
        return {reply.status for _, reply in self.heard}


@pytest.fixture
def listener(site: GitHubSite) -> Listener:
    return Listener(site)


@pytest.fixture
def connect(site: GitHubSite, listener: Listener, log: Log) -> Iterator[Callable[..., Github]]:
    clients: list[Github] = []
    with Server(listener, log=log) as server:

        def connect(login: str = "bot", *, per_page: int = 30, **rights: Any) -> Github:
            client = Github(
                auth=Auth.Token(site.add_user(login, **rights)),
                base_url=f"{server.url}/api/v3",
                retry=None,
                per_page=per_page,
                seconds_between_requests=0,
                seconds_between_writes=0,
            )
            clients.append(client)
            return client

        yield connect
        for client in clients:
            client.close()


def fill(repo: Repository) -> None:
    repo.create_label("tmi", "ff0000", "From TMI")
    repo.create_issue("plain")
    issue = repo.create_issue("full", "body", labels=["tmi", "new"], assignees=["bot"])
    issue.create_comment("hello")
    issue.edit(title="fuller", body="b", labels=["tmi"], state="closed", state_reason="not_planned")
    issue.edit(state="open", assignees=[])
    issue.edit(state="closed")


def test_what_goes_well_is_as_described(connect: Callable[..., Github], listener: Listener) -> None:
    client = connect(per_page=1)
    repo = client.get_repo(NAME)
    fill(repo)
    listener.site.add_pull()
    assert client.get_user().login == "bot"
    assert client.get_rate_limit().rate.limit == 5000
    assert len(list(repo.get_issues(state="all", sort="created", direction="desc"))) == 3
    mine: Json = {"state": "closed", "creator": "bot", "labels": ["tmi"]}
    assert len(list(repo.get_issues(**mine))) == 1
    assert len(list(repo.get_issue(2).get_comments())) == 1
    assert len(list(repo.get_labels())) == 2
    assert repo.get_label("tmi").color == "ff0000"
    assert [wrong for exchange in listener.heard for wrong in check(*exchange)] == []
    assert listener.statuses() == {200, 201}


def test_what_is_refused_is_as_described(connect: Callable[..., Github], listener: Listener) -> None:
    site, client = listener.site, connect()
    repo = client.get_repo(NAME)
    fill(repo)
    issue = repo.get_issue(2)
    reader = connect("reader", push=False, read_only=True).get_repo(NAME)
    stranger: Json = {"creator": "nobody"}
    create = partial(repo.create_issue, "x")
    attempts: list[tuple[Callable[[], None], Callable[[], object]]] = [
        (lambda: site.delete(1), lambda: repo.get_issue(1)),
        (lambda: None, lambda: repo.get_issue(99)),
        (lambda: None, lambda: repo.get_label("absent")),
        (lambda: None, lambda: repo.create_issue(" ")),
        (lambda: None, lambda: repo.create_issue("x", "y" * 70000)),
        (lambda: None, lambda: repo.create_label("TMI", "ff0000")),
        (lambda: None, lambda: list(repo.get_issues(**stranger))),
        (lambda: None, lambda: reader.create_issue("x")),
        (lambda: None, lambda: reader.create_label("x", "ff0000")),
        (lambda: site.limit_creates(0), create),
        (lambda: site.limit_creates(0, status=429), create),
        (lambda: site.set_hourly_limit(1), create),
        (lambda: site.set_hourly_limit(0), client.get_rate_limit),
        (lambda: site.set_repo(archived=True), partial(issue.edit, title="x")),
        (lambda: site.set_repo(archived=False, has_issues=False), create),
    ]
    for prepare, attempt in attempts:
        prepare()
        with pytest.raises(GithubException):
            attempt()
    assert [wrong for exchange in listener.heard for wrong in check(*exchange)] == []
    assert listener.statuses() >= {403, 404, 410, 422, 429}


def test_what_has_moved_is_as_described(connect: Callable[..., Github], listener: Listener) -> None:
    repo = connect().get_repo(NAME)
    fill(repo)
    listener.site.add_repo("example/other")
    listener.site.transfer(2, "example/other")
    assert repo.get_issue(2).number == 1
    repo.get_issue(2).edit(title="x")
    listener.site.rename_repo(NAME, "example/renamed")
    assert repo.get_issue(1).number == 1
    repo.create_issue("to nowhere")
    assert [wrong for exchange in listener.heard for wrong in check(*exchange)] == []
    assert listener.statuses() == {200, 201, 301, 307}


def test_the_check_has_teeth() -> None:
    asked = Request("POST", "/api/v3/repos/o/r/issues", body=b'{"title": "x", "labels": "tmi"}')
    wrong = check(asked, Reply(201, {"number": "1"}))
    assert any("$.labels" in line for line in wrong)
    assert any("'html_url' is a required property" in line for line in wrong)
    assert check(Request("GET", "/api/v3/user"), Reply(418, {})) == ["418 is not described"]
    got = Request("GET", "/api/v3/repos/o/r/labels/x")
    assert any("'extra'" in line for line in check(got, Reply(200, {"extra": 1})))
