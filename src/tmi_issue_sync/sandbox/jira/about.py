"""What the sandbox's Jira tells about itself: the server, who asks, projects, fields, permissions."""

from __future__ import annotations

from typing import Any

from tmi_issue_sync.sandbox.jira.call import Call, names
from tmi_issue_sync.sandbox.jira.errors import refusal
from tmi_issue_sync.sandbox.jira.fields import PRIORITIES, SYSTEM, schema, screen
from tmi_issue_sync.sandbox.jira.model import Choice, Field, Project
from tmi_issue_sync.sandbox.wire import Reply

PERMISSIONS = (
    "ADD_COMMENTS",
    "ASSIGN_ISSUES",
    "BROWSE_PROJECTS",
    "CREATE_ISSUES",
    "DELETE_ISSUES",
    "EDIT_ISSUES",
    "LINK_ISSUES",
    "MODIFY_REPORTER",
    "SCHEDULE_ISSUES",
    "SET_ISSUE_SECURITY",
    "TRANSITION_ISSUES",
)
MAX_META = 200
OTHERS = (
    ("project", "Project", "project"),
    ("issuetype", "Issue Type", "issuetype"),
    ("created", "Created", "datetime"),
    ("updated", "Updated", "datetime"),
    ("status", "Status", "status"),
    ("resolution", "Resolution", "resolution"),
    ("creator", "Creator", "user"),
)
"""Fields that an issue has, but that nobody fills in when they file it."""


def server_info(call: Call) -> Reply:
    """Which Jira this is, and where people find it: never at the gateway."""
    cloud = call.store.cloud
    told: dict[str, Any] = {
        "baseUrl": call.views.site,
        "version": "1001.0.0-SNAPSHOT" if cloud else "10.3.5",
        "versionNumbers": [1001, 0, 0] if cloud else [10, 3, 5],
        "deploymentType": "Cloud" if cloud else "Server",
        "buildNumber": 100287 if cloud else 10030005,
        "buildDate": "2026-04-20T00:00:00.000+0000",
        "serverTime": call.views.stamp(call.store.clock()),
        "scmInfo": "5ab0cafe",
        "serverTitle": "Sandbox",
    }
    if cloud:
        told |= {"displayUrl": call.views.site, "serverTimeZone": "Etc/UTC"}
    return Reply(200, told)


def myself(call: Call) -> Reply:
    """Who asks."""
    shown = call.views.person(call.user.number) or {}
    lists: dict[str, Any] = {name: {"size": 0, "items": []} for name in ("groups", "applicationRoles")}
    return Reply(200, shown | {"locale": "en_US", "expand": "groups,applicationRoles"} | lists)


def show_project(call: Call, key: str) -> Reply:
    """One project."""
    project = call.project(key)
    shown = call.views.project(project) | {
        "expand": "description,lead,issueTypes,url,projectKeys,permissions,insight",
        "description": "",
        "issueTypes": [call.views.issue_type(kind) for kind in project.issue_types],
        "components": [call.views.named(component, "component") for component in project.components],
        "assigneeType": "UNASSIGNED",
        "versions": [],
        "roles": {},
        "archived": project.archived,
    }
    if call.store.cloud:
        shown |= {"style": "next-gen" if project.team_managed else "classic", "isPrivate": not project.public}
    return Reply(200, shown)


def create_types(call: Call, key: str) -> Reply:
    """The types of issues that may be filed in a project."""
    project = _creatable(call, key)
    return call.page("issueTypes", project.issue_types, call.views.issue_type, 50, MAX_META)


def create_fields(call: Call, key: str, type_id: str) -> Reply:
    """The fields that an issue of a type has when it is filed."""
    project = _creatable(call, key)
    kind = next((kind for kind in project.issue_types if kind.id == type_id), None)
    if kind is None:
        raise refusal(400 if call.store.cloud else 404, "The issue type selected is invalid.")
    fields = screen(call.store.fields, project, kind, call.user, cloud=call.store.cloud)
    rows = [
        _fixed("project", "Project", "project", call.views.project(project)),
        _fixed("issuetype", "Issue Type", "issuetype", call.views.issue_type(kind)),
        *(_meta(call, field) for field in fields.values()),
    ]
    return call.page("fields", rows, lambda row: row, 50, MAX_META)


def old_create_meta(call: Call) -> Reply:
    """What is left of the endpoint that told all at once."""
    if call.store.cloud:
        words = (
            "The requested API has been removed. Please use the /rest/api/3/issue/createmeta/{key}/issuetypes API."
        )
        raise refusal(410, words)
    raise refusal(404, "Issue Does Not Exist")


def list_fields(call: Call) -> Reply:
    """All fields that there are."""
    rows = [_field(field) for field in (*SYSTEM, *call.store.fields)]
    rows += [_row(name, words, [name], {"type": kind, "system": name}) for name, words, kind in OTHERS]
    return Reply(200, rows)


def list_priorities(call: Call) -> Reply:
    """All priorities that there are."""
    return Reply(200, [_choice(call, "priority", choice) for choice in PRIORITIES])


def list_levels(call: Call, key: str) -> Reply:
    """The security levels that who asks may give an issue of a project."""
    project, user = call.project(key), call.user
    seen = [level for level in project.levels if level.members is None or user.name in level.members]
    return Reply(
        200, {"levels": [(call.views.named(level, "securitylevel") or {}) | {"description": ""} for level in seen]}
    )


def my_permissions(call: Call) -> Reply:
    """Which permissions who asks has, in a project, at an issue, or anywhere."""
    wanted = names(call.request, "permissions")
    if not wanted and call.store.cloud:
        raise refusal(400, "The 'permissions' query parameter is required.")
    if unknown := [name for name in wanted if name not in PERMISSIONS]:
        raise refusal(400, f"Unrecognized permission: {unknown[0]}")
    projects = list(call.store.projects.values())
    if key := call.request.param("projectKey") or call.request.param("projectId"):
        projects = [call.project(key)]
    elif issue := call.request.param("issueKey") or call.request.param("issueId"):
        projects = [call.issue(issue).project]
    told = {}
    for n, name in enumerate(PERMISSIONS, start=10):
        if not wanted or name in wanted:
            words, have = name.replace("_", " ").title(), any(call.may(name, project) for project in projects)
            told[name] = {
                "id": str(n),
                "key": name,
                "name": words,
                "type": "PROJECT",
                "description": words,
                "havePermission": have,
            }
    return Reply(200, {"permissions": told})


def _creatable(call: Call, key: str) -> Project:
    project = call.project(key)
    if call.asker.user is None or not call.may("CREATE_ISSUES", project):
        # Who may file nothing is told of nothing that could be filed.
        raise refusal(404, f"No project could be found with key '{key}'.")
    return project


def _choice(call: Call, path: str, choice: Choice) -> dict[str, Any]:
    shown = call.views.named(choice, path) or {}
    if path == "priority":
        shown |= {"iconUrl": f"{call.views.site}/images/icons/priorities/{choice.name.lower()}.svg"}
        shown |= {"statusColor": "#999999", "description": ""}
    return shown


def _meta(call: Call, field: Field) -> dict[str, Any]:
    """A field as one sees it when one files an issue."""
    preset = field.id in ("reporter", "priority")
    row: dict[str, Any] = {
        "required": field.required,
        "schema": schema(field),
        "name": field.name,
        "key": field.id,
        "fieldId": field.id,
        "hasDefaultValue": preset,
        "operations": ["add", "set", "remove"] if schema(field)["type"] == "array" else ["set"],
    }
    if field.kind in ("select", "multiselect", "cascading"):
        row["allowedValues"] = [_option(call, choice) for choice in field.choices]
    elif field.kind in ("priority", "components", "security"):
        path = {"priority": "priority", "components": "component", "security": "securitylevel"}[field.kind]
        row["allowedValues"] = [_choice(call, path, choice) for choice in field.choices]
    return row


def _fixed(name: str, words: str, kind: str, only: dict[str, Any]) -> dict[str, Any]:
    told = {"type": kind, "system": name}
    row = {"required": True, "schema": told, "name": words, "key": name, "fieldId": name, "hasDefaultValue": False}
    return row | {"operations": [] if name == "issuetype" else ["set"], "allowedValues": [only]}


def _option(call: Call, choice: Choice) -> dict[str, Any]:
    below = {"children": [call.views.option(child) for child in choice.children]} if choice.children else {}
    return call.views.option(choice) | below


def _field(field: Field) -> dict[str, Any]:
    clauses = [field.id]
    if field.custom:
        clauses = [f"cf[{field.id.removeprefix('customfield_')}]", field.name]
    return _row(field.id, field.name, clauses, schema(field))


def _row(name: str, words: str, clauses: list[str], told: dict[str, Any]) -> dict[str, Any]:
    flags = {"custom": name.startswith("customfield_"), "orderable": True, "navigable": True, "searchable": True}
    return {"id": name, "key": name, "name": words, **flags, "clauseNames": clauses, "schema": told}
