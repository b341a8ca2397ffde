"""`status --alive`: whether passes go on, for whoever restarts a service that has stopped making them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ..pace import LONGEST
from ..schedule import AHEAD, trigger
from ..wiring import open_ledger
from ..words import duration
from .shell import Shell
from .show import say


def run(shell: Shell) -> int:
    """Exit 1 where the last pass began longer ago than the clock, the longest pass and the longest rest explain, or
    in the future: no pass has begun since this machine's clock was set back.

    How passes end is not asked: a TMI that is down comes back without a restart.
    """
    settings = shell.settings(secrets=False)
    places = shell.places(settings)
    if not places.ledger.exists():
        say(f"no ledger yet at {places.ledger}")
        return 1
    with open_ledger(settings, places.ledger, change=False) as ledger:
        last = next(iter(ledger.runs(1)), None)
    if last is None:
        say("no pass yet")
        return 1
    now = datetime.now(UTC)
    if last.started - now > AHEAD:
        say(f"the last pass began in {duration((last.started - now).total_seconds())}: the clock was set back")
        return 1
    due = trigger(settings.sync).get_next_fire_time(last.started, last.started)
    late = now - due - timedelta(seconds=settings.sync.pass_limit + LONGEST + settings.sync.jitter)
    say(f"the last pass began {duration(max(0.0, (now - last.started).total_seconds()))} ago")
    return 1 if late > timedelta(0) else 0
