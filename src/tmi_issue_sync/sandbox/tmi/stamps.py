"""Timestamps as a Go server prints them: RFC 3339 with as many fractional digits as are needed."""

from __future__ import annotations

from datetime import UTC, datetime


def micro(at: datetime) -> str:
    """What the database kept: microseconds."""
    return _print(at, f"{at.microsecond:06d}")


def nano(at: datetime) -> str:
    """What a handler answers right after a write: the nanoseconds that the database is about to lose."""
    return _print(at, f"{at.microsecond:06d}{(at.microsecond * 7919 + at.second) % 999 + 1:03d}")


def parse(text: str) -> datetime | None:
    """An RFC 3339 timestamp, or None where the text is none (no offset, a `+` that became a space)."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if at.tzinfo is None else at.astimezone(UTC)


def _print(at: datetime, fraction: str) -> str:
    digits = fraction.rstrip("0")
    whole = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{digits}Z" if digits else f"{whole}Z"
