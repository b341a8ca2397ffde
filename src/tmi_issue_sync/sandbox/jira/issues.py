"""Filing, showing and changing issues at the sandbox's Jira."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tmi_issue_sync.sandbox.jira.call import Call, names
from tmi_issue_sync.sandbox.jira.errors import INVALID, Bad, body_of, member, refusal, strings
from tmi_issue_sync.sandbox.jira.fields import MEDIUM, screen
from tmi_issue_sync.sandbox.jira.model import Field, Issue, IssueType, Project
from tmi_issue_sync.sandbox.jira.values import Draft, parse
from tmi_issue_sync.sandbox.wire import Reply

MAX_FETCHED = 100
MAX_PROPERTY = 32_768
FIXED = frozenset({"project", "issuetype"})
TRY_AGAIN = "The issue could not be fetched. Try again later."
UNSETTABLE = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."


def create_issue(call: Call) -> Reply:
    """File an issue with all that it holds at once. A create that is refused for a field burns a number."""
    user = call.user
    data = body_of(call.request)
    given = _verbs(None, data) | member(data, "fields")
    properties = _properties(data)
    project = _project(call, given.get("project"))
    kind = _type(call, project, given.get("issuetype"))
    values = {"reporter": user.number, "priority": MEDIUM}
    fields = screen(call.store.fields, project, kind, user, cloud=call.store.cloud)
    read, errors = _read(call.draft(project, kind), fields, given)
    lacking = [name for name, field in fields.items() if field.required and read.get(name) is None]
    errors = {name: _missing(fields[name]) for name in lacking} | errors
    if errors:
        call.store.number(project)
        raise refusal(400, errors=errors)
    values |= {name: value for name, value in read.items() if value is not None}
    issue = call.store.create(project, kind, user, values, properties)
    shown = {"id": issue.id, "key": issue.key, "self": call.views.api(f"issue/{issue.id}")}
    return Reply(201, shown)


def show_issue(call: Call, key: str) -> Reply:
    """One issue; one that has moved is shown at its old key as well."""
    issue, wanted = call.issue(key), names(call.request, "fields") or ["*all"]
    return Reply(200, call.views.issue(issue, wanted, names(call.request, "properties")))


def fetch_issues(call: Call) -> Reply:
    """Many issues by key or id, in the order of their ids.

    What is missing, or not for them, is left out; what could not be fetched just then is named by its id.
    """
    data = body_of(call.request)
    keys = strings(data, "issueIdsOrKeys")
    if not 1 <= len(keys) <= MAX_FETCHED:
        raise refusal(400, f"The number of issues must be between 1 and {MAX_FETCHED}.")
    found: dict[str, Issue] = {}
    for key in keys:
        issue = call.store.issue(key)
        if issue is not None and call.sees(issue):
            found[issue.id] = issue
    wanted, properties = strings(data, "fields") or ["*navigable"], strings(data, "properties")
    failed, call.settings.unfetched = call.settings.unfetched, frozenset()
    rows = sorted(found.values(), key=lambda issue: int(issue.id))
    shown = [call.views.issue(row, wanted, properties) for row in rows if row.key not in failed]
    errors = [{"id": row.id, "errorMessage": TRY_AGAIN} for row in rows if row.key in failed]
    return Reply(200, {"issues": shown, "issueErrors": errors})


def update_issue(call: Call, key: str) -> Reply:
    """Change what is given."""
    issue = call.writable(key, "EDIT_ISSUES")
    data = body_of(call.request)
    given = _verbs(issue, data) | member(data, "fields")
    fields = screen(call.store.fields, issue.project, issue.type, call.user, cloud=call.store.cloud)
    read, errors = _read(call.draft(issue.project, issue.type), fields, given)
    errors |= {name: _missing(fields[name]) for name in read if fields[name].required and read[name] is None}
    if errors:
        raise refusal(400, errors=errors)
    properties = _properties(data)
    call.store.edit(issue, call.user, read)
    for name, value in properties.items():
        call.store.set_property(issue, call.user, name, value)
    return Reply(204)


def delete_issue(call: Call, key: str) -> Reply:
    """Delete an issue for good."""
    call.store.delete(call.writable(key, "DELETE_ISSUES"), call.user)
    return Reply(204)


def property_of(key: str, value: Any) -> None:
    """Refuse an entity property that may not be."""
    if not key or len(key) > 255:
        raise refusal(400, "The property key must be between 1 and 255 characters long.")
    if len(json.dumps(value, ensure_ascii=False)) > MAX_PROPERTY:
        raise refusal(400, f"The property value cannot be greater than {MAX_PROPERTY} characters.")


def _read(
    draft: Draft, fields: Mapping[str, Field], given: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """What the fields that are given keep, and what is wrong with the others."""
    read: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, raw in given.items():
        if name in FIXED:
            continue
        if name not in fields:
            errors[name] = UNSETTABLE.format(name)
            continue
        try:
            read[name] = parse(draft, fields[name], raw)
        except Bad as error:
            errors[name] = str(error)
    return read, errors


def _missing(field: Field) -> str:
    if field.id == "summary":
        return "You must specify a summary of the issue."
    if field.id == "parent":
        return "Issue type is a sub-task but parent issue key or id not specified."
    return f"{field.name} is required."


def _project(call: Call, raw: Any) -> Project:
    said = "valid project is required" if call.store.cloud else "project is required"
    name = (raw.get("id") or raw.get("key")) if isinstance(raw, dict) else None
    project = call.store.project(str(name)) if name else None
    if project is None or not call.may("BROWSE_PROJECTS", project):
        raise refusal(400, errors={"project": said})
    if not call.may("CREATE_ISSUES", project):
        words = "You do not have permission to create issues in this project."
        if call.store.cloud:
            raise refusal(403, words)
        raise refusal(400, errors={"pid": words})
    if project.archived:
        raise refusal(400, errors={"project": "You can't create issues in an archived project."})
    return project


def _type(call: Call, project: Project, raw: Any) -> IssueType:
    if not isinstance(raw, dict) or not (raw.get("id") or raw.get("name")):
        said = "Specify an issue type" if call.store.cloud else "issue type is required"
        raise refusal(400, errors={"issuetype": said})
    wanted = ("id", str(raw["id"])) if raw.get("id") else ("name", raw["name"])
    kind = next((kind for kind in project.issue_types if getattr(kind, wanted[0]) == wanted[1]), None)
    if kind is None:
        said = "Specify a valid issue type" if call.store.cloud else "The issue type selected is invalid."
        raise refusal(400, errors={"issuetype": said})
    return kind


def _properties(data: Mapping[str, Any]) -> dict[str, Any]:
    """The entity properties that come with an issue."""
    given = data.get("properties") or []
    if not isinstance(given, list) or not all(
        isinstance(one, dict) and isinstance(one.get("key"), str) for one in given
    ):
        raise refusal(400, INVALID)
    for one in given:
        property_of(one["key"], one.get("value"))
    return {one["key"]: one.get("value") for one in given}


def _verbs(issue: Issue | None, data: Mapping[str, Any]) -> dict[str, Any]:
    """What `update` with its verbs amounts to; labels alone can be added and removed."""
    given: dict[str, Any] = {}
    for name, steps in member(data, "update").items():
        if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
            raise refusal(400, INVALID)
        labels = list((issue.values.get("labels") if issue is not None else None) or ())
        for verb, value in (pair for step in steps for pair in step.items()):
            if verb == "set":
                given[name] = value
            elif name == "labels" and verb in ("add", "remove"):
                labels = [label for label in labels if label != value] + ([value] if verb == "add" else [])
                given[name] = labels
            else:
                raise refusal(400, errors={name: f"Field does not support update '{verb}'"})
    return given
