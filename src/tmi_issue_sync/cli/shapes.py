"""The JSON that commands print. `version` changes when a key changes its meaning or goes away."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..errors import SyncError
from ..model import Finding, Threat
from ..plan import Decision
from ..report import Outcome, Report
from . import show

VERSION = 1


def report(found: Report) -> dict[str, Any]:
    """One pass."""
    return {
        "version": VERSION,
        "pass": found.run_id,
        "started": _at(found.started),
        "ended": _at(found.ended),
        "applied": found.applied,
        "exit_code": found.exit_code,
        "counts": found.counts(),
        "created": found.created,
        "failed": len(found.failed),
        "wanting": found.wanting,
        "waits_seconds": found.waits,
        "approval_needed": found.approval,
        "decisions": [decision(each) for each in found.decisions],
        "outcomes": [outcome(each) for each in found.outcomes],
        "alerts": [error(each) for each in found.alerts],
        "notes": list(found.notes),
    }


def decision(found: Decision) -> dict[str, Any]:
    to = found.to
    return {
        "threat": threat(found.threat),
        "decision": str(found.kind),
        "reason": found.reason,
        "tracker": to.tracker if to else None,
        "place": str(to.key) if to else None,
        "url": found.url or None,
        "waits_seconds": found.seconds,
    }


def threat(found: Threat) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "severity": str(found.severity),
        "status": found.status,
        "whole_model": found.whole_model,
        "model": {"id": found.model.id, "name": found.model.name},
    }


def outcome(found: Outcome) -> dict[str, Any]:
    return {
        "threat": found.decision.threat.id,
        "decision": str(found.decision.kind),
        "text": found.text,
        "url": found.url or None,
        "created": found.created,
        "wrote": found.wrote,
        "error": error(found.error) if found.error else None,
    }


def error(found: SyncError) -> dict[str, Any]:
    return {
        "kind": type(found).__name__,
        "why": found.why,
        "todo": found.todo or None,
        "exit_code": found.exit_code,
    }


def finding(found: Finding, where: str) -> dict[str, Any]:
    return {
        "where": where,
        "level": str(found.level),
        "what": found.what,
        "todo": found.todo or None,
        "lines": list(found.lines),
    }


def _at(moment: datetime | None) -> str | None:
    return show.moment(moment) if moment else None
