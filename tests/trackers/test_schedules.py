"""A few schedules of faults over each real adapter; `python -m trackers.schedules` plays as many as one likes."""

from __future__ import annotations

import pytest

from tmi_issue_sync.sandbox.trackers import TRACKERS
from trackers.draw import draw
from trackers.schedules import play

EACH = 3


@pytest.mark.parametrize("tracker", TRACKERS)
def test_no_schedule_makes_a_second_ticket(tracker: str) -> None:
    struck = 0
    for seed in range(EACH):
        played = play(tracker, seed)
        assert not played.broken, "\n".join([played.seed, played.broken, *played.story])
        assert played.counts["tickets"]
        struck += sum(count for name, count in played.counts.items() if name.startswith("struck tracker"))
    assert struck > EACH


def test_a_tracker_that_is_later_than_declared_is_caught() -> None:
    """The judge can see a second ticket: it is there as soon as the horizon is too short."""
    assert any("more than one ticket" in play("github", seed, honest=False).broken for seed in (3, 4))


def test_a_seed_is_one_schedule() -> None:
    assert draw("jira 7") == draw("jira 7") != draw("jira 8")
