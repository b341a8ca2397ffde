"""Threat models: who sees them, and the one kind of write that takes a JSON Patch for what it is."""

from __future__ import annotations

import json
from typing import Any

from tmi_issue_sync.sandbox.tmi import listing, views
from tmi_issue_sync.sandbox.tmi.call import JSON, JSON_PATCH, Call, Route
from tmi_issue_sync.sandbox.tmi.errors import forbidden, invalid
from tmi_issue_sync.sandbox.tmi.patches import patch_document, refuse_read_only, require_patch
from tmi_issue_sync.sandbox.tmi.people import (
    ADMINISTRATORS,
    AUTOMATION,
    CONFIDENTIAL,
    REVIEWERS,
    People,
    require_role,
    role_of,
)
from tmi_issue_sync.sandbox.tmi.rules import Rules, bumped
from tmi_issue_sync.sandbox.tmi.schema import require_shape
from tmi_issue_sync.sandbox.tmi.store import Model, Store, Threat
from tmi_issue_sync.sandbox.tmi.text import refuse_injection, refuse_scheme, sanitise
from tmi_issue_sync.sandbox.wire import Reply

ALL = "/threat_models"
ONE = "/threat_models/{model}"

_FIELDS = ("name", "description", "issue_uri", "threat_model_framework", "status")
_PATCHABLE = (*_FIELDS, "metadata", "authorization")
_OWNERS_ONLY = ("authorization", "owner")
_FIXED = {
    "created_by": "The creator is read-only and set by the server.",
    "is_confidential": "Confidentiality can only be set at creation.",
}


class Models:
    """The operations on threat models."""

    def __init__(self, store: Store, people: People, rules: Rules) -> None:
        self._store = store
        self._people = people
        self._rules = rules

    def routes(self) -> list[Route]:
        return [
            Route("GET", ALL, self.index),
            Route("POST", ALL, self.create, "person", None, (JSON,), _require_model),
            Route("GET", ONE, self.get, role="reader"),
            Route("PATCH", ONE, self.patch, "person", "writer", (JSON_PATCH,), require_patch),
            Route("DELETE", ONE, self.delete, "person", "owner"),
        ]

    def index(self, call: Call) -> Reply:
        """Those that name the caller. No role sees everything, not even an administrator's."""
        page = listing.page_of(call.request)
        deleted = listing.wants_deleted(call.request)
        if deleted and (call.caller.service or not self._people.is_in(call.caller.user, ADMINISTRATORS)):
            raise forbidden("Administrator access required")
        seen = [
            row for row in self._store.models.values() if role_of(row, call.caller) and (deleted or not row.deleted)
        ]
        rows = listing.filter_models(call.request, seen)
        shown = [views.model_row(row, self._count(row)) for row in page.of(rows)]
        return Reply(200, {"threat_models": shown, "total": len(rows), "limit": page.limit, "offset": page.offset})

    def get(self, call: Call) -> Reply:
        row = self._store.model(call.model_id)
        body = self._store.model_cache.get(row.id)
        if body is None:
            body = views.model_full(row, self._threats(row), self._people, group_names=True)
            self._store.model_cache.put(body, row.id)
        return Reply(200, body)

    def create(self, call: Call) -> Reply:
        refuse_injection(call.body)
        body = sanitise(call.body)
        refuse_scheme(body.get("issue_uri"), self._rules.issue_uri_schemes)
        row = self._insert(call.caller.user, body)
        self._commit("model.post", row, None, call)
        return Reply(201, views.model_created(row), {"Location": f"/threat_models/{row.id}"})

    def patch(self, call: Call) -> Reply:
        row = self._store.model(call.model_id)
        refuse_read_only(call.body, _FIXED)
        self._refuse_foreign(row, call)
        patched = patch_document(_document(row), call.body)
        if patched.get("issue_uri") != row.fields.get("issue_uri"):
            patched = sanitise(patched)
            refuse_scheme(patched.get("issue_uri"), self._rules.issue_uri_schemes)
        headers = self._rules.precondition(call.request, row)
        before = row.fields.get("issue_uri")
        self._write(row, patched)
        bumped(headers, row)
        self._commit("model.patch", row, before, call)
        body = views.model_full(row, self._threats(row), self._people, group_names=False)
        return Reply(200, body, headers)

    def delete(self, call: Call) -> Reply:
        """A model takes its threats with it."""
        row = self._store.model(call.model_id)
        row.deleted = True
        for threat in self._store.threats_of(row.id):
            threat.deleted = True
            self._store.changed(threat)
        self._commit("model.delete", row, row.fields.get("issue_uri"), call)
        return Reply(204)

    def _refuse_foreign(self, row: Model, call: Call) -> None:
        for operation in call.body:
            name = operation["path"].split("/")[1] if "/" in operation["path"] else ""
            if name not in _PATCHABLE and name not in _OWNERS_ONLY:
                raise invalid(f"Field '{name}' is not allowed in PATCH requests.")
            if name in _OWNERS_ONLY:
                require_role(row, call.caller, "owner")

    def _insert(self, user: str, body: dict[str, Any]) -> Model:
        now = self._store.now()
        fields = {key: body[key] for key in _FIELDS if body.get(key) not in (None, "")}
        principal = self._people.principal(user)
        row = Model(
            id=self._store.random_id(),
            alias=self._store.next_alias(),
            owner=principal,
            created_by=principal,
            created_at=now,
            modified_at=now,
            status_updated=self._store.now(),
            fields={"status": "not_started", "threat_model_framework": "STRIDE", **fields},
            authorization=default_access(user, confidential=bool(body.get("is_confidential"))),
            is_confidential=bool(body.get("is_confidential")),
        )
        row.authorization += body.get("authorization") or []
        row.metadata = list(body.get("metadata") or [])
        self._store.models[row.id] = row
        return row

    def _write(self, row: Model, patched: dict[str, Any]) -> None:
        row.modified_at = self._store.now()
        if patched.get("status") != row.fields.get("status"):
            row.status_updated = row.modified_at
        row.fields = {key: patched[key] for key in _FIELDS if patched.get(key) not in (None, "")}
        row.owner = patched.get("owner", row.owner)
        row.metadata = patched.get("metadata", [])
        row.authorization = patched.get("authorization", [])

    def _commit(self, kind: str, row: Model, before: str | None, call: Call) -> None:
        after = row.fields.get("issue_uri")
        self._store.model_cache.forget(row.id)
        self._store.commit(
            kind, threat_model_id=row.id, issue_uri_before=before, issue_uri_after=after, **call.facts
        )

    def _threats(self, row: Model) -> list[Threat]:
        return list(self._store.threats_of(row.id))

    def _count(self, row: Model) -> int:
        return sum(not threat.deleted for threat in self._store.threats_of(row.id))


def default_access(owner: str, *, confidential: bool) -> list[dict[str, Any]]:
    """Who is on the access list of every model that the API makes, in the order in which it is read."""
    return [
        group_entry(AUTOMATION, "writer"),
        {"principal_type": "user", "provider": "tmi", "provider_id": owner, "role": "owner"},
        group_entry(CONFIDENTIAL if confidential else REVIEWERS, "owner"),
    ]


def group_entry(name: str, role: str) -> dict[str, Any]:
    return {"principal_type": "group", "provider": "tmi", "provider_id": name, "role": role}


def _document(row: Model) -> dict[str, Any]:
    document: dict[str, Any] = {
        **row.fields,
        "authorization": row.authorization,
        "metadata": row.metadata,
        "owner": row.owner,
    }
    # A patch must not reach the row before all of it has been accepted.
    copied: dict[str, Any] = json.loads(json.dumps(document))
    return copied


def _require_model(body: Any) -> Any:
    return require_shape("model", body)
