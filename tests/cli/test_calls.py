"""What a pass costs on each tracker: a ticket is one call, a pass with nothing to do writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rig import model, threat
from tmi_issue_sync.sandbox import facts
from tmi_issue_sync.sandbox.log import Entry
from tmi_issue_sync.sandbox.world import World

from .conftest import Ran

COSTS = {"github": (6, 2), "jira": (10, 2), "jira-dc": (10, 2), "gitlab": (7, 2)}
"""Calls to the tracker: of a first pass beside one for each ticket, and of a pass with nothing to do."""
KINDS: list[dict[str, Any]] = [
    {},
    {"severity": "3", "status": "In Progress"},
    {"description": "# Head\n\n```\ncode\n```\n\n| a | b |\n|---|---|\n| *1* | 2 |"},
    {
        "name": "{code} [~bob] @alice !x.png! Fixes #1 \U0001f511",
        "description": "{noformat}*/close* [a|b]",
    },
    {
        "metadata": [{"key": "k", "value": "v"}],
        "cvss": [{"vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "score": 9.8}],
        "score": 9.8,
    },
    {"mitigated": True},
    {"issue_uri": "n/a"},
    {"issue_uri": "https://other.example.com/browse/SEC-1"},
    {"status": "resolved"},
    {"description": None, "severity": None, "threat_type": []},
]


@pytest.fixture(params=COSTS)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with World((request.param,)) as made:
        rows = [threat(n, **KINDS[n % len(KINDS)]) for n in range(30)]
        made.load([model(*rows[:25], n=1), model(*rows[25:], n=2), model(n=3)])
        yield made


def test_first_and_idle_pass(world: World, sync: Callable[..., Ran]) -> None:
    (name,) = world.sites
    first, idle = COSTS[name]
    wanted = facts.wanted(world.tmi_site.threats())
    assert len(wanted) == 18

    ran, entries = _pass(world, sync, "--yes", "--new-install")
    assert ran.code == 0, ran.err
    made = facts.made(world.log)
    assert {ticket.threat_id for ticket in made} == wanted
    assert len(made) == len(wanted)
    assert facts.links(world.log) == {ticket.threat_id: world.url(ticket) for ticket in made}
    assert _calls(entries, name) <= len(made) + first

    ran, entries = _pass(world, sync)
    assert ran.code == 0, ran.err
    assert not [entry for entry in entries if entry.event == "commit"]
    assert (_calls(entries, name), _calls(entries, "tmi")) == (idle, 1 + 2)


def _pass(world: World, sync: Callable[..., Ran], *words: str) -> tuple[Ran, list[Entry]]:
    before = len(world.log.entries)
    ran = sync("sync", "--once", *words)
    return ran, world.log.entries[before:]


def _calls(entries: list[Entry], site: str) -> int:
    return sum(entry.event == "request" and entry.site == site for entry in entries)
