"""SIGTERM in each phase, SIGKILL at any time: the next start finishes the job."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from process import N, command, finish, restarted
from rig import Rig, model, rig, threat

DEADLINE = 10.0
"""Seconds in which a process must end after SIGTERM."""
PHASES = {
    "reading": ("tmi", "GET", r"/threats$"),
    "looking": ("github", "GET", r"/issues$"),
    "checking": ("github", "GET", r"/repos/example/threats$"),
    "creating": ("github", "POST", r"/issues$"),
    "preparing": ("tmi", "GET", r"/threats/"),
    "linking": ("tmi", "PUT", r"/threats/"),
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path, model(*(threat(n) for n in range(N)))) as found:
        with found.setup():
            pass
        yield found


@pytest.mark.parametrize("words", [("sync", "--once"), ("sync",)], ids=["once", "service"])
@pytest.mark.parametrize("phase", PHASES)
def test_sigterm_in_each_phase_ends_soon_and_the_next_start_finishes(
    world: Rig, phase: str, words: tuple[str, ...]
) -> None:
    site, method, path = PHASES[phase]
    pid: list[int] = []
    world.strike("call-after", site=site, method=method, path=path, action=lambda: os.kill(pid[0], signal.SIGTERM))
    with command(world, *words) as process:
        pid.append(process.pid)
        _, errors = process.communicate(timeout=DEADLINE)
    assert b"Traceback" not in errors
    assert len(world.made()) <= 2  # the ticket in hand at most, after the signal came
    restarted(world)
    finish(world)


@pytest.mark.parametrize("seed", range(6))
def test_sigkill_at_any_time(world: Rig, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(2):
        with command(world) as process:
            try:
                process.communicate(timeout=chance.uniform(0.3, 1.5))
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
    restarted(world)
    finish(world)


@pytest.mark.parametrize("room", [600, 8_000, 40_000, 90_000, 98_000])
def test_a_disk_that_fills_up_is_one_line_and_no_duplicate(world: Rig, room: int) -> None:
    """A limit on the size of files stands for the full disk: some write of the pass fails, whichever it is."""
    limits = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))  # noqa: E731
    with command(world, limits=limits) as process:
        _, errors = process.communicate(timeout=60)
    if process.returncode:
        assert process.returncode == 78
        assert b"Traceback" not in errors
        assert errors.decode().splitlines()[-1].startswith("tmi-issue-sync: the ledger")
    restarted(world)
    finish(world)


def test_a_second_start_says_who_holds_the_lock_and_exits_75(world: Rig) -> None:
    with world.setup(), command(world) as process:
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 75
    assert f"process {os.getpid()}" in errors.decode()
    assert errors.count(b"\n") == 1
