"""What hangs on an issue of the sandbox's Jira: properties, comments, transitions, links."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from tmi_issue_sync.sandbox.jira.call import Call
from tmi_issue_sync.sandbox.jira.errors import Bad, body_of, json_of, member, refusal
from tmi_issue_sync.sandbox.jira.issues import property_of
from tmi_issue_sync.sandbox.jira.model import Choice, Issue, Status
from tmi_issue_sync.sandbox.jira.store import RESOLUTIONS, STATUSES
from tmi_issue_sync.sandbox.jira.values import area
from tmi_issue_sync.sandbox.jira.views import LINK_TYPES
from tmi_issue_sync.sandbox.wire import Reply

TRANSITIONS = {"11": STATUSES[0], "21": STATUSES[1], "31": STATUSES[2]}


def list_properties(call: Call, key: str) -> Reply:
    """The keys of an issue's entity properties."""
    issue = call.issue(key)
    at = call.views.api(f"issue/{issue.id}/properties")
    return Reply(
        200, {"keys": [{"self": f"{at}/{quote(name, safe='')}", "key": name} for name in issue.properties]}
    )


def show_property(call: Call, key: str, name: str) -> Reply:
    """One entity property."""
    issue = call.issue(key)
    if name not in issue.properties:
        raise refusal(404, f"The property with key '{name}' does not exist.")
    return Reply(200, {"key": name, "value": issue.properties[name]})


def set_property(call: Call, key: str, name: str) -> Reply:
    """Store an entity property: 201 for a new one."""
    issue = call.writable(key, "EDIT_ISSUES")
    value, known = json_of(call.request), name in issue.properties
    property_of(name, value)
    call.store.set_property(issue, call.user, name, value)
    return Reply(200 if known else 201)


def list_comments(call: Call, key: str) -> Reply:
    """A page of an issue's comments."""
    issue = call.issue(key)
    return call.page("comments", issue.comments, lambda comment: call.views.comment(issue, comment), 50, 5000)


def create_comment(call: Call, key: str) -> Reply:
    """Comment on an issue."""
    issue = call.writable(key, "ADD_COMMENTS")
    try:
        body = area(body_of(call.request).get("body"), document=call.views.adf)
    except Bad as error:
        raise refusal(400, errors={"comment": str(error)}) from None
    if body is None:
        raise refusal(400, errors={"comment": "Comment body can not be empty!"})
    return Reply(201, call.views.comment(issue, call.store.comment(issue, call.user, body)))


def list_transitions(call: Call, key: str) -> Reply:
    """Where an issue may go from here; nowhere for who may not move it."""
    issue = call.issue(key)
    allowed = call.may("TRANSITION_ISSUES", issue.project)
    fields = "transitions.fields" in (call.request.param("expand") or "")
    ways = [
        _way(call, issue, way, status, fields) for way, status in TRANSITIONS.items() if status is not issue.status
    ]
    return Reply(200, {"expand": "transitions", "transitions": ways if allowed else []})


def transition(call: Call, key: str) -> Reply:
    """Bring an issue to another status."""
    issue, user = call.issue(key), call.user
    data = body_of(call.request)
    asked = member(data, "transition")
    way = str(asked.get("id", ""))
    status = TRANSITIONS.get(way)
    if status is None or status is issue.status or not call.may("TRANSITION_ISSUES", issue.project):
        said = f"It seems that you have tried to perform an illegal workflow operation (transition {way})."
        raise refusal(400, said)
    call.store.transition(issue, user, status, _resolution(issue, status, member(data, "fields")))
    return Reply(204)


def create_link(call: Call) -> Reply:
    """Link two issues."""
    data, user = body_of(call.request), call.user
    ends = [data.get(name) for name in ("inwardIssue", "outwardIssue")]
    keys = [end.get("key") or end.get("id") if isinstance(end, dict) else None for end in ends]
    wanted = member(data, "type")
    kind = next(
        (
            number
            for number, names in LINK_TYPES.items()
            if wanted.get("id") == number or wanted.get("name") in names
        ),
        None,
    )
    if kind is None:
        raise refusal(404, f"No issue link type with name '{wanted.get('name')}' found.")
    if not all(keys):
        raise refusal(400, "Both inwardIssue and outwardIssue are required.")
    inward, outward = (call.writable(str(end), "LINK_ISSUES") for end in keys)
    call.store.link(kind, inward, outward, user)
    return Reply(201)


def list_remote_links(call: Call, key: str) -> Reply:
    """An issue's links to elsewhere; the one of a global id if that is asked for."""
    issue, wanted = call.issue(key), call.request.param("globalId")
    rows = [_remote(call, issue, link) for link in issue.remote_links if wanted in (None, link.get("globalId"))]
    if wanted is None:
        return Reply(200, rows)
    if not rows:
        raise refusal(404, f"No remote link with global id '{wanted}' found.")
    return Reply(200, rows[0])


def set_remote_link(call: Call, key: str) -> Reply:
    """Add a link to elsewhere, or change the one of this global id."""
    issue = call.writable(key, "LINK_ISSUES")
    data = body_of(call.request)
    told = data.get("object")
    errors = {
        name: f"'{name}' is required."
        for name in ("title", "url")
        if not (isinstance(told, dict) and told.get(name))
    }
    if errors:
        raise refusal(400, errors=errors)
    kept: dict[str, Any] = {
        name: data[name] for name in ("globalId", "application", "relationship", "object") if name in data
    }
    link, new = call.store.remote_link(issue, call.user, kept)
    return Reply(201 if new else 200, {"id": link["id"], "self": _remote(call, issue, link)["self"]})


def _remote(call: Call, issue: Issue, link: dict[str, Any]) -> dict[str, Any]:
    return {**link, "self": call.views.api(f"issue/{issue.key}/remotelink/{link['id']}")}


def _screened(issue: Issue, status: Status) -> bool:
    return status.category == "done" and issue.project.resolution_screen


def _way(call: Call, issue: Issue, way: str, status: Status, fields: bool) -> dict[str, Any]:
    screen = _screened(issue, status)
    told: dict[str, Any] = {"id": way, "name": status.name, "to": call.views.status(status), "hasScreen": screen}
    if call.store.cloud:
        told |= {"isGlobal": True, "isInitial": False, "isAvailable": True, "isConditional": False, "looped": False}
    if not fields:
        return told
    shown: dict[str, Any] = {
        "required": True,
        "schema": {"type": "resolution", "system": "resolution"},
        "name": "Resolution",
        "key": "resolution",
        "operations": ["set"],
        "allowedValues": [call.views.named(choice, "resolution") for choice in RESOLUTIONS],
    }
    return told | {"fields": {"resolution": shown} if screen else {}}


def _resolution(issue: Issue, status: Status, fields: dict[str, Any]) -> Choice | None:
    """How an issue counts as resolved after a transition."""
    screen = _screened(issue, status)
    if not screen and fields:
        name = next(iter(fields))
        said = f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
        raise refusal(400, errors={name: said})
    if status.category != "done" or issue.project.team_managed:
        return None
    if not screen:
        return RESOLUTIONS[0]
    asked = fields.get("resolution") or {}
    wanted = {asked.get("id"), asked.get("name")} if isinstance(asked, dict) else set()
    found = next((choice for choice in RESOLUTIONS if not wanted.isdisjoint({choice.id, choice.name})), None)
    if found is None:
        raise refusal(400, errors={"resolution": "Resolution is required."})
    return found
