"""A pass in words."""

from __future__ import annotations

from ..plan import CHANGES, Decision, Kind
from ..report import Report
from ..urls import host_of
from ..words import duration
from .show import clean, plural, say, short, table

PERSON = (77, 78)
"""Exit codes that want a person: time alone brings nothing further."""
_ORDER = {kind: index for index, kind in enumerate(Kind)}


def print_pass(report: Report, *, each: bool) -> None:
    """What a pass did: what changed (`each` of it), what was left alone, what a person should know."""
    say(f"pass {report.run_id}: {report.summary()}")
    for outcome in report.outcomes:
        if each and outcome.error is None:
            say(f"  {short(outcome.decision.threat.name, 60)}: {clean(outcome.text)}")
    still = {kind: count for kind, count in report.counts().items() if count and Kind(kind) not in CHANGES}
    if still:
        say("  left alone: " + ", ".join(f"{count} {kind}" for kind, count in still.items()))
    print_trouble(report)


def print_trouble(report: Report) -> None:
    """Failures, alerts, notes and the next turn."""
    for outcome in report.failed:
        say(f"failed: {short(outcome.decision.threat.name, 60)}: {outcome.text}: {outcome.error}")
    for alert in report.alerts:
        say(f"trouble: {alert}")
    for note in report.notes:
        say(f"note: {note}")
    if report.approval:
        say(f"This first run would make {plural(report.approval, 'ticket')}: look at `plan`, then add --yes.")
    if report.waits is not None and report.exit_code not in PERSON:
        say(f"It goes on in {duration(report.waits)}.")


def print_plan(report: Report) -> None:
    """Every threat that gets something, then the others by reason."""
    changes = sorted((d for d in report.decisions if d.kind in CHANGES), key=_order)
    others = sorted((d for d in report.decisions if d.kind not in CHANGES), key=_order)
    if changes:
        table(("decision", "threat", "severity", "model", "where", "reason"), [_row(d) for d in changes])
        say()
    if others:
        table(("decision", "threat", "severity", "model", "where", "reason"), [_row(d) for d in others])
        say()
    found = ", ".join(f"{count} {kind}" for kind, count in report.counts().items() if count)
    threats = sum(not decision.threat.whole_model for decision in report.decisions)
    say(f"{plural(threats, 'threat')}: {found or 'nothing to decide'}.")
    if changes:
        say(_cost(changes))


def _order(decision: Decision) -> tuple[int, int, str]:
    threat = decision.threat
    return _ORDER[decision.kind], -1 if threat.whole_model else threat.severity.rank, threat.name


def _row(decision: Decision) -> tuple[str, ...]:
    threat, to = decision.threat, decision.to
    kind = f"{decision.kind} (in {duration(decision.seconds)})" if decision.seconds else str(decision.kind)
    where = f"{to.tracker}: {to.key.project}" if to else host_of(decision.url)
    reason = short(decision.reason, 200)
    name, severity = (short(threat.name, 50), str(threat.severity))
    if threat.whole_model:
        name, severity = "(the whole model)", ""
    return kind, name, severity, short(threat.model.name, 30), where, reason


def _cost(changes: list[Decision]) -> str:
    """Calls and seconds of a pass that does it all, roughly (a create, and three calls to link it)."""
    creates = sum(d.kind is Kind.CREATE for d in changes)
    links = sum(d.kind is not Kind.ADOPT for d in changes)
    models = len({d.threat.model.id for d in changes})
    seconds = creates * 1.2 + links * 0.3 + models * 0.3
    calls = creates + 3 * links + 3 * models
    return f"A pass that does this makes about {calls} calls and takes about {duration(seconds)}."
