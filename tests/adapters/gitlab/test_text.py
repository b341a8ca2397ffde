"""Quick actions in what we send: none is ever run."""

from __future__ import annotations

import random

import pytest

from tmi_issue_sync.markup.clean import clean_block
from tmi_issue_sync.model import Marker
from tmi_issue_sync.sandbox.gitlab.actions import extracted
from tmi_issue_sync_adapters.gitlab.text import disarmed

from .world import Room, draft, marker

COMMANDS = ("/close", "/CLOSE", "/assign @alice", "/label ~a", "/title Ha", "/confidential", "/move x/y", "/shrug")


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "{}\r\n",
        "text\n{}\ntext",
        "> quote\n\n{}",
        "````\n```\n{}\n````",
        "````\n{}\n````",
        "```\n```\n{}",
        "```\n{}",
        "```\n```\nx\n```\n{}\n```",
        "~~~\n{}\n~~~",
        "`code`\n{}\n`code`",
        ">>>\n{}",
        "a\r{}",
    ],
)
def test_no_command_of_a_template_is_run(room: Room, body: str) -> None:
    for number, command in enumerate(COMMANDS):
        text = body.format(command)
        made = room.tracker.create(draft(f"t-{number}", body=text))
        assert made.marker == marker(f"t-{number}")
    assert not room.log.commits("gitlab", "action.run")
    assert {issue["state"] for issue in room.site.issues()} == {"opened"}


def test_the_sandbox_runs_what_is_sent_as_it_is(room: Room) -> None:
    assert room.call("POST", "issues", {"title": "x", "description": "text\n/close\n/title Ha"}).status == 201
    assert (room.issue()["state"], room.issue()["title"], room.issue()["body"]) == ("closed", "Ha", "text")


def test_code_is_left_as_it_is() -> None:
    text = "```\n/etc/passwd\n```\n\n/close\n\n```sh\n/bin/sh\n```\n/label ~a"
    assert disarmed(text) == "```\n/etc/passwd\n```\n\n/\u200bclose\n\n```sh\n/bin/sh\n```\n/\u200blabel ~a"


@pytest.mark.parametrize("seed", range(40))
def test_any_heap_of_marks_and_commands(seed: int) -> None:
    dice = random.Random(seed)
    pieces = [
        *COMMANDS,
        "\n",
        "\n\n",
        "```",
        "````",
        "~~~",
        "`",
        "> ",
        "- ",
        "  ",
        "    ",
        "<b>",
        "</b>",
        ">>>",
        "x",
        "\t",
    ]
    text = "".join(dice.choice(pieces) + dice.choice(["", "\n"]) for _ in range(60))
    for body in (text, clean_block(text)):
        whole = disarmed(f"{body}\n\n{marker().block()}")
        kept, actions = extracted(whole)
        assert not actions, whole
        assert kept == whole
        assert Marker.parse(whole) == marker()


def test_it_takes_no_time_for_a_heap_of_fences() -> None:
    text = "```x\n" * 200_000
    assert disarmed(text) == text
