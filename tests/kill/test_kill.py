"""SIGKILL of the real command by the servers it talks to: at each request, before and after the commit."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rig import REPO, Rig, model, rig, threat
from tmi_issue_sync.sync import Scope

N = 3
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


def command(world: Rig) -> subprocess.Popen[bytes]:
    """`tmi-issue-sync sync --once`, as cron starts it."""
    config = world.state / "config.toml"
    config.write_text(
        f"""
[tmi]
url = "{world.tmi_url}"
ui_url = "https://tmi-ui.example.com"
write = {{ token = "{world.bot}" }}
[trackers.issues]
adapter = "github"
url = "{world.github_url}"
token = "{world.token}"
target = {{ repo = "{REPO}" }}
wait = 5.0
late = 0.5
lag = 0.5
lag_after_errors = 1.0
seconds_between_writes = 0.0
"""
    )
    args = ["--config", str(config), "--state", str(world.state), "sync", "--once"]
    return subprocess.Popen(
        [sys.executable, "-m", "tmi_issue_sync", *args],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={key: value for key, value in os.environ.items() if not key.startswith("TMI_")},
    )


def killed(world: Rig, when: str, **where: Any) -> None:
    """Run the command and kill it at one request."""
    pid: list[int] = []
    world.strike(f"call-{when}", **where, action=lambda: os.kill(pid[0], signal.SIGKILL))
    with command(world) as process:
        pid.append(process.pid)
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL


def restarted(world: Rig) -> None:
    with command(world) as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors.decode()


def finish(world: Rig) -> None:
    """Run out every horizon; then there are exactly N tickets and N links."""
    world.drain()
    for _ in range(6):
        if all(world.links().values()):
            break
        world.wait(40)
        world.run()
    links = world.links()
    assert all(links.values())
    assert len(set(links.values())) == N
    assert len(world.made()) == N
    assert not world.log.commits("github", "issue.closed")


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
