"""What an operator may write, and what comes of it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tmi_issue_sync.errors import ConfigError
from tmi_issue_sync.model import TrackerKey

from .world import ADAPTER, CANARY

URL = "https://dev.azure.com/example"


def options(**changes: Any) -> Any:
    return ADAPTER.options(**({"url": URL, "token": CANARY} | changes))


@pytest.mark.parametrize(
    ("url", "host", "where", "hosts"),
    [
        (URL, "dev.azure.com", "example/p q", ("dev.azure.com", "example.visualstudio.com")),
        ("https://Dev.Azure.com/Example/", "dev.azure.com", "example/p q", None),
        ("https://example.visualstudio.com", "dev.azure.com", "example/p q", None),
        ("https://example.visualstudio.com/DefaultCollection", "dev.azure.com", "example/p q", None),
        ("https://Example.com:443/tfs/My%20One", "example.com", "tfs/my one/p q", ("example.com",)),
        ("https://example.com:8443/Coll", "example.com:8443", "coll/p q", ("example.com:8443",)),
    ],
)
def test_where_tickets_are(url: str, host: str, where: str, hosts: tuple[str, ...] | None) -> None:
    given = options(url=url)
    assert ADAPTER.key(given, ADAPTER.target(project="P q")) == TrackerKey("azure-devops", host, where)
    if hosts:
        assert ADAPTER.traits(given).hosts == hosts


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "https://dev.azure.com"}, "organization"),
        ({"url": "https://dev.azure.com/example/project"}, "nothing below"),
        ({"url": "https://example.com"}, "collection"),
        ({"url": f"{URL}?x=1"}, "nothing|without"),
        ({"token": None}, "needs a token"),
        ({"tenant": "t"}, "not both"),
        ({"token": None, "tenant": "t", "client_id": "c"}, "needs a token"),
        ({"token": None, "tenant": "t/x", "client_id": "c", "client_secret": "s"}, "tenant"),
        ({"token": "a b"}, "one word"),
        ({"api_version": "4.1"}, "5.0"),
        ({"wait": 0}, "greater than 0"),
        ({"colour": "red"}, "Extra|extra"),
    ],
)
def test_options_that_make_no_sense(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words) as caught:
        options(**changes)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    "target",
    [
        {},
        {"project": ""},
        {"project": "a/b"},
        {"project": "a'b"},
        {"project": "p", "type": ""},
        {"project": "p", "area": "/a"},
        {"project": "p", "parent": 0},
        {"project": "p", "colour": "red"},
    ],
)
def test_targets_that_make_no_sense(target: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.target(**target)


def test_plain_http_is_refused() -> None:
    with pytest.raises(ConfigError, match="plain http"):
        ADAPTER.connect(options(url="http://example.com/tfs/x"), (ADAPTER.target(project="p"),))


def test_times_and_limits() -> None:
    traits = ADAPTER.traits(options())
    assert (traits.wait, traits.late, traits.lag, traits.lag_after_errors) == (100, 120, 60, 300)
    assert (traits.title_max, traits.body_max, traits.confidential) == (255, 100_000, False)


def test_no_secret_is_shown() -> None:
    assert CANARY not in repr(options())
    hidden = options(token=None, tenant="t", client_id="c", client_secret=CANARY)
    assert CANARY not in repr(hidden)


def test_what_stands_above() -> None:
    target = ADAPTER.target(project="p", type="Bug", area="a", parent=3)
    assert (
        ADAPTER.above(target, "")
        == ADAPTER.above(target, "epic")
        == ADAPTER.target(project="p", type="Epic", area="a")
    )
    assert ADAPTER.above(target, "Feature").type == "Feature"
