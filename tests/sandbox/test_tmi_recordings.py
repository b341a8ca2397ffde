"""The sandbox's TMI against exchanges recorded on the real server, one after the other, none left out."""

from __future__ import annotations

import json
import re

import pytest

from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.tmi import TmiSite
from tmi_issue_sync.sandbox.tmi.webhooks_outbox import Post

from .tmi_recording import (
    SECRET,
    UUID,
    Exchange,
    Json,
    Replay,
    recorded_deliveries,
    shape_of_delivery,
    shape_of_post,
    signed,
)
from .tmi_world import Clock

THREAT = re.compile(rf"/threat_models/({UUID.pattern})/threats/({UUID.pattern})")
EVERYBODY = ("tmi-automation", "security-reviewers", "confidential-project-reviewers")


def earlier_models(exchanges: list[Exchange]) -> list[Json]:
    """What was on the server before the recording began: listed, but not made in it."""
    made = {item.answer["id"] for item in exchanges if item.path == "/threat_models" and item.status == 201}
    threats = {
        match[1]: match[2] for item in exchanges if (match := THREAT.match(item.path)) and item.status != 404
    }
    rows = {
        row["id"]: row
        for item in exchanges
        if isinstance(item.answer, dict)
        for row in item.answer.get("threat_models", ())
        if row["id"] not in made
    }
    return [
        {**row, "threats": [_stub(threats.get(row["id"]), n) for n in range(row["threat_count"])]}
        for row in rows.values()
    ]


def _stub(threat_id: str | None, n: int) -> Json:
    return {"name": f"Threat {n}", "threat_type": [], **({"id": threat_id} if threat_id and n == 0 else {})}


def fillers(owner: str, count: int) -> list[Json]:
    """Older models with every built-in group on their access list."""
    access = [
        {"principal_type": "group", "provider": "tmi", "provider_id": name, "role": "writer"} for name in EVERYBODY
    ]
    return [
        {"name": f"Model {n} of {owner}", "created_at": "2026-01-01T00:00:00Z", "authorization": access}
        for n in range(count)
    ]


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_main(clock: Clock) -> None:
    exchanges = Exchange.read("tmi-1.8.22.jsonl")
    site = TmiSite(
        log=Log(), clock=clock, issue_uri_schemes=("https", "http"), callbacks=("http://127.0.0.1:8079/cb",)
    )
    replay = Replay(site, clock)
    replay.people("bob", "alice")
    site.load(earlier_models(exchanges), owner="alice")
    assert replay.play(exchanges) == []


def test_metadata(clock: Clock) -> None:
    replay = Replay(TmiSite(log=Log(), clock=clock), clock)
    replay.people("alice")
    assert replay.play(Exchange.read("tmi-1.8.22-metadata.jsonl")) == []


def test_strict(clock: Clock) -> None:
    replay = Replay(TmiSite(log=Log(), clock=clock, require_if_match=True), clock)
    replay.people("alice")
    assert replay.play(Exchange.read("tmi-1.8.22-strict.jsonl")) == []


def test_setup(clock: Clock) -> None:
    """The bot's way in: an automation account that reads, and a user in the same group who writes."""
    exchanges = Exchange.read("tmi-1.8.22-setup.jsonl")
    site = TmiSite(log=Log(), clock=clock)
    replay = Replay(site, clock)
    replay.people("alice", "bob", "dave")
    site.load(earlier_models(exchanges), owner="alice")
    for owner, count in (("alice", 13), ("bob", 1), ("dave", 200)):
        site.load(fillers(owner, count), owner=owner)
    assert replay.play(exchanges) == []


def test_webhooks(clock: Clock) -> None:
    """Subscriptions and add-ons; then what the server sent by itself, which reached the owner's models alone."""
    exchanges = Exchange.read("tmi-1.8.22-webhooks.jsonl")
    received = recorded_deliveries("tmi-1.8.22-webhooks.jsonl")
    site = TmiSite(log=Log(), clock=clock, webhook_http=True)
    replay = Replay(site, clock)
    replay.people("alice", "bob")
    sent: list[Post] = []
    differences = []
    for exchange in exchanges:
        differences += replay.play([exchange])
        for post in site.outbox.due():
            said = {"challenge": post.challenge} if post.challenge else {}
            site.outbox.answered(post, 200, json.dumps(said).encode())
            sent.append(post)
    assert differences == []
    assert len(exchanges) == 16
    assert [shape_of_post(post) for post in sent] == [shape_of_delivery(*each) for each in received]
    assert [post.challenge == "" for post in sent] == [signed(post, SECRET) for post in sent]
