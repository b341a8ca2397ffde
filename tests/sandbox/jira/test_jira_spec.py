"""The answers of the sandbox's Jira Cloud, and what is sent to it, held against the official description."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from sandbox.jira.api import Api, adf, failure
from tmi_issue_sync.sandbox.jira import JiraSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.wire import Clock, Reply, Request

Json = dict[str, Any]
SPEC: Json = json.loads((Path(__file__).parent.parent / "specs" / "jira-cloud-v3.json").read_text())
UNDESCRIBED = {401, 403, 404, 415, 429, 503}
"""Jira answers these anywhere, in forms that its description does not tell."""
MISDESCRIBED = {("get", "remotelink")}
"""A list, but for one who asks for one global id; described is only the latter."""

FORMATS = FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def is_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@FORMATS.checks("uri")
def is_uri(value: object) -> bool:
    return not isinstance(value, str) or re.match(r"https?://[^/ ]+/\S*$", value) is not None


COMPONENTS = {"schemas": SPEC["components"]["schemas"]}


def complaints(schema: Json, value: Any) -> list[str]:
    validator = Draft202012Validator({**schema, "components": COMPONENTS}, format_checker=FORMATS)
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]


def operation(request: Request) -> Json:
    # What is written out in full goes before what has a blank.
    for template in sorted(SPEC["paths"], key=lambda template: template.count("{")):
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), request.path):
            found: Json = SPEC["paths"][template][request.method.lower()]
            return found
    raise KeyError(request.path)


def check(request: Request, reply: Reply) -> list[str]:
    """What is wrong with an exchange."""
    found, wrong = operation(request), []
    if request.body and reply.status < 300 and "requestBody" in found:
        wrong += complaints(found["requestBody"]["content"]["application/json"]["schema"], request.json())
    known = found["responses"].get(str(reply.status))
    if known is None and reply.status not in UNDESCRIBED:
        return [*wrong, f"{reply.status} is not described"]
    told = ((known or {}).get("content") or {}).get("application/json")
    if (
        not told
        or not told.get("schema")
        or (request.method.lower(), request.path.rpartition("/")[2]) in MISDESCRIBED
    ):
        return wrong
    return wrong + complaints(told["schema"], json.loads(reply.payload()))


class Listener(JiraSite):
    """The site, and all that was said to it."""

    def __init__(self, log: Log, clock: Clock) -> None:
        super().__init__(log=log, clock=clock)
        self.heard: list[tuple[Request, Reply]] = []

    def __call__(self, request: Request) -> Reply:
        reply = super().__call__(request)
        if request.path.startswith("/rest/api/3/"):
            self.heard.append((request, reply))
        return reply

    def wrong(self) -> list[str]:
        return [f"{asked.path} {line}" for asked, reply in self.heard for line in check(asked, reply)]

    def statuses(self) -> set[int]:
        return {reply.status for _, reply in self.heard}


@pytest.fixture
def site(log: Log, clock: Clock) -> Listener:
    site = Listener(log, clock)
    site.require("Team", kind="select", options=["AppSec", "Infra"])
    site.require("Where", kind="cascading", options={"Europe": ["Athens"]})
    site.add_field("Score", kind="number")
    site.add_field("Story", kind="textarea")
    site.add_field("Owner", kind="user")
    site.add_field("Areas", kind="multiselect", options=["a", "b"])
    site.add_field("Until", kind="datetime")
    site.add_component("web")
    site.security_level("Internal")
    return site


def full(site: JiraSite) -> Json:
    """A value for each field."""
    person = {"accountId": site.account_id("bot")}
    return {
        "customfield_10050": {"value": "AppSec"},
        "customfield_10051": {"value": "Europe", "child": {"value": "Athens"}},
        "customfield_10052": 7.5,
        "customfield_10053": adf("once"),
        "customfield_10054": person,
        "customfield_10055": [{"value": "a"}, {"value": "b"}],
        "customfield_10056": "2026-06-01T10:00:00.000+0200",
        "components": [{"name": "web"}],
        "security": {"name": "Internal"},
        "priority": {"name": "High"},
        "assignee": person,
        "duedate": "2026-06-01",
        "labels": ["tmi"],
        "description": adf("one", "two"),
    }


def test_what_goes_well_is_as_described(site: Listener, api: Api) -> None:
    fields = full(site)
    epic = api.create("E", kind="Epic", **fields)
    key = api.create("T", properties={"tmi": {"key": "x"}}, parent={"key": epic}, **fields)
    for path in ("serverInfo", "myself", "field", "priority", "project/SEC", "issue/createmeta/SEC/issuetypes"):
        api.get(path)
    api.get("mypermissions", permissions="CREATE_ISSUES,EDIT_ISSUES", projectKey="SEC")
    kind = api.get("issue/createmeta/SEC/issuetypes")["issueTypes"][0]["id"]
    assert api.get(f"issue/createmeta/SEC/issuetypes/{kind}")["total"] > 10
    assert api.get(f"issue/{key}", properties="tmi")["properties"] == {"tmi": {"key": "x"}}
    api.post("issue/bulkfetch", {"issueIdsOrKeys": [key, "SEC-99"], "fields": ["*all"], "properties": ["tmi"]})
    assert api.get("search/jql", jql="project = SEC", maxResults=1)["isLast"] is False
    api.post("search/jql", {"jql": "project = SEC", "fields": ["*all"], "properties": ["tmi"], "maxResults": 10})
    assert api.put(f"issue/{key}", {"fields": {"summary": "U"}, "update": {"labels": [{"add": "x"}]}}) == 204
    assert [api.put(f"issue/{key}/properties/new", value) for value in (1, 2)] == [201, 200]
    api.get(f"issue/{key}/properties")
    api.get(f"issue/{key}/properties/new")
    api.post(f"issue/{key}/comment", {"body": adf("hello")})
    api.get(f"issue/{key}/comment")
    api.get(f"issue/{key}/transitions", expand="transitions.fields")
    api.post(f"issue/{key}/transitions", {"transition": {"id": "31"}})
    api.post(
        "issueLink", {"type": {"name": "Duplicate"}, "inwardIssue": {"key": key}, "outwardIssue": {"key": epic}}
    )
    link = {"globalId": "g", "object": {"url": "https://tmi.example/1", "title": "Threat"}}
    assert [api.reply("POST", f"issue/{key}/remotelink", link).status_code for _ in range(2)] == [201, 200]
    api.get(f"issue/{key}/remotelink")
    api.get(f"issue/{key}")
    assert site.wrong() == []
    assert site.statuses() == {200, 201, 204}


def test_what_is_refused_is_as_described(site: Listener, api: Api, login: Callable[..., Api]) -> None:
    fields = full(site)
    key = api.create(**fields)
    reader = login(site, site.add_user("reader", permissions=["BROWSE_PROJECTS"]), "reader")
    attempts: list[Callable[[], object]] = [
        lambda: api.create(),
        lambda: api.create("", **fields),
        lambda: api.create("x", **{**fields, "description": "words"}),
        lambda: reader.create("x", **fields),
        lambda: api.get("issue/SEC-99"),
        lambda: api.get("project/NONE"),
        lambda: api.get("issue/createmeta/SEC/issuetypes", maxResults=201),
        lambda: api.get("search/jql", jql="order by created"),
        lambda: api.post("search/jql", {"jql": "project = NONE"}),
        lambda: api.post("issue/bulkfetch", {"issueIdsOrKeys": []}),
        lambda: api.put(f"issue/{key}", {"fields": {"nothing": 1}}),
        lambda: reader.put(f"issue/{key}/properties/x", 1),
        lambda: api.post(f"issue/{key}/transitions", {"transition": {"id": "99"}}),
        lambda: api.post(f"issue/{key}/remotelink", {"object": {}}),
        lambda: api.get("mypermissions"),
    ]
    for attempt in attempts:
        failure(attempt)
    site.rate_limit(0)
    failure(lambda: api.get("myself"))
    assert site.wrong() == []
    assert site.statuses() >= {400, 403, 404, 429}


def test_the_check_has_teeth() -> None:
    asked = Request("POST", "/rest/api/3/issue", body=b'{"fields": {}, "properties": {"key": "x"}}')
    wrong = check(asked, Reply(201, {"key": 1, "extra": 2}))
    assert any("$.properties" in line for line in wrong)
    assert any("$.key" in line for line in wrong)
    assert any("'extra'" in line for line in wrong)
    assert check(Request("GET", "/rest/api/3/myself"), Reply(418, {})) == ["418 is not described"]
