"""Several trackers and instances in one run: each closes by itself, and routes say what goes where."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rig import model, threat
from tmi_issue_sync.cli import run as command
from tmi_issue_sync.sandbox import facts
from tmi_issue_sync.sandbox.faults import Fault
from tmi_issue_sync.sandbox.trackers import TRACKERS
from tmi_issue_sync.sandbox.world import World
from trackers.room import SETTLE, Room, writes

THREE = ("github", "jira", "gitlab")
SEVERITIES = ("critical", "high", "medium", "low", "informational", "Critical", "2", "unheard-of")
STATUSES = ("open", "Open", "in_progress", "confirmed", "")
NAMES = ("Injection in `login`", "Ünïcode *bold* {color:red}", "/close @alice #1", "x" * 200)


def varied(models: int = 3, threats: int = 6) -> list[dict[str, Any]]:
    """Every severity, status and kind of name, over several models; one of each model is mitigated."""
    found = []
    for m in range(1, models + 1):
        numbers = range((m - 1) * threats, m * threats)
        rows = [
            threat(
                n,
                name=f"{NAMES[n % len(NAMES)]} ({n})",
                description="Line one\n/label ~wrong\n| a table | @all",
                severity=SEVERITIES[n % len(SEVERITIES)],
                status=STATUSES[n % len(STATUSES)],
                mitigated=n % threats == threats - 1,
            )
            for n in numbers
        ]
        found.append(model(*rows, n=m))
    return found


@dataclass(frozen=True)
class Down:
    """How a tracker is down."""

    tracker: str
    arm: Callable[[str], Fault]

    def strike(self, room: Room) -> None:
        room.world.faults.add(self.arm(self.tracker))


def everything(**more: Any) -> Callable[[str], Fault]:
    return lambda site: Fault(site=site, times=-1, **more)


def lost_creates(site: str) -> Fault:
    kind = TRACKERS[site]
    return Fault(site=site, kind="drop-after", method=kind.method, path=kind.creates, times=-1)


WAYS = {
    "refuses": Down("github", everything(kind="drop-before")),
    "503": Down("jira", everything(kind="status-before", status=503)),
    "503, later": Down("gitlab", everything(kind="status-before", status=503, retry_after="120")),
    "answers to creates are lost on github": Down("github", lost_creates),
    "answers to creates are lost on jira": Down("jira", lost_creates),
    "answers to creates are lost on gitlab": Down("gitlab", lost_creates),
}


@pytest.fixture(params=list(WAYS))
def down(request: pytest.FixtureRequest) -> Down:
    return WAYS[request.param]


def test_three_at_once_and_one_is_down_half_of_the_time(down: Down, tmp_path: Path) -> None:
    with Room(tmp_path, THREE, varied()) as room:
        room.setup.ledger.new_install()
        wanted = {row["id"] for row in room.world.tmi_site.threats() if not row["mitigated"]}
        down.strike(room)
        room.run()
        urls = {ticket.threat_id: room.world.url(ticket) for ticket in facts.made(room.world.log)}
        others = {ticket.threat_id for ticket in facts.made(room.world.log) if ticket.site != down.tracker}
        assert {ticket.site for ticket in facts.made(room.world.log)} >= set(THREE) - {down.tracker}
        assert others == {key for key, link in room.links().items() if link}, "who is up waits for nobody"
        assert all(room.links()[key] == urls[key] for key in others)
        assert 0 < len(others) < len(wanted)

        for up in (False, True, False, True, True):
            room.world.faults.clear()
            room.clock.offset += SETTLE
            if not up:
                down.strike(room)
            room.run()
        room.world.faults.clear()

        tickets = room.tickets()
        assert set(tickets) == wanted
        assert set(tickets.values()) == {1}
        urls = {ticket.threat_id: room.world.url(ticket) for ticket in facts.made(room.world.log)}
        assert {key: link for key, link in room.links().items() if link} == urls
        assert {ticket.site for ticket in facts.made(room.world.log)} == set(THREE)
        quiet = room.told(room.run)
        assert facts.calls(quiet)[1] == len(writes(quiet)) == 0


def test_two_instances_of_one_adapter(tmp_path: Path) -> None:
    """The same repository's name on two servers, the same numbers: two places all the same."""
    models = varied(models=2)
    with World() as second, Room(tmp_path, ("github",), models) as room:
        other = re.sub(r"(?s).*\[trackers\.sandbox\]", "[trackers.other]", second.config())
        routes = '[[routes]]\ntracker = "sandbox"\nwhen = { model = ["Model 1"] }\n[[routes]]\ntracker = "other"\n'
        room.configure((tmp_path / "config.toml").read_text() + other + routes)
        room.setup.ledger.new_install()
        second.faults.add(Fault(site="github", kind="status-before", status=503, times=-1))
        room.run()
        assert len(facts.made(room.world.log)) == len(models[0]["threats"])
        assert not facts.made(second.log)
        second.faults.clear()
        room.clock.offset += SETTLE
        room.run()
        here, there = facts.made(room.world.log), facts.made(second.log)
        assert len(there) == len(models[1]["threats"])
        urls = [*map(room.world.url, here), *map(second.url, there)]
        assert sorted(room.links().values()) == sorted(urls)
        assert {ticket.name for ticket in here} == {ticket.name for ticket in there}
        before = len(second.log.entries)
        quiet = room.told(room.run)
        assert facts.calls(quiet)[1] == facts.calls(second.log.entries[before:])[1] == 0


ROUTES = """
[[routes]]
name = "payments"
tracker = "jira"
when = { model = ["*payment*"] }
[[routes]]
name = "carol's"
tracker = "gitea"
when = { owner = ["carol*"] }
[[routes]]
name = "tier one"
tracker = "gitlab"
when = { metadata = { tier = ["1"] } }
[[routes]]
name = "worst"
tracker = "github"
when = { severity = ["critical"] }
"""


@pytest.fixture
def routed(tmp_path: Path) -> Iterator[Room]:
    models = [
        model(threat(0, severity="critical"), n=1, name="Card Payments"),
        model(threat(1, severity="critical"), n=3, name="Shop", metadata=[{"key": "tier", "value": "1"}]),
        model(threat(2, severity="critical"), threat(3, severity="low"), n=4, name="Wiki"),
    ]
    carols = model(threat(4, severity="critical"), n=2, name="Carol's own")
    with Room(tmp_path, ("github", "gitea", "jira", "gitlab"), models) as room:
        room.world.tmi_site.load([carols], owner="carol")
        text = (tmp_path / "config.toml").read_text()
        room.configure(text[: text.index("[[routes]]")] + ROUTES)
        yield room


def test_model_severity_owner_and_metadata_each_lead_to_another_tracker(routed: Room) -> None:
    routed.setup.ledger.new_install()
    routed.run()
    where = {ticket.threat_id: ticket.site for ticket in facts.made(routed.world.log)}
    expected = {0: "jira", 4: "gitea", 1: "gitlab", 2: "github"}
    assert where == {threat(n)["id"]: site for n, site in expected.items()}


def test_plan_says_why_a_threat_matches_no_route(routed: Room, capsys: pytest.CaptureFixture[str]) -> None:
    place = routed.place
    assert command(["--config", str(place / "config.toml"), "--state", str(place), "plan"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "no route takes it (payments: " in told
    assert not writes(routed.world.log.entries)
    (left,) = [d for d in routed.run(apply=False).decisions if d.threat.name == "Threat number 3"]
    assert left.to is None
    for why in ("payments: model Wiki", "carol's: owner", "tier one: metadata", "1 more"):
        assert why in left.reason
