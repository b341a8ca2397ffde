"""TMI's webhooks: a signed word that a model changed, answered at once. It wakes a pass, and carries no data."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ..errors import ConfigError
from .subscription import Subscription, SubscriptionFile

LIMIT = 64 * 1024
"""Bytes of a body; TMI's own deliveries have a few hundred."""
EVENTS = (
    "threat_model.created",
    "threat_model.updated",
    "threat_model.deleted",
    "threat.created",
    "threat.updated",
    "threat.deleted",
)
"""Those that wake a pass. TMI 1.8.22 never sends the last three (tmi-api F3)."""
REMEMBERED = 10_000
"""Deliveries known by id and by signature: TMI sends each retry twice (tmi-api T21)."""
STALE = timedelta(hours=24)
"""TMI tries for about an hour. What is older is a replay that memory may have forgotten."""
FORGERIES = 60
"""So many bad signatures a minute get a 401; the rest of the minute's get a 429."""

_ID = re.compile(r"[\w.:-]{1,128}", re.ASCII)
_WORD = re.compile(r"[\w.~+/=-]{1,512}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answer:
    """`result` is one of `metrics.DELIVERIES`; every value of the body is a string (tmi-api T19)."""

    status: int
    result: str
    body: Mapping[str, str] = field(default_factory=dict)


class Receiver:
    """Judges one request. Not thread-safe: the room calls it in its event loop alone."""

    def __init__(
        self,
        file: SubscriptionFile,
        wake: Callable[[str], None],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._file = file
        self._wake = wake
        self._now = now
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._minute = 0
        self._forgeries = 0

    def judge(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """What to say to a whole request; `headers` has lower-case names."""
        try:
            subscription = self._file.load()
        except ConfigError:
            subscription = None
        if subscription is None:
            return Answer(404, "unknown", {"error": "there is no subscription here"})
        signature = headers.get("x-webhook-signature")
        if signature is None:
            return self._challenged(subscription, headers, body)
        if not _signed(subscription.secret, signature, body):
            return self._forged()
        return self._delivered(headers.get("x-webhook-delivery-id", ""), signature, body)

    def _challenged(self, subscription: Subscription, headers: Mapping[str, str], body: bytes) -> Answer:
        """The one request that TMI does not sign; only our own subscription is answered for."""
        given = _parsed(body)
        if not isinstance(given, dict) or given.get("type") != "webhook.challenge":
            return self._forged()
        if subscription.id and headers.get("x-webhook-subscription-id") != subscription.id:
            return Answer(404, "unknown", {"error": "that is no subscription of ours"})
        word = given.get("challenge")
        if not isinstance(word, str) or not _WORD.fullmatch(word):
            return _malformed("challenge")
        return Answer(200, "challenge", {"challenge": word})

    def _forged(self) -> Answer:
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._forgeries = minute, 0
        self._forgeries += 1
        if self._forgeries > FORGERIES:
            return Answer(429, "flood", {"error": "too many bad signatures"})
        return Answer(401, "forged", {"error": "the signature is not ours"})

    def _delivered(self, delivery: str, signature: str, body: bytes) -> Answer:
        """The id is not signed, so the signature is remembered with it: a replay has one or the other."""
        if not _ID.fullmatch(delivery):
            return _malformed("X-Webhook-Delivery-Id")
        if delivery in self._seen or signature in self._seen:
            return Answer(200, "seen")
        given = _parsed(body)
        if not isinstance(given, dict):
            return _malformed("body")
        at = _moment(given.get("timestamp"))
        if at is None:
            return _malformed("timestamp")
        if abs(self._now() - at) > STALE:
            return Answer(409, "stale", {"error": "the delivery is too old"})
        answer = self._heard(given)
        if answer.status == 200:
            self._remember(delivery, signature)
        return answer

    def _heard(self, given: Mapping[str, Any]) -> Answer:
        """The event's name counts as the body has it: the header is not signed (tmi-api T22)."""
        if given.get("type") == "test":
            return Answer(200, "test")
        if given.get("event_type") not in EVENTS:
            return Answer(200, "ignored")
        model_id = given.get("threat_model_id")
        if not isinstance(model_id, str) or not _ID.fullmatch(model_id):
            return _malformed("threat_model_id")
        self._wake(model_id)
        return Answer(200, "accepted")

    def _remember(self, *names: str) -> None:
        for name in names:
            self._seen[name] = None
        while len(self._seen) > 2 * REMEMBERED:
            self._seen.popitem(last=False)


def _signed(secret: str, signature: str, body: bytes) -> bool:
    """Over the raw body, in constant time."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"sha256={digest}".encode(), signature.encode("utf-8", "replace"))


def _malformed(what: str) -> Answer:
    return Answer(400, "malformed", {"error": f"{what} makes no sense"})


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _moment(text: object) -> datetime | None:
    """RFC 3339, with as many digits as a Go program prints."""
    if not isinstance(text, str) or len(text) > 64:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
