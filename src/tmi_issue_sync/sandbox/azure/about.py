"""What the sandbox's Azure DevOps tells of itself: who asks, projects, types, fields, states, trees."""

from __future__ import annotations

from urllib.parse import unquote

from tmi_issue_sync.sandbox.azure.call import Call
from tmi_issue_sync.sandbox.azure.errors import Refused, refusal
from tmi_issue_sync.sandbox.wire import Reply


def connection_data(call: Call) -> Reply:
    """Who asks; this has never left its preview."""
    if "-preview" not in (call.request.param("api-version") or ""):
        raise only_preview()
    user = call.user
    account = {"$type": "System.String", "$value": user.email}
    shown = {
        "id": user.id,
        "descriptor": f"Microsoft.IdentityModel.Claims.ClaimsIdentity;{user.email}",
        "subjectDescriptor": f"aad.{user.id}",
        "providerDisplayName": user.name,
        "isActive": True,
        "properties": {"Account": account},
    }
    told = {"authenticatedUser": shown, "authorizedUser": shown, "deploymentType": "hosted"}
    return Reply(200, told | {"instanceId": "0f0cafe0-0000-4000-8000-000000000001"})


def only_preview() -> Refused:
    """The refusal of what this version has as a preview alone."""
    words = "The requested version of the resource is under preview. The -preview flag must be supplied"
    return refusal(400, f"{words} in the api-version for such requests.", "VssInvalidPreviewVersionException")


def show_project(call: Call, name: str) -> Reply:
    return Reply(200, call.views.project(call.named(name)))


def list_types(call: Call) -> Reply:
    rows = [call.views.type(kind, call.project) for kind in call.project.types.values()]
    return Reply(200, {"count": len(rows), "value": rows})


def show_type(call: Call, name: str) -> Reply:
    return Reply(200, call.views.type(call.kind(name), call.project))


def list_fields(call: Call, name: str) -> Reply:
    """The fields of a type; the values that they take where these are asked for."""
    values = (call.request.param("$expand") or "none").lower() in ("allowedvalues", "all")
    rows = [call.views.field(one, call.project, values=values) for one in call.store.fields_of(call.kind(name))]
    return Reply(200, {"count": len(rows), "value": rows})


def list_all_fields(call: Call) -> Reply:
    """The fields of the organization, whatever type has them."""
    rows = [call.views.any_field(one) for one in call.store.fields]
    return Reply(200, {"count": len(rows), "value": rows})


def list_states(call: Call, name: str) -> Reply:
    kind = call.kind(name)
    rows = [call.views.state(kind, one.name) for one in kind.states]
    return Reply(200, {"count": len(rows), "value": rows})


def show_node(call: Call, group: str, path: str) -> Reply:
    """A node of a tree, by its path below the project."""
    project = call.project
    tree = project.areas if group.lower() == "areas" else project.iterations
    wanted = "\\".join([project.name, *(unquote(part) for part in path.split("/") if part)])
    found = next((one for one in tree if one.casefold() == wanted.casefold()), None)
    if found is None:
        words = f"VS402485: The area/iteration name is not recognized: {path}."
        raise refusal(404, words, "ClassificationNodeNotFoundException")
    kind = "area" if group.lower() == "areas" else "iteration"
    shown = {"id": 1, "name": found.rpartition("\\")[2], "structureType": kind, "hasChildren": False}
    return Reply(200, {**shown, "path": f"\\{found}"})
