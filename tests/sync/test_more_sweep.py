"""Smallest stories for the rules about duplicates; the mutations name them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rig import Rig, model, rig, threat
from sync.doors import Wrapped, run_with
from tmi_issue_sync.ledger import keeper
from tmi_issue_sync.ledger.rows import Known
from tmi_issue_sync.model import Ticket, TicketRef, TrackerKey
from tmi_issue_sync.sync import Setup


class Watched(Wrapped):
    """A tracker that can close."""

    def close_duplicate(self, ticket: Ticket, words: str) -> None:
        self._inner.close_duplicate(ticket, words)


def known(number: int, minutes: int) -> Known:
    """A ticket of ours, made so many minutes after the hour."""
    key = TrackerKey("github", "github.com", "example/threats")
    return Known(
        ref=TicketRef("github", "github.com", str(number)),
        key=key,
        number=f"example/threats#{number}",
        url=f"https://github.com/example/threats/issues/{number}",
        threat_id="t-1",
        instance="i",
        generation=0,
        author="bot",
        created_at=datetime(2026, 1, 5, 10, tzinfo=UTC) + timedelta(minutes=minutes),
        open=True,
        sent=True,
        gone_since=None,
        swept="",
    )


def test_the_oldest_is_kept_whatever_its_number() -> None:
    assert keeper([known(1, 30), known(9, 10), known(5, 20)]).number.endswith("#9")


def test_story_24_a_person_closes_the_keeper_while_we_sweep(tmp_path: Path) -> None:
    with rig(tmp_path, model(threat(0))) as world:
        _two_tickets(world)

        def change(setup: Setup) -> Setup:
            site = setup.sites[0]

            def get(ref: Any) -> Any:
                found = site.tracker.get(ref)
                if isinstance(found, Ticket) and found.number.endswith("#2"):
                    world.github.close(1)  # just after the look that showed it open
                return found

            return replace(setup, sites=(replace(site, tracker=Watched(site.tracker, get=get)),))

        run_with(world, change)
        assert [issue["number"] for issue in world.github.issues() if issue["state"] == "open"] == [2]


def _two_tickets(world: Rig) -> None:
    """Two of ours: a create that landed after it was given up for lost, later than any tracker should be."""
    world.strike("late", seconds=0.3)
    world.run()
    world.drain()
    world.github.set_lag(40.0)
    world.wait(30)
    world.run()
    world.wait(90_000)  # the daily look at everything shows the first one again
    assert len(world.made()) == 2
