"""`adopt`: tickets of people become links; nothing that is there is overwritten, nothing new is made."""

from __future__ import annotations

from pathlib import Path

from tmi_issue_sync.sandbox import facts
from tmi_issue_sync.sandbox.samples import MODELS
from tmi_issue_sync.sandbox.world import World

from .conftest import Command

FIRST, SECOND = (threat["id"] for threat in MODELS[0]["threats"][:2])
NOWHERE = "99999999-0000-7000-8000-000000000099"


def link_of(world: World, threat: str) -> str:
    return str(world.tmi_site.threat(threat).get("issue_uri", ""))


def filed(world: World) -> str:
    """A person's ticket."""
    number = world.github_site.file("Somebody's own ticket")
    return f"{world.github.url}/example/threats/issues/{number}"


def test_a_dry_run_changes_nothing(world: World, sync: Command) -> None:
    ran = sync("adopt", FIRST, filed(world))
    assert ran.code == 0
    assert "(a person's)" in ran.out
    assert "Nothing was changed" in ran.out
    assert not link_of(world, FIRST)


def test_a_persons_ticket_becomes_the_link(world: World, sync: Command) -> None:
    theirs = filed(world)
    ran = sync("adopt", FIRST, theirs, "--apply")
    assert ran.code == 0
    assert link_of(world, FIRST) == theirs
    assert not any(made.threat_id for made in facts.made(world.log))
    sync("sync", "--once", "--new-install")
    assert FIRST not in {made.threat_id for made in facts.made(world.log)}
    assert link_of(world, FIRST) == theirs
    world.tmi_site.edit_threat(FIRST, issue_uri=None)  # a stale page
    sync("sync", "--once")
    assert link_of(world, FIRST) == theirs


def test_a_link_that_is_there_stays(world: World, sync: Command) -> None:
    world.tmi_site.edit_threat(FIRST, issue_uri="https://example.com/mine")
    ran = sync("adopt", FIRST, filed(world), "--apply")
    assert ran.code == 1
    assert "a person's word" in ran.out
    assert link_of(world, FIRST) == "https://example.com/mine"


def test_our_own_ticket_is_no_persons(world: World, sync: Command) -> None:
    """By its marker: of another threat it is refused, of this one it is linked as ours."""
    sync("sync", "--once", "--new-install")
    ours = link_of(world, FIRST)
    again = sync("adopt", FIRST, ours)
    assert "it is linked already, by us" in again.out
    assert "1 ticket that exists already." in again.out
    assert "add --apply" not in again.out
    refused = sync("adopt", FIRST, filed(world), "--apply")
    assert (refused.code, "there, our own link" in refused.out) == (1, True)
    assert link_of(world, FIRST) == ours
    world.tmi_site.edit_threat(FIRST, issue_uri=None)
    world.tmi_site.edit_threat(SECOND, issue_uri=None)
    ran = sync("adopt", SECOND, ours, "--apply")
    assert ran.code == 1
    assert link_of(world, FIRST) == ours
    assert link_of(world, SECOND) != ours


def test_by_marker_after_the_ledger_was_lost(world: World, sync: Command, tmp_path: Path) -> None:
    sync("sync", "--once", "--new-install")
    links = {threat: link_of(world, threat) for threat in (FIRST, SECOND)}
    for threat in links:
        world.tmi_site.edit_row(threat, issue_uri=None)
    (tmp_path / "state" / "ledger.db").unlink()
    made = len(facts.made(world.log))
    ran = sync("adopt")
    assert ran.out.count("carries our marker") == 2
    assert sync("adopt", "--apply").code == 0
    assert {threat: link_of(world, threat) for threat in links} == links
    assert len(facts.made(world.log)) == made


def test_a_file_of_pairs(world: World, sync: Command, tmp_path: Path) -> None:
    theirs, file = filed(world), tmp_path / "pairs.csv"
    file.write_text(
        f"\ufeffthreat,ticket\r\n{FIRST},{theirs}\r\n\r\n{FIRST},https://example.com/2\r\n"
        f"{NOWHERE},https://example.com/3\r\n{SECOND},https://example.com/with a space\r\n"
    )
    ran = sync("adopt", "--csv", file, "--apply")
    assert ran.code == 1
    assert link_of(world, FIRST) == theirs
    assert not link_of(world, SECOND)
    for words in ("line 2 names another ticket", "TMI shows no such threat", "no spaces"):
        assert words in ran.out


def test_mistakes_name_their_line(sync: Command, tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text(f"{FIRST},https://example.com/1\n{SECOND}\n")
    ran = sync("adopt", "--csv", file)
    assert (ran.code, len(ran.told)) == (2, 1)
    assert "line 2" in ran.told[0]
    assert sync("adopt", FIRST).code == 2
    assert sync("adopt", "--csv", tmp_path / "nowhere.csv").code == 2
