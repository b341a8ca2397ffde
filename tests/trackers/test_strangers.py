"""A stranger's adapter that is broken or badly configured is refused in one line, and stops nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rig import model, threat
from tmi_issue_sync.sandbox.world import World
from trackers import strangers

BROKEN = {
    "raises": "can't be loaded: RuntimeError: it never worked. Update strangers, or uninstall it.",
    "exits": "can't be loaded: SystemExit: 3. Update strangers, or uninstall it.",
    "lacks": "needs the package 'a_client_that_nobody_has'. Install it.",
    "newer": "can't be loaded: ImportError: cannot import name 'Teleporter'",
    "older": "can't be loaded: TypeError: Adapter.__init__() missing 2 required positional arguments",
    "no-adapter": "is not for this version: stranger_no_adapter:adapter is no Adapter",
    "nothing": "can't be loaded: AttributeError: module 'stranger_nothing' has no attribute 'adapter'",
    "no-models": "is broken: its options and target must be pydantic models",
}
"""What can't be loaded, and what is said of it."""
SLIPS = {
    "bad-key": "adapter 'bad-key' is broken: ValueError: a slip of the stranger's pen",
    "bad-traits": "adapter 'bad-traits' is broken: it gave None for a Traits",
}
"""What falls as soon as its table is read."""


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    told: list[str]
    """What the user reads on stderr."""


@dataclass(frozen=True)
class Shop:
    """The real command where all strangers are installed, with a sandbox's GitHub configured."""

    place: Path
    site: Path
    world: World

    def run(self, *words: str, more: str = "") -> Ran:
        config = self.place / "config.toml"
        config.write_text(self.world.config() + more, encoding="utf-8")
        env = {key: value for key, value in os.environ.items() if not key.startswith("TMI_")}
        done = subprocess.run(
            [sys.executable, "-m", "tmi_issue_sync", "--config", config, "--state", self.place, *words],
            env=env | {"PYTHONPATH": str(self.site), "COLUMNS": "400"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr
        return Ran(done.returncode, done.stdout, done.stderr.splitlines())


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    place = tmp_path_factory.mktemp("shop")
    with World() as world:
        world.load([model(threat(0))])
        yield Shop(place, strangers.install(place / "site"), world)


def table(name: str, more: str = 'target = { room = "a" }\n') -> str:
    return f'[trackers.{name}]\nadapter = "{name}"\n{more}'


def test_every_adapter_is_listed_with_what_is_wrong(shop: Shop) -> None:
    ran = shop.run("adapters")
    assert (ran.code, ran.told) == (0, [])
    for name, why in BROKEN.items():
        assert f"adapter {name!r} {why}" in ran.out
    states = {line.split()[0]: line.split()[-1] for line in ran.out.splitlines()[1:] if line.strip()}
    assert {"github", "jira", "gitlab", "gitea", "azure-devops", "fine"} <= {
        name for name, state in states.items() if state == "ready"
    }


def test_installed_and_not_configured_they_stop_nothing(shop: Shop) -> None:
    assert shop.run("check").code == 0
    ran = shop.run("plan")
    assert (ran.code, ran.told) == (0, [])
    assert "Threat number 0" in ran.out


@pytest.mark.parametrize("command", ["check", "plan"])
def test_each_that_is_configured_is_refused_in_one_line(shop: Shop, command: str) -> None:
    names = [*BROKEN, *SLIPS]
    route = '[[routes]]\ntracker = "sandbox"\n'
    ran = shop.run(command, more="".join(map(table, names)) + table("fine", 'target = { rom = "a" }\n') + route)
    assert ran.code == 78
    for name, why in BROKEN.items():
        (line,) = [line for line in ran.told if f"trackers.{name}.adapter" in line]
        assert f"adapter {name!r} {why}" in line
    for name, why in SLIPS.items():
        (line,) = [line for line in ran.told if f"trackers.{name}:" in line]
        assert line.endswith(why)
    fine = [line for line in ran.told if "trackers.fine" in line]
    assert any("trackers.fine.target.rom" in line and "room" in line for line in fine), fine
    assert len(ran.told) == len(names) + len(fine)


def test_one_that_can_not_connect_is_told_by_its_name(shop: Shop) -> None:
    ran = shop.run("plan", more=table("bad-connect") + '[[routes]]\ntracker = "sandbox"\n')
    assert (ran.code, ran.told) == (
        78,
        ["tmi-issue-sync: adapter 'bad-connect' is broken: ValueError: a slip of the stranger's pen"],
    )


def test_one_that_breaks_when_it_is_asked_closes_itself_alone(shop: Shop) -> None:
    more = table("fine") + '[[routes]]\ntracker = "sandbox"\n'
    told = shop.run("check", more=more)
    assert "the adapter failed without a verdict: RuntimeError: the stranger's tracker is not there" in told.out
    assert told.code not in (0, 70)
    ran = shop.run("sync", "--once", "--new-install", more=more)
    assert ran.code not in (0, 70)
    (ticket,) = shop.world.issues()
    assert "Threat number 0" in ticket["title"]
    (row,) = shop.world.tmi_site.threats()
    assert row["issue_uri"] == f"{shop.world.github.url}/example/threats/issues/1"
