"""Whatever goes wrong is one clear line on stderr and the right exit code."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tmi_issue_sync.sandbox.faults import Fault
from tmi_issue_sync.sandbox.world import World

from .conftest import Ran

Command = Callable[..., Ran]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nonsense"], 2, "No such command"),
        (["plan", "--nonsense"], 2, "No such option"),
        (["explain"], 2, "Missing argument"),
        (["sync", "--wait"], 2, "--wait and --json need --once"),
        (["--log-format", "xml", "plan"], 2, "--log-format is text or json"),
        (["plan", "--limit", "-1"], 2, "--limit"),
        (["plan"], 78, "no config file found"),
        (["login"], 78, "config init"),
        (["--config", "/nonexistent/x.toml", "plan"], 78, "there is no config file at /nonexistent/x.toml"),
        (["sandbox", "--dialect", "3"], 2, "no dialect '3'"),
        (["sandbox", "--load", "/nonexistent"], 2, "can't be read"),
    ],
)
def test_a_command_line_that_makes_no_sense(command: Command, arguments: list[str], code: int, words: str) -> None:
    ran = command(*arguments)
    assert ran.code == code
    assert len(ran.told) == 1
    assert words in ran.told[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is no JSON"),
        ("{}", "should hold a list"),
        ("[1]", "should hold a list"),
        ('[{"threats": 3}]', "list"),
    ],
)
def test_models_that_are_none(command: Command, tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "models.json").write_text(text)
    ran = command("sandbox", "--load", tmp_path / "models.json")
    assert (ran.code, len(ran.told)) == (2, 1)
    assert words in ran.told[0]


def test_a_port_in_use(command: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = command("sandbox", "--port", str(taken.getsockname()[1]))
    assert (ran.code, len(ran.told)) == (2, 1)


@pytest.mark.usefixtures("hasty")
def test_nobody_answers(sync: Command, config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = config.read_text()
    lines = [f'url = "http://127.0.0.1:{port}"' if "url" in line else line for line in text.splitlines()]
    config.write_text("\n".join(lines))
    for arguments in (["plan"], ["sync", "--once"]):
        ran = sync(*arguments)
        assert (ran.code, len(ran.told)) == (69, 1)
        assert "can't be reached" in ran.told[0] or "refused" in ran.told[0]


@pytest.mark.parametrize(
    ("written", "instead", "code"),
    [
        ('token = "', 'token = "x', 77),
        ('repo = "example/threats"', 'repo = "example/other"', 77),
    ],
)
def test_who_we_are_and_where(sync: Command, config: Path, written: str, instead: str, code: int) -> None:
    config.write_text(config.read_text().replace(written, instead))
    assert sync("check").code == code
    ran = sync("sync", "--once", "--new-install")
    assert ran.code == code


def test_a_web_page_instead_of_tmi(sync: Command, world: World) -> None:
    world.faults.add(Fault(site="tmi", kind="html", times=-1))
    ran = sync("plan")
    assert (ran.code, len(ran.told)) == (69, 1)
    assert "instead of JSON" in ran.told[0]


def test_tracker_down_is_said_and_nothing_is_lost(sync: Command, world: World) -> None:
    world.faults.add(Fault(site="github", kind="status-before", status=503, times=-1))
    ran = sync("sync", "--once", "--new-install")
    assert ran.code == 69
    assert "trouble:" in ran.out


def test_trackers_that_fail_alike_are_told_by_their_names(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "several.toml"
    with World(("gitea", "forgejo")) as world:
        for site in ("gitea", "forgejo"):
            world.faults.add(Fault(site=site, kind="status-before", status=403, times=-1))
        path.write_text(world.config(), encoding="utf-8")
        ran = command("--config", path, "--state", tmp_path, "sync", "--once", "--new-install")
    told = [line for line in ran.out.splitlines() if line.startswith("trouble: ")]
    assert [line.split(":")[1].strip() for line in told] == ["gitea", "forgejo"]
    assert ran.code == 69


def test_a_ledger_that_is_none(sync: Command, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "ledger.db").write_text("no database at all, but long enough to be read as one\n" * 20)
    for arguments in (["plan"], ["status"], ["sync", "--once"]):
        ran = sync(*arguments)
        assert (ran.code, len(ran.told)) == (78, 1)
        assert "not a SQLite database" in ran.told[0]


def test_a_ledger_of_a_newer_version(sync: Command, tmp_path: Path) -> None:
    sync("plan")
    with sqlite3.connect(tmp_path / "state" / "ledger.db") as db:
        db.execute("PRAGMA user_version = 999")
    db.close()
    ran = sync("sync", "--once")
    assert (ran.code, len(ran.told)) == (78, 1)
    assert "newer version" in ran.told[0]


def test_a_ledger_of_another_tmi(sync: Command, config: Path) -> None:
    sync("sync", "--once", "--new-install")
    config.write_text(config.read_text().replace("[tmi]", '[tmi]\ninstance = "another"'))
    ran = sync("sync", "--once")
    assert (ran.code, len(ran.told)) == (78, 1)
    assert 'instance = "' in ran.told[0]


@pytest.mark.usefixtures("hasty")
def test_a_slip_in_the_first_url_binds_no_ledger(sync: Command, world: World, config: Path) -> None:
    right = config.read_text()
    config.write_text(right.replace(world.tmi.url, "http://127.0.0.1:1"))
    assert sync("check").code == 69
    config.write_text(right)
    assert sync("check").code == 0
    assert sync("sync", "--once", "--new-install").code == 0
    assert f"for {world.tmi.url}" in sync("status").out


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "", "https://", "http://[::1"])
def test_a_url_that_is_none_opens_no_ledger(sync: Command, config: Path, tmp_path: Path, url: str) -> None:
    text = config.read_text().splitlines()
    place = next(number for number, line in enumerate(text) if line.startswith("url"))
    config.write_text("\n".join([*text[:place], f'url = "{url}"', *text[place + 1 :]]))
    for arguments in (["check"], ["login"]):
        ran = sync(*arguments)
        assert (ran.code, len(ran.told)) == (78, 1)
        assert "tmi.url: " in ran.told[0]
    assert not (tmp_path / "state" / "ledger.db").exists()


def test_a_state_directory_that_can_not_be(command: Command, config: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = command("--config", config, "--state", tmp_path / "file" / "state", "plan")
    assert (ran.code, len(ran.told)) == (78, 1)
    assert "--state" in ran.told[0]


def test_a_slip_of_the_finger(sync: Command) -> None:
    for arguments in (["skip", "threat-7"], ["retry", "threat-7"], ["explain", "threat-7"]):
        ran = sync(*arguments)
        assert (ran.code, len(ran.told)) == (2, 1)
    assert sync("retry", "--new-ticket", "threat-7").code == 2


def test_a_bug_is_one_line_too(sync: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("token ghp_0123456789abcdefghij is in here")

    monkeypatch.setattr("tmi_issue_sync.cli.plan.run_pass", broken)
    ran = sync("plan")
    assert (ran.code, len(ran.told)) == (70, 1)
    assert "a bug in tmi-issue-sync: RuntimeError" in ran.told[0]
    assert "ghp_" not in ran.err
