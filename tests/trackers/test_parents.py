"""A ticket for each threat model, on every tracker that the sandbox has, through the configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rig import Silent, model, threat
from tmi_issue_sync.config import load_settings
from tmi_issue_sync.report import Report
from tmi_issue_sync.sandbox.trackers import TRACKERS
from tmi_issue_sync.sandbox.world import World
from tmi_issue_sync.sync import Scope, run_pass
from tmi_issue_sync.wiring import Places, wired

MODEL = model(n=1)["id"]
SAID = {"jira-dc": 'parent = { fields = { "Epic Name" = "{{ threat.name }}" } }', "jira": 'parent = "epic"'}
BELOW: dict[str, Callable[[dict[str, Any]], bool]] = {
    "github": lambda issue: issue["parent"] == 1,
    "jira": lambda issue: issue["parent"] == "SEC-1",
    "jira-dc": lambda issue: issue["parent"] == "SEC-1",
}
"""How the tracker itself shows it; where it has no such thing, the text says it."""


@pytest.fixture(params=list(TRACKERS))
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with World((request.param,)) as found:
        found.load([model(threat(0), threat(1), n=1)])
        (tmp_path / "config.toml").write_text(found.config() + SAID.get(request.param, "parent = true"))
        yield found


def run(folder: Path) -> Report:
    settings = load_settings(folder / "config.toml")
    with wired(settings, Places.of(settings, folder)) as found:
        found.setup.ledger.new_install()
        return run_pass(found.setup, Scope(), progress=Silent())


def test_a_model_has_its_ticket_and_its_threats_stand_below(world: World, tmp_path: Path) -> None:
    for _ in range(3):  # the first ticket has to be listed before the second is made
        report = run(tmp_path)
        if not report.wanting - report.created:
            break
    parent, *children = world.issues()
    link = str(world.tmi_site.model(MODEL)["issue_uri"])
    (name,) = world.sites
    assert len(children) == 2
    assert "Model 1" in str(parent)
    assert all(link in str(child) for child in children)
    shows = BELOW.get(name)
    assert shows is None or all(map(shows, children)), children[0]
    before = len(world.log.entries)
    run(tmp_path)
    assert not [e for e in world.log.entries[before:] if e.event == "commit"]
