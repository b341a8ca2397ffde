"""Rows that come in behind the API's back, with whatever text an older server let through."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tmi_issue_sync.sandbox.tmi.models import group_entry
from tmi_issue_sync.sandbox.tmi.people import AUTOMATION, People
from tmi_issue_sync.sandbox.tmi.stamps import parse
from tmi_issue_sync.sandbox.tmi.store import Model, Store, Threat

_MODEL_FIELDS = ("name", "description", "issue_uri", "threat_model_framework", "status")
_THREAT_COLUMNS = (
    "id",
    "threat_model_id",
    "alias",
    "created_at",
    "modified_at",
    "metadata",
    "auto_generated",
)


class Loader:
    """Puts models with their threats into the store, unread and unchecked."""

    def __init__(self, store: Store, people: People) -> None:
        self._store = store
        self._people = people

    def load(self, shown: Mapping[str, Any], owner: str) -> None:
        """A model as GET by id answers it, its threats as theirs does. What is missing is made up."""
        principal = self._people.principal(owner)
        created = self._time(shown, "created_at")
        row = Model(
            id=shown.get("id") or self._store.random_id(),
            alias=shown.get("alias") or self._store.next_alias(),
            owner=principal,
            created_by=dict(shown.get("created_by") or principal),
            created_at=created,
            modified_at=self._time(shown, "modified_at", created),
            status_updated=self._time(shown, "status_updated", created),
            fields=_given(shown, _MODEL_FIELDS),
            authorization=[dict(entry) for entry in shown.get("authorization") or _access(owner)],
            metadata=[dict(pair) for pair in shown.get("metadata") or []],
            is_confidential=bool(shown.get("is_confidential", False)),
        )
        row.fields.setdefault("status", "not_started")
        row.fields.setdefault("threat_model_framework", "STRIDE")
        self._store.models[row.id] = row
        for threat in shown.get("threats") or []:
            self._threat(row, threat)

    def _threat(self, model: Model, shown: Mapping[str, Any]) -> None:
        created = self._time(shown, "created_at")
        row = Threat(
            id=shown.get("id") or self._store.ordered_id(created),
            model_id=model.id,
            alias=shown.get("alias") or self._store.next_alias(model.id),
            created_at=created,
            modified_at=self._time(shown, "modified_at", created),
            fields=_given(shown, [key for key in shown if key not in _THREAT_COLUMNS]),
            metadata=[dict(pair) for pair in shown.get("metadata") or []],
            auto_generated=bool(shown.get("auto_generated", False)),
        )
        self._store.add(row)

    def _time(self, shown: Mapping[str, Any], key: str, default: datetime | None = None) -> datetime:
        given = shown.get(key)
        at = parse(given) if isinstance(given, str) else None
        return at or default or self._store.now()


def _given(shown: Mapping[str, Any], keys: Any) -> dict[str, Any]:
    return {key: shown[key] for key in keys if shown.get(key) is not None}


def _access(owner: str) -> list[dict[str, Any]]:
    user = {"principal_type": "user", "provider": "tmi", "provider_id": owner, "role": "owner"}
    return [group_entry(AUTOMATION, "writer"), user]
