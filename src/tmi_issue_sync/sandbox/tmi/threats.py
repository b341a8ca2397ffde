"""Threats: what may be done with one, and what that does to the rest of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tmi_issue_sync.sandbox.tmi import listing, views
from tmi_issue_sync.sandbox.tmi.call import JSON, JSON_PATCH, Call, Route
from tmi_issue_sync.sandbox.tmi.errors import Refusal, invalid
from tmi_issue_sync.sandbox.tmi.patches import (
    READ_ONLY,
    Operation,
    patch_threat,
    refuse_read_only,
    require_patch,
)
from tmi_issue_sync.sandbox.tmi.people import require_role
from tmi_issue_sync.sandbox.tmi.rules import Rules, bumped
from tmi_issue_sync.sandbox.tmi.schema import require_shape
from tmi_issue_sync.sandbox.tmi.stamps import nano
from tmi_issue_sync.sandbox.tmi.store import Store, Threat
from tmi_issue_sync.sandbox.tmi.text import refuse_injection, refuse_scheme, sanitise
from tmi_issue_sync.sandbox.wire import Reply

ONE = "/threat_models/{model}/threats/{threat}"
ALL = "/threat_models/{model}/threats"

_NOT_STORED = frozenset(
    {"id", "threat_model_id", "auto_generated", "version", "deleted_at", "alias", "created_at", "modified_at"}
)


class Threats:
    """The operations on threats, one at a time."""

    def __init__(self, store: Store, rules: Rules) -> None:
        self._store = store
        self._rules = rules

    def routes(self) -> list[Route]:
        return [
            Route("GET", ALL, self.index, role="reader"),
            Route("POST", ALL, self.create, "person", "writer", (JSON,), require_threat),
            Route("GET", ONE, self.get, role="reader"),
            Route("PUT", ONE, self.put, "person", "writer", (JSON,), require_threat),
            Route("PATCH", ONE, self.patch, "person", "writer", (JSON_PATCH,), require_patch),
            Route("DELETE", ONE, self.delete, "person", "writer"),
        ]

    def index(self, call: Call) -> Reply:
        request, page = call.request, listing.page_of(call.request)
        plain = listing.is_plain(request)
        key = (call.model_id, page.limit, page.offset)
        rows = self._visible(call)
        kept = self._store.list_cache.get(*key) if plain else None
        if kept is not None:
            return Reply(200, kept)
        rows = listing.sort_threats(request, listing.filter_threats(request, rows))
        shown = [views.threat_row(row) for row in page.of(rows)]
        body = {"threats": shown, "total": len(rows), "limit": page.limit, "offset": page.offset}
        if plain:
            self._store.list_cache.put(body, *key)
        return Reply(200, body)

    def get(self, call: Call) -> Reply:
        """From the cache, if it is there. The metadata is read anew each time."""
        row = self._store.threat(call.model_id, call.threat_id)
        kept = self._store.threat_cache.get(row.id)
        if kept is None:
            kept = row.copy()
            self._store.threat_cache.put(kept, row.id)
        return Reply(200, views.threat_full(kept, row.metadata))

    def create(self, call: Call) -> Reply:
        body = self.accept(call.body, "POST")
        row = self.insert(call.model_id, body)
        self.commit("threat.post", row, None, call)
        return Reply(201, created(row, body))

    def put(self, call: Call) -> Reply:
        """Everything is replaced; what the request does not carry is gone, all metadata included."""
        row = self._store.threat(call.model_id, call.threat_id)
        body = self.accept(call.body, "PUT")
        headers = self._rules.precondition(call.request, row)
        before = row.fields.get("issue_uri")
        self.replace(row, body)
        bumped(headers, row)
        self.commit("threat.put", row, before, call)
        return Reply(200, views.threat_echo(row, body), headers)

    def patch(self, call: Call) -> Reply:
        row = self._store.threat(call.model_id, call.threat_id)
        refuse_read_only(call.body)
        operations = self._clean(call.body)
        headers = self._rules.precondition(call.request, row)
        try:
            self.apply(row, operations, call)
        except Refusal as refusal:
            # The server has set these headers by the time that its store refuses.
            refusal.headers.update(headers)
            raise
        bumped(headers, row)
        body = {**views.threat_full(row, row.metadata), "modified_at": nano(row.modified_at)}
        return Reply(200, body, headers)

    def delete(self, call: Call) -> Reply:
        row = self._store.threat(call.model_id, call.threat_id)
        row.deleted = True
        self.commit("threat.delete", row, row.fields.get("issue_uri"), call)
        return Reply(204)

    def accept(self, body: Mapping[str, Any], method: str, *, injections: bool = True) -> dict[str, Any]:
        """A body as the handler takes it: nothing of the server's own, no dangerous text, sanitised."""
        for name, reason in READ_ONLY.items():
            if name in body:
                raise invalid(f"Field '{name}' is not allowed in {method} requests. {reason}")
        if injections:
            refuse_injection(body)
        clean = sanitise(body)
        refuse_scheme(clean.get("issue_uri"), self._rules.issue_uri_schemes)
        return clean

    def insert(self, model_id: str, body: Mapping[str, Any]) -> Threat:
        """A new row. The metadata of a POST is echoed, and not stored."""
        now = self._store.now()
        alias = self._store.next_alias(model_id)
        row = Threat(self._store.ordered_id(now), model_id, alias, now, now, stored(body))
        self._store.add(row)
        return row

    def replace(self, row: Threat, body: Mapping[str, Any]) -> None:
        row.fields = stored(body)
        row.metadata = list(body.get("metadata") or [])
        row.modified_at = self._store.now()

    def apply(self, row: Threat, operations: list[Operation], call: Call) -> None:
        """A patch writes all columns, from the copy that the cache holds: it can undo what the cache missed."""
        documented = self._rules.dialect == "documented"
        kept = None if documented else self._store.threat_cache.get(row.id)
        before = row.fields.get("issue_uri")
        fields = patch_threat((kept or row).fields, operations, links=documented)
        row.fields = {key: value for key, value in fields.items() if (key, value) != ("issue_uri", "")}
        row.modified_at = self._store.now()
        self.commit("threat.patch", row, before, call)

    def commit(self, kind: str, row: Threat, before: str | None, call: Call) -> None:
        after = row.fields.get("issue_uri")
        self._store.changed(row)
        self._store.commit(kind, threat_id=row.id, issue_uri_before=before, issue_uri_after=after, **call.facts)

    def _clean(self, operations: list[Operation]) -> list[Operation]:
        """Links are checked although no path takes them: that is why PATCH looks supported."""
        cleaned: list[Operation] = []
        for operation in operations:
            name, value = operation["path"][1:], operation.get("value")
            if isinstance(value, str):
                value = sanitise({name: value})[name]
            if name == "issue_uri":
                refuse_scheme(value, self._rules.issue_uri_schemes)
            cleaned.append({**operation, "value": value})
        return cleaned

    def _visible(self, call: Call) -> list[Threat]:
        deleted = listing.wants_deleted(call.request)
        if deleted:
            require_role(self._store.model(call.model_id), call.caller, "owner")
        return [row for row in self._store.threats_of(call.model_id) if deleted or not row.deleted]


def require_threat(body: Any) -> dict[str, Any]:
    shaped: dict[str, Any] = require_shape("threat", body)
    return shaped


def stored(body: Mapping[str, Any]) -> dict[str, Any]:
    """What of a body reaches the columns: a blank link is NULL, and so is everything that is null."""
    return {
        key: value
        for key, value in body.items()
        if value is not None and key not in _NOT_STORED and key != "metadata" and (key, value) != ("issue_uri", "")
    }


def created(row: Threat, body: Mapping[str, Any]) -> dict[str, Any]:
    """What a POST answers."""
    return {**views.threat_echo(row, body), "alias": row.alias, "created_at": nano(row.created_at)}
