"""Ids as long as the door to TMI takes them, and every answer to a create lost: still one ticket."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from fuzz.pipe import Answer
from fuzz.stage import GITHUB, Mask, Twists, stage
from fuzz.twist import Headers, plain
from rig import threat
from tmi_issue_sync.sandbox.wire import Reply, Request


@pytest.mark.parametrize("length", [1, 36, 65, 200, 201])
def test_an_id_of_any_length(tmp_path: Path, length: int) -> None:
    def change(_: Random, request: Request, reply: Reply, headers: Headers) -> Answer:
        lost = request.method == "POST" and request.path.endswith("/issues")
        return Answer(b"", "reset") if lost else plain(reply, headers)

    with stage(tmp_path, Random(0), threat(0)) as world:
        world.mask = Mask({threat(0)["id"]: {"id": "x" * length}})
        world.twists = Twists(Random(0), always=True, port=GITHUB, change=change)
        for _ in range(8):
            world.rig.run()
            world.rig.wait(60)
        assert len(world.rig.made()) <= 1
