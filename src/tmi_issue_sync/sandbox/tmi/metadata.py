"""The key-value pairs of models and threats."""

from __future__ import annotations

import re
from typing import Any

from tmi_issue_sync.sandbox.tmi.call import JSON, Call, Route
from tmi_issue_sync.sandbox.tmi.errors import Refusal, invalid
from tmi_issue_sync.sandbox.tmi.schema import require_shape
from tmi_issue_sync.sandbox.tmi.store import Metadata, Store
from tmi_issue_sync.sandbox.tmi.threats import ONE as THREAT
from tmi_issue_sync.sandbox.tmi.views import metadata_shown
from tmi_issue_sync.sandbox.wire import Reply

_KEY = re.compile(r"[a-zA-Z0-9._\-:]{1,256}")


class MetadataRoutes:
    """Listing and adding; a write here moves no `modified_at`, and cached models do not hear of it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        return [
            route
            for path in ("/threat_models/{model}/metadata", f"{THREAT}/metadata")
            for route in (
                Route("GET", path, self.index, role="reader"),
                Route("POST", path, self.add, "person", "writer", (JSON,), _require_pair),
            )
        ]

    def index(self, call: Call) -> Reply:
        return Reply(200, metadata_shown(self._of(call)))

    def add(self, call: Call) -> Reply:
        pair = {"key": call.body["key"], "value": call.body["value"]}
        if not _KEY.fullmatch(pair["key"]):
            raise invalid("Invalid metadata key")
        pairs = self._of(call)
        if any(item["key"] == pair["key"] for item in pairs):
            raise Refusal(409, "conflict", f"Metadata key already exists: {pair['key']}")
        pairs.append(pair)
        self._store.commit("metadata.post", **call.ids, **call.facts)
        return Reply(201, pair)

    def _of(self, call: Call) -> Metadata:
        if "threat" in call.ids:
            return self._store.threat(call.model_id, call.threat_id).metadata
        return self._store.model(call.model_id).metadata


def _require_pair(body: Any) -> Any:
    return require_shape("metadata", body)
