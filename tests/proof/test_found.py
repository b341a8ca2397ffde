"""Stories that random schedules found in this code, each shrunk to what matters; none of them may come back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proof.faults import Strike
from proof.schedule import Event, Schedule, play
from proof.story import told
from proof.world import Terms

FIRST = Event("pass")
QUICK = Terms(threats=1, lag=5.0, own_only=False)

STORIES = {
    # A new ledger met the old URL of a moved ticket, and examined it in every pass for ever.
    "a moved ticket is met by a new ledger": Schedule(
        QUICK, (FIRST, Event("lose under it"), Event("moves ticket"))
    ),
    # Its row pointed into the project where it went, which no configured site has: the link was never restored.
    "a transferred ticket loses its link": Schedule(
        Terms(threats=1, lag=5.0, new_ids=True),
        (FIRST, Event("wait", x=54.0), Event("moves ticket"), Event("unlinks")),
    ),
    "a moved ticket that a new ledger met loses its link": Schedule(
        QUICK, (FIRST, Event("moves ticket"), Event("lose"), FIRST, Event("unlinks"))
    ),
    # A disproved create, and any later clone under our account was taken for it, and closed as a duplicate.
    "an automation clones our ticket after a disproved create": Schedule(
        QUICK,
        (
            Event("pass", strikes=(Strike("create", 0, "500-before"),)),
            Event("wait", x=90_000.0),
            FIRST,
            Event("clones", x=0.9),
            FIRST,
        ),
    ),
    # Without a Date the control was not asked: a blind listing ended a doubt in "none".
    "lists of a tracker without a Date go blind": Schedule(
        Terms(threats=1, lag=5.0, dated=False),
        (
            FIRST,
            Event("adds"),
            Event("wait", x=61.0),
            Event("pass", strikes=(Strike("create", 0, "cut-late", 60.0),)),
            Event("blind"),
            FIRST,
            Event("wait", x=150.0),
            FIRST,
        ),
    ),
    # Without a Date a doubt's wait has to begin again in each process; it never ended.
    "a doubt on a tracker without a Date outlives its process": Schedule(
        Terms(threats=1, lag=5.0, dated=False), (Event("pass", strikes=(Strike("create", 0, "lost-before"),)),)
    ),
    # TMI got a new name, the old one stayed as an alias: the doubt was looked for under the new one only.
    "TMI is renamed while a create is in doubt": Schedule(
        Terms(threats=2, lag=5.0),
        (
            Event("pass", strikes=(Strike("create", 1, "nonsense-after"),)),
            Event("moves ticket", 1),
            Event("rename"),
        ),
    ),
    # The lock file was lost with the ledger; a copy put back settled, and put back again it said that it need not.
    "the same copy of the ledger is put back twice, without the lock file": Schedule(
        Terms(threats=2, lag=5.0, own_only=False),
        (
            Event("pass", strikes=(Strike("write", 0, "blip", 20.0),)),
            Event("copy"),
            Event("lag", x=0.98),
            Event("pass", strikes=(Strike("create", 0, "cut-after"),)),
            Event("lose", x=0.81),
            Event("put copy back"),
            FIRST,
            Event("put copy back"),
        ),
    ),
    # The row pointed to a clone that a person had linked: the clone was put below the model's ticket.
    "a person links a clone before our ticket stands below its model's": Schedule(
        replace(QUICK, closes=False, parents=True, nests=True),
        (
            Event("pass", strikes=(Strike("nest", 0, "429"),)),
            Event("wait", x=70.0),
            Event("links a clone", 0, 0.9),
            FIRST,
        ),
    ),
    # Found in a project that no configured site has, it was never put below the model's ticket.
    "a ticket whose answer was lost moves away from below its model's": Schedule(
        Terms(threats=1, parents=True, nests=True),
        (Event("pass", strikes=(Strike("create", 1, "nonsense-after"),)), Event("moves ticket"), FIRST),
    ),
    # Refused for a parent that was gone, it stayed parked when it should have been made without one.
    "a model's ticket is deleted before the first below it is made": Schedule(
        Terms(threats=1, lag=600.0, own_only=False, closes=False, parents=True),
        (
            Event("lag", x=0.38),
            Event("pass", strikes=(Strike("create", 0, "cut-after"),)),
            Event("wait", x=601.0),
            Event("deletes ticket", 1),
            FIRST,
            Event("wait", x=594.0),
        ),
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_every_promise_holds_in(name: str) -> None:
    broken = play(STORIES[name]).broken
    assert not broken, f"{broken[0]}\n{told(STORIES[name])}"
