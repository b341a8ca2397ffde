"""Webhook subscriptions and add-ons, as an administrator makes them: kept, challenged, asked for a test."""

from __future__ import annotations

import re
import secrets
from fnmatch import fnmatch
from typing import Any
from urllib.parse import urlsplit

from tmi_issue_sync.sandbox.tmi.call import JSON, Call, Route
from tmi_issue_sync.sandbox.tmi.errors import Refusal, invalid, not_found
from tmi_issue_sync.sandbox.tmi.listing import page_of
from tmi_issue_sync.sandbox.tmi.people import People
from tmi_issue_sync.sandbox.tmi.stamps import micro, nano
from tmi_issue_sync.sandbox.tmi.store import Model, Store
from tmi_issue_sync.sandbox.tmi.webhooks_outbox import Addon, Outbox, Subscription
from tmi_issue_sync.sandbox.wire import Reply

ALL = "/admin/webhooks/subscriptions"
ONE = "/admin/webhooks/subscriptions/{subscription}"
QUOTA = 10
_ALLOWED = {"name", "url", "events", "threat_model_id", "secret"}
_DENIED = (
    ("localhost", "Block localhost"),
    ("127.*", "Block loopback addresses (127.0.0.0/8)"),
    ("10.*", "Block private network addresses (10.0.0.0/8)"),
    ("192.168.*", "Block private network addresses (192.168.0.0/16)"),
    ("169.254.*", "Block link-local addresses (169.254.0.0/16)"),
)
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


class Webhooks:
    """The administrator's operations. What the server sends by itself is the outbox's."""

    def __init__(self, store: Store, people: People, outbox: Outbox, *, http: bool, loopback: bool) -> None:
        self._store = store
        self._people = people
        self._outbox = outbox
        self._schemes = ("https", "http") if http else ("https",)
        self._loopback = loopback
        store.heard.append(self._committed)

    def routes(self) -> list[Route]:
        return [
            Route("GET", ALL, self.index, "administrator"),
            Route("POST", ALL, self.create, "administrator", None, (JSON,)),
            Route("GET", ONE, self.get, "administrator"),
            Route("DELETE", ONE, self.delete, "administrator"),
            Route("POST", f"{ONE}/test", self.test, "administrator", None, (JSON,)),
            Route("POST", "/addons", self.create_addon, "administrator", None, (JSON,)),
            Route("POST", "/addons/{addon}/invoke", self.invoke, "person", None, (JSON,)),
        ]

    def index(self, call: Call) -> Reply:
        rows = [self._shown(row) for row in self._outbox.subscriptions.values()]
        page = page_of(call.request)
        shown = {"subscriptions": page.of(rows), "total": len(rows), "limit": page.limit, "offset": page.offset}
        return Reply(200, shown)

    def create(self, call: Call) -> Reply:
        """The secret is shown in this answer and never again."""
        body = _required(call.body)
        self._refuse_url(body["url"])
        owner = self._people.ensure(call.caller.user)
        if sum(row.owner_id == owner.uuid for row in self._outbox.subscriptions.values()) >= QUOTA:
            raise Refusal(429, "quota_exceeded", "Webhook subscription quota exceeded", {"Retry-After": "60"})
        now = self._store.now()
        row = Subscription(
            id=self._store.random_id(),
            name=body["name"],
            url=body["url"],
            events=tuple(body["events"]),
            secret=body.get("secret") or secrets.token_hex(32),
            owner_id=owner.uuid,
            created_at=now,
            modified_at=now,
        )
        self._outbox.subscriptions[row.id] = row
        self._store.commit("webhook.create", subscription_id=row.id, **call.facts)
        return Reply(201, {**self._shown(row), "secret": row.secret})

    def get(self, call: Call) -> Reply:
        return Reply(200, self._shown(self._row(call)))

    def delete(self, call: Call) -> Reply:
        row = self._row(call)
        del self._outbox.subscriptions[row.id]
        addons = self._outbox.addons
        self._outbox.addons = {key: addon for key, addon in addons.items() if addon.webhook_id != row.id}
        self._store.commit("webhook.delete", subscription_id=row.id, **call.facts)
        return Reply(204)

    def test(self, call: Call) -> Reply:
        """A delivery that claims to be of the first type subscribed to, with a body that names no event."""
        row = self._row(call)
        body = {
            "type": "test",
            "subscription_id": row.id,
            "timestamp": self._store.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "message": "This is a test webhook delivery",
        }
        delivery = self._outbox.queue(row, row.events[0], body)
        message = "Test delivery created and queued for sending"
        return Reply(202, {"delivery_id": delivery, "message": message, "status": ""})

    def create_addon(self, call: Call) -> Reply:
        row = self._outbox.subscriptions.get(str(call.body.get("webhook_id")))
        if row is None:
            raise not_found("Webhook subscription")
        addon = Addon(self._store.random_id(), row.id)
        self._outbox.addons[addon.id] = addon
        kept = {name: call.body[name] for name in ("name", "webhook_id", "objects", "icon", "description")}
        return Reply(201, {**kept, "id": addon.id, "created_at": nano(self._store.now())})

    def invoke(self, call: Call) -> Reply:
        """Anybody's button. The ids are passed on as they came (tmi-api T24)."""
        addon = self._outbox.addons.get(call.ids["addon"])
        if addon is None:
            raise not_found("Add-on")
        now = self._store.now()
        delivery = self._outbox.queue(
            self._outbox.subscriptions[addon.webhook_id],
            "addon.invoked",
            {
                "event_type": "addon.invoked",
                "threat_model_id": call.body["threat_model_id"],
                "timestamp": nano(now),
                "object_type": call.body["object_type"],
                "object_id": call.body["object_id"],
                "data": {"addon_id": addon.id, "user_data": {}},
            },
        )
        return Reply(202, {"created_at": micro(now), "delivery_id": delivery, "status": "pending"})

    def _committed(self, kind: str, facts: dict[str, object]) -> None:
        """A model's change, told to its owner's subscriptions alone; a threat's, to nobody (tmi-api F3, F4)."""
        name = {"model.post": "created", "model.patch": "updated", "model.delete": "deleted"}.get(kind)
        if name is not None:
            self._emit(f"threat_model.{name}", self._store.models[str(facts["threat_model_id"])])

    def _emit(self, event: str, model: Model) -> None:
        owner = self._people.ensure(str(model.owner["provider_id"])).uuid
        body = {
            "event_type": event,
            "threat_model_id": model.id,
            "object_id": model.id,
            "object_type": "threat_model",
            "owner_id": owner,
            "timestamp": nano(self._store.now()),
            "data": {"description": model.fields.get("description"), "name": model.fields["name"]},
        }
        for row in self._outbox.subscriptions.values():
            if row.status == "active" and row.owner_id == owner and {event, "*"} & set(row.events):
                self._outbox.queue(row, event, body)

    def _row(self, call: Call) -> Subscription:
        row = self._outbox.subscriptions.get(call.ids["subscription"])
        if row is None:
            raise not_found("Webhook subscription")
        return row

    def _refuse_url(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in self._schemes or not _HOST.fullmatch(parts.hostname or ""):
            raise Refusal(400, "invalid webhook URL: URL must be an https URL with a DNS host", "")
        for pattern, why in () if self._loopback else _DENIED:
            if fnmatch(parts.hostname or "", pattern):
                raise Refusal(400, f"invalid webhook URL: URL blocked: {why} (pattern: {pattern})", "")

    def _shown(self, row: Subscription) -> dict[str, Any]:
        last = {"last_successful_use": micro(row.used_at)} if row.used_at else {}
        return {
            "challenges_sent": row.challenges if row.status == "pending_verification" else 0,
            "created_at": micro(row.created_at),
            "events": list(row.events),
            "id": row.id,
            "modified_at": micro(row.modified_at),
            "name": row.name,
            "owner_id": row.owner_id,
            "publication_failures": row.failures,
            "status": row.status,
            "url": row.url,
            **last,
        }


def _required(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict) or not {"name", "url", "events"} <= body.keys() <= _ALLOWED:
        raise invalid("name, url and events are required; threat_model_id and secret may be given")
    secret, events = body.get("secret"), body["events"]
    if secret is not None and not (isinstance(secret, str) and 16 <= len(secret) <= 128):
        raise invalid("secret must be 16 to 128 characters")
    if not isinstance(events, list) or not 1 <= len(events) <= 50:
        raise invalid("events must name 1 to 50 types")
    return body
