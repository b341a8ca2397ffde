"""SIGTERM in each phase, a full disk, a second start: one clear line, and the next start finishes the job."""

from __future__ import annotations

import os
import resource

import pytest

from kill import cases
from kill.cases import Kill
from process import command, finish
from rig import Rig

TRIED = [kill for n, kill in enumerate(cases.terminated()) if n % 4 in (0, 3)]
"""Each phase of a pass or of the service, in turn."""


@pytest.mark.parametrize("kill", TRIED, ids=str)
def test_sigterm_in_each_phase_ends_soon_and_the_next_start_finishes(world: Rig, kill: Kill) -> None:
    assert kill.strike(world)
    world.run()
    finish(world)


@pytest.mark.parametrize("room", [600, 40_000, 98_000])
def test_a_disk_that_fills_up_is_one_line_and_no_duplicate(world: Rig, room: int) -> None:
    """A limit on the size of files stands for the full disk: some write of the pass fails, whichever it is."""
    limits = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))  # noqa: E731
    with command(world, limits=limits) as process:
        _, errors = process.communicate(timeout=60)
    if process.returncode:
        assert process.returncode == 78
        assert b"Traceback" not in errors
        assert errors.decode().splitlines()[-1].startswith("tmi-issue-sync: the ledger")
    world.run()
    finish(world)


def test_a_second_start_says_who_holds_the_lock_and_exits_75(world: Rig) -> None:
    with world.setup(), command(world) as process:
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 75
    assert f"process {os.getpid()}" in errors.decode()
    assert errors.count(b"\n") == 1
