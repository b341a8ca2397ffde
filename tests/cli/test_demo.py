"""The demo tells what the servers' log shows, whatever the machine is configured to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tmi_issue_sync.sandbox import facts
from tmi_issue_sync.sandbox.samples import MODELS

from .conftest import Ran

Command = Callable[..., Ran]


def test_one_ticket_per_threat_in_spite_of_a_lost_reply(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMI_ISSUE_SYNC__TMI__URL", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    ran = command("demo")
    assert ran.code == 0, ran.out
    assert "committed example/threats#3, reply dropped." in ran.out
    assert "example/threats#3 was found again and linked; no second one was made." in ran.out
    assert "0 writes." in ran.out
    assert "One ticket for each of the 5 threats that want one, each linked, none twice." in ran.out


def test_the_samples_show_every_kind_of_threat() -> None:
    threats = [threat for model in MODELS for threat in model["threats"]]
    assert (len(MODELS), len(threats), len(facts.wanted(threats))) == (3, 8, 5)
