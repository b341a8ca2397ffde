"""What a pass costs, counted in the servers' own log, and what it leaves untouched."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rig import Rig, model, rig, threat
from tmi_issue_sync.plan import Kind, Policy

READ_ONLY = {"id", "threat_model_id", "alias", "created_at", "modified_at", "auto_generated", "issue_uri"}
NORMALISED = {
    ("status", "In Progress", "in_progress"),
    ("status", "Open", "open"),
    ("severity", "High", "high"),
}
"""What TMI 1.8.22 itself rewrites on a PUT, and nothing else may differ (tmi-api 5.2)."""


def varied(n: int) -> dict[str, Any]:
    """A threat of the kinds that real servers hold, by number."""
    kinds: list[dict[str, Any]] = [
        {"metadata": [{"key": "owner", "value": f"team {n}"}, {"key": "k", "value": "v"}]},
        {"cvss": [{"vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "score": 9.8}], "score": 9.8},
        {"cwe_id": ["CWE-79", "CWE-89"], "priority": "immediate", "mitigation": "Encode <b>everything</b>."},
        {"ssvc": {"vector": "SSVCv2/E:A/A:Y/T:T", "decision": "Immediate", "methodology": "CISA Coordinator"}},
        {"severity": "3", "status": "In Progress"},
        {"severity": "High", "status": "Open", "include_in_report": False, "timmy_enabled": False},
        {"name": 'Quotes "and" <angles>', "description": "5 < 6, connection=5"},
        {"issue_uri": "https://other.example.com/browse/SEC-1"},
        {"issue_uri": "n/a"},
        {"issue_uri": "see the wiki"},
        {"mitigated": True},
        {"status": "resolved"},
        {"threat_type": [], "severity": None, "status": None, "description": None},
    ]
    return threat(n, **kinds[n % len(kinds)])


BLOCKED = {2, 6}
"""The kinds whose stored text TMI 1.8.22 would alter or refuses in a PUT: a ticket is made, its link is blocked."""
MADE = {0, 1, 2, 3, 4, 5, 6, 12}


@pytest.fixture(params=["1.8.22", "documented"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    big = model(*(varied(n) for n in range(250)), n=1, metadata=[{"key": "tier", "value": "1"}])
    secret = model(*(threat(1000 + n) for n in range(3)), n=2, is_confidential=True)
    empty, small = model(n=3), model(threat(2000), n=4)
    with rig(tmp_path, big, secret, empty, small, dialect=request.param) as found:
        found.policy = Policy(per_pass=1000, per_day=1000)
        found.documented = request.param == "documented"  # type: ignore[attr-defined]
        yield found


def test_first_and_second_pass(world: Rig) -> None:
    before = world.rows()
    report = world.run()
    eligible = [n for n in range(250) if n % 13 in MADE]
    documented = world.documented  # type: ignore[attr-defined]
    refused = [] if documented else [n for n in eligible if n % 13 in BLOCKED]
    assert len(world.made()) == len(eligible) + 1
    assert len(report.failed) == len(refused)
    _unchanged(before, world.rows(), documented)
    _linked(world, len(eligible) + 1 - len(refused))
    _cost_of_the_first_pass(world, made=len(eligible) + 1)
    assert {d.kind for d in report.decisions if d.threat.model.name == "Model 2"} == {Kind.REFUSED}

    _idle(world, github=1 + _lists(len(world.made())))  # all that was just made is listed once more
    newest = world.made()[-1].at.replace(microsecond=0)
    _idle(world, github=1 + _lists(sum(entry.at >= newest for entry in world.made())))  # GitHub counts in seconds


def _lists(tickets: int) -> int:
    """Calls to list so many: what takes more than one page is read twice (Lo8)."""
    pages = max(1, math.ceil(tickets / 100))
    return pages if pages == 1 else 2 * pages


def _idle(world: Rig, github: int) -> None:
    """A pass with nothing to do writes nothing and costs the minimum."""
    world.wait(60)
    start = len(world.log.entries)
    report = world.run()
    assert (report.created, report.exit_code) == (0, 0)
    requests = [entry for entry in world.log.entries[start:] if entry.event == "request"]
    assert {entry.kind for entry in requests} == {"GET"}
    assert sum(entry.site == "tmi" for entry in requests) == 1 + math.ceil(250 / 100) + 1 + 1
    assert sum(entry.site == "github" for entry in requests) <= github


def _linked(world: Rig, links: int) -> None:
    """Every link names the ticket whose body names the threat."""
    tickets = {entry.facts["number"]: entry.facts["body"] for entry in world.made()}
    rows = [row for row in world.rows().values() if "/example/threats/issues/" in row.get("issue_uri", "")]
    assert len(rows) == links
    for row in rows:
        number = int(row["issue_uri"].rpartition("/")[2])
        assert f"threat={row['id']} " in tickets[number]


def _unchanged(before: dict[str, Any], after: dict[str, Any], documented: bool) -> None:
    for threat_id, old in before.items():
        new = after[threat_id]
        for name in (set(old) | set(new)) - READ_ONLY:
            was, now = old.get(name), new.get(name)
            assert was == now or (not documented and (name, was, now) in NORMALISED), (name, was, now)


def _cost_of_the_first_pass(world: Rig, made: int) -> None:
    requests = [entry for entry in world.log.entries if entry.event == "request"]
    reading = 1 + math.ceil(250 / 100) + 1 + 1
    per_model = (2 + math.ceil(250 / 100)) + (2 + 1) + (2 + 1)
    assert len(requests) <= reading + per_model + 4 * made + 5 + 5
    assert sum(e.site == "github" for e in requests) <= made + 6


def test_a_pass_without_threats_costs_one_call_a_side(tmp_path: Path) -> None:
    with rig(tmp_path, model(n=1), model(n=2)) as world:
        world.run()
        start = len(world.log.entries)
        world.run()
        requests = [entry for entry in world.log.entries[start:] if entry.event == "request"]
        assert [entry.site for entry in requests if entry.site == "tmi"] == ["tmi"]
        # Who we are and the listing; and where that is empty, whether the repository keeps issues at all.
        assert sum(entry.site == "github" for entry in requests) <= 3
