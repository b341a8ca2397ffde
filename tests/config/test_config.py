"""What can be written in a config, where it is found, and what every mistake is told as."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError, field_validator

from tmi_issue_sync.config import load_settings, load_tmi
from tmi_issue_sync.config_file import BadConfig, locate, state_directory
from tmi_issue_sync.config_tables import (
    Above,
    Caps,
    LedgerOptions,
    LogOptions,
    Placing,
    RouteTable,
    SyncOptions,
    TrackerTable,
    WebOptions,
)
from tmi_issue_sync.errors import ConfigError
from tmi_issue_sync.model import Draft, Marker, Severity
from tmi_issue_sync.render import Renderer
from tmi_issue_sync.render.view import FULL
from tmi_issue_sync.rules import Condition
from tmi_issue_sync.secret import ABSENT_OK, NotHere, Secret
from tmi_issue_sync.tmi.options import ClientCredentials, Login, TmiOptions, Token
from tmi_issue_sync.wiring import Places, connect

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
GOOD = """\
[tmi]
url = "https://tmi.example.com"
write = { login = true }
[trackers.work]
adapter = "github"
target = { repo = "example/threats" }
token = "t"
"""
OTHER = """\
[trackers.other]
adapter = "github"
target = { repo = "example/other" }
token = "t"
"""


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.upper().startswith("TMI_ISSUE_SYNC") or name == "STATE_DIRECTORY":
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def _write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_absent_secret_counts_as_given_until_it_is_asked_for(tmp_path: Path) -> None:
    """What no adapter of ours does, a stranger's may: ask for the text of a secret while the config is read."""
    path = _write(tmp_path, GOOD.replace('"t"', '{ env = "NOWHERE_TOKEN" }'))
    token = load_settings(path, secrets=False).trackers["work"].options.token  # type: ignore[attr-defined]
    assert token
    assert "NOWHERE_TOKEN" not in f"{token} {token!r}"
    with pytest.raises(NotHere, match="the environment variable NOWHERE_TOKEN is not set"):
        token.get_secret_value()
    assert _problems(path) == ["trackers.work.token: the environment variable NOWHERE_TOKEN is not set"]
    with pytest.raises(ValidationError, match="the environment variable NOWHERE_TOKEN is not set"):
        Strange.model_validate({"key": {"env": "NOWHERE_TOKEN"}}, context=ABSENT_OK)


class Strange(BaseModel):
    """A stranger's options, whose check does not know that a secret may be absent."""

    key: Secret

    @field_validator("key")
    @classmethod
    def _long(cls, key: Secret) -> Secret:
        assert len(key.get_secret_value()) > 3
        return key


def _problems(path: Path) -> list[str]:
    with pytest.raises(BadConfig) as caught:
        load_settings(path)
    assert caught.value.exit_code == 78
    return [problem.removeprefix(f"{path}: ") for problem in caught.value.problems]


def test_the_smallest_config(tmp_path: Path) -> None:
    settings = load_settings(_write(tmp_path, GOOD))
    assert settings.default is not None
    assert settings.default.key.project == "example/threats"
    assert settings.tmi.instance == "https://tmi.example.com"
    assert (settings.policy.quiet, settings.policy.per_pass, settings.policy.per_day) == (60, 50, 500)
    site = connect(settings)[0]
    assert (site.name, site.public, site.confidential, site.retired) == ("work", False, False, False)


def test_the_example_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_DEVOPS_TOKEN", "GITEA_TOKEN", "GITHUB_TOKEN", "JIRA_TOKEN", "TMI_CLIENT_SECRET"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("WEB_TOKEN", "a secret of enough length")
    secret = tmp_path / "github-app.pem"
    secret.write_text("-----BEGIN RSA PRIVATE KEY-----\nsecret\n-----END RSA PRIVATE KEY-----\n")
    text = EXAMPLE.read_text(encoding="utf-8").replace("/run/secrets/github-app.pem", str(secret))
    settings = load_settings(_write(tmp_path, text))
    assert [route.to.tracker for route in settings.routes] == ["vault", "work"]
    assert settings.routes[0].name == "payments"
    assert settings.routes[0].to.confidential
    jira = settings.trackers["jira"].home
    assert jira is not None
    assert jira.fields["Impact"] == {
        "from": "severity",
        "critical": "Extensive",
        "high": "Significant",
        "default": "Minor",
    }
    assert settings.routes[1].to.labels == ("security", "urgent")
    assert settings.policy.created_after == datetime(2026, 1, 1, tzinfo=UTC)
    renderer = Renderer(settings.tmi.instance, settings.tmi.ui_url)
    places = [jira, *(route.to for route in settings.routes)]
    assert [problem for to in places for problem in renderer.check(to)] == []


@pytest.mark.parametrize(
    "model",
    [
        *(TmiOptions, Login, Token, ClientCredentials, SyncOptions, Caps, LedgerOptions, LogOptions, WebOptions),
        *(Placing, Above, TrackerTable, RouteTable, Condition),
    ],
)
def test_the_example_names_every_option(model: type[TmiOptions]) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    fields = {name.removesuffix("_not") for name in model.model_fields}
    assert sorted(name for name in fields if f"{name} =" not in text and f"{name}_not =" not in text) == []


@pytest.mark.parametrize("name", ["azure-devops", "gitea", "github", "gitlab", "jira"])
def test_the_example_names_every_option_of_a_tracker(name: str) -> None:
    from tmi_issue_sync.tracker import load

    text, adapter = EXAMPLE.read_text(encoding="utf-8"), load(name)
    options = [*adapter.options.model_fields, *adapter.target.model_fields]
    assert [name for name in options if f"{name} =" not in text] == []


@pytest.mark.parametrize(
    ("written", "instead", "line"),
    [
        ("url = ", "urll = ", "tmi.urll: unknown key (did you mean 'url'?)"),
        ("[tmi]", "[tim]", "tim: unknown key (did you mean 'tmi'?)"),
        ('url = "https://tmi.example.com"\n', "", "tmi.url: is missing"),
        ("[tmi]", '[tmi]\nproxy = "p.example.com:8"', "tmi.proxy: should be written like"),
        ("[tmi]", '[tmi]\nclient_key = "k"', "tmi: has client_key without client_cert"),
        ('token = "t"', 'token = "t"\nproxy = ""', "trackers.work.proxy: should be written like"),
        ("[tmi]", '[tmi]\nui_url = "http://ui.example.com"', "tmi: ui_url: http://ui.example.com is plain http"),
        ("[tmi]", '[tmi]\nui_url = "ui.example.com/tmi"', "tmi: ui_url: 'ui.example.com/tmi' is no URL"),
        (
            "[tmi]",
            '[tmi]\nui_url = "https://u:p@ui.example.com"',
            "tmi: ui_url: the url carries a user or password",
        ),
        ("login = true", "login = true, prot = 1", "tmi.write.prot: unknown key (did you mean 'port'?)"),
        ("login = true", 'login = true, port = "x"', "tmi.write.port: should be a valid integer"),
        ('token = "t"', 'tokn = "t"', "trackers.work.tokn: unknown key (did you mean 'token'?)"),
        ('token = "t"', 'token = "t"\nlabel = []', "trackers.work.label: unknown key (did you mean 'labels'?)"),
        ('token = "t"', 'token = { env = "UNSET_VARIABLE" }', "UNSET_VARIABLE is not set"),
        ('token = "t"', 'token = { file = "/nonexistent" }', "the secret file /nonexistent can't be read"),
        ('token = "t"', 'token = { vault = "x" }', "a secret is { env"),
        ('adapter = "github"', 'adapter = "gihub"', "trackers.work.adapter: no adapter 'gihub' is installed"),
        ('adapter = "github"\n', "", "trackers.work.adapter: is missing"),
        ("repo =", "rep =", "trackers.work.target.rep: unknown key (did you mean 'repo'?)"),
        ('"example/threats"', '"threats"', "trackers.work.target.repo: a repository is written"),
        ('target = { repo = "example/threats" }\n', "", "trackers.work.target.repo: is missing"),
        ("[tmi]", '[sync]\nevery = "5 parsecs"\n[tmi]', 'sync.every: should be a duration like "90s"'),
        ("[tmi]", '[sync]\nevery = "5m"\ncron = "* * * * *"\n[tmi]', "has both every and cron"),
        ("[tmi]", '[sync]\ncreated_after = "soon"\n[tmi]', "sync.created_after: "),
        ("[tmi]", "[sync]\nmax_new_tickets = 3\n[tmi]", "should be a table of keys and values"),
        (
            "[tmi]",
            "[sync]\nmax_new_tickets = { per_pass = 0 }\n[tmi]",
            "sync.max_new_tickets.per_pass: should be greater",
        ),
        ("[tmi]", '[ledger]\nsettle = "never"\n[tmi]', "ledger.settle: should be 'auto' or 'always'"),
        (
            "[trackers.work]",
            "[trackers.work]\npriority = { from = 3 }",
            "trackers.work.priority: from = 3: there is no such source (there are: severity, priority, status)",
        ),
        (
            "[trackers.work]",
            '[trackers.work]\nfields = { Team = [{ from = "severtiy", high = 1 }] }',
            "trackers.work.fields.Team: from = 'severtiy': there is no such source (did you mean 'severity'?)",
        ),
        (
            "[trackers.work]",
            '[trackers.work]\nfields = { Team = { value = { from = "severity", Hihg = 1 } } }',
            "trackers.work.fields.Team: TMI knows no severity 'hihg' (did you mean 'high'?)",
        ),
        (
            "[trackers.work]",
            "[trackers.work]\npriority = { from = [3] }",
            "trackers.work.priority: from = [3]: there is no such source",
        ),
        (
            "[trackers.work]",
            '[trackers.work]\npriority = { from = "priority", critical = "Highest", immediate = "High" }',
            "trackers.work.priority: 'critical' and 'immediate' are both 'immediate' to TMI: leave one out",
        ),
        (
            "[trackers.work]",
            '[trackers.work]\npriority = { from = "status", default = "Low" }',
            "trackers.work.priority: has nothing to choose from",
        ),
        ("[tmi]", "[tmi", "this is no TOML"),
        ("[tmi]", "trackers = 3\n[tmi]", "this is no TOML"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, written: str, instead: str, line: str) -> None:
    assert written in GOOD
    problems = _problems(_write(tmp_path, GOOD.replace(written, instead, 1)))
    assert any(line in problem for problem in problems), problems
    assert all("\n" not in problem for problem in problems)
    shadow = ("[tmi]", "repo =", 'token = "t"')  # what is misspelt is missing, too
    assert len(problems) == 1 or written in shadow or written.startswith("url = "), problems


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (OTHER, "routes: there are several trackers (work, other)"),
        ('[[routes]]\ntracker = "wrok"\n', "routes[1].tracker: no tracker 'wrok' (did you mean 'work'?)"),
        ("[[routes]]\n", "routes[1].tracker: is missing"),
        ('[[routes]]\ntracker = "work"\nwhen = { severty = ["high"] }\n', "routes[1].when.severty: unknown key"),
        (
            '[[routes]]\ntracker = "work"\n[[routes]]\ntracker = "work"\nwhen = { severity = ["high"] }\n',
            "routes[2]: no threat ever gets here: route 1 takes all",
        ),
        ('[[routes]]\ntracker = "work"\ntarget = { repo = "x" }\n', "routes[1].target.repo: a repository"),
        (OTHER + 'retired = true\n[[routes]]\ntracker = "other"\n', "tracker 'other' is retired"),
        (OTHER.replace("/other", "/threats") + '[[routes]]\ntracker = "work"\n', "as trackers.work is: keep one"),
    ],
)
def test_routes_that_go_nowhere(tmp_path: Path, more: str, line: str) -> None:
    problems = _problems(_write(tmp_path, GOOD + more))
    assert len(problems) == 1
    assert line in problems[0]


def test_no_tracker_at_all(tmp_path: Path) -> None:
    problems = _problems(_write(tmp_path, '[tmi]\nurl = "https://tmi.example.com"\n'))
    assert len(problems) == 1
    assert "no tracker is configured" in problems[0]


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("url", "urll").replace("token", "tokn") + "[sync]\nquiet = false\nx = 1\n"
    assert len(_problems(_write(tmp_path, text))) == 4


def test_the_login_needs_no_tracker(tmp_path: Path) -> None:
    assert load_tmi(_write(tmp_path, '[tmi]\nurl = "https://tmi.example.com"\n')).url == "https://tmi.example.com"


def test_routes_say_more_than_their_tracker(tmp_path: Path) -> None:
    text = GOOD.replace('token = "t"', 'token = "t"\nlabels = ["a"]\ntitle = "A"\npublic = true') + (
        '[[routes]]\ntracker = "work"\nwhen = { severity = "critical" }\nlabels = ["b"]\n'
        'target = { repo = "example/urgent" }\npublic = false\n[[routes]]\ntracker = "work"\n'
    )
    first, second = (route.to for route in load_settings(_write(tmp_path, text)).routes)
    assert (first.labels, first.title, first.public, first.key.project) == (("b",), "A", False, "example/urgent")
    assert (second.labels, second.title, second.public, second.key.project) == (
        ("a",),
        "A",
        True,
        "example/threats",
    )
    sites = connect(load_settings(_write(tmp_path, text)))
    assert [(site.key.project, site.public) for site in sites] == [
        ("example/threats", True),
        ("example/urgent", False),
    ]


def test_a_tracker_without_a_home(tmp_path: Path) -> None:
    text = GOOD.replace('target = { repo = "example/threats" }\n', "")
    text += '[[routes]]\ntracker = "work"\ntarget = { repo = "example/threats" }\n'
    assert [site.key.project for site in connect(load_settings(_write(tmp_path, text)))] == ["example/threats"]


def test_a_retired_tracker_is_looked_at(tmp_path: Path) -> None:
    settings = load_settings(_write(tmp_path, GOOD + OTHER + "retired = true\n"))
    assert settings.default is not None
    assert settings.default.tracker == "work"
    assert [(site.name, site.retired) for site in connect(settings)] == [("work", False), ("other", True)]


def test_values_that_depend_on_the_threat(tmp_path: Path) -> None:
    written = """
priority = { from = "severity", Critical = "Hi}}gh \\"est\\" é", default = "Low" }
[trackers.work.fields]
Weight = { from = "severity", critical = 9, default = 1.5 }
State = { from = "status", "In Review" = "Late", false_positive = "{{ threat.name }}" }
Where = { value = "EMEA", child = { from = "priority", Critical = "Oslo", "P0" = "Oslo" } }
Progress = { from = "status", "In Progress" = "Doing", default = "To do" }
Due = 2026-12-31
Tags = ["a", { from = "severity", critical = "b" }]
"""
    settings = load_settings(_write(tmp_path, GOOD.replace('token = "t"', f'token = "t"{written}')))
    to = settings.default
    assert to is not None
    renderer = Renderer(settings.tmi.instance, None)
    assert not renderer.check(to)

    def made(**changes: Any) -> Draft:
        threat = replace(FULL, name="A threat", **changes)
        marker = Marker(settings.tmi.instance, threat.id)
        return renderer.draft(threat, to, marker, confidential=False, request_id="")

    one = made(severity=Severity.CRITICAL, status="in_review", priority="immediate")
    assert one.priority == 'Hi}}gh "est" é'
    assert one.fields == {
        "Weight": 9,
        "State": "Late",
        "Progress": "To do",
        "Where": {"value": "EMEA", "child": "Oslo"},
        "Due": "2026-12-31",
        "Tags": ["a", "b"],
    }
    other = made(severity=Severity.LOW, status="false_positive", priority="low")
    assert other.priority == "Low"
    assert other.fields == {
        "Weight": 1.5,
        "State": "A threat",
        "Progress": "To do",
        "Where": {"value": "EMEA"},
        "Due": "2026-12-31",
        "Tags": ["a"],
    }
    assert "State" not in made(status="open").fields
    assert made(status="mitigation_in_progress").fields["Progress"] == "Doing"  # as it is read from TMI


@pytest.mark.parametrize(
    ("text", "seconds"),
    [('"90s"', 90), ('"5m"', 300), ('"2h"', 7200), ('"1.5h"', 5400), ("45", 45), ('"1 d"', 86400)],
)
def test_durations(tmp_path: Path, text: str, seconds: float) -> None:
    assert load_settings(_write(tmp_path, f"{GOOD}[sync]\nevery = {text}\n")).sync.every == seconds


def test_durations_of_servers(tmp_path: Path) -> None:
    more = '[tmi]\ntimeout = "1m"\n'
    text = GOOD.replace("[tmi]\n", more).replace('adapter = "github"\n', 'adapter = "github"\nlag = "3m"\n')
    settings = load_settings(_write(tmp_path, text))
    assert settings.tmi.timeout == 60
    assert settings.trackers["work"].adapter.traits(settings.trackers["work"].options).lag == 180


@pytest.mark.parametrize(
    "text",
    ["2026-01-01", '"2026-01-01"', "2026-01-01T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T01:00:00+01:00"],
)
def test_a_baseline_is_a_moment(tmp_path: Path, text: str) -> None:
    settings = load_settings(_write(tmp_path, f"{GOOD}[sync]\ncreated_after = {text}\n"))
    assert settings.policy.created_after == datetime(2026, 1, 1, tzinfo=UTC)


def test_the_environment_counts_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMI_ISSUE_SYNC__TMI__URL", "https://other.example.com")
    monkeypatch.setenv("TMI_ISSUE_SYNC__SYNC__MAX_NEW_TICKETS", '{"per_pass": 3}')
    monkeypatch.setenv("TMI_ISSUE_SYNC__TRACKERS__WORK__TOKEN", "0123456789")
    monkeypatch.setenv("TMI_ISSUE_SYNC__TRACKERS__WORK__LABELS", '["x"]')
    monkeypatch.setenv("TMI_ISSUE_SYNC__TRACKERS__WORK__PUBLIC", "true")
    settings = load_settings(_write(tmp_path, GOOD))
    assert settings.tmi.url == "https://other.example.com"
    assert settings.sync.max_new_tickets.per_pass == 3
    assert settings.default is not None
    assert (settings.default.labels, settings.default.public) == (("x",), True)
    assert settings.trackers["work"].options.token.get_secret_value() == "0123456789"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("TMI_ISSUE_SYNC__TIM__URL", "x", "TMI_ISSUE_SYNC__TIM__URL: unknown section (did you mean 'tmi'?)"),
        ("TMI_ISSUE_SYNC__TMI__URLL", "x", "TMI_ISSUE_SYNC__TMI__URLL: unknown key (did you mean 'url'?)"),
        ("TMI_ISSUE_SYNC__SYNC__QUIET", "x", "TMI_ISSUE_SYNC__SYNC__QUIET: should be a duration"),
        ("TMI_ISSUE_SYNC__ROUTES", "[", "is no JSON"),
        ("TMI_ISSUE_SYNC__SYNC", "x", "TMI_ISSUE_SYNC__SYNC: should be a table"),
    ],
)
def test_mistakes_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: str
) -> None:
    monkeypatch.setenv(name, value)
    problems = _problems(_write(tmp_path, GOOD))
    assert len(problems) == 1
    assert line in problems[0]


def test_a_config_of_the_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMI_ISSUE_SYNC__TMI__URL", "https://tmi.example.com")
    monkeypatch.setenv("TMI_ISSUE_SYNC__TMI__WRITE", '{"login": true}')
    tracker = '{"work": {"adapter": "github", "token": "t", "target": {"repo": "example/threats"}}}'
    monkeypatch.setenv("TMI_ISSUE_SYNC__TRACKERS", tracker)
    assert load_settings(None).source is None


def test_where_a_config_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"no config file found.*config init"):
        locate(None)
    mine = tmp_path / "config" / "tmi-issue-sync" / "config.toml"
    mine.parent.mkdir(parents=True)
    mine.write_text(GOOD)
    assert locate(None) == mine
    named = _write(tmp_path, GOOD)
    monkeypatch.setenv("TMI_ISSUE_SYNC_CONFIG", str(named))
    assert locate(None) == named
    assert locate(mine) == mine
    with pytest.raises(ConfigError, match="there is no config file at"):
        locate(tmp_path / "none.toml")


def test_the_state_never_depends_on_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert state_directory(None) == tmp_path / "state" / "tmi-issue-sync"
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path}/service:{tmp_path}/more")
    assert state_directory(None) == tmp_path / "service"
    assert state_directory(tmp_path / "given") == tmp_path / "given"
    settings = load_settings(_write(tmp_path, GOOD + '[ledger]\npath = "mine.db"\n'))
    assert Places.of(settings, None).ledger == tmp_path / "service" / "mine.db"
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_file_with_a_byte_order_mark(tmp_path: Path) -> None:
    assert load_settings(_write(tmp_path, f"\ufeff{GOOD}")).tmi.instance == "https://tmi.example.com"


def test_routes_in_single_brackets(tmp_path: Path) -> None:
    path = _write(tmp_path, f'{GOOD}[routes]\ntracker = "work"\n')
    assert _problems(path) == ["routes: should be [[routes]], once for each route"]
    path = _write(tmp_path, GOOD.replace('token = "t"', 'token = "t"\nlabels = "one"'))
    assert _problems(path) == ["trackers.work.labels: should be a list"]


def test_a_secret_without_an_end(tmp_path: Path) -> None:
    path = _write(tmp_path, GOOD.replace('token = "t"', 'token = { file = "/dev/zero" }'))
    (problem,) = _problems(path)
    assert "the secret file /dev/zero is longer than 64 KiB" in problem


def test_the_first_config_is_advised_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"config init {tmp_path}/none.toml"):
        load_settings(tmp_path / "none.toml")
