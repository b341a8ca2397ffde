"""The demo tells what the servers' log shows, whatever the machine is configured to do."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tmi_issue_sync.sandbox import facts
from tmi_issue_sync.sandbox.samples import MODELS
from tmi_issue_sync.sandbox.trackers import TRACKERS
from tmi_issue_sync.sandbox.world import World

from .conftest import Ran

Command = Callable[..., Ran]


@pytest.mark.parametrize("tracker", sorted(TRACKERS))
def test_one_ticket_per_threat_in_spite_of_a_lost_reply(
    command: Command, monkeypatch: pytest.MonkeyPatch, tracker: str
) -> None:
    monkeypatch.setenv("TMI_ISSUE_SYNC__TMI__URL", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    ran = command("demo", "--tracker", tracker)
    assert ran.code == 0, ran.out
    lost = re.search("committed (.+), reply dropped.", ran.out)
    assert lost is not None
    assert "3" in lost[1]
    assert f"{lost[1]} was found again and linked; no second one was made." in ran.out
    assert "0 writes." in ran.out
    assert "One ticket for each of the 5 threats that want one, each linked, none twice." in ran.out


def test_a_tracker_that_the_sandbox_lacks_is_named_with_the_nearest(command: Command) -> None:
    ran = command("demo", "--tracker", "jirra")
    assert (ran.code, ran.told) == (
        2,
        ["tmi-issue-sync: the sandbox has no tracker 'jirra'. Did you mean jira?"],
    )


def test_several_trackers_at_once_share_the_threats(command: Command, tmp_path: Path) -> None:
    with World(("github", "jira", "jira-dc")) as world:
        world.load(MODELS)
        wanted = facts.wanted(world.tmi_site.threats())
        path = tmp_path / "several.toml"
        path.write_text(world.config(), encoding="utf-8")
        ran = command("--config", path, "--state", tmp_path, "sync", "--once", "--new-install")
        assert ran.code == 0, ran.err
        made = {ticket.threat_id: world.url(ticket) for ticket in facts.made(world.log)}
        assert facts.links(world.log) == made
        assert set(made) == wanted
        assert {ticket.site for ticket in facts.made(world.log)} == {"github", "jira", "jira-dc"}


def test_one_tracker_is_served_without_the_others() -> None:
    code = (
        "import sys; from tmi_issue_sync.sandbox.world import World; World(('jira',)).close(); "
        "print([n for n in sys.modules if n.startswith('tmi_issue_sync.sandbox.github')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_samples_show_every_kind_of_threat() -> None:
    threats = [threat for model in MODELS for threat in model["threats"]]
    assert (len(MODELS), len(threats), len(facts.wanted(threats))) == (3, 8, 5)
