"""The service as a process, with its room: TMI's word wakes it for one model, and it ends as it should."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from rig import Rig, model, rig, threat
from tmi_issue_sync.cli import run
from tmi_issue_sync.sandbox.tmi.webhooks_sender import tick
from tmi_issue_sync.web.subscription import SubscriptionFile

TOKEN = "a token of enough length"
CONFIG = """
[tmi]
url = "{tmi}"
write = {{ token = "{bot}" }}

[sync]
every = "1h"
jitter = "0s"
quiet = "0s"

[web]
listen = "127.0.0.1:0"
token = "{token}"

[trackers.work]
adapter = "github"
url = "{github}"
target = {{ repo = "example/threats" }}
token = "{github_token}"
seconds_between_writes = 0
wait = 1
late = 0.5
lag = 0.5
lag_after_errors = 1
"""


class Process:
    """A running service, heard by its log."""

    def __init__(self, config: Path, state: Path) -> None:
        command = [sys.executable, "-m", "tmi_issue_sync", "--config", str(config), "--state", str(state)]
        command += ["--log-format", "json", "sync", "--new-install", "--yes"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.lines: list[dict[str, Any]] = []

    def until(self, heard: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Read the log up to a line."""
        assert self.process.stderr is not None
        for text in self.process.stderr:
            line: dict[str, Any] = json.loads(text)
            self.lines.append(line)
            if heard(line):
                return line
        raise AssertionError(f"it ended before: {self.lines}")

    def passed(self) -> dict[str, Any]:
        return self.until(lambda line: str(line["event"]).startswith("pass ended"))

    def end(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGTERM)
        _, rest = self.process.communicate(timeout=20)
        return self.process.returncode, rest


@contextmanager
def serving(world: Rig, tmp_path: Path) -> Iterator[tuple[Process, httpx.Client]]:
    config = tmp_path / "config.toml"
    urls = {"tmi": world.tmi_url, "github": world.github_url, "token": TOKEN}
    config.write_text(CONFIG.format(bot=world.bot, github_token=world.token, **urls))
    process = Process(config, tmp_path)
    try:
        url = process.until(lambda line: "url" in line)["url"]
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False) as client:
            yield process, client
    finally:
        process.process.kill()
        process.process.communicate()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rig]:
    small = model(threat(1), threat(2), n=1)
    large = model(*(threat(n, mitigated=True) for n in range(1000, 1150)), threat(3), n=2)
    with rig(tmp_path, small, large, webhook_http=True, webhook_loopback=True) as made:
        yield made


def command(tmp_path: Path, *words: str) -> int:
    return run(["--config", str(tmp_path / "config.toml"), "--state", str(tmp_path), "webhook", *words])


def subscribed(world: Rig, tmp_path: Path, client: httpx.Client) -> str:
    """A subscription that TMI has confirmed; gives the token of alice, who owns the models and administers."""
    admin = world.tmi.add_user("alice", admin=True)
    (tmp_path / "admin").write_text(admin)
    url = str(client.base_url.join("/webhook"))
    command = ["webhook", "install", "--url", url, "--token-file", str(tmp_path / "admin")]
    assert run(["--config", str(tmp_path / "config.toml"), "--state", str(tmp_path), *command]) == 0
    tick(world.tmi.outbox)
    assert [row.status for row in world.tmi.outbox.subscriptions.values()] == ["active"]
    return admin


def patched(world: Rig, n: int, admin: str) -> None:
    """A person changes a model, and TMI has word of it to send."""
    headers = {"Authorization": f"Bearer {admin}", "Content-Type": "application/json-patch+json"}
    patch = [{"op": "replace", "path": "/description", "value": "changed"}]
    url = f"{world.tmi_url}/threat_models/{model(n=n)['id']}"
    assert httpx.patch(url, json=patch, headers=headers, trust_env=False).status_code == 200


def shown(client: httpx.Client, path: str, *words: str) -> None:
    """The room hears of a pass a moment after the log does."""
    end, pause, text = time.monotonic() + 20, threading.Event(), ""
    while not all(word in text for word in words):
        assert time.monotonic() < end, text
        text = client.get(path).text
        pause.wait(0.02)


def test_word_of_a_model_wakes_a_pass_over_that_model_alone(
    world: Rig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    large = model(n=2)["id"]
    threats = f"/threat_models/{large}/threats"
    with serving(world, tmp_path) as (process, client):
        process.passed()
        shown(client, "/readyz", "ready\n")
        assert len(world.made()) == 3
        calls = len(world.log.requests("tmi"))
        shown(client, "/metrics", f'tmi_issue_sync_calls_total{{service="tmi"}} {calls}.0')
        shown(client, "/", f"tmi {calls}, work ")
        admin = subscribed(world, tmp_path, client)
        new = {"name": "A new one", "threat_type": [], "severity": "high"}
        answer = httpx.post(
            f"{world.tmi_url}{threats}", json=new, headers={"Authorization": f"Bearer {admin}"}, trust_env=False
        )
        assert answer.status_code == 201
        patched(world, 2, admin)
        before = len(world.log.entries)
        assert [status for _, status in tick(world.tmi.outbox)] == [200]
        process.passed()
        sent = [
            entry.facts for entry in world.log.entries[before:] if (entry.event, entry.site) == ("request", "tmi")
        ]
        reads = [(facts["path"], dict(facts["query"]).get("offset")) for facts in sent]
        assert reads[:3] == [(f"/threat_models/{large}", None), (threats, "0"), (threats, "100")], (
            "1 + ceil(152 / 100)"
        )
        assert not [path for path, _ in reads if model(n=1)["id"] in path]
        for _ in range(20):  # TMI's Date has whole seconds: a threat is quiet from the next one on
            if len(world.made()) == 4:
                break
            patched(world, 2, admin)
            tick(world.tmi.outbox)
            process.passed()
        assert len(world.made()) == 4
        shown(client, "/?q=a+new+one", "A new one", ">linked<")
        passes = 'tmi_issue_sync_passes_total{kind="whole",result="ok"} 1.0'
        shown(client, "/metrics", passes, 'tmi_issue_sync_webhook_deliveries_total{result="challenge"} 1.0')
        code, rest = process.end()
    assert code == 0, rest
    assert json.loads(rest.splitlines()[-1])["event"] == "ended"
    kept = SubscriptionFile(tmp_path).load()
    assert kept is not None
    log = json.dumps(process.lines) + rest + capsys.readouterr().out
    assert not [secret for secret in (TOKEN, kept.secret, admin, world.bot) if secret in log]


def test_wake_ups_that_come_during_a_pass_are_one_pass(world: Rig, tmp_path: Path) -> None:
    with serving(world, tmp_path) as (process, client):
        process.passed()
        admin = subscribed(world, tmp_path, client)
        world.strike("delay", site="tmi", method="GET", path=r"^/threat_models/[^/]+$", seconds=1.0)
        for n in (1, 1, 2, 1, 2, 2):
            patched(world, n, admin)
        assert [status for _, status in tick(world.tmi.outbox)] == [200] * 6
        process.passed()
        process.passed()
        passes = 'tmi_issue_sync_passes_total{kind="woken",result="ok"} 2.0'
        shown(client, "/metrics", passes, 'tmi_issue_sync_webhook_deliveries_total{result="accepted"} 6.0')
        assert process.end()[0] == 0


def test_a_port_in_use_ends_it_with_one_line(world: Rig, tmp_path: Path) -> None:
    with serving(world, tmp_path) as (process, client):
        process.passed()
        config = tmp_path / "second.toml"
        config.write_text((tmp_path / "config.toml").read_text().replace('1:0"', f'1:{client.base_url.port}"'))
        again = [sys.executable, "-m", "tmi_issue_sync", "--config", str(config), "--log-format", "json"]
        for state, code, words in ((tmp_path, 75, "in use by process"), (tmp_path / "other", 78, "already in use")):
            ran = subprocess.run(
                [*again, "--state", str(state), "sync"], capture_output=True, text=True, check=False
            )
            assert ran.returncode == code, "who holds the ledger counts first"
            assert words in ran.stderr.splitlines()[-1]
            assert "Traceback" not in ran.stderr
