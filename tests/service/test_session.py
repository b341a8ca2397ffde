"""Tokens that live for a second, and sessions that end: the service goes on, or says what it waits for."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rig import REPO, Rig, model, rig, threat
from service.served import Served, command, served
from tmi_issue_sync.clock import SystemClock
from tmi_issue_sync.tmi.session import Saved, SessionFile

N = 3
TOKEN = r"/oauth2/token$"
ONLY_THE_WRITER = "write = { login = true }"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path, model(*(threat(n) for n in range(N))), token_seconds=1) as found:
        yield found


@contextmanager
def serving(world: Rig, who: str = "", more: str = "") -> Iterator[Served]:
    """The service, with a service account that reads and a person's session that writes."""
    client, secret = world.tmi.add_client_credential("bot")
    both = f'{ONLY_THE_WRITER}\nread = {{ client_id = "{client}", client_secret = "{secret}" }}'
    path = world.state / "config.toml"
    path.write_text(
        f"""
[tmi]
url = "{world.tmi_url}"
{who or both}
{more}
[sync]
every = "1s"
jitter = "0s"
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
    with served(command(path, world.state, "sync", "--new-install")) as service:
        yield service
        assert service.end(signal.SIGTERM)[0] == 0
    assert not [line for line in service.lines if "bug" in str(line.get("event"))]
    tickets = [entry.facts["number"] for entry in world.made()]
    assert len(tickets) == len([link for link in world.links().values() if link])  # one for each, and no other


def log_in(world: Rig, days: float = 7.0) -> None:
    """As `login` leaves it behind; a real one is in tests/tmi."""
    _, refresh = world.tmi.issue_session("bot")
    now = datetime.now(UTC)
    ends = (now + timedelta(days=days)).isoformat()
    file, at = SessionFile(world.state, world.tmi_url), now.isoformat()
    with file.locked(SystemClock()):
        file.store(Saved(world.tmi_url, refresh, "", at, at, ends, "google", "bot"))


def test_a_session_that_ends_soon_is_told_long_before(world: Rig) -> None:
    log_in(world, days=0.9)
    with serving(world) as service:
        told = service.until(lambda line: line.get("cause") == "session")
        assert "ends in 22 h" in told["event"] or "ends in 21 h" in told["event"]
        assert (told["level"], "tmi-issue-sync login" in told["todo"]) == ("warning", True)
        service.when(lambda: linked(world, N))  # it works on
        log_in(world)
        service.until(lambda line: str(line.get("event")).startswith("over: ") and line.get("cause") == "session")


def another(world: Rig, n: int) -> None:
    """A person finds another threat."""
    world.tmi.load([model(threat(n), n=n)], owner="alice")


def linked(world: Rig, count: int) -> bool:
    return sum(bool(link) for link in world.links().values()) == count


def renewals(world: Rig) -> int:
    return len(world.log.requests("tmi", "POST", TOKEN))


def test_tokens_are_renewed_on_and_on(world: Rig) -> None:
    log_in(world)
    with serving(world, ONLY_THE_WRITER) as service:
        service.when(lambda: linked(world, N))
        before = renewals(world)
        service.when(lambda: renewals(world) >= before + 2)
        another(world, 7)
        service.when(lambda: linked(world, N + 1))
    assert not [line for line in service.lines if line.get("level") in ("warning", "error")]


def test_a_renewal_that_never_arrived_is_sent_again(world: Rig) -> None:
    log_in(world)
    world.strike("drop-before", site="tmi", path=TOKEN, nth=2)
    with serving(world, ONLY_THE_WRITER) as service:
        service.when(lambda: renewals(world) >= 5)
        another(world, 7)
        service.when(lambda: linked(world, N + 1))


def test_a_renewal_whose_answer_is_lost_ends_the_session_until_a_login(world: Rig) -> None:
    log_in(world)
    world.strike("drop-after", site="tmi", path=TOKEN, nth=2)
    with serving(world, ONLY_THE_WRITER) as service:
        said = service.event("the pass failed")
        assert "the session of bot with TMI is over (the answer to its renewal got lost)" in said["error"]
        assert "Run: tmi-issue-sync login" in said["error"]
        told = service.until(lambda line: line.get("cause") == "login")
        assert told["level"] == "warning"
        another(world, 7)
        service.event("the pass failed")  # not a request more with a token that is spent
        asked = renewals(world)
        service.event("the pass failed")
        assert renewals(world) == asked
        log_in(world)
        service.until(lambda line: str(line.get("event")).startswith("over: ") and line.get("cause") == "login")
        service.when(lambda: linked(world, N + 1))


@pytest.mark.parametrize("pending", [False, True], ids=["tickets stop", "links wait"])
def test_a_session_that_ends(world: Rig, pending: bool) -> None:
    """Reading goes on; tickets stop, or are made where the operator lets links wait. Nothing is lost."""
    log_in(world)
    with serving(world, more='links = "pending"' if pending else "") as service:
        service.when(lambda: linked(world, N))
        world.tmi.end_sessions()
        another(world, 7)  # something to write, so that the writer's token is asked for
        service.until(lambda line: line.get("cause") == "login")
        another(world, 8)
        service.ended_pass()
        if pending:
            service.when(lambda: len(world.made()) == N + 2)
        passed = [service.ended_pass(), service.ended_pass()][-1]
        assert passed["level"] == "info"
        made = len(world.made())
        assert made == (N + 2 if pending else made)
        assert not linked(world, N + 2)
        log_in(world)
        service.when(lambda: linked(world, N + 2))
    assert len(world.made()) == N + 2
