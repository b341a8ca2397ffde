"""`status --alive`: whether passes go on, for whoever restarts a service that has stopped making them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ..pace import LONGEST
from ..schedule import trigger
from ..wiring import open_ledger
from ..words import duration
from .shell import Shell
from .show import say


def run(shell: Shell) -> int:
    """Exit 1 where the last pass began longer ago than the clock, the longest pass and the longest rest explain.

    How passes end is not asked: a TMI that is down comes back without a restart.
    """
    settings = shell.settings()
    places = shell.places(settings)
    if not places.ledger.exists():
        say(f"no ledger yet at {places.ledger}")
        return 1
    with open_ledger(settings, places.ledger, change=False) as ledger:
        last = next(iter(ledger.runs(1)), None)
    if last is None:
        say("no pass yet")
        return 1
    due = trigger(settings.sync).get_next_fire_time(last.started, last.started)
    late = datetime.now(UTC) - due - timedelta(seconds=settings.sync.pass_limit + LONGEST + settings.sync.jitter)
    ago = duration(max(0.0, (datetime.now(UTC) - last.started).total_seconds()))
    say(f"the last pass began {ago} ago")
    return 1 if late > timedelta(0) else 0
