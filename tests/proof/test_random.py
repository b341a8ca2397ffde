"""A few random schedules; `./prove --schedules N` runs as many as one likes."""

from __future__ import annotations

import pytest

from proof.draw import draw
from proof.schedule import play
from proof.story import shrunk, told
from proof.tally import tallied

PARTS, EACH = 4, 25


@pytest.mark.parametrize("part", range(PARTS))
def test_no_schedule_breaks_a_promise(part: int) -> None:
    tally = tallied(range(part * EACH, (part + 1) * EACH))
    if tally.broken:
        seed, name, why = tally.broken[0]
        pytest.fail(f"{why}\n./prove --replay {seed}\n{told(shrunk(draw(seed), name))}")
    assert tally.checks["S1"] > EACH


def test_a_seed_is_one_story() -> None:
    assert draw(7) == draw(7)
    assert play(draw(7)).record == play(draw(7)).record
