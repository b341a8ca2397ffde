"""JSON Patch, twice: as the standard has it (models), and as the threat store has it (threats)."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from tmi_issue_sync.sandbox.tmi.errors import invalid, patch_failed
from tmi_issue_sync.sandbox.tmi.schema import invalid_shape, require_shape

Operation = Mapping[str, Any]

READ_ONLY = {
    "id": "The ID is read-only and set by the server.",
    "alias": "The alias is read-only and assigned by the server.",
    "created_at": "Creation timestamp is read-only and set by the server.",
    "modified_at": "Modification timestamp is managed automatically by the server.",
}

_ALWAYS = ("add", "replace", "remove")
_THREAT_PATHS: Mapping[str, tuple[str, ...]] = {
    "/name": ("replace",),
    "/severity": ("replace",),
    "/status": ("replace",),
    "/priority": ("replace",),
    "/mitigated": ("replace",),
    "/description": _ALWAYS,
    "/mitigation": _ALWAYS,
    "/score": _ALWAYS,
    "/threat_type": _ALWAYS,
}
_KINDS: Mapping[str, tuple[type, ...]] = {"/score": (int, float), "/mitigated": (bool,)}


def require_patch(body: Any) -> list[Operation]:
    """The shape of a JSON Patch. An integer matches two branches of the description's oneOf, and so none."""
    operations: list[Operation] = require_shape("patch", body)
    for index, operation in enumerate(operations):
        value = operation.get("value")
        if isinstance(value, (int, float)) and not isinstance(value, bool) and float(value).is_integer():
            raise invalid_shape(f'Error at "/{index}/value": input matches more than one oneOf schemas')
    return operations


def refuse_read_only(operations: Sequence[Operation], also: Mapping[str, str] | None = None) -> None:
    fields = {**READ_ONLY, **(also or {})}
    for operation in operations:
        name = operation["path"].split("/")[1] if "/" in operation["path"] else ""
        if name in fields:
            raise invalid(f"Field '{name}' is not allowed in PATCH requests. {fields[name]}")


def patch_threat(fields: dict[str, Any], operations: Sequence[Operation], *, links: bool) -> dict[str, Any]:
    """The fields after a patch. Not RFC 6902: `test` and whatever a path does not know do nothing, and say nothing.

    `links` is the documented server, which takes /issue_uri; 1.8.22 never did.
    """
    paths = {**_THREAT_PATHS, "/issue_uri": _ALWAYS} if links else _THREAT_PATHS
    patched = dict(fields)
    for operation in operations:
        path = operation["path"]
        if path not in paths:
            raise patch_failed(f"unsupported patch path: {path}")
        if operation["op"] in paths[path]:
            _change_threat(patched, operation)
    return patched


def _change_threat(fields: dict[str, Any], operation: Operation) -> None:
    path, op, value = operation["path"], operation["op"], operation.get("value")
    name = path[1:]
    if name == "threat_type":
        fields[name] = _typed(fields.get(name, []), op, value)
    elif op == "remove":
        fields.pop(name, None)
    elif isinstance(value, _KINDS.get(path, (str,))):
        fields[name] = value
    else:
        kinds = "number" if path == "/score" else "boolean" if path == "/mitigated" else "string"
        raise patch_failed(f"expected {kinds} value for {path}")


def _typed(types: list[str], op: str, value: Any) -> list[str]:
    """Threat types are added and removed by value."""
    values = [value] if isinstance(value, str) else list(value or [])
    if op == "replace":
        return values
    if op == "add":
        return types + [item for item in values if item not in types]
    return [item for item in types if item not in values]


def patch_document(document: Mapping[str, Any], operations: Sequence[Operation]) -> dict[str, Any]:
    """RFC 6902, but that `replace` of an absent field adds it and a field set to null goes away."""
    patched = copy.deepcopy(dict(document))
    for operation in operations:
        _apply(patched, operation)
    return {key: value for key, value in patched.items() if value is not None}


def _apply(document: dict[str, Any], operation: Operation) -> None:
    path, op = operation["path"], operation["op"]
    *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]] or [""]
    try:
        holder: Any = document
        for part in parents:
            holder = holder[int(part) if isinstance(holder, list) else part]
        change = _in_list if isinstance(holder, list) else _in_object
        change(holder, last, op, operation)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise patch_failed(f"{op} operation does not apply: doc is missing path: {path}") from error


def _in_object(holder: Any, key: str, op: str, operation: Operation) -> None:
    if op == "test":
        _test(holder.get(key), operation)
    elif op == "remove":
        del holder[key]
    else:
        holder[key] = operation.get("value")


def _in_list(holder: Any, key: str, op: str, operation: Operation) -> None:
    if op == "add":
        holder.insert(len(holder) if key == "-" else int(key), operation.get("value"))
    elif op == "remove":
        del holder[int(key)]
    elif op == "test":
        _test(holder[int(key)], operation)
    else:
        holder[int(key)] = operation.get("value")


def _test(found: Any, operation: Operation) -> None:
    if found != operation.get("value"):
        raise patch_failed(f"testing value {operation['path']} failed: test failed")
