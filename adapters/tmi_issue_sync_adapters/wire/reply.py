"""Answers of a server, and what every one of them says in the same way."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from tmi_issue_sync.errors import TrackerError, Unavailable, Uncertain


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that arrived whole. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: str


def json_of(reply: Reply) -> Any:
    """The answer's JSON; None where it is none."""
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError):
        return None


def date_of(reply: Reply) -> datetime | None:
    """The server's time."""
    return http_date(reply.headers.get("date", ""))


def seconds_until(reply: Reply, at: float) -> float:
    """Seconds from the server's time to this Unix time; 0 where that has passed."""
    date = date_of(reply)
    return max(0.0, at - (date.timestamp() if date else time.time()))


def retry_after(reply: Reply) -> float | None:
    """For how many seconds `Retry-After` shuts us out; None where it says nothing that makes sense."""
    text = reply.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    until = http_date(text)
    return None if until is None else seconds_until(reply, until.timestamp())


def content_type(reply: Reply) -> str:
    """The answer's type, without parameters; for people."""
    return one_line(reply.headers.get("content-type", "").partition(";")[0]) or "no type"


def one_line(text: str) -> str:
    """A server's words, short enough for an error."""
    return " ".join(text.split())[:500]


def words_of(error: Exception) -> str:
    """What went wrong on the way."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def lost(name: str, noun: str, why: str, *, sent: bool) -> TrackerError:
    """What a create without an answer means (Cr4): surely nothing before the first byte, a doubt after it."""
    if not sent:
        return Unavailable(f"{name} can't be reached: {why}")
    whose = f"{name}'" if name.endswith("s") else f"{name}'s"
    return Uncertain(f"{whose} answer to a new {noun} was lost: {why}")


def http_date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
        if at.tzinfo is None:
            return None
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if 2000 <= at.year <= 2100 else None
