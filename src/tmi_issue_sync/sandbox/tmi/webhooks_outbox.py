"""What the server sends to its subscribers: challenges without a signature, deliveries with one. No network."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tmi_issue_sync.sandbox.tmi.store import Store

CHALLENGES = 3
ATTEMPTS = 5
AGENT = "TMI-Webhook/1.0"


@dataclass(slots=True)
class Subscription:
    """A row; `secret` signs what goes to `url`."""

    id: str
    name: str
    url: str
    events: tuple[str, ...]
    secret: str = field(repr=False)
    owner_id: str
    created_at: datetime
    modified_at: datetime
    status: str = "pending_verification"
    challenges: int = 0
    failures: int = 0
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Addon:
    id: str
    webhook_id: str


@dataclass(frozen=True, slots=True)
class Post:
    """One request that the server sends. `challenge` is the word to be said back; empty for a delivery."""

    subscription_id: str
    url: str
    headers: dict[str, str]
    body: bytes
    challenge: str = ""


@dataclass(slots=True)
class _Delivery:
    post: Post
    attempts: int = 0


class Outbox:
    """Subscriptions, add-ons and what waits to be sent to them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.subscriptions: dict[str, Subscription] = {}
        self.addons: dict[str, Addon] = {}
        self._waiting: dict[str, _Delivery] = {}

    def queue(self, row: Subscription, event: str, body: dict[str, Any]) -> str:
        """A signed delivery; gives its id."""
        delivery = self._store.ordered_id(self._store.now())
        raw = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        digest = hmac.new(row.secret.encode(), raw, hashlib.sha256).hexdigest()
        headers = {"X-Webhook-Delivery-Id": delivery, "X-Webhook-Signature": f"sha256={digest}"}
        if event == "addon.invoked":
            headers["X-TMI-Delegation-Token"] = secrets.token_urlsafe(32)
        self._waiting[delivery] = _Delivery(Post(row.id, row.url, _headers(row, event) | headers, raw))
        return delivery

    def due(self) -> list[Post]:
        """What one tick of the server's workers sends. A retry is sent twice (tmi-api T21)."""
        rows = list(self.subscriptions.values())
        posts = [self._challenge(row) for row in rows if row.status == "pending_verification"]
        for delivery in list(self._waiting.values()):
            posts += [delivery.post] * (2 if delivery.attempts else 1)
            delivery.attempts += 1
        return posts

    def answered(self, post: Post, status: int, body: bytes) -> None:
        """What the subscriber said; status 0 where it did not answer."""
        row = self.subscriptions.get(post.subscription_id)
        if row is None:
            return
        if post.challenge:
            self._verify(row, _echoes(post.challenge, status, body))
            return
        delivery = post.headers["X-Webhook-Delivery-Id"]
        if 200 <= status < 300:
            row.used_at, row.failures = self._store.now(), 0
            self._waiting.pop(delivery, None)
            return
        row.failures += 1
        if delivery in self._waiting and self._waiting[delivery].attempts >= ATTEMPTS:
            del self._waiting[delivery]

    def _challenge(self, row: Subscription) -> Post:
        row.challenges += 1
        word = secrets.token_hex(32)
        body = json.dumps({"challenge": word, "type": "webhook.challenge"}, separators=(",", ":")).encode()
        return Post(row.id, row.url, _headers(row, "webhook.challenge"), body, word)

    def _verify(self, row: Subscription, echoed: bool) -> None:
        if echoed:
            row.status, row.modified_at = "active", self._store.now()
        elif row.challenges >= CHALLENGES:
            row.status = "pending_delete"


def _headers(row: Subscription, event: str) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "X-Webhook-Event": event,
        "X-Webhook-Subscription-Id": row.id,
    }


def _echoes(word: str, status: int, body: bytes) -> bool:
    """Exactly 200, at most 1024 bytes, an object whose values are all strings (tmi-api T19)."""
    if status != 200 or len(body) > 1024:
        return False
    try:
        said = json.loads(body)
    except ValueError:
        return False
    return (
        isinstance(said, dict)
        and all(isinstance(value, str) for value in said.values())
        and said.get("challenge") == word
    )
