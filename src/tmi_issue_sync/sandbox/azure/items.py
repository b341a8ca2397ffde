"""Making, showing, finding and changing work items at the sandbox's Azure DevOps."""

from __future__ import annotations

import re
from typing import Any

from tmi_issue_sync.sandbox.azure import patch
from tmi_issue_sync.sandbox.azure.call import Call
from tmi_issue_sync.sandbox.azure.errors import bound, json_of, refusal, unseen
from tmi_issue_sync.sandbox.azure.model import Item
from tmi_issue_sync.sandbox.azure.wiql import Query
from tmi_issue_sync.sandbox.wire import Reply

BATCH = 200


def create(call: Call, type_name: str) -> Reply:
    """Make a work item; with `validateOnly`, say only what would come of it."""
    project, kind = call.project, call.kind(type_name)
    change = patch.read(call, None)
    if kind.disabled:
        raise refusal(
            400, f"VS403148: The work item type {kind.name} is disabled.", "WorkItemTypeDisabledException"
        )
    call.writes(project, change.values)
    values = patch.checked(call, project, kind, None, change)
    if _flag(call, "validateOnly"):
        now = call.store.clock()
        item = Item(-1, 1, project, kind, call.user.number, now, now, values, tuple(change.relations))
        return Reply(200, call.views.item(item))
    item = call.store.create(project, kind, call.user, values, tuple(change.relations))
    return Reply(200, call.views.item(item))


def show(call: Call, number: str) -> Reply:
    item, fields = call.item(int(number)), call.request.param("fields")
    wanted = fields.split(",") if fields else None
    return Reply(200, call.views.item(item, wanted, expand=(call.request.param("$expand") or "none").lower()))


def update(call: Call, number: str) -> Reply:
    """Change what is given, all of it or nothing."""
    item = call.item(int(number))
    change = patch.read(call, item)
    call.writes(item.project, change.values)
    values = patch.checked(call, item.project, item.type, item, change)
    if not _flag(call, "validateOnly"):
        call.store.edit(item, call.user, values, (*item.relations, *change.relations))
    return Reply(200, call.views.item(item))


def delete(call: Call, number: str) -> Reply:
    """Into the recycle bin; with `destroy`, for good."""
    item = call.item(int(number))
    if not call.may("delete", item.project):
        words = "VS402339: You do not have permissions to delete work items."
        raise refusal(403, words, "WorkItemUnauthorizedDeleteException")
    call.store.delete(item, call.user, destroy=_flag(call, "destroy"))
    return Reply(200, _in_bin(call, item))


def bin_entry(call: Call, number: str) -> Reply:
    """A work item in the recycle bin."""
    item = call.store.items.get(int(number))
    if item is None or item.deleted is None or not call.sees(item) or item.project is not call.project:
        raise unseen(int(number))
    return Reply(200, _in_bin(call, item))


def batch(call: Call) -> Reply:
    """Many work items by their numbers, in that order."""
    data = json_of(call.request, "application/json")
    ids = data.get("ids") if isinstance(data, dict) else None
    if not isinstance(ids, list) or not ids or not all(isinstance(one, int) for one in ids):
        raise bound("The value of ids can't be read.")
    if len(ids) > BATCH:
        words = f"VS403474: You requested {len(ids)} work items which exceeds the limit of {BATCH}"
        raise refusal(400, words, "VssPropertyValidationException")
    fields, omit = data.get("fields"), str(data.get("errorPolicy", "fail")).lower() == "omit"
    for name in fields or ():
        if call.store.field(str(name)) is None:
            words = f"TF51535: Cannot find field {name}."
            raise refusal(400, words, "WorkItemTrackingFieldDefinitionNotFoundException")
    rows = [_row(call, number, fields, omit=omit) for number in ids]
    return Reply(200, {"count": len(rows), "value": rows})


def query(call: Call) -> Reply:
    """The numbers of the work items that a query finds."""
    data = json_of(call.request, "application/json")
    text = data.get("query") if isinstance(data, dict) else None
    if not isinstance(text, str):
        raise bound("The query can't be read.")
    project = call.project.name if call.within is not None else None
    precise = _flag(call, "timePrecision")
    test, rows = Query.of(text, call.store, call.user.number, project, precise=precise)
    found = [item.id for item in rows if test(item) and _still(call, item)]
    top = call.request.param("$top")
    if top is not None and not re.fullmatch(r"[1-9]\d{0,8}", top):
        raise bound(f"The value '{top}' is not valid for $top.")
    most = call.store.settings.most
    if min(len(found), int(top or len(found))) > most - (top is not None):
        words = f"VS402337: The number of work items returned exceeds the size limit of {most}."
        raise refusal(
            400,
            f"{words} Change the query to return fewer items.",
            "WorkItemTrackingQueryResultSizeLimitExceededException",
        )
    return Reply(200, _result(call, found[: int(top)] if top else found))


def _result(call: Call, numbers: list[int]) -> dict[str, Any]:
    ident = {"referenceName": "System.Id", "name": "ID", "url": f"{call.views.root}/_apis/wit/fields/System.Id"}
    return {
        "queryType": "flat",
        "queryResultType": "workItem",
        "asOf": call.views.stamp(call.store.clock()),
        "columns": [ident],
        "sortColumns": [{"field": ident, "descending": False}],
        "workItems": [
            {"id": number, "url": f"{call.views.root}/_apis/wit/workItems/{number}"} for number in numbers
        ],
    }


def _still(call: Call, item: Item) -> bool:
    """Whether a hit is there, and for who asks: that is not looked up in what may be old."""
    now = call.store.items.get(item.id)
    return now is not None and now.deleted is None and call.sees(now)


def _row(call: Call, number: int, fields: list[str] | None, *, omit: bool) -> dict[str, Any] | None:
    item = call.store.items.get(number)
    if item is not None and item.deleted is None and call.sees(item):
        return call.views.item(item, fields)
    if omit:
        return None
    raise unseen(number)


def _in_bin(call: Call, item: Item) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": item.id,
        "type": item.type.name,
        "name": item.values.get("System.Title"),
        "project": item.project.name,
        "deletedBy": call.user.name,
        "code": 200,
        "url": call.views.at(item.project, f"wit/recyclebin/{item.id}"),
        "resource": call.views.item(item),
    }
    return shown | ({"deletedDate": call.views.stamp(item.deleted)} if item.deleted else {})


def _flag(call: Call, name: str) -> bool:
    return (call.request.param(name) or "").lower() == "true"
