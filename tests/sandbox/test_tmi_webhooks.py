"""The sandbox's webhooks where no recording goes: refusals, challenges that fail, retries, quotas."""

from __future__ import annotations

import json

import pytest

from tmi_issue_sync.sandbox.tmi.webhooks_outbox import ATTEMPTS, Post

from .tmi_world import MODEL, World

ALL = "/admin/webhooks/subscriptions"
WANTED = {"name": "sync", "url": "https://hook1.example.com/x", "events": ["*"], "secret": "0123456789abcdef"}


@pytest.fixture
def world() -> World:
    made = World()
    made.admin = made.site.add_user("alice", admin=True)  # type: ignore[attr-defined]
    return made


def made(world: World, **changes: object) -> str:
    reply = world.ask("POST", ALL, {**WANTED, **changes}, token=world.admin)  # type: ignore[attr-defined]
    assert reply.status == 201, reply.body
    return str(reply.body["id"])


def answer(world: World, status: int, body: object = None) -> list[Post]:
    """One tick of the server, and the subscriber's answer to all of it; None echoes challenges."""
    posts = world.site.outbox.due()
    for post in posts:
        said = {"challenge": post.challenge} if body is None else body
        world.site.outbox.answered(post, status, json.dumps(said).encode())
    return posts


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "http://hook1.example.com/x"},
        {"url": "https://localhost/x"},
        {"url": "https://10.1.2.3/x"},
        {"url": "https://[::1]/x"},
        {"url": "ftp://hook1.example.com"},
        {"secret": "short"},
        {"events": []},
        {"active": True},
    ],
)
def test_refusals(world: World, changes: dict[str, object]) -> None:
    reply = world.ask("POST", ALL, {**WANTED, **changes}, token=world.admin)  # type: ignore[attr-defined]
    assert reply.status == 400
    assert world.site.outbox.subscriptions == {}


def test_nobody_but_an_administrator(world: World) -> None:
    subscription = made(world)
    for method, path in (
        ("GET", ALL),
        ("POST", ALL),
        ("GET", f"{ALL}/{subscription}"),
        ("DELETE", f"{ALL}/{subscription}"),
    ):
        assert world.ask(method, path, WANTED if method == "POST" else None).status == 403


def test_a_quota(world: World) -> None:
    for n in range(10):
        made(world, name=f"n{n}")
    reply = world.ask("POST", ALL, WANTED, token=world.admin)  # type: ignore[attr-defined]
    assert (reply.status, reply.headers["Retry-After"]) == (429, "60")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"challenge": "other"}),
        (201, None),
        (200, {"challenge": "x", "ok": True}),
        (200, ["x"]),
        (200, "x" * 2000),
    ],
)
def test_a_challenge_that_is_not_said_back(world: World, status: int, body: object) -> None:
    subscription = made(world)
    for _ in range(3):
        assert len(answer(world, status, body)) == 1
    assert world.site.outbox.subscriptions[subscription].status == "pending_delete"
    assert answer(world, 200) == []


def test_all_values_must_be_strings(world: World) -> None:
    subscription = made(world)
    (post,) = world.site.outbox.due()
    world.site.outbox.answered(post, 200, json.dumps({"challenge": post.challenge, "ok": True}).encode())
    assert world.site.outbox.subscriptions[subscription].status == "pending_verification"


def test_retries_are_doubled_and_end(world: World) -> None:
    made(world)
    answer(world, 200)
    patch = [{"op": "replace", "path": "/name", "value": "Renamed"}]
    path = f"/threat_models/{MODEL['id']}"
    assert world.ask("PATCH", path, patch, token=world.admin).status == 200  # type: ignore[attr-defined]
    sent = [answer(world, 500, {}) for _ in range(ATTEMPTS + 1)]
    assert [len(posts) for posts in sent] == [1, 2, 2, 2, 2, 0]
    assert len({post.headers["X-Webhook-Delivery-Id"] for posts in sent for post in posts}) == 1
    assert json.loads(sent[0][0].body)["event_type"] == "threat_model.updated"


def test_a_threats_change_is_told_to_nobody(world: World) -> None:
    made(world)
    answer(world, 200)
    new = {"name": "New", "threat_type": [], "severity": "low"}
    assert world.ask("POST", f"/threat_models/{MODEL['id']}/threats", new).status == 201
    assert answer(world, 200) == []
