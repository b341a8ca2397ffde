"""The receiver of TMI's webhooks: what it says to whom, what wakes a pass, and what costs nothing."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tmi_issue_sync.web import app, receiver
from tmi_issue_sync.web.receiver import EVENTS, FORGERIES, LIMIT
from tmi_issue_sync.web.subscription import Subscription, SubscriptionFile

from .conftest import Open, Opened

SECRET = "0123456789abcdef" * 4
OURS = "12b20197-d188-4ffa-8998-ef39cd7d51f7"
HALF = b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
MODEL = "e51fc3db-6ed6-4d1a-9bb0-289efd0110e4"


@pytest.fixture
def room(opened: Open) -> Opened:
    made = opened()
    kept = Subscription("https://tmi.example.com", "https://sync.example.com/webhook", SECRET, OURS)
    SubscriptionFile(made.places.state).store(kept)
    return made


def event(kind: str = "threat_model.updated", **changes: Any) -> dict[str, Any]:
    """As the server sends it."""
    return {
        "event_type": kind,
        "threat_model_id": MODEL,
        "object_id": MODEL,
        "object_type": "threat_model",
        "owner_id": "cd256035-36ac-4ab9-94ec-0756df7844d6",
        "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "123Z"),
        "data": {"description": None, "name": "Hooked"},
        **changes,
    }


def headers(body: bytes, *, delivery: str | None = None, secret: str = SECRET, **changes: str) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-Webhook-Event": "threat_model.updated",
        "X-Webhook-Delivery-Id": delivery or str(uuid.uuid4()),
        "X-Webhook-Subscription-Id": OURS,
        "X-Webhook-Signature": f"sha256={digest}",
        **changes,
    }


def send(room: Opened, given: object, **more: Any) -> httpx.Response:
    body = given if isinstance(given, bytes) else json.dumps(given).encode()
    return room.stranger.post("/webhook", content=body, headers=headers(body, **more))


def count(room: Opened, result: str) -> float:
    lines = room.page("/metrics").splitlines()
    line = next(
        each for each in lines if each.startswith(f'tmi_issue_sync_webhook_deliveries_total{{result="{result}"}}')
    )
    return float(line.split()[-1])


def test_six_events_wake_their_model(room: Opened) -> None:
    for kind in EVENTS:
        answer = send(room, event(kind))
        assert (answer.status_code, answer.json()) == (200, {})
    assert room.service.woken == [MODEL] * 6
    assert count(room, "accepted") == 6


def test_other_events_are_taken_and_forgotten(room: Opened) -> None:
    others: tuple[Any, ...] = ("addon.invoked", "survey.created", "system_audit.admin_write", None, 7, ["x"], {})
    for kind in others:
        assert send(room, event(kind)).status_code == 200, kind
    assert room.service.woken == []


def test_a_test_delivery_claims_a_type_and_wakes_nobody(room: Opened) -> None:
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert send(room, {"type": "test", "subscription_id": OURS, "timestamp": at, "message": "x"}).status_code == 200
    assert room.service.woken == []
    assert count(room, "test") == 1


def _challenge(
    room: Opened, word: Any = "90ad30", subscription: str = OURS, kind: str = "webhook.challenge"
) -> httpx.Response:
    sent = {"X-Webhook-Event": kind, "X-Webhook-Subscription-Id": subscription}
    return room.stranger.post("/webhook", json={"challenge": word, "type": kind}, headers=sent)


def test_the_challenge_comes_unsigned_and_is_said_back(room: Opened) -> None:
    answer = _challenge(room)
    assert (answer.status_code, answer.json()) == (200, {"challenge": "90ad30"})
    assert len(answer.content) <= 1024
    assert _challenge(room, subscription=MODEL).status_code == 404, "nobody subscribes us to his own"
    assert _challenge(room, kind="threat.created").status_code == 401
    for word in ("", "<b>", "a b", "x" * 513, 7, None, ["x"]):
        assert _challenge(room, word).status_code == 400


def test_a_challenge_may_come_before_tmi_has_told_the_id(room: Opened) -> None:
    SubscriptionFile(room.places.state).store(Subscription("https://tmi.example.com", "https://x", SECRET))
    assert _challenge(room).status_code == 200


def test_without_a_subscription_there_is_nothing(room: Opened) -> None:
    SubscriptionFile(room.places.state).delete()
    assert send(room, event()).status_code == 404
    assert _challenge(room).status_code == 404
    (room.places.state / "webhook.json").write_text("{}")
    assert send(room, event()).status_code == 404, "nor with a file that is damaged"
    assert room.service.woken == []


def test_forgeries(room: Opened) -> None:
    body = json.dumps(event()).encode()
    good = headers(body)
    for changes in (
        {"X-Webhook-Signature": ""},
        {"X-Webhook-Signature": "sha256="},
        {"X-Webhook-Signature": good["X-Webhook-Signature"].upper()},
        {"X-Webhook-Signature": good["X-Webhook-Signature"].removeprefix("sha256=")},
        {"X-Webhook-Signature": "sha256=" + "0" * 64},
        {"X-Webhook-Signature": headers(body, secret="another secret")["X-Webhook-Signature"]},
        {"X-Webhook-Signature": headers(body + b" ")["X-Webhook-Signature"]},
    ):
        assert room.stranger.post("/webhook", content=body, headers=good | changes).status_code == 401, changes
    del good["X-Webhook-Signature"]
    assert room.stranger.post("/webhook", content=body, headers=good).status_code == 401
    strange = {name.encode(): value.encode() for name, value in good.items()} | {
        b"X-Webhook-Signature": b"sha256=\xe9"
    }
    assert room.stranger.post("/webhook", content=body, headers=strange).status_code == 401
    assert room.service.woken == []
    assert count(room, "forged") == 9


def test_the_secret_of_a_new_subscription_counts_at_once(room: Opened) -> None:
    SubscriptionFile(room.places.state).store(Subscription("https://tmi.example.com", "https://x", "f" * 64, OURS))
    assert send(room, event()).status_code == 401
    assert send(room, event(), secret="f" * 64).status_code == 200


def test_a_retry_is_sent_twice_and_heard_once(room: Opened) -> None:
    given = event()
    assert [send(room, given, delivery="one").status_code for _ in range(3)] == [200] * 3
    assert send(room, given, delivery="two").status_code == 200, "the id is not signed; the body is"
    assert send(room, event(), delivery="one").status_code == 200
    assert room.service.woken == [MODEL]
    assert count(room, "seen") == 4
    assert send(room, event(), delivery="three").status_code == 200
    assert room.service.woken == [MODEL, MODEL]


@pytest.mark.parametrize("age", [timedelta(hours=25), timedelta(days=400), timedelta(hours=-25)])
def test_an_old_replay_is_refused_without_a_memory_of_it(room: Opened, age: timedelta) -> None:
    at = (datetime.now(UTC) - age).isoformat()
    assert send(room, event(timestamp=at)).status_code == 409
    assert room.service.woken == []


def test_memory_is_bounded(room: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "REMEMBERED", 3)
    for n in range(5):
        send(room, event(), delivery=f"d{n}")
    assert len(room.service.woken) == 5
    assert send(room, event(), delivery="d4").status_code == 200
    assert len(room.service.woken) == 5
    assert send(room, event(), delivery="d0").status_code == 200
    assert len(room.service.woken) == 6, "forgotten: one wake-up more, and no harm"


MALFORMED = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe",
    b"[" * 60_000,
    {"event_type": "threat.created"},
    event(timestamp="yesterday"),
    event(timestamp="2026-11-23T20:31:30"),
    event(timestamp=7),
    event(timestamp="9" * 500),
    event(threat_model_id=None),
    event(threat_model_id=["x"]),
    event(threat_model_id="../../admin"),
    event(threat_model_id="x" * 200),
]


def test_malformed_but_signed(room: Opened) -> None:
    for given in MALFORMED:
        assert send(room, given).status_code == 400, given
    assert room.service.woken == []


def test_a_delivery_without_an_id(room: Opened) -> None:
    for delivery in ("", "x" * 129, "a b", "<b>"):
        body = json.dumps(event()).encode()
        sent = headers(body) | {"X-Webhook-Delivery-Id": delivery}
        assert room.stranger.post("/webhook", content=body, headers=sent).status_code == 400


def test_another_content_type(room: Opened) -> None:
    body = json.dumps(event()).encode()
    for media in ("text/plain", "application/x-www-form-urlencoded", ""):
        assert (
            room.stranger.post(
                "/webhook", content=body, headers=headers(body) | {"Content-Type": media}
            ).status_code
            == 415
        )
    charset = headers(body) | {"Content-Type": "application/json; charset=utf-8"}
    assert room.stranger.post("/webhook", content=body, headers=charset).status_code == 200


def test_too_large(room: Opened) -> None:
    exact = event(data={"x": ""})
    exact["data"]["x"] = "y" * (LIMIT - len(json.dumps(exact).encode()))
    assert send(room, exact).status_code == 200
    exact["data"]["x"] += "y"
    assert send(room, exact).status_code == 413

    def chunks() -> Iterator[bytes]:
        for _ in range(2 * LIMIT // 1024):
            yield b" " * 1024

    answer = room.stranger.post("/webhook", content=chunks(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413, "also where the size was not told"
    assert count(room, "oversized") == 2


def test_a_huge_length_is_refused_before_it_comes(room: Opened) -> None:
    with socket.create_connection(("127.0.0.1", int(room.room.url.rpartition(":")[2])), timeout=5) as line:
        line.sendall(HALF.replace(b"Content-Length: 9", b"Content-Length: 9999999"))
        assert line.recv(100).startswith(b"HTTP/1.1 413")


def test_a_body_that_does_not_come(room: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "PATIENCE", 0.05)
    with socket.create_connection(("127.0.0.1", int(room.room.url.rpartition(":")[2])), timeout=5) as line:
        line.sendall(HALF)
        assert line.recv(100).startswith(b"HTTP/1.1 408")
    assert send(room, event()).status_code == 200


def test_a_flood_of_all_kinds(room: Opened) -> None:
    """Every kind gets its own answer, and no wake-up is lost."""
    models = [str(uuid.UUID(int=n)) for n in range(200)]
    wanted: Counter[int] = Counter()
    jobs: list[tuple[bytes, dict[str, str]]] = []
    for n, model in enumerate(models):
        body = json.dumps(event(threat_model_id=model)).encode()
        jobs += [
            (body, headers(body, delivery=f"d{n}")),
            (body, headers(body, secret="forged")),
            (body, headers(body, delivery=f"d{n}")),
            (b"{", headers(b"{", delivery=f"m{n}")),
            (body, headers(body) | {"Content-Type": "text/plain"}),
        ]
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda part: _posted(room, part), (jobs[at::4] for at in range(4))):
            wanted.update(found)
    assert wanted[400] == wanted[415] == 200
    assert wanted[200] == 400
    assert wanted[401] + wanted[429] == 200
    assert FORGERIES <= wanted[401] <= 2 * FORGERIES, "the minute may end meanwhile"
    assert sorted(map(str, room.service.woken)) == models, "each once"


def _posted(room: Opened, jobs: list[tuple[bytes, dict[str, str]]]) -> list[int]:
    line = http.client.HTTPConnection("127.0.0.1", int(room.room.url.rpartition(":")[2]), timeout=10)
    found = []
    for body, sent in jobs:
        line.request("POST", "/webhook", body, sent)
        answer = line.getresponse()
        answer.read()
        found.append(answer.status)
    line.close()
    return found


def test_the_file_is_its_owners_alone(room: Opened) -> None:
    path = room.places.state / "webhook.json"
    assert path.stat().st_mode & 0o777 == 0o600
    loaded = SubscriptionFile(room.places.state).load()
    assert loaded is not None
    assert SECRET not in repr(loaded)
