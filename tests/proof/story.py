"""A violation as a person wants it: shrunk to what matters, then told line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .schedule import Event, Schedule, play


def shrunk(schedule: Schedule, name: str) -> Schedule:
    """The same violation with fewer events and fewer faults: whatever can go is gone."""
    found = True
    while found:
        found = False
        for smaller in _smaller(schedule):
            if any(broken.name == name for broken in play(smaller).broken):
                schedule, found = smaller, True
                break
    return schedule


def _smaller(schedule: Schedule) -> Iterator[Schedule]:
    """Everything that is one thing less: halves first, then single events, faults, terms, rounder numbers."""
    for events in _fewer(schedule.events):
        yield replace(schedule, events=events)
    terms = schedule.terms
    simpler = (
        replace(terms, threats=1, models=1),
        replace(terms, confidential=False),
        replace(terms, new_ids=False),
    )
    yield from (replace(schedule, terms=each) for each in simpler if each != terms)


def _fewer(events: tuple[Event, ...]) -> Iterator[tuple[Event, ...]]:
    size = max(1, len(events) // 2)
    while size and events:
        for at in range(0, len(events), size):
            yield events[:at] + events[at + size :]
        size //= 2
    for at, event in enumerate(events):
        for n in range(len(event.strikes)):
            left = event.strikes[:n] + event.strikes[n + 1 :]
            yield (*events[:at], replace(event, strikes=left), *events[at + 1 :])


def told(schedule: Schedule) -> str:
    """What happens in it, numbered, with times and who did it."""
    world = play(schedule)
    lines = [f"  terms: {schedule.terms}"]
    for number, (at, who, what) in enumerate(world.record, 1):
        lines.append(f"  {number:3}. {at:9.1f} s  {who:9}  {what}")
    return "\n".join(lines)
