"""The real command in a process of its own, and what must be true when all is over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rig import REPO, Rig, model, rig, threat

N = 3


@contextmanager
def world_of(place: Path) -> Iterator[Rig]:
    """N threats, and a ledger that has settled: the first pass may make tickets at once."""
    with rig(place, model(*(threat(n) for n in range(N)))) as found:
        with found.setup():
            pass
        yield found


def command(world: Rig, *words: str, limits: Callable[[], None] | None = None) -> subprocess.Popen[bytes]:
    """`tmi-issue-sync sync --once`, as cron starts it, or with other words."""
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
    args = ["--config", str(config), "--state", str(world.state), *(words or ("sync", "--once"))]
    return subprocess.Popen(
        [sys.executable, "-m", "tmi_issue_sync", *args],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=limits,
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
