"""Every odd date in every place that tells one: a pass ends in words, and the next honest ones make it good."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from fuzz import twist
from fuzz.odd import DATES, STAMPS
from fuzz.pipe import Answer
from fuzz.stage import GITHUB, TMI, Twists, stage
from fuzz.twist import Headers
from rig import model, threat
from tmi_issue_sync.errors import SyncError
from tmi_issue_sync.sandbox.wire import Reply, Request

Change = Callable[[Random, Request, Reply, Headers], Answer]


def comes_right(place: Path, port: int, change: Change) -> None:
    """Two passes with every answer changed so, then honest ones."""
    with stage(place, Random(0)) as world:
        world.rig.run()
        world.rig.tmi.load([model(threat(7), n=5)], owner="alice")
        world.twists = Twists(Random(0), always=True, port=port, change=change)
        for _ in range(2):
            with suppress(SyncError):
                world.rig.run()
            world.rig.wait(60)
        world.twists = Twists(Random(0))
        for _ in range(4):
            world.rig.run()
            world.rig.wait(60)
        assert all(world.rig.links().values())
        assert len(world.rig.made()) == 3


@pytest.mark.parametrize("date", DATES, ids=ascii)
@pytest.mark.parametrize("port", [TMI, GITHUB], ids=["tmi", "github"])
def test_an_odd_date_header(tmp_path: Path, port: int, date: str) -> None:
    def change(_: Random, __: Request, reply: Reply, headers: Headers) -> Answer:
        dated = [(name, date if name == "Date" else each) for name, each in headers]
        return twist.answer(reply.status, dated, reply.payload())

    comes_right(tmp_path, port, change)


@pytest.mark.parametrize("stamp", STAMPS, ids=ascii)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_odd_time_of_a_ticket(tmp_path: Path, method: str, stamp: str) -> None:
    def change(_: Random, request: Request, reply: Reply, headers: Headers) -> Answer:
        told = reply.payload()
        if request.method == method:
            told = re.sub(rb'"created_at": ?"[^"]*"', b'"created_at": "%s"' % stamp.encode(), told)
        return twist.answer(reply.status, headers, told)

    comes_right(tmp_path, GITHUB, change)
