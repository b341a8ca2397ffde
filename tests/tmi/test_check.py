"""Options as written, and what `check` says."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tmi_issue_sync.errors import ConfigError
from tmi_issue_sync.model import Finding, Level
from tmi_issue_sync.tmi.check import identity_findings
from tmi_issue_sync.tmi.options import ClientCredentials, Login, TmiOptions, Token

from .conftest import World

URL = "https://tmi.example.com"


@pytest.mark.parametrize(
    ("url", "instance"),
    [
        ("https://TMI.example.com", "https://tmi.example.com"),
        ("https://tmi.example.com:443/", "https://tmi.example.com"),
        ("https://tmi.example.com:8443/api/", "https://tmi.example.com:8443/api"),
        ("HTTP://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_the_instance_is_the_url_in_one_spelling(url: str, instance: str) -> None:
    assert TmiOptions.model_validate({"url": url}).instance == instance


def test_an_instance_of_ones_own_stays() -> None:
    assert TmiOptions.model_validate({"url": URL, "instance": "main"}).instance == "main"


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ({"read": {"client_id": "x", "client_secret": "s"}}, ClientCredentials),
        ({"read": {"token": "s"}}, Token),
        ({"write": {"login": True}}, Login),
        ({"write": {"provider": "okta", "port": 9000}}, Login),
        ({"write": {"token": "s"}}, Token),
    ],
)
def test_identities_are_told_apart(table: dict[str, Any], kind: type) -> None:
    options = TmiOptions.model_validate({"url": URL, **table})
    assert isinstance(options.read or options.write, kind)


@pytest.mark.parametrize(
    "table",
    [
        {"read": {"client_id": "x"}},
        {"read": {"token": "s", "client_id": "x"}},
        {"read": {"login": True}},
        {"write": {"login": False}},
        {"write": {"client_id": "x", "client_secret": "s3cret"}},
        {"workers": 9},
        {"workers": 0},
        {"timeout": 0},
        {"ulr": 1},
    ],
)
def test_mistakes_are_refused_without_showing_a_secret(table: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        TmiOptions.model_validate({"url": URL, **table})
    assert "s3cret" not in str(caught.value)


def test_nobody_to_read_as(world: World) -> None:
    world.start()
    with pytest.raises(ConfigError, match="nobody to read as"):
        world.client(workers=2)


def bad(found: list[Finding]) -> list[str]:
    return [finding.what for finding in found if finding.level is not Level.OK]


def test_all_is_well(world: World) -> None:
    world.start().threat_model({})
    world.session()
    found = identity_findings(world.client(write={"login": True}))
    assert bad(found) == []
    text = "\n".join(finding.what for finding in found)
    for part in (
        "TMI 1.8.22 answers",
        "reads and writes as Alice",
        "ends 2026-11-08",
        "sees 1 threat model",
        "may write",
    ):
        assert part in text
    assert world.log.commits("tmi", "threat.put") == []


def test_no_models_no_writer(world: World) -> None:
    world.start()
    found = identity_findings(world.client(read={"token": world.site.add_user("carol")}))
    assert len(bad(found)) == 2
    assert "tmi-automation" in next(finding.todo for finding in found if "no threat model" in finding.what)
    assert "login = true" in next(finding.todo for finding in found if "nobody is configured" in finding.what)


def test_unreachable(world: World) -> None:
    world.start()
    client = world.client()
    world.fault("drop-before", times=-1)
    (finding,) = identity_findings(client)
    assert finding.level is Level.ERROR


def test_no_session_and_no_threat(world: World) -> None:
    world.start().threat_model()
    token = world.site.add_user("alice")
    found = identity_findings(world.client(read={"token": token}, write={"login": True}))
    assert any("nobody is logged in" in what for what in bad(found))
    assert any("no threat to try" in what for what in bad(found))


def test_the_session_ends_soon(world: World) -> None:
    world.start().threat_model({})
    world.session()
    world.clock.advance(6.5 * 86400)
    found = identity_findings(world.client(write={"login": True}))
    assert any("ends in 12 h" in what for what in bad(found))


def test_a_service_account_may_not_write(world: World) -> None:
    world.start().threat_model({})
    found = identity_findings(world.client(write={"token": world.site._tokens.service("alice")}))
    assert any("service accounts read only" in what for what in bad(found))
