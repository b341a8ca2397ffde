"""The session file: one refresh token for all processes, spent once, stored before its successor is used."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tmi_issue_sync.clock import SystemClock
from tmi_issue_sync.errors import NeedsPerson, TmiDenied, TmiError
from tmi_issue_sync.model import ThreatModel
from tmi_issue_sync.tmi import session
from tmi_issue_sync.tmi.client import TmiClient
from tmi_issue_sync.tmi.session import LoginNeeded, SessionFile, ending

from .conftest import World

LOGIN = {"write": {"login": True}}
TOKEN = "/oauth2/token"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_live_token_is_used_as_it_is(world: World) -> None:
    world.start().session()
    assert world.client(**LOGIN).me().email == "alice@tmi.local"
    assert world.asked("POST") == []


def test_an_expired_token_is_renewed_and_stored(world: World) -> None:
    file = world.start().session(expired=True)
    file.path.parent.chmod(0o755)
    before = file.load()
    world.client(**LOGIN).me()
    after = file.load()
    assert before
    assert after
    assert after.refresh_token != before.refresh_token
    assert after.ends_at == before.ends_at
    assert world.asked("POST") == [f"POST {TOKEN}"]
    assert (mode(file.path), mode(file.path.parent)) == (0o600, 0o700)
    assert file.path.stat().st_size < 2000


def test_a_revoked_token_is_renewed_once(world: World) -> None:
    file = world.start().session()
    saved = file.load()
    assert saved
    world.site._tokens.revoke(saved.access_token)
    world.client(**LOGIN).me()
    assert len(world.asked("POST")) == 1


def test_the_new_token_is_on_disk_before_it_is_used(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    file = world.start().session(expired=True)
    real, seen = SessionFile.store, []

    def store(self: SessionFile, saved: session.Saved) -> None:
        seen.append(len(world.asked("GET", "/me")))
        real(self, saved)

    monkeypatch.setattr(SessionFile, "store", store)
    world.client(**LOGIN).me()
    assert seen == [0]
    assert file.load()


def test_threads_renew_once(world: World) -> None:
    world.clock.at = (SystemClock().now() - world.clock.now()).total_seconds()
    world.start().session(expired=True)
    client = world.client(clock=SystemClock(), **LOGIN)
    start = threading.Barrier(6)

    def ask(_: int) -> str:
        start.wait()
        return client.writer.identity.token() if client.writer else ""

    with ThreadPoolExecutor(6) as pool:
        tokens = set(pool.map(ask, range(6)))
    assert len(tokens) == len(world.asked("POST")) == 1


PROCESS = """
import sys
from pathlib import Path
from tmi_issue_sync.clock import SystemClock
from tmi_issue_sync.tmi.client import TmiClient
from tmi_issue_sync.tmi.options import TmiOptions
options = TmiOptions.model_validate({"url": sys.argv[1], "write": {"login": True}})
memory = type("Memory", (dict,), {"set": dict.__setitem__})()
import logging, structlog
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
sys.stdin.readline()
with TmiClient(options, clock=SystemClock(), memory=memory, state_dir=Path(sys.argv[2]), user_agent="t") as client:
    print(client.me().email)
"""


def test_two_processes_renew_once(world: World) -> None:
    world.clock.at = (SystemClock().now() - world.clock.now()).total_seconds()
    file = world.start().session(expired=True)
    command = [sys.executable, "-c", PROCESS, world.url, str(world.state_dir)]
    world.fault("delay", path=TOKEN, seconds=0.3)
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda process: process.communicate("go\n", timeout=20)[0], processes))
    assert answers == ["alice@tmi.local\n"] * 2
    assert world.asked("POST") == [f"POST {TOKEN}"]
    assert (saved := file.load())
    assert not saved.over


def test_a_refused_refresh_needs_a_login_and_is_not_repeated(world: World) -> None:
    file = world.start().session(expired=True)
    saved = file.load()
    assert saved
    world.site._tokens.revoke(saved.refresh_token)
    client = world.client(**LOGIN)
    for _ in range(3):
        with pytest.raises(LoginNeeded, match="tmi-issue-sync login") as caught:
            client.me()
    assert isinstance(caught.value, NeedsPerson)
    assert isinstance(caught.value, TmiDenied)
    assert caught.value.exit_code == 77
    assert len(world.asked("POST")) == 1


def test_the_end_of_the_session(world: World) -> None:
    world.start(refresh_days=30).session()
    client = world.client(**LOGIN)
    world.clock.advance(6.9 * 86400)
    client.me()
    world.clock.advance(0.2 * 86400)
    with pytest.raises(LoginNeeded, match="is over"):
        client.me()


def test_a_lost_renewal_is_tried_once_more_then_a_login_is_needed(world: World) -> None:
    world.start().session(expired=True)
    world.fault("drop-after", path=TOKEN)
    with pytest.raises(LoginNeeded, match="got lost"):
        world.client(**LOGIN).me()
    assert len(world.asked("POST")) == 2


def test_a_renewal_that_never_arrived_is_repeated(world: World) -> None:
    world.start().session(expired=True)
    world.fault("drop-before", path=TOKEN)
    world.client(**LOGIN).me()


@pytest.mark.parametrize("kind", ["status-before", "html"])
def test_a_stumbling_tmi_costs_no_session(world: World, kind: str) -> None:
    world.start().session(expired=True)
    world.fault(kind, path=TOKEN)
    client = world.client(**LOGIN)
    with pytest.raises(TmiError) as caught:
        client.me()
    assert not isinstance(caught.value, LoginNeeded)
    world.clock.advance(60)
    client.me()


@pytest.mark.parametrize(
    ("fault", "quiet"),
    [
        ({"kind": "status-before", "status": 429, "retry_after": 90}, 90),
        ({"kind": "status-before", "status": 503, "retry_after": 30}, 30),
        ({"kind": "status-before", "status": 500}, 60),
        ({"kind": "html"}, 60),
    ],
)
def test_a_renewal_that_failed_is_not_asked_for_again_by_each_model(
    world: World, fault: dict[str, Any], quiet: float
) -> None:
    world.start().session(expired=True)
    world.threat_model({})
    world.fault(**fault, path=TOKEN)
    client = world.client(**LOGIN)
    models = [ThreatModel(f"m{n}", "Payments", threat_count=1) for n in range(50)]
    errors = [read[1] for read in client.read(models) if isinstance(read, tuple)]
    assert len({str(error) for error in errors}) == 1
    assert (len(errors), world.asked("POST")) == (50, [f"POST {TOKEN}"])
    world.clock.advance(quiet - 1)
    with pytest.raises(TmiError):
        client.me()
    assert world.asked("POST") == [f"POST {TOKEN}"]
    world.clock.advance(1)
    assert client.me().email == "alice@tmi.local"


def test_a_login_ends_the_wait_after_a_failed_renewal(world: World) -> None:
    world.start().session(expired=True)
    world.fault("status-before", status=503, retry_after=3600, path=TOKEN)
    client = world.client(**LOGIN)
    with pytest.raises(TmiError, match="did not renew"):
        client.me()
    world.session()
    assert client.me().email == "alice@tmi.local"


def test_a_disk_without_space_shows_before_the_token_is_spent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.start().session(expired=True)
    client = world.client(**LOGIN)

    def full(self: SessionFile) -> None:
        with self._errors():
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(SessionFile, "make_room", full)
    with pytest.raises(TmiError, match="No space left"):
        client.me()
    assert world.asked("POST") == []


def test_nobody_logged_in(world: World) -> None:
    world.start()
    with pytest.raises(LoginNeeded, match="nobody is logged in"):
        world.client(**LOGIN).me()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"url": 5}', "\x00"])
def test_a_damaged_file_needs_a_login(world: World, text: str) -> None:
    file = world.start().session()
    file.path.write_text(text)
    with pytest.raises(LoginNeeded, match="damaged"):
        world.client(**LOGIN).me()


def test_a_session_goes_to_its_own_tmi_only(world: World) -> None:
    world.start().session(url="https://other.example.com")
    with pytest.raises(LoginNeeded, match=r"other\.example\.com"):
        world.client(**LOGIN).me()
    assert world.asked() == []


def test_a_suspended_holder_of_the_lock_is_not_waited_for_for_ever(world: World) -> None:
    file = world.start().session(expired=True)
    other = SessionFile(world.state_dir, world.url)
    with other.locked(world.clock), pytest.raises(TmiError, match="another process"), file.locked(world.clock):
        pass
    assert sum(world.clock.slept) >= session.LOCK_PATIENCE


def test_the_warning_before_the_end(world: World) -> None:
    file = world.start().session()
    saved = file.load()
    assert saved
    assert saved.ends
    assert ending(saved, saved.ends - timedelta(days=2)) is None
    assert "ends in 5 h" in (ending(saved, saved.ends - timedelta(hours=5)) or "")
    assert "should be over" in (ending(saved, saved.ends + timedelta(hours=1)) or "")


def test_no_secret_shows(world: World) -> None:
    file = world.start().session()
    saved = file.load()
    assert saved
    client: TmiClient = world.client(**LOGIN)
    client.me()
    shown = repr(saved) + repr(client.__dict__) + repr(client.options)
    for secret in (saved.access_token, saved.refresh_token):
        assert secret not in shown
    assert json.loads(file.path.read_text())["refresh_token"] == saved.refresh_token
