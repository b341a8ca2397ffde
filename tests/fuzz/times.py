"""Every odd date in every place that tells one: a pass ends in words, and the next honest ones make it good."""

from __future__ import annotations

import re
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

from fuzz import twist
from fuzz.odd import DATES, STAMPS
from fuzz.pipe import Answer
from fuzz.rooms import Found
from fuzz.stage import GITHUB, TMI, Twists, stage
from fuzz.twist import Headers
from rig import model, threat
from tmi_issue_sync.errors import SyncError
from tmi_issue_sync.sandbox.wire import Reply, Request

Change = Callable[[Random, Request, Reply, Headers], Answer]


def _header(date: str) -> Change:
    def change(_: Random, __: Request, reply: Reply, headers: Headers) -> Answer:
        dated = [(name, date if name == "Date" else each) for name, each in headers]
        return twist.answer(reply.status, dated, reply.payload())

    return change


def _stamp(stamp: str, method: str) -> Change:
    def change(_: Random, request: Request, reply: Reply, headers: Headers) -> Answer:
        told = reply.payload()
        if request.method == method:
            told = re.sub(rb'"created_at": ?"[^"]*"', b'"created_at": "%s"' % stamp.encode(), told)
        return twist.answer(reply.status, headers, told)

    return change


CASES: tuple[tuple[str, int, Change], ...] = (
    *((f"Date {date!a} of {port}", port, _header(date)) for date in DATES for port in (TMI, GITHUB)),
    *(
        (f"{stamp!a} in a {method}", GITHUB, _stamp(stamp, method))
        for stamp in STAMPS
        for method in ("GET", "POST")
    ),
)


def case(_seed: int, n: int) -> Found:
    """Two passes with every answer changed so, then honest ones; they begin again after the last case."""
    name, port, change = CASES[n % len(CASES)]
    with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
        try:
            links, made = _passes(Path(place), port, change)
        except Exception as error:  # noqa: BLE001 - what this is all about
            return Found(name, f"{type(error).__name__}: {error}"[:300], traceback.format_exc())
    right = all(links) and made == len(links)
    return Found(name, "" if right else f"not right in the end: {made} tickets, links {links}", "")


def _passes(place: Path, port: int, change: Change) -> tuple[list[str], int]:
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
        return list(world.rig.links().values()), len(world.rig.made())
