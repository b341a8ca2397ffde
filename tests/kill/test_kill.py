"""SIGKILL of the real command by the servers it talks to: at each request, before and after the commit."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from process import N, finish, killed, restarted
from rig import Rig, model, rig, threat
from tmi_issue_sync.sync import Scope

REQUESTS = {"tmi": 17, "github": 8}
"""How many requests each side gets in a first pass over three threats; held by a test."""
POINTS = [
    (site, n, when) for site, count in REQUESTS.items() for n in range(1, count + 1) for when in ("before", "after")
]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path, model(*(threat(n) for n in range(N)))) as found:
        with found.setup():  # a ledger that has settled: the first pass may make tickets at once
            pass
        yield found


def test_the_number_of_requests_is_known(world: Rig) -> None:
    restarted(world)
    assert {site: len(world.log.requests(site)) for site in REQUESTS} == REQUESTS


@pytest.mark.parametrize(("site", "nth", "when"), POINTS)
def test_killed_at_each_request_and_started_again(world: Rig, site: str, nth: int, when: str) -> None:
    killed(world, when, site=site, method=None, path=".", nth=nth)
    restarted(world)
    finish(world)


LOST = [
    ("an open intent", "after", {"site": "github", "method": "POST", "path": r"/issues$", "nth": 2}),
    ("between create and link", "before", {"site": "tmi", "method": "PUT", "path": "/threats/", "nth": 2}),
]


@pytest.mark.parametrize(("when", "where"), [case[1:] for case in LOST], ids=[case[0] for case in LOST])
@pytest.mark.parametrize("ledger", ["deleted", "of before the last pass"])
def test_killed_and_the_ledger_lost(
    world: Rig, tmp_path: Path, when: str, where: dict[str, Any], ledger: str
) -> None:
    world.run(Scope(limit=1))
    copy = tmp_path / "copy.db"
    shutil.copy(world.ledger_path, copy)
    killed(world, when, **(where | {"nth": 1}))
    if ledger == "deleted":
        world.ledger_path.unlink()
    else:
        shutil.copy(copy, world.ledger_path)
    restarted(world)
    world.new_install = False
    finish(world)


@pytest.mark.parametrize("kind", ["drop-after", "late", "stall", "status-after"])
def test_the_answer_lost_then_killed_then_started_again(world: Rig, kind: str) -> None:
    world.strike(kind, nth=2, status=502, seconds=0.3)
    killed(world, "after", site="github", method="POST", path=r"/issues$", nth=3)
    restarted(world)
    finish(world)
