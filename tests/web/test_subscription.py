"""`webhook install|status|remove` against the sandbox's TMI, and what keeps the subscription alive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from rig import Rig, rig
from tmi_issue_sync.cli import run
from tmi_issue_sync.clock import SystemClock
from tmi_issue_sync.errors import TmiDenied
from tmi_issue_sync.tmi.client import TmiClient
from tmi_issue_sync.tmi.options import TmiOptions
from tmi_issue_sync.web.keeper import UNUSED, keep
from tmi_issue_sync.web.receiver import EVENTS
from tmi_issue_sync.web.subscription import Subscription, SubscriptionFile
from tmi_issue_sync.wiring import Forgetful

URL = "http://hook1.example.com/webhook"


@dataclass
class World:
    rig: Rig
    state: Path
    out: pytest.CaptureFixture[str]

    def webhook(self, *words: str) -> tuple[int, str]:
        self.out.readouterr()
        code = run(["--config", str(self.state / "config.toml"), "--state", str(self.state), "webhook", *words])
        said = "".join(self.out.readouterr())
        assert "Traceback" not in said
        return code, said

    @property
    def rows(self) -> list[str]:
        return list(self.rig.tmi.outbox.subscriptions)

    def kept(self) -> Subscription:
        found = SubscriptionFile(self.state).load()
        assert found is not None
        return found


def _config(rig: Rig, state: Path, token: str) -> None:
    (state / "config.toml").write_text(
        f"""
[tmi]
url = "{rig.tmi_url}"
write = {{ token = "{token}" }}
[trackers.work]
adapter = "github"
url = "{rig.github_url}"
target = {{ repo = "example/threats" }}
token = "{rig.token}"
"""
    )


@pytest.fixture
def world(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[World]:
    """Its writer is an administrator."""
    with rig(tmp_path, webhook_http=True) as made:
        _config(made, tmp_path, made.tmi.add_user("bot", admin=True))
        yield World(made, tmp_path, capsys)


def test_install_status_remove(world: World) -> None:
    assert world.webhook("status") == (
        0,
        "There is no subscription. Make one: tmi-issue-sync webhook install --url https://HOST/webhook\n",
    )
    code, said = world.webhook("install", "--url", URL)
    assert code == 0
    assert "pending_verification" in said
    assert world.kept().secret not in said
    row = world.rig.tmi.outbox.subscriptions[world.kept().id]
    assert (row.url, row.events, row.secret) == (URL, EVENTS, world.kept().secret)
    code, said = world.webhook("status")
    assert "status: pending_verification" in said
    assert "last delivery taken: none yet" in said
    assert world.webhook("remove") == (0, "Removed.\n")
    assert world.rows == []
    assert SubscriptionFile(world.state).load() is None
    assert world.webhook("remove") == (0, "There is no subscription.\n")


def test_install_again_is_harmless(world: World) -> None:
    world.webhook("install", "--url", URL)
    before = world.kept()
    code, said = world.webhook("install")
    assert code == 0
    assert "is there already" in said
    assert (world.rows, world.kept()) == ([before.id], before)


def test_a_lost_secret_makes_another_subscription(world: World) -> None:
    world.webhook("install", "--url", URL)
    old = world.kept()
    SubscriptionFile(world.state).delete()
    assert world.webhook("install", "--url", URL)[0] == 0
    assert world.rows == [world.kept().id] != [old.id], "the old one is removed: one word, one wake-up"
    assert world.kept().secret != old.secret


def test_a_lost_answer_leaves_nothing_twice(world: World) -> None:
    world.rig.strike("drop-after", site="tmi", path=r"subscriptions$")
    code, said = world.webhook("install", "--url", URL)
    assert code == 69, said
    assert world.kept().id == ""
    assert len(world.rows) == 1
    assert world.webhook("status")[0] == 0
    assert world.webhook("install")[0] == 0
    assert world.rows == [world.kept().id]


def test_another_url_is_another_subscription(world: World) -> None:
    world.webhook("install", "--url", URL)
    assert world.webhook("install", "--url", URL + "/2")[0] == 0
    assert world.kept().url == URL + "/2"
    assert world.rows == [world.kept().id], "the old one is removed once the new one is made"


@pytest.mark.parametrize("status", [400, 403, 429])
def test_a_refusal_leaves_what_was_there(world: World, status: int) -> None:
    world.rig.strike("status-before", site="tmi", path=r"subscriptions$", status=status)
    assert world.webhook("install", "--url", URL)[0] != 0
    assert SubscriptionFile(world.state).load() is None
    world.webhook("install", "--url", URL)
    before = world.kept()
    world.rig.strike("status-before", site="tmi", path=r"subscriptions$", status=status)
    assert world.webhook("install", "--url", URL + "/2")[0] != 0
    assert (world.kept(), world.rows) == (before, [before.id])


def test_a_lost_answer_leaves_the_one_that_works(world: World) -> None:
    world.webhook("install", "--url", URL)
    before = world.kept()
    world.rig.strike("drop-after", site="tmi", path=r"subscriptions$")
    assert world.webhook("install", "--url", URL + "/2")[0] == 69
    assert world.kept() == before


def test_who_is_no_administrator_is_told(world: World) -> None:
    _config(world.rig, world.state, world.rig.bot)
    (world.state / "plain").write_text(world.rig.tmi.add_user("bob"))
    (world.state / "admin").write_text(world.rig.tmi.add_user("alice", admin=True))
    world.rig.tmi.add_user("carol")
    _config(world.rig, world.state, world.rig.tmi.add_user("carol"))
    for words in (("install", "--url", URL), ("install", "--url", URL, "--token-file", str(world.state / "plain"))):
        code, said = world.webhook(*words)
        assert code == 77
        assert "--token-file" in said
        assert SubscriptionFile(world.state).load() is None
    assert world.webhook("install", "--url", URL, "--token-file", str(world.state / "admin"))[0] == 0
    assert world.webhook("status")[0] == 77
    assert world.webhook("status", "--token-file", str(world.state / "admin"))[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("install",), 2, "--url"),
        (("install", "--url", "sync.example.com"), 2, "is no url"),
        (("install", "--url", "http://127.0.0.1:8750/webhook"), 69, "Block loopback"),
        (("install", "--url", URL, "--token-file", "/nowhere"), 78, "can't be read"),
    ],
)
def test_what_can_not_be(world: World, words: tuple[str, ...], code: int, said: str) -> None:
    got = world.webhook(*words)
    assert (got[0], len(got[1].splitlines())) == (code, 1), got
    assert said in got[1]
    assert world.rows == []


def _kept_alive(world: World, **later: float) -> str:
    options = TmiOptions.model_validate(
        {"url": world.rig.tmi_url, "write": {"token": world.rig.tmi.add_user("bot")}}
    )
    clock = SystemClock()
    with TmiClient(options, clock=clock, memory=Forgetful(), state_dir=world.state, user_agent="test") as client:
        assert client.writer is not None
        file = SubscriptionFile(world.state)
        return keep(client.writer, file, world.rig.tmi_url, clock.now() + timedelta(**later))


def test_a_subscription_is_kept_alive(world: World) -> None:
    assert _kept_alive(world) == "", "nothing to keep"
    world.webhook("install", "--url", URL)
    assert _kept_alive(world, days=60) == "", "not yet confirmed"
    outbox = world.rig.tmi.outbox
    row = outbox.subscriptions[world.kept().id]
    row.status = "active"
    assert _kept_alive(world) == ""
    assert "test delivery" in _kept_alive(world, days=UNUSED.days + 1)
    assert [post.headers["X-Webhook-Event"] for post in outbox.due()] == [EVENTS[0]]
    row.used_at = SystemClock().now()
    assert _kept_alive(world, days=20) == ""


def test_a_subscription_without_a_name_is_made_again(world: World) -> None:
    world.rig.strike("drop-after", site="tmi", path=r"subscriptions$")
    world.webhook("install", "--url", URL)
    assert world.kept().id == ""
    assert "made again" in _kept_alive(world)
    assert world.rows == [world.kept().id]


@pytest.mark.parametrize("gone", [True, False])
def test_a_dropped_subscription_is_made_again(world: World, gone: bool) -> None:
    world.webhook("install", "--url", URL)
    old = world.kept()
    if gone:
        world.rig.tmi.outbox.subscriptions.clear()
    else:
        world.rig.tmi.outbox.subscriptions[old.id].status = "pending_delete"
    assert "made again" in _kept_alive(world)
    assert world.rows == [world.kept().id] != [old.id]
    assert "no more" not in world.webhook("status")[1]


def test_a_writer_who_may_not_look_is_no_catastrophe(world: World) -> None:
    world.webhook("install", "--url", URL)
    world.rig.tmi._people.groups["administrators"].members.clear()
    with pytest.raises(TmiDenied, match="Administrator access required"):
        _kept_alive(world)


DAMAGED = (
    b"",
    b"{",
    b"[]",
    b'{"tmi": 1, "url": "x", "secret": "y"}',
    json.dumps({"tmi": "a"}).encode(),
    b"\xff",
    b"[" * 100_000,
)
ADVICE = "is damaged. Run `webhook install --url https://HOST/webhook`: it makes another subscription."


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_file_is_one_line_and_its_advice_heals(world: World, content: bytes) -> None:
    world.webhook("install", "--url", URL)
    old, path = world.rows[0], world.state / "webhook.json"
    path.write_bytes(content)
    for words in (("status",), ("remove",), ("install",)):
        code, said = world.webhook(*words)
        assert (code, len(said.splitlines())) == (78, 1), said
        assert ADVICE in said
        assert (path.read_bytes(), world.rows) == (content, [old]), "nobody knows where it should send to"
    code, said = world.webhook("install", "--url", URL)
    assert code == 0, said
    assert world.rows == [world.kept().id] != [old]
    assert f"It replaces {old}, to {URL}, which was removed." in said
    assert world.webhook("status")[0] == 0


def test_what_a_damaged_file_named_elsewhere_is_told_and_left(world: World) -> None:
    """It may be another installation's: nothing here says whose it is."""
    world.webhook("install", "--url", URL)
    other = world.rows[0]
    (world.state / "webhook.json").write_text("{")
    code, said = world.webhook("install", "--url", URL + "/2")
    assert code == 0
    assert world.rows == [other, world.kept().id]
    assert f"TMI also sends to {URL}, for {other}" in said
    assert "replaces" not in said


def test_a_subscription_that_moves_is_told(world: World) -> None:
    world.webhook("install", "--url", URL)
    old = world.rows[0]
    assert f"It replaces {old}, to {URL}, which was removed." in world.webhook("install", "--url", URL + "/2")[1]


@pytest.mark.parametrize("status", [400, 403, 429])
def test_a_refusal_leaves_a_damaged_file_as_it_was(world: World, status: int) -> None:
    path = world.state / "webhook.json"
    path.write_text('{"secret": "a hand may mend it"')
    world.rig.strike("status-before", site="tmi", path=r"subscriptions$", status=status)
    code, said = world.webhook("install", "--url", URL)
    assert (code != 0, len(said.splitlines())) == (True, 1)
    assert path.read_text() == '{"secret": "a hand may mend it"'
    assert world.webhook("install", "--url", URL)[0] == 0


def test_what_was_removed_before_a_refusal_is_told(world: World) -> None:
    world.webhook("install", "--url", URL)
    old = world.rows[0]
    (world.state / "webhook.json").write_text("{")
    world.rig.strike("status-before", site="tmi", path=r"subscriptions$", status=429)
    code, said = world.webhook("install", "--url", URL)
    assert (code, len(said.splitlines()), world.rows) == (69, 1, [])
    assert f"Before that, {old} was removed: run `webhook install --url {URL}`" in said
    assert world.webhook("install", "--url", URL)[0] == 0


def test_a_lost_answer_over_a_damaged_file_leaves_nothing_twice(world: World) -> None:
    (world.state / "webhook.json").write_text("{")
    world.rig.strike("drop-after", site="tmi", path=r"subscriptions$")
    assert world.webhook("install", "--url", URL)[0] == 69
    assert world.webhook("install")[0] == 0
    assert world.rows == [world.kept().id]
