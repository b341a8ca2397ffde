"""The fields of the sandbox's Jira: which an issue has, and how Jira describes them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tmi_issue_sync.sandbox.jira.model import Choice, Field, IssueType, Kind, Project, User

PRIORITIES = tuple(
    Choice(str(n), name) for n, name in enumerate(("Highest", "High", "Medium", "Low", "Lowest"), start=1)
)
MEDIUM = PRIORITIES[2]
EPIC_NAME, EPIC_LINK = "customfield_10011", "customfield_10014"
PLUGIN = "com.atlassian.jira.plugin.system.customfieldtypes"
AGILE = "com.pyxis.greenhopper.jira"
SCHEMAS: dict[Kind, tuple[str, str | None, str]] = {
    # type, items, custom
    "text": ("string", None, f"{PLUGIN}:textfield"),
    "textarea": ("string", None, f"{PLUGIN}:textarea"),
    "number": ("number", None, f"{PLUGIN}:float"),
    "date": ("date", None, f"{PLUGIN}:datepicker"),
    "datetime": ("datetime", None, f"{PLUGIN}:datetime"),
    "select": ("option", None, f"{PLUGIN}:select"),
    "multiselect": ("array", "option", f"{PLUGIN}:multiselect"),
    "user": ("user", None, f"{PLUGIN}:userpicker"),
    "cascading": ("option-with-child", None, f"{PLUGIN}:cascadingselect"),
    "labels": ("array", "string", f"{PLUGIN}:labels"),
    "epic-name": ("string", None, f"{AGILE}:gh-epic-label"),
    "epic-link": ("any", None, f"{AGILE}:gh-epic-link"),
    "sprint": ("array", "json", f"{AGILE}:gh-sprint"),
    "summary": ("string", None, ""),
    "description": ("string", None, ""),
    "priority": ("priority", None, ""),
    "components": ("array", "component", ""),
    "security": ("securitylevel", None, ""),
    "parent": ("issuelink", None, ""),
}
SYSTEM = (
    Field("summary", "Summary", "summary", required=True),
    Field("description", "Description", "description"),
    Field("labels", "Labels", "labels"),
    Field("priority", "Priority", "priority", choices=PRIORITIES),
    Field("components", "Components", "components"),
    Field("assignee", "Assignee", "user"),
    Field("reporter", "Reporter", "user"),
    Field("duedate", "Due date", "date"),
    Field("security", "Security Level", "security"),
    Field("parent", "Parent", "parent"),
)
AGILE_FIELDS = (
    Field(EPIC_NAME, "Epic Name", "epic-name", required=True, issue_type="Epic"),
    Field(EPIC_LINK, "Epic Link", "epic-link"),
)
NEEDS = {
    "assignee": "ASSIGN_ISSUES",
    "reporter": "MODIFY_REPORTER",
    "duedate": "SCHEDULE_ISSUES",
    "security": "SET_ISSUE_SECURITY",
}
"""The permissions without which a field is not there."""


def screen(
    fields: tuple[Field, ...], project: Project, issue_type: IssueType, user: User, *, cloud: bool
) -> dict[str, Field]:
    """The fields that a user may set when they file an issue of a type, by id."""
    found: dict[str, Field] = {}
    for field in (*SYSTEM, *fields):
        fits = field.project in (None, project.key) and field.issue_type in (None, issue_type.name)
        needed = NEEDS.get(field.id)
        if fits and (needed is None or needed in user.permissions) and _here(field, project, issue_type, cloud):
            found[field.id] = _fill(field, project, issue_type, user)
    return found


def schema(field: Field) -> dict[str, Any]:
    """How Jira describes the type of a field."""
    kind, items, custom = SCHEMAS[field.kind]
    told: dict[str, Any] = {"type": kind}
    if items is not None:
        told["items"] = items
    if field.custom:
        return told | {"custom": custom, "customId": int(field.id.removeprefix("customfield_"))}
    return told | {"system": field.id}


def _here(field: Field, project: Project, issue_type: IssueType, cloud: bool) -> bool:
    if field.id == "security":
        return bool(project.levels)
    if field.id == "parent":
        return issue_type.subtask or (cloud and issue_type.level < 1)
    if field.kind == "epic-link":
        return issue_type.level == 0
    return True


def _fill(field: Field, project: Project, issue_type: IssueType, user: User) -> Field:
    """A field with what this project makes of it."""
    required, choices = field.required, field.choices
    if field.id == "components":
        choices = project.components
    elif field.id == "security":
        required = project.level_required
        choices = tuple(level for level in project.levels if level.members is None or user.name in level.members)
    elif field.id == "parent":
        required = issue_type.subtask
    return replace(field, required=required, choices=choices)
