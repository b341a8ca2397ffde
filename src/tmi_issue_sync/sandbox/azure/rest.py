"""The routes of the sandbox's Azure DevOps API."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from tmi_issue_sync.sandbox.azure import about, items
from tmi_issue_sync.sandbox.azure.call import Call
from tmi_issue_sync.sandbox.azure.errors import refusal
from tmi_issue_sync.sandbox.wire import Reply

Route = tuple[str, str, Callable[..., Reply]]
KIND = r"wit/workitemtypes/([^/]+)"
ROUTES: tuple[Route, ...] = (
    ("GET", r"connectionData", about.connection_data),
    ("GET", r"projects/([^/]+)", about.show_project),
    ("GET", r"wit/fields", about.list_all_fields),
    ("GET", r"wit/workitemtypes", about.list_types),
    ("GET", KIND, about.show_type),
    ("GET", rf"{KIND}/fields", about.list_fields),
    ("GET", rf"{KIND}/states", about.list_states),
    ("GET", r"wit/classificationnodes/([^/]+)/?(.*)", about.show_node),
    ("POST", r"wit/workitems/\$([^/]+)", items.create),
    ("GET", r"wit/workitems/(\d+)", items.show),
    ("PATCH", r"wit/workitems/(\d+)", items.update),
    ("DELETE", r"wit/workitems/(\d+)", items.delete),
    ("GET", r"wit/recyclebin/(\d+)", items.bin_entry),
    ("POST", r"wit/workitemsbatch", items.batch),
    ("POST", r"wit/wiql", items.query),
)
IN_PROJECT = (
    about.list_types,
    about.show_type,
    about.list_fields,
    about.list_states,
    about.show_node,
    items.create,
)
VERSION = re.compile(r"[1-7]\.\d(-preview(\.\d)?)?")


def answer(call: Call, path: str) -> Reply:
    """The answer to one call of the API; `path` is what comes after `_apis/`."""
    found = [(one, at) for one in ROUTES if (at := re.fullmatch(one[1], path, re.IGNORECASE))]
    here = next(((route, at) for route, at in found if route[0] == call.request.method), None)
    if here is None and found:
        words = f"The requested resource does not support http method '{call.request.method}'."
        raise refusal(405, words, "VssRequestMethodNotSupportedException")
    if here is None or (here[0][2] in IN_PROJECT and call.within is None):
        page = "<html><head><title>The resource cannot be found.</title></head></html>"
        return Reply(404, page, content_type="text/html; charset=utf-8")
    version = call.request.param("api-version")
    if version is None and call.request.method != "GET":
        words = "No api-version was supplied for the request. It must be supplied as part of the Accept header or"
        raise refusal(400, f"{words} as a query parameter.", "VssVersionNotSpecifiedException")
    if version is not None and not VERSION.fullmatch(version):
        words = f"The requested REST API version of {version} is out of range for this server."
        raise refusal(400, words, "VssVersionOutOfRangeException")
    if here[0][2] is about.list_states and (version or "").startswith("5") and "preview" not in (version or ""):
        raise about.only_preview()
    return here[0][2](call, *(unquote(part) for part in here[1].groups()))
