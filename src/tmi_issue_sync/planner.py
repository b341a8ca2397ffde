"""The whole plan: a decision for every threat and model, and the budget spent in the right order. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from .decide import decide
from .model import ModelRead
from .parents import as_threat, wanted
from .plan import LINKS, Decision, Kind, Plan, View


def plan(reads: Iterable[ModelRead], view: View) -> Plan:
    """Decide about every threat, then spend the budget on the most severe, oldest ones."""
    reads = list(reads)
    view = with_parents(reads, view)
    threats = [decide(threat, read, view) for read in reads for threat in read.threats]
    creates = [d for d in threats if d.kind is Kind.CREATE]
    above = [_for_children(d, creates, view) for d in view.parents.values()]
    rest = [_writable(d, view) for d in (*above, *threats) if d.kind is not Kind.CREATE]
    creates = _in_order(creates, {d.threat.id: d for d in above if d.kind is Kind.CREATE})
    left = max(0, min(view.policy.per_pass, view.policy.per_day - view.spent_today))
    later = [_later(decision, view) for decision in creates[left:]]
    return Plan(tuple(rest + creates[:left] + later), spare=tuple(creates[left:]) if left else ())


def with_parents(reads: Iterable[ModelRead], view: View) -> View:
    """The view with what happens to the models themselves, where any place wants that."""
    if not wanted(view.routes, view.default):
        return view
    return replace(view, parents={read.model.id: decide(as_threat(read.model), read, view) for read in reads})


def _for_children(parent: Decision, creates: Iterable[Decision], view: View) -> Decision:
    """A model's ticket is made with the first that stands below it; another one when a person asks (Id5)."""
    entry = view.entries.get(parent.threat.id)
    if parent.kind is not Kind.CREATE or (entry and entry.generation):
        return parent
    if any(_below(child, parent) for child in creates):
        return parent
    return replace(parent, kind=Kind.SKIP, reason="made with the first ticket of its threats", wants=False)


def _below(child: Decision, parent: Decision) -> bool:
    return child.to is not None and child.to.parent is not None and child.threat.model.id == parent.threat.id


def _in_order(creates: list[Decision], parents: dict[str, Decision]) -> list[Decision]:
    """Most severe, oldest threats first, and before each the ticket of its model."""
    ordered: list[Decision] = []
    for child in sorted(creates, key=_urgency):
        parent = parents.get(child.threat.model.id)
        if parent and _below(child, parent):
            ordered.append(parents.pop(child.threat.model.id))
        ordered.append(child)
    return [*parents.values(), *ordered]


def _urgency(decision: Decision) -> tuple[int, datetime, str]:
    threat = decision.threat
    return (threat.severity.rank, threat.created_at, threat.id)


def _writable(decision: Decision, view: View) -> Decision:
    """A link waits where nobody can write it; its ticket is made all the same."""
    if not view.no_writer or decision.kind not in LINKS:
        return decision
    return replace(decision, kind=Kind.WAIT, reason=f"{decision.reason}: {view.no_writer}")


def _later(decision: Decision, view: View) -> Decision:
    daily = view.policy.per_day - view.spent_today < view.policy.per_pass
    when = "when the last 24 hours hold fewer than" if daily else "in the next pass: a pass makes at most"
    cap = view.policy.per_day if daily else view.policy.per_pass
    return replace(
        decision,
        kind=Kind.WAIT,
        reason=f"its turn is {when} {cap} new tickets",
        wants=True,
        seconds=None if daily else 0.0,
    )
