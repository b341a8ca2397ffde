"""Many threats in one request; a write that met a threat it did not know says 200 all the same."""

from __future__ import annotations

from typing import Any

from tmi_issue_sync.sandbox.tmi import views
from tmi_issue_sync.sandbox.tmi.call import JSON, Call, Route
from tmi_issue_sync.sandbox.tmi.errors import invalid, not_found
from tmi_issue_sync.sandbox.tmi.patches import refuse_read_only, require_patch
from tmi_issue_sync.sandbox.tmi.schema import BULK_LIMIT, require_list
from tmi_issue_sync.sandbox.tmi.store import Store, Threat
from tmi_issue_sync.sandbox.tmi.threats import ALL, Threats, created
from tmi_issue_sync.sandbox.wire import Reply

BULK = f"{ALL}/bulk"


class Bulk:
    """The bulk operations on threats."""

    def __init__(self, store: Store, threats: Threats) -> None:
        self._store = store
        self._threats = threats

    def routes(self) -> list[Route]:
        return [
            Route("POST", BULK, self.create, "person", "writer", (JSON,), _require_threats),
            Route("PUT", BULK, self.put, "person", "writer", (JSON,), _require_threats),
            Route("PATCH", BULK, self.patch, "person", "writer", (JSON,), _require_patches),
        ]

    def create(self, call: Call) -> Reply:
        answers = []
        for body in [self._threats.accept(item, call.request.method, injections=False) for item in call.body]:
            row = self._threats.insert(call.model_id, body)
            self._threats.commit("threat.post", row, None, call)
            answers.append(created(row, body))
        return Reply(201, answers)

    def put(self, call: Call) -> Reply:
        return Reply(200, [self._put_one(call, dict(item)) for item in call.body])

    def patch(self, call: Call) -> Reply:
        """One after the other; what came before a refusal stays."""
        answers = []
        for patch in call.body["patches"]:
            refuse_read_only(patch["operations"])
            row = self._find(call, patch["id"])
            if row is None:
                raise not_found("Threat")
            self._threats.apply(row, patch["operations"], call)
            answers.append(views.threat_full(row, row.metadata))
        return Reply(200, answers)

    def _put_one(self, call: Call, item: dict[str, Any]) -> dict[str, Any]:
        threat_id = item.pop("id", None)
        if threat_id is None:
            raise invalid("Threat ID is required for all threats in bulk update")
        body = self._threats.accept(item, call.request.method, injections=False)
        row = self._find(call, threat_id)
        if row is None:
            now = self._store.now()
            return views.threat_echo(Threat(threat_id, call.model_id, 0, now, now, {}), body)
        before = row.fields.get("issue_uri")
        self._threats.replace(row, body)
        self._threats.commit("threat.put", row, before, call)
        return views.threat_echo(row, body)

    def _find(self, call: Call, threat_id: str) -> Threat | None:
        row = self._store.threats.get(threat_id)
        return None if row is None or row.deleted or row.model_id != call.model_id else row


def _require_threats(body: Any) -> list[Any]:
    return require_list("threat", body)


def _require_patches(body: Any) -> Any:
    patches = body.get("patches") if isinstance(body, dict) else None
    if not isinstance(patches, list) or not 1 <= len(patches) <= BULK_LIMIT:
        raise invalid(f"patches must hold between 1 and {BULK_LIMIT} items")
    for patch in patches:
        if not isinstance(patch, dict) or not isinstance(patch.get("id"), str):
            raise invalid('property "id" is missing')
        require_patch(patch.get("operations"))
    return body
