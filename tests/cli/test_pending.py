"""`links = "pending"`: without a writer tickets are made, and their links wait for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tmi_issue_sync.sandbox import facts
from tmi_issue_sync.sandbox.trackers import BOT
from tmi_issue_sync.sandbox.world import World

from .conftest import Command

TICKETS = 5


@pytest.fixture
def reading(world: World, config: Path) -> str:
    """A config whose account reads and nobody writes; gives what was there before."""
    before = config.read_text(encoding="utf-8")
    client, secret = world.tmi_site.add_client_credential(BOT)
    reader = f'read = {{ client_id = "{client}", client_secret = "{secret}" }}'
    lines = [reader if line.startswith("write = ") else line for line in before.splitlines()]
    config.write_text("\n".join(lines), encoding="utf-8")
    return before


def pending(config: Path) -> None:
    config.write_text(config.read_text().replace("\n[sync]", 'links = "pending"\n[sync]', 1), encoding="utf-8")


@pytest.mark.usefixtures("reading")
def test_without_a_writer_nothing_is_made(world: World, sync: Command) -> None:
    ran = sync("sync", "--once", "--new-install")
    assert ran.code == 77
    assert "no writer is configured" in ran.out
    assert not facts.made(world.log)


def test_tickets_are_made_and_links_are_written_later(
    world: World, sync: Command, config: Path, reading: str
) -> None:
    pending(config)
    ran = sync("sync", "--once", "--new-install")
    assert ran.code == 0
    assert "links wait: [tmi] names nobody to write links" in ran.out
    assert len(facts.made(world.log)) == TICKETS
    assert not facts.links(world.log)
    assert "probed" not in sync("check").out
    assert sync("sync", "--once").code == 0  # nothing more is made
    assert len(facts.made(world.log)) == TICKETS
    assert sync("plan", "--check").code == 0
    assert sync("status").out.count("pending") == TICKETS
    config.write_text(reading, encoding="utf-8")
    assert sync("sync", "--once").code == 0
    assert len(facts.made(world.log)) == len(facts.links(world.log)) == TICKETS


def test_a_writer_that_may_not_write_is_probed_as_ever(world: World, sync: Command, config: Path) -> None:
    """There is somebody to write, so the right to do it counts."""
    pending(config)
    stranger = world.tmi_site.add_user("stranger")
    client, secret = world.tmi_site.add_client_credential(BOT)
    lines = config.read_text(encoding="utf-8").splitlines()
    who = f'write = {{ token = "{stranger}" }}\nread = {{ client_id = "{client}", client_secret = "{secret}" }}'
    lines = [who if line.startswith("write = ") else line for line in lines]
    config.write_text("\n".join(lines), encoding="utf-8")
    assert sync("sync", "--once", "--new-install").code == 77
    assert not facts.made(world.log)
