"""Rows as the API shows them; an absent field is left out, never null."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tmi_issue_sync.sandbox.tmi.people import People
from tmi_issue_sync.sandbox.tmi.stamps import micro, nano
from tmi_issue_sync.sandbox.tmi.store import Metadata, Model, Threat

Shown = dict[str, Any]

_EMBEDDED = (
    "description",
    "issue_uri",
    "mitigation",
    "name",
    "priority",
    "score",
    "severity",
    "status",
    "diagram_id",
    "cell_id",
    "asset_id",
)
_COUNTS = ("asset_count", "diagram_count", "document_count", "note_count", "repo_count")


def threat_row(threat: Threat) -> Shown:
    """A row of the list: no metadata, and nothing that tells a deleted threat from a live one."""
    stored = {key: value for key, value in threat.fields.items() if value not in (None, []) or key == "threat_type"}
    return {
        "mitigated": False,
        "include_in_report": True,
        "timmy_enabled": True,
        "threat_type": [],
        **stored,
        "alias": threat.alias,
        "auto_generated": threat.auto_generated,
        "created_at": micro(threat.created_at),
        "id": threat.id,
        "modified_at": micro(threat.modified_at),
        "threat_model_id": threat.model_id,
    }


def threat_full(threat: Threat, metadata: Metadata) -> Shown:
    """What GET by id answers."""
    return {**threat_row(threat), "metadata": metadata_shown(metadata)}


def threat_echo(threat: Threat, body: Mapping[str, Any]) -> Shown:
    """What a write answers: the request with a few fields of the server's, whatever became of it."""
    sent = {key: value for key, value in body.items() if value is not None}
    return {
        **sent,
        "id": threat.id,
        "modified_at": nano(threat.modified_at),
        "threat_model_id": threat.model_id,
    }


def threat_embedded(threat: Threat) -> Shown:
    """A threat inside of its model: fewer fields, and deleted ones too."""
    stored = {key: threat.fields[key] for key in _EMBEDDED if threat.fields.get(key) is not None}
    return {
        **stored,
        "created_at": micro(threat.created_at),
        "id": threat.id,
        "metadata": metadata_shown(threat.metadata),
        "mitigated": threat.fields.get("mitigated", False),
        "modified_at": micro(threat.modified_at),
        "threat_model_id": threat.model_id,
        "threat_type": threat.fields.get("threat_type", []),
    }


def model_row(model: Model, threat_count: int) -> Shown:
    """A row of the list: nothing about confidentiality or access."""
    return {
        **_model(model, micro(model.status_updated)),
        **dict.fromkeys(_COUNTS, 0),
        "threat_count": threat_count,
    }


def model_full(model: Model, threats: list[Threat], people: People, *, group_names: bool) -> Shown:
    """What GET by id answers, and PATCH without the names of groups."""
    return {
        **_model(model, micro(model.status_updated)),
        "authorization": [people.shown(entry, group_names=group_names) for entry in model.authorization],
        "diagrams": [],
        "is_confidential": model.is_confidential,
        "metadata": metadata_shown(model.metadata),
        "threats": [threat_embedded(threat) for threat in threats],
    }


def model_created(model: Model) -> Shown:
    """What POST answers: the owner first on the access list, and no names there."""
    return {
        **_model(model, nano(model.status_updated)),
        "authorization": sorted(model.authorization, key=lambda entry: entry["role"] != "owner"),
        "is_confidential": model.is_confidential,
        "metadata": metadata_shown(model.metadata),
        "threats": [],
    }


def metadata_shown(metadata: Metadata) -> Metadata:
    return sorted(metadata, key=lambda item: item["key"])


def moment(at: datetime | None) -> Shown:
    """`last_login`, where there was one."""
    return {} if at is None else {"last_login": micro(at)}


def _model(model: Model, status_updated: str) -> Shown:
    return {
        **model.fields,
        "alias": model.alias,
        "created_at": micro(model.created_at),
        "created_by": model.created_by,
        "id": model.id,
        "modified_at": micro(model.modified_at),
        "owner": model.owner,
        "status_updated": status_updated,
    }
