"""A stranger's adapter: built, installed and run as anybody would, with nothing of it in the house."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tmi_issue_sync.sandbox import facts
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.samples import MODELS
from tmi_issue_sync.sandbox.server import Server
from tmi_issue_sync.sandbox.tmi import TmiSite
from tmi_issue_sync.sandbox.wire import utcnow
from tmi_issue_sync.tracker import installed as adapters

EXAMPLE = Path(__file__).parents[2] / "examples" / "redmine"
CONFIG = """\
[tmi]
url = "{tmi}"
write = {{ token = "{tmi_token}" }}
[sync]
quiet = "0s"
[trackers.redmine]
adapter = "redmine"
url = "{redmine}"
key = "{key}"
{field}
target = {{ project = "security", private = true }}
wait = 5
late = 0.5
lag = 0.5
lag_after_errors = 1
"""
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]


@pytest.fixture(autouse=True)
def examples_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLE / "tests"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the wheel of the example was installed."""
    place = tmp_path_factory.mktemp("redmine")
    wheels, site = place / "wheels", place / "site"
    ran([*PIP, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(wheels), str(EXAMPLE)])
    (wheel,) = wheels.glob("*.whl")
    ran([*PIP, "install", "--no-deps", "--no-index", "--target", str(site), str(wheel)])
    return site


def ran(words: list[str], site: Path | None = None, code: int = 0) -> str:
    """What a command says that ends with this code."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("TMI_")}
    env = kept | ({"PYTHONPATH": str(site)} if site else {})
    done = subprocess.run(words, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def command(site: Path, place: Path, *words: str, code: int = 0) -> str:
    args = ["--config", str(place / "config.toml"), "--state", str(place / "state"), *words]
    return ran([sys.executable, "-m", "tmi_issue_sync", *args], site, code)


@contextmanager
def servers(place: Path, field: str = "marker_field = 7") -> Iterator[tuple[TmiSite, Any, Log]]:
    """A TMI and the example's own Redmine, and a config that fits."""
    log = Log()
    tmi = TmiSite(log=log, issue_uri_schemes=("https", "http"))
    tmi.load(MODELS, owner="alice")
    redmine = importlib.import_module("redmine_server").RedmineSite(log=log, clock=utcnow)
    token, key = tmi.add_user("bot", groups=("tmi-automation",)), redmine.add_user("bot")
    with Server(tmi, log=log) as one, Server(redmine, log=log) as other:
        text = CONFIG.format(tmi=one.url, tmi_token=token, redmine=other.url, key=key, field=field)
        (place / "config.toml").write_text(text, encoding="utf-8")
        yield tmi, redmine, log


def test_it_is_shown_among_the_others(installed: Path) -> None:
    told = ran([sys.executable, "-m", "tmi_issue_sync", "adapters"], installed)
    line = next(line for line in told.splitlines() if line.startswith("redmine"))
    assert line.split() == ["redmine", "tmi-issue-sync-redmine", "0.1.0", "ready"]
    assert "redmine" not in adapters()  # of this process, which does not see the wheel


def test_it_checks_and_syncs(installed: Path, tmp_path: Path) -> None:
    with servers(tmp_path) as (tmi, redmine, log):
        wanted = facts.wanted(tmi.threats())
        told = command(installed, tmp_path, "check")
        assert "redmine (security): signed in as bot" in told
        command(installed, tmp_path, "sync", "--once", "--yes", "--new-install")
        kept = {issue.id for issue in redmine.issues.values() if issue.private}
        assert len(kept) == len(redmine.issues) == len(wanted)
        links = [row["issue_uri"] for row in tmi.threats() if row["id"] in wanted]
        assert {int(link.rpartition("/issues/")[2]) for link in links} == kept
        before = len(log.commits())
        command(installed, tmp_path, "sync", "--once", "--yes")
        assert len(log.commits()) == before


def test_a_config_that_lacks_something_is_refused_with_one_line(installed: Path, tmp_path: Path) -> None:
    with servers(tmp_path, field="") as (_, _, log):
        told = command(installed, tmp_path, "check", code=78)
        assert "marker_field" in told
        assert not log.requests()


def test_it_passes_the_conformance_suite(installed: Path) -> None:
    """The installed wheel, not the sources."""
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not TestRedmine", str(EXAMPLE)]
    assert " failed" not in ran(words, installed)
