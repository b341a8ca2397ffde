"""Routes, tokens and headers; health and readiness; the metrics; the start and the end of the room."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tmi_issue_sync import __version__
from tmi_issue_sync.config import load_settings
from tmi_issue_sync.errors import ConfigError, LedgerError, TmiDenied, TmiError
from tmi_issue_sync.plan import Decision, Kind
from tmi_issue_sync.report import Outcome
from tmi_issue_sync.rules import Destination
from tmi_issue_sync.state import Passed, State
from tmi_issue_sync.sync import Scope
from tmi_issue_sync.tmi.session import LoginNeeded
from tmi_issue_sync.web import room_for
from tmi_issue_sync.web.gate import LASTS, Gate
from tmi_issue_sync.web.room import Room
from tmi_issue_sync.wiring import Places, destinations

from .conftest import CONFIG, TOKEN, Open, Opened, Service
from .fill import every_state, linked, passed, threat

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
PROTECTED = ("/", "/metrics", "/threats/x")
PATHS = (*PROTECTED, "/healthz", "/readyz", "/login", "/style.css", "/icon.svg", "/nowhere", "/webhook")


def test_every_answer_carries_its_guards(opened: Open) -> None:
    room = opened()
    for client, path in product((room.client, room.stranger), PATHS):
        headers = client.get(path).headers
        assert headers["content-security-policy"] == CSP
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers


def test_the_page_asks_nobody_else(opened: Open) -> None:
    room = opened(every_state())
    room.room.told(passed(every_state()))
    page = room.page() + room.page(f"/threats/{threat(1).id}") + room.stranger.get("/login").text
    assert set(
        re.findall(r'(?:src|href)="([^"#?]+)', "".join(re.findall(r"<(?:link|script|img)[^>]+>", page)))
    ) == {
        "/style.css",
        "/icon.svg",
    }
    assert "url(" not in room.page("/style.css")
    assert "@import" not in room.page("/style.css")
    assert "<script" not in page


@pytest.mark.parametrize("path", PROTECTED)
def test_nothing_but_health_without_the_token(opened: Open, path: str) -> None:
    room = opened([linked(1)])
    for header in ("", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \xe9"):
        answer = room.stranger.get(path, headers={b"Authorization": header.encode("latin-1")})
        assert answer.status_code in (401, 303), header
        assert "threat" not in answer.text
        assert answer.headers.get("location", "/login") == "/login"
    assert room.client.get(path).status_code == (404 if path == "/threats/x" else 200)


def test_a_browser_signs_in_and_out(opened: Open) -> None:
    room = opened([linked(1)])
    wrong = room.stranger.post("/login", data={"token": "wrong"})
    assert wrong.status_code == 403
    assert "That is not the token" in wrong.text
    right = room.stranger.post("/login", data={"token": TOKEN})
    assert (right.status_code, right.headers["location"]) == (303, "/")
    cookie = right.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert TOKEN not in cookie
    assert room.stranger.get("/").status_code == 200
    assert "Max-Age=0" in room.stranger.post("/logout").headers["set-cookie"]
    assert room.stranger.get("/").status_code == 303


def test_a_cookie_has_an_end_and_belongs_to_its_token() -> None:
    now = 1000.0
    gate = Gate(TOKEN, lambda: now)
    cookie = gate.cookie()
    assert gate.is_cookie(cookie)
    assert not Gate("another token, as long", lambda: now).is_cookie(cookie)
    assert not gate.is_cookie(f"{10**9}.{cookie.partition('.')[2]}")
    now += LASTS
    assert not gate.is_cookie(cookie)
    for bad in ("", ".", "x.y", "²." + "0" * 64, "9" * 30 + ".x"):
        assert not gate.is_cookie(bad)


def test_without_a_token_there_is_health_alone(opened: Open) -> None:
    room = opened([linked(1)], token="")
    assert room.stranger.get("/healthz").status_code == 200
    assert room.stranger.get("/metrics").status_code == 401
    assert "No token is configured" in room.stranger.get("/", follow_redirects=True).text
    assert room.stranger.post("/login", data={"token": ""}).status_code == 403


def test_other_methods_and_paths(opened: Open) -> None:
    room = opened()
    assert room.client.post("/").status_code == 405
    assert room.client.delete("/threats/x").status_code == 405
    assert room.client.get("/webhook").status_code == 405
    assert room.client.get("/../../etc/passwd").status_code == 404
    assert room.client.post("/login", content=b"x" * 5000).status_code == 400


def _why(room: Opened) -> tuple[int, str]:
    answer = room.stranger.get("/readyz")
    return answer.status_code, answer.text.strip()


def test_ready_and_why_not(opened: Open) -> None:
    room = opened([linked(1)])
    now = datetime.now(UTC)
    assert room.stranger.get("/healthz").text == "ok\n"
    assert _why(room) == (503, "no pass has ended yet")
    for error, words in (
        (TmiError("https://tmi.example.com can't be reached"), "TMI does not answer as it should"),
        (LoginNeeded("the session is over"), "TMI refuses us: a person must act"),
        (LedgerError("the disk is full"), "the ledger can't be used"),
        (ValueError("x"), "a bug ended the last pass"),
    ):
        room.room.told(Passed(now, now, Scope(), None, error))
        assert _why(room) == (503, words), "and no host or path of ours"
    room.room.told(passed([linked(1)]))
    assert _why(room) == (200, "ready")
    for changes, words in (
        ({"approval": 15}, "the first tickets wait for a person's word"),
        ({"alerts": [TmiDenied("the token is revoked")], "wanting": 3}, "TMI refuses us: a person must act"),
        ({"looked": 1, "closed": {"a": TmiError("down")}}, "no tracker takes tickets now"),
    ):
        room.room.told(passed([linked(1)], **changes))
        assert _why(room) == (503, words)
    room.room.told(passed([linked(1)], approval=15))
    assert "All is well" not in room.page()
    ahead = replace(passed([linked(1)]), ended=now + timedelta(hours=1))
    room.room.told(ahead)
    assert _why(room) == (503, "this machine's clock was set back")
    room.room.told(passed([linked(1)]))
    room.service.shown = State(now, next_run=now - timedelta(minutes=11))
    assert _why(room) == (503, "the next pass is overdue")
    room.service.shown = State(now, next_run=now - timedelta(minutes=11), running=now)
    assert _why(room) == (200, "ready")
    room.service.shown = State(now, stopping=True)
    assert _why(room) == (503, "stopping")
    room.service.shown = State(now)
    room.places.ledger.unlink()
    assert _why(room) == (503, "the ledger can't be read")


def test_not_ready_without_a_session(opened: Open) -> None:
    room = opened([linked(1)], write="{ login = true }")
    room.room.told(passed([linked(1)]))
    assert _why(room) == (503, "nobody is logged in to TMI")
    assert "tmi_issue_sync_session_expiry_timestamp_seconds 0.0" in room.page("/metrics")


def _values(room: Opened) -> dict[str, float]:
    families = text_string_to_metric_families(room.page("/metrics"))
    return {
        sample.name.removeprefix("tmi_issue_sync_") + "".join(f"|{v}" for v in sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_metrics_count_what_passes_did(opened: Open) -> None:
    seeds = every_state()
    room = opened(seeds)
    before = _values(room)
    assert before["tickets_created_total|work"] == before["passes_total|whole|failed"] == 0, "labels from the start"
    assert before["webhook_deliveries_total|forged"] == 0
    assert before["threats|parked"] == 1
    assert before[f"build_info|{__version__}"] == 1
    to: Destination = destinations(room.room._settings)[0]
    made = Outcome(Decision(threat(1), Kind.CREATE, "", to=to), "created", created=True, wrote=True)
    bad = Outcome(Decision(threat(2), Kind.LINK, ""), "", error=TmiError("no"))
    room.room.told(passed(seeds, outcomes=[made, bad]))
    now = datetime.now(UTC)
    room.room.told(Passed(now - timedelta(seconds=70), now, Scope(woken=True), None, TmiError("down")))
    room.service.shown = State(now, next_run=now, running=now, closed={str(to.key): "rate limit", "tmi": "down"})
    after = _values(room)
    assert after["tickets_created_total|work"] == after["links_written_total"] == after["failures_total"] == 1
    assert after["passes_total|whole|trouble"] == after["passes_total|woken|failed"] == 1
    assert after["pass_duration_seconds_bucket|woken|60.0"] == 0
    assert after["pass_duration_seconds_bucket|woken|120.0"] == 1
    assert after["last_pass_timestamp_seconds"] == pytest.approx(now.timestamp())
    assert after["last_success_timestamp_seconds"] == 0, "that whole pass had a failure"
    assert after[f"tracker_closed|{to.key}|work"] == after["tmi_closed"] == after["pass_running"] == 1
    assert after["open_intents"] == 1
    assert after["oldest_intent_age_seconds"] > 86400
    assert after["budget_tickets_left"] == 500
    assert sum(value for name, value in after.items() if name.startswith("threats|")) == len(seeds)
    room.room.told(passed(seeds))
    assert _values(room)["last_success_timestamp_seconds"] > 0


def test_a_failed_pass_shows_what_it_asked(opened: Open) -> None:
    room, now = opened(), datetime.now(UTC)
    room.room.told(Passed(now, now, Scope(), None, TmiError("down"), {"tmi": 7}, "a-run"))
    assert room.room._reading.said().calls == {"a-run": {"tmi": 7}}


def test_metrics_carry_no_threats_text(opened: Open) -> None:
    seeds = every_state()
    room = opened(seeds)
    room.room.told(passed(seeds))
    text = room.page("/metrics")
    assert not [seed.threat.name for seed in seeds if seed.threat.name in text or seed.threat.id in text]


def test_metrics_without_a_ledger(opened: Open) -> None:
    room = opened([linked(1)])
    room.places.ledger.unlink()
    values = _values(room)
    assert values["ledger_readable"] == 0
    assert "threats|parked" not in values


def test_a_port_that_is_taken_is_one_line(opened: Open, tmp_path: Path) -> None:
    room = opened()
    port = room.room.url.rpartition(":")[2]
    config = tmp_path / "second.toml"
    config.write_text(CONFIG.format(write='{ token = "t" }', token="").replace(":0", f":{port}"))
    settings = load_settings(config)
    second = room_for(settings, Places.of(settings, tmp_path))
    assert second is not None
    with (
        pytest.raises(ConfigError, match=rf"can't listen on 127.0.0.1:{port}: address already in use"),
        second.open(Service()),
    ):
        pass


@pytest.mark.parametrize(
    ("listen", "token", "words"),
    [
        ("0.0.0.0:8750", "", "beyond this machine"),
        ("[::]:8750", "", "beyond this machine"),
        ("sync.example.com:8750", "", "beyond this machine"),
        ("127.0.0.1", "", "should be like"),
        ("8750", "", "should be like"),
        ("127.0.0.1:99999", "", "above 65535"),
        ("127.0.0.1:8750", "short", "fewer than 16"),
    ],
)
def test_config_that_can_not_be(tmp_path: Path, listen: str, token: str, words: str) -> None:
    text = CONFIG.format(write='{ token = "t" }', token=f'token = "{token}"' if token else "")
    (tmp_path / "c.toml").write_text(text.replace("127.0.0.1:0", listen))
    with pytest.raises(ConfigError, match=words) as caught:
        load_settings(tmp_path / "c.toml")
    assert "short" not in str(caught.value)


def test_config_that_can_be(tmp_path: Path) -> None:
    for listen, token in (("127.0.0.1:1", ""), ("[::1]:1", ""), ("localhost:1", ""), ("0.0.0.0:1", TOKEN)):
        text = CONFIG.format(write='{ token = "t" }', token=f'token = "{token}"' if token else "")
        (tmp_path / "c.toml").write_text(text.replace("127.0.0.1:0", listen))
        assert load_settings(tmp_path / "c.toml").web.address[1] == 1


def test_off_by_default(tmp_path: Path) -> None:
    text = CONFIG.format(write='{ token = "t" }', token="").replace('listen = "127.0.0.1:0"', "")
    (tmp_path / "c.toml").write_text(text)
    settings = load_settings(tmp_path / "c.toml")
    assert room_for(settings, Places.of(settings, tmp_path)) is None


def test_without_the_extra_one_line_says_so(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(CONFIG.format(write='{ token = "t" }', token=""))
    program = (
        "import sys; sys.modules['starlette'] = sys.modules['uvicorn'] = sys.modules['prometheus_client'] = None\n"
        "from tmi_issue_sync.cli import run\n"
        "sys.exit(run(sys.argv[1:]))"
    )
    command = [
        sys.executable,
        "-c",
        program,
        "--config",
        str(tmp_path / "c.toml"),
        "--state",
        str(tmp_path),
        "sync",
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 78
    assert "pip install 'tmi-issue-sync[web]'" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_the_end_waits_for_nobody(tmp_path: Path) -> None:
    """Open connections, half a request and an idle browser don't hold it up."""
    config = tmp_path / "c.toml"
    config.write_text(CONFIG.format(write='{ token = "t" }', token=f'token = "{TOKEN}"'))
    settings = load_settings(config)
    room = Room(settings, Places.of(settings, tmp_path))
    before = threading.active_count()
    with room.open(Service()):
        address = ("127.0.0.1", int(room.url.rpartition(":")[2]))
        idle, half = socket.create_connection(address), socket.create_connection(address)
        half.sendall(
            b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        )
        assert httpx.get(f"{room.url}/healthz", trust_env=False).status_code == 200
        began = time.monotonic()
    took = time.monotonic() - began
    idle.close()
    half.close()
    assert took < 8, "the service has nine seconds for all of its end"
    assert threading.active_count() <= before + 1, "the page's own worker threads end by themselves"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{room.url}/healthz", trust_env=False)
