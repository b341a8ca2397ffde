"""`plan`: a pass that ends before it changes anything."""

from __future__ import annotations

from ..model import Level
from ..plan import CHANGES
from ..report import Report
from ..sync import run_pass
from ..wiring import Wired, wired
from . import shapes
from .progress import shown
from .rehearsal import Found, places_of, rehearsed, tell
from .shell import Asked, Shell, scope_of
from .show import say, say_json
from .summary import print_plan, print_trouble

PENDING, CONFIG = 3, 78


def run(shell: Shell, pilot: Asked, *, check: bool, json: bool) -> int:
    """Exit 3 with `check` where a pass would act, 78 where a tracker would refuse what it makes."""
    settings = shell.settings()
    places = shell.places(settings)
    with wired(settings, places, beside=True) as found, shown(shell) as progress:
        report = run_pass(found.setup, scope_of(pilot), progress=progress, apply=False)
        findings = _refused(found, report)
    if json:
        told = [shapes.finding(finding, where) for where, finding in findings]
        shape = {**shapes.report(report), "ledger": str(places.ledger), "ledger_copied": found.copied}
        say_json({**shape, "findings": told})
    else:
        print_plan(report)
        print_trouble(report)
        for where, finding in findings:
            tell(where, finding)
        say(f"ledger: {places.ledger}" + (" (a copy: another process holds it)" if found.copied else ""))
    pending = check and any(decision.kind in CHANGES or decision.wants for decision in report.decisions)
    refused = any(finding.level is Level.ERROR for _, finding in findings)
    return report.exit_code or (CONFIG if refused else PENDING if pending else 0)


def _refused(found: Wired, report: Report) -> list[Found]:
    """What trackers would refuse of the places that get new tickets now."""
    making = [decision.to for decision in report.decisions if decision.wants and decision.to]
    asked = [place for place in places_of(found.settings) if place.to in making]
    told = rehearsed(asked, found.setup, {to.key for to in making})
    return [(where, finding) for where, finding in told if finding.level is not Level.OK]
