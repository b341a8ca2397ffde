"""Reading rows: from SQL to values."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

from ..clock import Instant
from ..model import TicketRef, TrackerKey
from .rows import Entry, Known, Link, Run, Side, SiteRow, Write


def stamp(moment: datetime) -> str:
    """One fixed width, UTC: stored moments compare as text."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def instant_columns(prefix: str, instant: Instant | None) -> dict[str, object]:
    if instant is None:
        return {f"{prefix}_date": None, f"{prefix}_uptime": None, f"{prefix}_boot": None}
    date = stamp(instant.date) if instant.date else None
    return {f"{prefix}_date": date, f"{prefix}_uptime": instant.uptime, f"{prefix}_boot": instant.boot_id}


def _instant(row: sqlite3.Row, prefix: str) -> Instant | None:
    boot = row[f"{prefix}_boot"]
    return None if boot is None else Instant(moment(row[f"{prefix}_date"]), row[f"{prefix}_uptime"], boot)


def _sure(text: str) -> datetime:
    return datetime.fromisoformat(text)


def site(row: sqlite3.Row) -> SiteRow:
    return SiteRow(
        key=TrackerKey(row["adapter"], row["host"], row["project"]),
        account=row["account"],
        watermark=moment(row["watermark"]),
        full_look_at=moment(row["full_look_at"]),
        seen=bool(row["seen"]),
        canary=row["canary"],
        emptied=bool(row["emptied"]),
        first_look=moment(row["first_look"]),
        settled=bool(row["settled"]),
        settle_start=_instant(row, "settle"),
        troubled=_instant(row, "trouble"),
    )


def known(row: sqlite3.Row) -> Known:
    return Known(
        ref=TicketRef(row["adapter"], row["host"], row["id"]),
        key=TrackerKey(row["adapter"], row["host"], row["project"]),
        number=row["number"],
        url=row["url"],
        threat_id=row["threat_id"],
        instance=row["instance"],
        generation=row["generation"],
        author=row["author"],
        created_at=_sure(row["created_at"]),
        open=bool(row["open"]),
        sent=bool(row["sent"]),
        swept=row["swept"],
        gone_since=moment(row["gone_since"]),
    )


def entry(row: sqlite3.Row) -> Entry:
    adapter, host, project, ticket = row["adapter"], row["host"], row["project"], row["ticket_id"]
    return Entry(
        threat_id=row["threat_id"],
        model_id=row["model_id"],
        name=row["name"],
        model_name=row["model_name"],
        side=Side(row["side"]),
        generation=row["generation"],
        tracker=TrackerKey(adapter, host, project) if adapter else None,
        payload=row["payload"],
        seq=row["seq"],
        doubt_from=_instant(row, "doubt"),
        attempts=row["attempts"],
        ticket=TicketRef(adapter, host, ticket) if ticket else None,
        nest_under=row["nest_under"],
        offered=bool(row["offered"]),
        link=Link(row["link"]),
        link_url=row["link_url"],
        why=row["why"],
        blocked_at=row["blocked_at"],
        restored=row["restored"],
        parked=row["parked"],
        skipped=bool(row["skipped"]),
        superseded=bool(row["superseded"]),
        missing_since=moment(row["missing_since"]),
        changed_at=_sure(row["changed_at"]),
    )


def write(row: sqlite3.Row) -> Write:
    names = ("run_id", "side", "action", "target", "threat_id", "sent_id", "got_id", "outcome")
    return Write(_sure(row["at"]), *(row[name] for name in names))


def run(row: sqlite3.Row) -> Run:
    ended = moment(row["ended"])
    return Run(row["id"], _sure(row["started"]), ended, row["exit_code"], row["summary"], row["waiting"])
