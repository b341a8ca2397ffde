"""Story 34: a threat is deleted while its create is in doubt, and restored before any list shows the ticket."""

from __future__ import annotations

from pathlib import Path

from rig import model, rig, threat
from sync.doors import FIRST


def test_the_doubt_of_a_deleted_threat_is_still_there_when_it_comes_back(tmp_path: Path) -> None:
    with rig(tmp_path, model(threat(0), threat(1))) as world:
        world.options = {"lag": 200.0, "lag_after_errors": 200.0}
        world.github.set_lag(150.0)
        world.strike("drop-after")
        world.run()
        world.tmi.delete_threat(FIRST)
        world.run()
        world.tmi.restore_threat(FIRST)
        for _ in range(5):
            world.wait(61)  # the threat is quiet again, the list late still
            world.run()
        assert len(world.made()) == 2
        assert all(world.links().values())
