"""What may stand in a log."""

from __future__ import annotations

import json
import logging

import pytest
import structlog
from pydantic import BaseModel, SecretStr

from tmi_issue_sync.cli.show import clean
from tmi_issue_sync.log import BLOT, Redactor, configure, secrets_in
from tmi_issue_sync.words import duration

CANARY = "canary-3f9a1c"


class _Inner(BaseModel):
    token: SecretStr = SecretStr(CANARY)


class _Outer(BaseModel):
    inner: _Inner = _Inner()
    several: tuple[_Inner, ...] = (_Inner(token=SecretStr("another")),)


def test_every_secret_of_the_options_is_known() -> None:
    assert set(secrets_in(_Outer())) == {CANARY, "another"}


@pytest.mark.parametrize(
    "text",
    [
        "ghp_0123456789abcdefghij",
        "github_pat_0123456789abcdefghij_0123",
        "Authorization: Bearer abc.def",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "https://user:pass@proxy.example.com",
        f"a {CANARY} b",
    ],
)
def test_what_has_the_shape_of_a_secret_is_blotted_out(text: str) -> None:
    shown = Redactor([CANARY]).text(text)
    assert BLOT in shown
    assert not any(part in shown for part in ("ghp_0", "pat_0", "abc.def", "eyJzdWI", "user:pass", CANARY))


@pytest.mark.parametrize("style", ["text", "json"])
def test_nothing_secret_reaches_the_log(style: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure(style, "debug", Redactor([CANARY]))
    log = structlog.get_logger()
    log.warning(f"an event with {CANARY}", token="abc", nested={"password": "abc", "list": [CANARY]})
    try:
        raise RuntimeError(f"failed with {CANARY}")
    except RuntimeError:
        log.exception("it failed")
    logging.getLogger("urllib3").warning("foreign %s", CANARY)
    logging.getLogger("github").debug("Authorization: token abc")
    err = capsys.readouterr().err
    assert CANARY not in err
    assert "abc" not in err
    assert "foreign" in err
    assert "RuntimeError" in err


def test_json_is_one_object_a_line_with_the_pass(capsys: pytest.CaptureFixture[str]) -> None:
    configure("json", "info", Redactor())
    with structlog.contextvars.bound_contextvars(**{"pass": "p1"}):
        structlog.get_logger().info("two\nlines", threat="t1")
    line = json.loads(capsys.readouterr().err)
    assert (line["pass"], line["event"], line["threat"], line["level"]) == ("p1", "two\nlines", "t1", "info")


def test_a_threats_name_can_not_draw_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    configure("text", "info", Redactor())
    structlog.get_logger().info("created", name="a\x1b[2Jb\nc\u202ed")
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert clean("a\x1b[2Jb\nc\u202ed") == "a[2Jb cd"


def test_durations_for_people() -> None:
    assert [duration(s) for s in (0.4, 59, 150, 7200, 300000)] == ["1 s", "59 s", "2 min", "2 h", "3 d"]
