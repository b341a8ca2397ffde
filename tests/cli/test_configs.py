"""`config init`, `config show`, `adapters`, `--help`, `--version`."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tmi_issue_sync import __version__
from tmi_issue_sync.config import load_settings

from .conftest import Ran

Command = Callable[..., Ran]
CANARY = "canary-3f9a1c"
HEAVY = ("httpx", "github", "pydantic", "rich", "structlog", "apscheduler", "jinja2", "sqlite_utils", "requests")


def test_the_first_config_loads(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "xdg-config" / "tmi-issue-sync" / "config.toml"
    assert command("config", "init").code == 0
    assert path.stat().st_mode & 0o077 == 0
    again = command("config", "init")
    assert (again.code, len(again.told)) == (2, 1)
    monkeypatch.setenv("GITHUB_TOKEN", CANARY)
    assert load_settings(path).default is not None
    assert command("config", "show").code == 0  # found without --config


def test_secrets_are_never_shown(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.toml"
    path.write_text(
        f'[tmi]\nurl = "https://tmi.example.com"\nwrite = {{ token = "{CANARY}-a" }}\n'
        f'read = {{ client_id = "tmi_cc_x", client_secret = "{CANARY}-b" }}\n'
        f'proxy = "http://user:{CANARY}@proxy.example.com:3128"\n'
        f'[trackers.work]\nadapter = "github"\ntarget = {{ repo = "example/threats" }}\ntoken = "{CANARY}-c"\n'
    )
    ran = command("--config", path, "config", "show")
    assert ran.code == 0
    assert CANARY not in ran.out + ran.err
    shown = tomllib.loads(ran.out)
    assert shown["trackers"]["work"]["token"] == "**********"
    assert shown["sync"]["max_new_tickets"] == {"per_pass": 50, "per_day": 500}
    monkeypatch.setenv("TMI_ISSUE_SYNC__TRACKERS__WORK__TOKEN", f"{CANARY} with spaces")
    refused = command("--config", path, "config", "show")
    assert refused.code == 78
    assert CANARY not in refused.out + refused.err
    assert "TMI_ISSUE_SYNC__TRACKERS__WORK__TOKEN" in refused.told[0]


THREAT = "11111111-0000-7000-8000-000000000011"
WITHOUT = """\
[tmi]
url = "https://tmi.example.com"
read = { client_id = "tmi_cc_x", client_secret = { env = "UNSET_CLIENT" } }
write = { token = { file = "/nowhere/tmi" } }
[notify]
url = { env = "UNSET_HOOK" }
[web]
listen = "0.0.0.0:8750"
token = { credential = "web" }
[trackers.work]
adapter = "github"
target = { repo = "example/threats" }
app = { id = 1, installation = 2, private_key = { env = "UNSET_KEY" } }
[trackers.jira]
adapter = "jira"
url = "https://example.com/jira"
user = "bot"
password = { env = "UNSET_PASSWORD" }
target = { project = "SEC" }
[trackers.lab]
adapter = "gitlab"
target = { project = "example/threats" }
token = { env = "UNSET_LAB" }
[[routes]]
tracker = "work"
"""


@pytest.fixture
def without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config whose secrets are all elsewhere."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    path = tmp_path / "without.toml"
    path.write_text(WITHOUT)
    return path


def test_a_config_is_shown_where_its_secrets_are_not(command: Command, without: Path) -> None:
    ran = command("--config", without, "config", "show")
    assert (ran.code, ran.err) == (0, "")
    shown = tomllib.loads(ran.out)
    assert shown["tmi"]["read"]["client_secret"] == "not here: the environment variable UNSET_CLIENT is not set"
    assert shown["tmi"]["write"]["token"].startswith("not here: the secret file /nowhere/tmi can't be read")
    assert shown["web"]["token"].startswith("not here: no systemd credential 'web'")
    assert "UNSET_HOOK" in shown["notify"]["url"]
    assert "UNSET_KEY" in shown["trackers"]["work"]["app"]["private_key"]
    assert "UNSET_PASSWORD" in shown["trackers"]["jira"]["password"]
    assert "UNSET_LAB" in shown["trackers"]["lab"]["token"]


def test_of_several_secrets_those_that_are_here_stay_hidden(
    command: Command, without: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSET_LAB", CANARY)
    ran = command("--config", without, "config", "show")
    assert tomllib.loads(ran.out)["trackers"]["lab"]["token"] == "**********"
    assert CANARY not in ran.out + ran.err


@pytest.mark.parametrize("words", [("status",), ("status", "--json"), ("status", "--alive"), ("audit",)])
def test_who_reads_the_ledger_alone_needs_no_secret(
    command: Command, without: Path, words: tuple[str, ...]
) -> None:
    ran = command("--config", without, *words)
    assert ran.told == []
    assert "ledger" in ran.out or words == ("audit",)
    assert ran.code == (1 if "--alive" in words else 0), "there was no pass yet"


def test_a_ledger_is_read_where_the_secrets_are_not(sync: Command, config: Path) -> None:
    """Its threats and tickets, not only the lack of a ledger."""
    assert sync("sync", "--once", "--new-install", "--limit", "1").code == 0
    here = config.read_text()
    before = sync("status")
    config.write_text(re.sub(r'token = ".*?"', 'token = { env = "UNSET_TOKEN" }', here))
    assert config.read_text() != here
    after = sync("status")
    assert (after.code, after.out) == (before.code, before.out)
    assert sync("audit").out.count("issue_uri=") == 1
    assert sync("skip", THREAT).code == sync("retry", THREAT).code == 0
    assert sync("retry", "--new-ticket", THREAT).code == 78


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('env = "UNSET_LAB"', 'enviroment = "UNSET_LAB"', "trackers.lab.token: a secret is"),
        ('token = { env = "UNSET_LAB" }', "", "trackers.lab.token: is missing"),
        ('{ env = "UNSET_LAB" }', '"two words"', "trackers.lab.token: the token is no token"),
        ('"example/threats" }\napp', '"threats" }\napp', "trackers.work.target.repo"),
        ("[notify]", '[notify]\ncommand = ["true"]', "both command and url"),
        ('user = "bot"', "", "Data Center needs a personal access token, or user and password"),
    ],
)
@pytest.mark.parametrize("words", [("status",), ("config", "show")])
def test_what_else_is_wrong_is_still_refused(
    command: Command, without: Path, right: str, wrong: str, said: str, words: tuple[str, ...]
) -> None:
    assert right in WITHOUT
    without.write_text(WITHOUT.replace(right, wrong, 1))
    ran = command("--config", without, *words)
    assert (ran.code, len(ran.told)) == (78, 1), ran.err
    assert said in ran.told[0]
    assert "is not set" not in ran.err, "an absent secret is no mistake beside it"


@pytest.mark.parametrize("words", [("check",), ("plan",), ("sync", "--once"), ("webhook", "status"), ("login",)])
def test_who_asks_a_server_needs_the_secrets(command: Command, without: Path, words: tuple[str, ...]) -> None:
    only = 'client_secret = { env = "UNSET_CLIENT" }'
    head = WITHOUT[: WITHOUT.index("write =")] + "write = { login = true }\n"
    without.write_text(f'{head}[trackers.work]\nadapter = "github"\ntarget = {{ repo = "a/b" }}\ntoken = "t"\n')
    assert only in without.read_text()
    ran = command("--config", without, *words)
    assert (ran.code, len(ran.told)) == (78, 1)
    assert "tmi.read.client_secret: the environment variable UNSET_CLIENT is not set" in ran.told[0]


def test_adapters_and_version(command: Command) -> None:
    assert "github" in command("adapters").out
    assert command("--version").out.strip() == f"tmi-issue-sync {__version__}"


def test_help_imports_no_client_library() -> None:
    """One process: help comes from here, and nothing heavy is loaded for it."""
    code = (
        "import sys; from tmi_issue_sync.cli import run; code = run(['--help']);"
        f"bad = [name for name in {HEAVY!r} if name in sys.modules]; sys.exit(code or (3 if bad else 0))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    for name in ("demo", "sandbox", "login", "check", "plan", "sync", "status", "explain", "retry", "skip"):
        assert f"  {name} " in done.stdout


@pytest.mark.parametrize("name", ["sync", "plan", "check", "demo", "sandbox", "config", "explain", "login"])
def test_every_command_has_help(command: Command, name: str) -> None:
    ran = command(name, "--help")
    assert ran.code == 0
    assert "Usage: tmi-issue-sync" in ran.out
