"""`audit`: every external write, from the ledger."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from .. import standing
from ..config import Settings
from ..config_tables import Moment
from ..durations import Seconds
from ..errors import UsageError
from ..ledger import Ledger
from ..wiring import Places, open_ledger
from . import shapes
from .shell import Shell
from .show import say, say_json, short, table

COLUMNS = ("at", "pass", "side", "action", "target", "threat", "actor", "request_id", "their_request_id", "outcome")


def run(shell: Shell, since: str | None, threat: str | None, *, json: bool, as_csv: bool) -> int:
    """Works while the service runs."""
    if json and as_csv:
        raise UsageError("--json or --csv, not both")
    begin = moment(since) if since else None
    settings = shell.settings(secrets=False)
    places = shell.places(settings)
    rows: list[dict[str, Any]] = []
    if places.ledger.exists():
        with open_ledger(settings, places.ledger, change=False) as ledger:
            rows = list(_rows(settings, places, ledger, threat, begin))
    if json:
        say_json({"version": shapes.VERSION, "ledger": str(places.ledger), "writes": rows})
    elif as_csv:
        writer = csv.DictWriter(sys.stdout, COLUMNS)
        writer.writeheader()
        writer.writerows({**row, "at": row["at"].isoformat()} for row in rows)
    else:
        cells = [
            (f"{r['at']:%Y-%m-%d %H:%M:%S}Z", r["action"], r["target"], short(r["outcome"], 120)) for r in rows
        ]
        table(("at", "action", "target", "outcome"), cells) if cells else say("nothing was written")
    return 0


def moment(text: str) -> datetime:
    """A day, a time or how long ago (`24h`). Raises UsageError."""
    try:
        return datetime.now(UTC) - timedelta(seconds=TypeAdapter(Seconds).validate_python(text))
    except (ValidationError, OverflowError):
        pass
    try:
        return TypeAdapter(Moment).validate_python(text)
    except ValidationError:
        todo = "It is a day (2026-01-31), a time (2026-01-31T08:00:00Z) or how long ago (24h)."
        raise UsageError(f"--since {text!r} is no time", todo=todo) from None


def _rows(
    settings: Settings, places: Places, ledger: Ledger, threat: str | None, since: datetime | None
) -> Iterator[dict[str, Any]]:
    """Oldest first. The actor is the account that we have there now: the ledger keeps no other."""
    accounts = {str(key): site.account for key, site in ledger.sites().items()}
    session = standing.session(settings.tmi, places.state, datetime.now(UTC))
    writer = (session.user if session else "") or "the writer of [tmi]"
    for write in reversed(ledger.writes(threat, since=since, limit=None)):
        yield {
            "at": write.at,
            "pass": write.run_id,
            "side": write.side,
            "action": write.action,
            "target": write.target,
            "threat": write.threat_id,
            "actor": writer if write.side == "tmi" else accounts.get(write.target, ""),
            "request_id": write.sent_id,
            "their_request_id": write.got_id,
            "outcome": write.outcome,
        }
