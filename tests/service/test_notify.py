"""Messages to people: one when a cause begins, one when it is over, and nothing in them but fixed words."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from rig import TestClock
from service.served import Config, command, served
from tmi_issue_sync.causes import AGAIN, FORGOTTEN, Cause, Memo, Message, of_session, told
from tmi_issue_sync.cli import run
from tmi_issue_sync.config_tables import NotifyOptions
from tmi_issue_sync.errors import LedgerError
from tmi_issue_sync.ledger import Ledger, LedgerLock
from tmi_issue_sync.notify import Herald
from tmi_issue_sync.report import Report
from tmi_issue_sync.sandbox.samples import MODELS
from tmi_issue_sync.sandbox.world import World
from tmi_issue_sync.standing import SessionStanding
from tmi_issue_sync.state import Passed
from tmi_issue_sync.sync import Scope

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DOWN = {"tmi": Cause("TMI is down", "", patient=True)}
LOGIN = {"login": Cause("nobody is logged in", "Run: tmi-issue-sync login")}
STANDING = SessionStanding("nobody is logged in to TMI. Run: tmi-issue-sync login", None, True)
SCRIPT = """
import json, os, sys
with open(sys.argv[1], "a") as file:
    print(json.dumps({"argument": sys.argv[2], "env": dict(os.environ), **json.load(sys.stdin)}), file=file)
"""


def story(*passes: tuple[dict[str, Cause], bool, float]) -> list[list[str]]:
    """What each pass said; a pass is what it found, whether it was whole, and its minute."""
    memory: dict[str, Memo] = {}
    said: list[list[str]] = []
    for found, whole, minute in passes:
        memory, messages = told(memory, found, whole=whole, now=NOW + timedelta(minutes=minute))
        said.append([_word(message) for message in messages])
    return said


def _word(message: Message) -> str:
    return ("over " if message.over else "") + message.cause


def test_one_message_when_it_begins_and_one_when_it_is_over() -> None:
    said = story((LOGIN, True, 0), (LOGIN, True, 5), (LOGIN, True, 10), ({}, True, 15), ({}, True, 20))
    assert said == [["login"], [], [], ["over login"], []]


def test_what_may_pass_by_itself_is_told_when_it_stays() -> None:
    assert story((DOWN, False, 0), ({}, True, 5), (DOWN, False, 10), (DOWN, False, 15)) == [[], [], [], ["tmi"]]


def test_what_comes_and_goes_is_no_storm() -> None:
    flapping = [(LOGIN if minute % 2 else {}, True, float(minute)) for minute in range(1, 240)]
    said = [word for words in story(*flapping) for word in words]
    assert said == ["login", "over login"] * 4


def test_a_pass_that_failed_proves_nothing_over() -> None:
    parked = {"parked": Cause("2 threats are parked", "")}
    assert story((parked, True, 0), (DOWN, False, 5), ({}, True, 10)) == [["parked"], [], ["over parked"]]


def test_a_clock_that_is_set_back_silences_nobody() -> None:
    early = -timedelta(days=400) / timedelta(minutes=1)
    assert story((LOGIN, True, 0), ({}, True, 1), (LOGIN, True, early)) == [["login"], ["over login"], ["login"]]


@contextmanager
def ledger(path: Path, clock: TestClock) -> Iterator[Ledger]:
    with LedgerLock(path) as lock:
        opened = Ledger.open(path, instance="https://tmi.example.com", clock=clock, lock=lock)
        yield opened
        opened.close()


def tell(path: Path, options: NotifyOptions, *passes: dict[str, Cause], clock: TestClock | None = None) -> None:
    """Passes of one process."""
    clock = clock or TestClock()
    with ledger(path / "ledger.db", clock) as opened:
        herald = Herald(options, opened, clock, "https://tmi.example.com", stamp=path / "ledger.db.told")
        for found in passes:
            herald.tell(found, whole=True)


def program(path: Path, *words: str) -> NotifyOptions:
    (path / "tell.py").write_text(SCRIPT)
    return NotifyOptions(command=words or (sys.executable, str(path / "tell.py"), str(path / "out")), timeout=5)


def received(path: Path) -> list[dict[str, Any]]:
    out = path / "out"
    return [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []


def test_a_program_gets_a_line_and_json_and_none_of_our_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMI_CLIENT_SECRET", "very-secret")
    tell(tmp_path, program(tmp_path), LOGIN, {})
    begun, over = received(tmp_path)
    assert begun["argument"] == begun["text"]
    assert begun["text"].endswith("nobody is logged in. Run: tmi-issue-sync login")
    assert (begun["version"], begun["cause"], begun["state"], over["state"]) == (1, "login", "begun", "over")
    assert begun["instance"] == "https://tmi.example.com"
    assert "very-secret" not in json.dumps(begun)


def test_a_crash_loop_is_no_storm(tmp_path: Path) -> None:
    for _ in range(5):
        tell(tmp_path, program(tmp_path), LOGIN)
    assert len(received(tmp_path)) == 1


@pytest.mark.parametrize(
    "words", [("/nowhere/at-all",), (sys.executable, "-c", "raise SystemExit(3)")], ids=["missing", "failing"]
)
def test_what_was_not_delivered_is_tried_again(tmp_path: Path, words: tuple[str, ...]) -> None:
    tell(tmp_path, program(tmp_path, *words), LOGIN, LOGIN)
    tell(tmp_path, program(tmp_path), LOGIN)
    assert [message["cause"] for message in received(tmp_path)] == ["login"]


def test_a_program_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    child = f"import time; time.sleep(60); open({str(tmp_path / 'late')!r}, 'w')"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    options = NotifyOptions(command=(sys.executable, "-c", parent), timeout=0.3)
    tell(tmp_path, options, LOGIN)  # it would take a minute else
    tell(tmp_path, program(tmp_path), LOGIN)
    assert len(received(tmp_path)) == 1


class _Inbox(BaseHTTPRequestHandler):
    posts: list[tuple[str, dict[str, Any]]]
    answers: list[int]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.posts.append((self.headers["Content-Type"], json.loads(body)))
        self.send_response(self.answers.pop(0) if self.answers else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""


@contextmanager
def inbox(*answers: int) -> Iterator[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    class Mine(_Inbox):
        pass

    handler = Mine
    handler.posts, handler.answers = [], list(answers)
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook/s3cret", handler.posts
        server.shutdown()
        thread.join()


def test_an_address_gets_json_once_it_takes_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with inbox(500, 302) as (url, posts):
        options = NotifyOptions.model_validate({"url": url})
        tell(tmp_path, options, LOGIN, LOGIN, LOGIN, LOGIN, {})
    assert [body["state"] for _, body in posts] == ["begun", "begun", "begun", "over"]  # refused twice, then taken
    assert {kind for kind, _ in posts} == {"application/json"}
    assert "s3cret" not in repr(options)
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"url": "http://hooks.example.com/x"}, "https"),
        ({"url": "https://hooks.example.com/x", "command": ["mail"]}, "keep one"),
    ],
)
def test_what_makes_no_sense(table: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why) as error:
        NotifyOptions.model_validate(table)
    assert "/x" not in str(error.value)


def test_a_tracker_that_refuses_us_is_told_without_a_threats_text(
    world: World, config: Config, state: Path, tmp_path: Path
) -> None:
    program(tmp_path)
    words = json.dumps([sys.executable, str(tmp_path / "tell.py"), str(tmp_path / "out")])
    path = config("[notify]", f"command = {words}", every="1s")
    world.github_site.set_repo(archived=True)
    with served(command(path, state, "sync", "--new-install")) as service:
        service.when(lambda: received(tmp_path))
        world.github_site.set_repo(archived=False)
        service.when(lambda: len(received(tmp_path)) == 2)
    begun, over = received(tmp_path)
    assert (begun["cause"].split()[0], begun["state"], over["state"]) == ("target", "begun", "over")
    names = [threat["name"] for model in MODELS for threat in model["threats"]]
    text = (tmp_path / "out").read_text()
    assert not [name for name in names if name in text]


def test_a_login_that_gets_worse_is_not_told_as_over() -> None:
    soon = {"session": Cause("the session ends in 3 h", "Run: tmi-issue-sync login")}
    assert story((soon, True, 0), (LOGIN, False, 200), ({}, True, 300)) == [["session"], ["login"], ["over login"]]
    memory, _ = told({}, LOGIN, whole=True, now=NOW)
    _, (over,) = told(memory, {}, whole=True, now=NOW)
    assert over.text == "over: logged in to TMI again"


@pytest.mark.parametrize(("ends", "name"), [(None, "login"), (NOW, "session")])
def test_what_to_do_is_no_part_of_the_text(ends: datetime | None, name: str) -> None:
    standing = SessionStanding("nobody is logged in to TMI. Run: tmi-issue-sync login", ends, True)
    cause = of_session(standing)[name]
    assert (cause.text, cause.todo) == ("nobody is logged in to TMI", "Run: tmi-issue-sync login")


def test_only_a_write_proves_that_tmi_takes_writes() -> None:
    denied = {"tmi denied": Cause("TMI refuses", "")}
    memory, _ = told({}, denied, whole=True, now=NOW)
    memory, messages = told(memory, {}, whole=True, wrote=False, now=NOW)
    assert messages == []
    _, (again,) = told(memory, denied, whole=True, now=NOW + FORGOTTEN)
    assert not again.over, "nobody heard that it was over, and it is back"
    _, (over,) = told(memory, {}, whole=True, wrote=True, now=NOW)
    assert over.over


KILLED = """
import json, sys
from pathlib import Path
from service.test_notify import LOGIN, NotifyOptions, tell
path, hook = Path(sys.argv[1]), sys.argv[2]
options = NotifyOptions(command=(sys.executable, "-c", hook, str(path / "out")), timeout=5)
tell(path, options, LOGIN if sys.argv[3] == "begun" else {})
"""
HOOK = """
import os, signal, sys
open(sys.argv[1], "a").write("{}\\n")
os.kill(os.getppid(), signal.SIGKILL)
"""


def killed(path: Path, what: str) -> None:
    """A process that ends, by force, while its hook runs."""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    ended = subprocess.run([sys.executable, "-c", KILLED, str(path), HOOK, what], env=env, timeout=60)
    assert ended.returncode == -signal.SIGKILL


def test_a_message_in_hand_at_a_crash_is_repeated_once(tmp_path: Path) -> None:
    killed(tmp_path, "begun")
    killed(tmp_path, "begun")
    tell(tmp_path, program(tmp_path), LOGIN)
    assert len(received(tmp_path)) == 2, "a hook that takes us down is no storm"
    (tmp_path / "out").unlink()
    killed(tmp_path, "over")
    tell(tmp_path, program(tmp_path), {})
    assert [message.get("state") for message in received(tmp_path)] == [None, "over"]


def test_nothing_is_sent_at_the_end(tmp_path: Path) -> None:
    clock = TestClock()
    with ledger(tmp_path / "ledger.db", clock) as opened:
        stamp = tmp_path / "ledger.db.told"
        Herald(program(tmp_path), opened, clock, "", stamp=stamp, stopping=lambda: True).tell(LOGIN, whole=True)
        assert received(tmp_path) == []
    tell(tmp_path, program(tmp_path), LOGIN)
    assert len(received(tmp_path)) == 1


def broken_pass() -> Passed:
    return Passed(NOW, NOW, Scope(woken=True), None, LedgerError("the disk is full"))


def test_a_ledger_that_remembers_nothing_is_told_once_an_hour(tmp_path: Path) -> None:
    clock, stamp = TestClock(), tmp_path / "ledger.db.told"
    for minutes in (0, 1, 61):
        clock.offset = minutes * 60
        with ledger(tmp_path / "ledger.db", clock) as opened:
            (tmp_path / "ledger.db").rename(tmp_path / "away")
            herald = Herald(program(tmp_path), opened, clock, "", stamp=stamp)
            with pytest.raises(LedgerError):
                herald.hear(broken_pass(), None)
            (tmp_path / "away").rename(tmp_path / "ledger.db")
    assert [message["cause"] for message in received(tmp_path)] == ["pass", "pass"]
    assert "the disk is full" in received(tmp_path)[0]["text"]


def test_a_ledger_that_fails_after_the_pass_is_told_too(tmp_path: Path) -> None:
    clock, nowhere = TestClock(), tmp_path / "nowhere" / "stamp"
    with ledger(tmp_path / "ledger.db", clock) as opened:
        (tmp_path / "ledger.db").rename(tmp_path / "away")
        herald = Herald(program(tmp_path), opened, clock, "", stamp=nowhere)
        with pytest.raises(LedgerError):
            herald.hear(Passed(NOW, NOW, Scope(), Report("", NOW, True)), STANDING)
    (message,) = received(tmp_path)
    assert message["text"].count("moved or deleted") == 1


def test_a_pass_by_timer_tells_people_too(world: World, config: Config, state: Path, tmp_path: Path) -> None:
    program(tmp_path)
    words = json.dumps([sys.executable, str(tmp_path / "tell.py"), str(tmp_path / "out")])
    path = config("[notify]", f"command = {words}")
    once = ["--config", str(path), "--state", str(state), "sync", "--once", "--new-install"]
    world.github_site.set_repo(archived=True)
    assert run([*once, "--threat", str(MODELS[0]["threats"][0]["id"])]) != 0
    assert received(tmp_path) == [], "a pilot tells nobody"
    assert run(once) == run(once) != 0
    world.github_site.set_repo(archived=False)
    assert run(once) == 0
    assert [message["state"] for message in received(tmp_path)] == ["begun", "over"]


def test_a_pass_by_timer_that_failed_is_told(world: World, config: Config, state: Path, tmp_path: Path) -> None:
    program(tmp_path)
    words = json.dumps([sys.executable, str(tmp_path / "tell.py"), str(tmp_path / "out")])
    path = config("[notify]", f"command = {words}", write="{ login = true }")
    assert run(["--config", str(path), "--state", str(state), "sync", "--once"]) == 77
    (message,) = received(tmp_path)
    assert (message["cause"], message["todo"]) == ("login", "Run: tmi-issue-sync login")


def test_the_first_thing_said_after_the_hour() -> None:
    minute = AGAIN / timedelta(minutes=1)
    said = story((LOGIN, True, 0), ({}, True, 1), (LOGIN, True, 2), (LOGIN, True, minute + 2))
    assert said == [["login"], ["over login"], [], ["login"]]
