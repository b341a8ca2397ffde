"""`plan`: a pass that ends before it changes anything."""

from __future__ import annotations

from ..plan import CHANGES
from ..sync import run_pass
from ..wiring import wired
from . import shapes
from .progress import shown
from .shell import Asked, Shell, scope_of
from .show import say, say_json
from .summary import print_plan, print_trouble

PENDING = 3


def run(shell: Shell, pilot: Asked, *, check: bool, json: bool) -> int:
    """Exit 3 with `check` where a pass would act."""
    settings = shell.settings()
    places = shell.places(settings)
    with wired(settings, places, beside=True) as found, shown(shell) as progress:
        report = run_pass(found.setup, scope_of(pilot), progress=progress, apply=False)
    if json:
        say_json({**shapes.report(report), "ledger": str(places.ledger), "ledger_copied": found.copied})
    else:
        print_plan(report)
        print_trouble(report)
        say(f"ledger: {places.ledger}" + (" (a copy: another process holds it)" if found.copied else ""))
    pending = check and any(decision.kind in CHANGES or decision.wants for decision in report.decisions)
    return report.exit_code or (PENDING if pending else 0)
