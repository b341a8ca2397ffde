"""Another ticket by hand, and when there is none (protocol Id5)."""

from __future__ import annotations

from pathlib import Path

from tmi_issue_sync.sandbox.faults import Fault
from tmi_issue_sync.sandbox.world import World

from .conftest import Command


def test_no_other_ticket_while_one_is_in_doubt(sync: Command, world: World, tmp_path: Path) -> None:
    sync("sync", "--once", "--yes", "--new-install", "--limit", "1")
    (issue,) = world.issues()
    linked = next(threat for threat in world.tmi_site.threats() if threat.get("issue_uri"))
    pilot = ("sync", "--once", "--threat", linked["id"])
    world.github_site.close(issue["number"])
    assert sync("retry", "--new-ticket", linked["id"]).code == 0
    world.faults.add(Fault(site="github", kind="drop-before", method="POST", path=r"/issues$"))
    while not world.log.faults("github"):  # our own link was an edit, a second ago
        sync(*pilot)
    refused = sync("retry", "--new-ticket", linked["id"])
    assert refused.code == 2
    assert "in doubt" in refused.err
