"""`sync`: one pass, passes until nothing waits, or the service."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial

from ..once import WAIT_MAX, Pilot, Stopper, passes
from ..report import Report
from ..rounds import heard
from ..sync import run_pass
from ..wiring import wired
from ..words import duration
from . import shapes
from .progress import Lines, drawn, shown
from .shell import Asked, Shell, scope_of
from .show import say, say_json
from .summary import print_pass, print_plan


def once(shell: Shell, asked: Asked, *, wait: bool, yes: bool, new_install: bool, json: bool) -> int:
    """One pass, or with `wait` passes until nothing waits for time alone."""
    settings = shell.settings()
    places = shell.places(settings)
    stopper, pilot, approve = Stopper(), Pilot(scope_of(asked)), _approval(yes, ask=not json)

    def one() -> Report:
        with shown(shell) as progress:
            asking = _aside(progress, stopper, approve)
            scope, stop = pilot.scope, stopper.stopped
            work = partial(run_pass, found.setup, scope, progress=progress, approve=asking, stop=stop)
            return heard(found, scope, stop, work)

    def after(report: Report) -> None:
        pilot.spend(report.created)
        if not json:
            print_pass(report, each=drawn(shell))

    with wired(settings, places) as found, stopper.installed():
        if new_install:
            found.setup.ledger.new_install()
        report = passes(
            one,
            found.setup.clock,
            wait=wait,
            after=after,
            pausing=_ignore if json else _pausing,
            sleep=stopper.pause,
            enough=lambda: stopper.stopped() or pilot.spent,
        )
    if json:
        say_json({**shapes.report(report), "ledger": str(places.ledger)})
    else:
        say(f"ledger: {places.ledger}")
        if stopper.signal:
            say("interrupted: nothing more was begun")
    return 128 + stopper.signal if stopper.signal else report.exit_code


def _ignore(*_: object) -> None:
    pass


def _pausing(seconds: float, left: float) -> None:
    if seconds > left:
        say(f"What waits longer than {duration(WAIT_MAX)} in all is left for the next run.")
    else:
        say(f"waiting {duration(seconds)} for the next pass (at most {duration(left)} more; Ctrl-C ends it)")


def _aside(progress: object, stopper: Stopper, approve: Callable[[Report], bool]) -> Callable[[Report], bool]:
    """A bar must not draw over a question, and Ctrl-C answers it."""
    hidden = getattr(progress, "hidden", nullcontext)

    def asking(report: Report) -> bool:
        with hidden(), stopper.asking():
            try:
                return approve(report)
            except KeyboardInterrupt:
                raise KeyboardInterrupt("no ticket was made") from None

    return asking


def _approval(yes: bool, *, ask: bool) -> Callable[[Report], bool]:
    """--yes, or a yes typed on a terminal."""

    def approve(report: Report) -> bool:
        if yes:
            return True
        if not (ask and sys.stdin.isatty() and sys.stdout.isatty()):
            return False
        print_plan(report)
        try:
            answer = input(f"This first run makes {report.approval} tickets. Go on? [y/N] ")
        except EOFError:
            return False
        return answer.strip().casefold() in ("y", "yes")

    return approve


def serve(shell: Shell, asked: Asked, *, yes: bool, new_install: bool) -> int:
    """The service: passes by the clock until a signal ends it."""
    from ..service import Service
    from ..web import room_for

    settings = shell.settings()
    places = shell.places(settings)
    room = room_for(settings, places)
    if room is None:
        service = Service(scope_of(asked), Lines(), lambda _report: yes)
        return service.run(settings, places, new_install=new_install)
    service = Service(scope_of(asked), Lines(), lambda _report: yes, told=room.told)
    return service.run(settings, places, new_install=new_install, beside=lambda: room.open(service))
