"""Ledgers and passes' words as large as wanted, written as rows: ten thousand tickets are not made one by one."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tmi_issue_sync.clock import SystemClock
from tmi_issue_sync.ledger import Ledger, LedgerLock
from tmi_issue_sync.model import Severity, Threat, ThreatModel
from tmi_issue_sync.plan import Decision, Kind
from tmi_issue_sync.report import Report
from tmi_issue_sync.state import Passed
from tmi_issue_sync.sync import Scope

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
SEVERITIES = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFORMATIONAL)
SPOTS = ("the login page", "the export", "the queue", "a token", "the audit log", "an upload", "the backup")
ACTS = ("spoofs", "tampers with", "reads", "floods", "denies having used", "takes over")


def threat_id(n: int) -> str:
    return str(uuid.UUID(int=0x01A2 << 112 | n))


def model_of(n: int, per_model: int = 200) -> ThreatModel:
    index = n // per_model
    names = ("Payments", "Customer portal", "Data lake", "Mobile app", "Identity", "Build system")
    return ThreatModel(str(uuid.UUID(int=0x0472 << 112 | index)), f"{names[index % 6]} {index // 6 + 1}")


def threat(n: int, name: str = "", model: ThreatModel | None = None) -> Threat:
    return Threat(
        id=threat_id(n),
        model=model or model_of(n),
        name=name or f"Somebody {ACTS[n % 6]} {SPOTS[n % 7]} ({n})",
        created_at=AT,
        modified_at=AT,
        severity=SEVERITIES[n % 5],
    )


@dataclass(frozen=True)
class Seed:
    """One threat: the columns of its row that differ from a linked one, its tickets, and the pass's word of it."""

    threat: Threat
    row: dict[str, Any] | None
    tickets: tuple[dict[str, Any], ...] = ()
    kind: Kind | None = Kind.KEEP
    reason: str = ""
    seconds: float | None = None


def linked(n: int, **changes: Any) -> Seed:
    url = f"https://github.example.com/example/threats/issues/{n}"
    row = {"side": "created", "ticket_id": str(n), "link": "linked", "link_url": url, **changes}
    return Seed(threat(n), row, (ticket(n, n),), Kind.KEEP, f"linked to example/threats#{n}")


def ticket(n: int, number: int, **changes: Any) -> dict[str, Any]:
    return {
        "adapter": "github",
        "host": "github.example.com",
        "id": str(number),
        "project": "example/threats",
        "number": f"example/threats#{number}",
        "url": f"https://github.example.com/example/threats/issues/{number}",
        "threat_id": threat_id(n),
        "instance": "https://tmi.example.com",
        "generation": 0,
        "author": "threat-bot",
        "created_at": AT.isoformat(),
        "open": 1,
        "sent": 1,
        **changes,
    }


def fill(path: Path, seeds: list[Seed]) -> None:
    """A ledger with these rows."""
    with LedgerLock(path) as lock:
        ledger = Ledger.open(path, instance="https://tmi.example.com", clock=SystemClock(), lock=lock)
        ledger.new_install()
        ledger.close()
    connection = sqlite3.connect(path)
    for seed in seeds:
        for values in seed.tickets:
            _insert(connection, "tickets", values)
        if seed.row is not None:
            _insert(connection, "threats", _row(seed))
    connection.commit()
    connection.close()


def _row(seed: Seed) -> dict[str, Any]:
    found = seed.threat
    place = {"adapter": "github", "host": "github.example.com", "project": "example/threats"}
    names = {"model_id": found.model.id, "name": found.name, "model_name": found.model.name}
    return {"threat_id": found.id, **names, **place, "changed_at": AT.isoformat(), **(seed.row or {})}


def _insert(connection: sqlite3.Connection, table: str, values: dict[str, Any]) -> None:
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))


def passed(seeds: list[Seed], scope: Scope = Scope(), **changes: Any) -> Passed:  # noqa: B008
    """The pass that looked at them."""
    ended = datetime.now(UTC)
    report = Report("abc", ended - timedelta(seconds=4), True, ended, list(_decisions(seeds)))
    report.threats = len(seeds)
    for name, value in changes.items():
        setattr(report, name, value)
    return Passed(report.started, ended, scope, report)


def _decisions(seeds: list[Seed]) -> Iterator[Decision]:
    for seed in seeds:
        if seed.kind is not None:
            yield Decision(
                seed.threat, seed.kind, seed.reason, seconds=seed.seconds, wants=seed.seconds is not None
            )


def every_state() -> list[Seed]:
    """One threat of each state that the page knows."""
    doubt = {"doubt_date": AT.isoformat(), "doubt_uptime": 1.0, "doubt_boot": "b", "seq": 7}
    blank = {"link": "blank", "link_url": ""}
    return [
        linked(1),
        Seed(threat(2), {"link": "adopted", "link_url": "https://jira.example.com/browse/SEC-7"}, (), Kind.KEEP),
        Seed(threat(3), None, (), Kind.WAIT, "left alone until it was quiet for 60 s", 42.0),
        Seed(threat(4), {"side": "intended", **doubt, **blank}, (), Kind.WAIT, "in doubt"),
        Seed(
            threat(5), {"parked": "the tracker refuses the title: it is too long (422)", **blank}, (), Kind.PARKED
        ),
        linked(6, link="blocked", why="TMI refuses the stored description: invalid characters", link_url=""),
        Seed(threat(7), None, (), Kind.REFUSED, "its model is confidential, and no tracker keeps tickets so"),
        Seed(threat(8), None, (ticket(8, 8, instance="https://other.example.com"),), Kind.FOREIGN, "another's"),
        Seed(threat(9), linked(9).row, (ticket(9, 9), ticket(9, 90)), Kind.KEEP),
        linked(10, side="gone", ticket_id=None, why="its ticket was deleted", link="linked"),
        Seed(threat(11), None, (), Kind.UNLINKED, "its link was taken away four times: a person's will"),
        Seed(threat(12), linked(12, superseded=1, link="adopted").row, (ticket(12, 12),), Kind.KEEP),
        linked(13, missing_since=AT.isoformat()),
        Seed(threat(14), {"skipped": 1, **blank}, (), Kind.OPTED_OUT),
        Seed(threat(15), {"link": "opted out", "link_url": ""}, (), Kind.OPTED_OUT, "its issue_uri says n/a"),
        Seed(threat(16), None, (), Kind.NOTE, "its issue_uri is a person's note, not a URL"),
        Seed(threat(17), None, (), Kind.SKIP, "mitigated"),
        Seed(threat(18), {**blank}, (), None),
    ]
