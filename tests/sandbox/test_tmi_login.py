"""The sandbox's TMI: logins, sessions and service accounts."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tmi_issue_sync.sandbox.wire import Reply

from .tmi_world import CALLBACK, FIRST, World

VERIFIER = "v" * 43


@pytest.fixture
def world() -> World:
    return World()


def test_service_account_is_refused_before_the_model_is_looked_up(world: World) -> None:
    client_id, secret = world.site.add_client_credential("bot")
    form = urlencode({"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret})
    reply = world.ask("POST", "/oauth2/token", form.encode(), Content_Type="application/x-www-form-urlencoded")
    token = reply.body["access_token"]
    probe = [{"op": "replace", "path": "/alias", "value": "probe"}]
    nowhere = "/threat_models/00000000-0000-4000-8000-000000000000/threats"
    assert world.ask("GET", "/threat_models", token=token).body["total"] == 1
    assert world.ask("PATCH", f"{nowhere}/{FIRST}", probe, token=token).status == 403
    assert world.ask("PATCH", f"{nowhere}/{FIRST}", probe).status == 404


def test_hammering_with_a_wrong_secret_locks_the_client_out(world: World) -> None:
    client_id, secret = world.site.add_client_credential("bot")
    body = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": "no"}
    assert [world.ask("POST", "/oauth2/token", body).status for _ in range(6)] == [401] * 5 + [429]
    locked = world.ask("POST", "/oauth2/token", {**body, "client_secret": secret})
    assert (locked.status, locked.headers["Retry-After"]) == (429, "1")
    world.clock.wait(seconds=1)
    assert world.ask("POST", "/oauth2/token", {**body, "client_secret": secret}).status == 200


def test_session_ends_however_often_it_is_refreshed(world: World) -> None:
    _, refresh = world.site.issue_session("bot")
    for _ in range(6):
        world.clock.wait(days=1)
        refresh = world.ask("POST", "/oauth2/refresh", {"refresh_token": refresh}).body["refresh_token"]
    world.clock.wait(days=1)
    reply = world.ask("POST", "/oauth2/refresh", {"refresh_token": refresh})
    assert (reply.status, reply.body["error"]) == (400, "invalid_grant")


def test_access_token_expires_and_logout_ends_the_session(world: World) -> None:
    access, refresh = world.site.issue_session("bot")
    assert world.ask("GET", "/me", token=access).body["provider_id"] == "bot"
    world.clock.wait(seconds=3600)
    assert world.ask("GET", "/me", token=access).status == 401
    access = world.ask("POST", "/oauth2/refresh", {"refresh_token": refresh}).body["access_token"]
    assert world.ask("POST", "/me/logout", token=access).status == 204
    assert world.ask("GET", "/me", token=access).status == 401


def authorize(world: World, **changed: str) -> Reply:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "idp": "tmi",
        "client_callback": CALLBACK,
        "state": "s",
        "login_hint": "carol",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **changed,
    }
    return world.ask("GET", f"/oauth2/authorize?{urlencode(asked)}")


def exchange(world: World, code: str, verifier: str = VERIFIER) -> Reply:
    body = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier, "redirect_uri": CALLBACK}
    return world.ask("POST", "/oauth2/token?idp=tmi", body)


def code_of(reply: Reply) -> str:
    assert reply.status == 302
    return parse_qs(urlsplit(reply.headers["Location"]).query)["code"][0]


def test_login(world: World) -> None:
    code = code_of(authorize(world))
    pair = exchange(world, code).body
    assert pair["refresh_token"]
    assert world.ask("GET", "/me", token=pair["access_token"]).body["provider_id"] == "carol"
    assert exchange(world, code).status == 400


def test_login_needs_pkce(world: World) -> None:
    assert authorize(world, code_challenge="").status == 400
    assert authorize(world, code_challenge_method="plain").status == 400
    assert authorize(world, client_callback="http://127.0.0.1:1/cb").status == 400
    assert exchange(world, code_of(authorize(world)), "w" * 43).body["error"] == "invalid_grant"
    assert exchange(world, code_of(authorize(world)), "short").status == 400
