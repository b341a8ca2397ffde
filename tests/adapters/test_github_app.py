"""A GitHub App in place of an account: it signs, its tokens are renewed in time, and refusals say what to do."""

from __future__ import annotations

import time
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tmi_issue_sync.errors import Denied, Unavailable
from tmi_issue_sync.model import Level
from tmi_issue_sync.sandbox.faults import Fault
from tmi_issue_sync.tracker import Tracker, load

from .loopback import REPO, Room, draft


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def pem(key: rsa.RSAPrivateKey) -> str:
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, plain).decode()


def public(key: rsa.RSAPrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def tracker(room: Room, **app: Any) -> Tracker:
    adapter = load("github")
    options = adapter.options(url=room.url, app=app, seconds_between_writes=0.0, wait=5.0, timeout=5.0)
    return adapter.connect(options, (adapter.target(repo=REPO),))


def tokens(room: Room) -> int:
    return len([entry for entry in room.log.requests("github", "POST") if "access_tokens" in entry.facts["path"]])


def test_an_app_makes_and_finds_its_tickets(room: Room, key: rsa.RSAPrivateKey) -> None:
    app = room.site.add_app("threats", public(key))
    found = tracker(room, id=app.id, installation=app.installation, private_key=pem(key))
    made = found.create(draft())
    look = found.changed(None)
    assert (look.account, made.author) == ("threats[bot]", "threats[bot]")
    assert [ticket.ref for ticket in look.tickets] == [made.ref]
    assert not [finding for finding in found.check() if finding.level is Level.ERROR]
    assert tokens(room) == 1


@pytest.mark.parametrize(
    ("rights", "told"),
    [
        ({"issues": "write", "metadata": "read"}, (Level.OK, "may label")),
        ({"issues": "read", "metadata": "read"}, (Level.ERROR, "may make no issues")),
        ({"metadata": "read"}, (Level.ERROR, "may make no issues")),
        (None, None),
    ],
)
def test_an_apps_rights_are_its_tokens(
    room: Room, key: rsa.RSAPrivateKey, rights: dict[str, str] | None, told: tuple[Level, str] | None
) -> None:
    """The repository's `permissions` are those of a person, and say nothing of an App."""
    app = room.site.add_app("threats", public(key))
    app.rights = rights
    found = list(tracker(room, id=app.id, installation=app.installation, private_key=pem(key)).check())
    assert not [one.what for one in found if "drops labels" in one.what]
    levels = {one.what: one.level for one in found if "this App" in one.what}
    assert [*levels.values()] == ([told[0]] if told else [])
    assert told is None or told[1] in "".join(levels)


def test_a_token_is_renewed_before_it_ends(room: Room, key: rsa.RSAPrivateKey, monkeypatch: Any) -> None:
    app = room.site.add_app("threats", public(key))
    found = tracker(room, id=app.id, installation=app.installation, private_key=pem(key))
    found.create(draft("t-1"))
    ahead = time.monotonic() + 3600 - 200
    monkeypatch.setattr(time, "monotonic", lambda: ahead)
    found.create(draft("t-2"))
    assert tokens(room) == 2


def test_a_token_that_ended_early_is_renewed_by_the_next_call(room: Room, key: rsa.RSAPrivateKey) -> None:
    app = room.site.add_app("threats", public(key))
    found = tracker(room, id=app.id, installation=app.installation, private_key=pem(key))
    found.changed(None)
    room.site.end_tokens()
    with pytest.raises(Denied):
        found.create(draft())
    found.create(draft())
    assert len(room.site.issues()) == 1


def test_a_lost_token_makes_no_ticket(room: Room, key: rsa.RSAPrivateKey) -> None:
    app = room.site.add_app("threats", public(key))
    found = tracker(room, id=app.id, installation=app.installation, private_key=pem(key))
    room.faults.add(Fault(site="github", kind="drop-after", method="POST", path="/access_tokens$"))
    with pytest.raises(Unavailable):
        found.create(draft())
    assert not room.site.issues()


def test_what_github_refuses(room: Room, key: rsa.RSAPrivateKey) -> None:
    app = room.site.add_app("threats", public(key))
    other = rsa.generate_private_key(65537, 2048)
    with pytest.raises(Denied, match=r"not take the App 100 .*clock right"):
        tracker(room, id=app.id, installation=app.installation, private_key=pem(other)).create(draft())
    with pytest.raises(Denied, match="no installation 9"):
        tracker(room, id=app.id, installation=9, private_key=pem(key)).create(draft())
    text = pem(key).replace("M", "x")
    with pytest.raises(Denied, match="signs nothing"):
        tracker(room, id=app.id, installation=app.installation, private_key=text).create(draft())
    app.suspended = True
    with pytest.raises(Denied, match="suspended"):
        tracker(room, id=app.id, installation=app.installation, private_key=pem(key)).create(draft())


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "a token, or an app"),
        (
            {
                "token": "t",
                "app": {"id": 1, "installation": 1, "private_key": "-----BEGIN RSA PRIVATE KEY-----\nx"},
            },
            "or an app",
        ),
        ({"app": {"id": 1, "installation": 1, "private_key": "ghp_x"}}, "PEM"),
    ],
)
def test_one_way_in(given: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why) as raised:
        load("github").options(**given)
    assert "ghp_x" not in str(raised.value)
