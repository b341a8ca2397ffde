"""SIGKILL of the real command by the servers it talks to, and at any time; `./prove kills` tries all and more."""

from __future__ import annotations

import pytest

from kill import cases
from kill.cases import FIRST, PHASES, SECOND, Kill
from process import finish
from rig import Rig
from tmi_issue_sync.sync import Scope

TRIED = (
    *(Kill("before", phase, cases.at("before", PHASES[phase] | {"nth": 2})) for phase in ("creating", "linking")),
    *(Kill("after", phase, cases.at("after", where)) for phase, where in PHASES.items()),
    *list(cases.losing_the_ledger())[:2],
    *cases.losing_answers(),
    *(BY_CHANCE := list(cases.at_random(1))),
)
"""Every kind of request; those that change something before they are carried out, too.

A quick pass has ended before the moment that chance has chosen: that is no failure.
"""


def test_the_number_of_requests_is_known(world: Rig) -> None:
    world.run()
    assert {site: len(world.log.requests(site)) for site in FIRST} == FIRST


def test_the_number_of_requests_of_a_second_pass_is_known(world: Rig) -> None:
    world.run(Scope(limit=1))
    before = {site: len(world.log.requests(site)) for site in SECOND}
    world.run()
    assert {site: len(world.log.requests(site)) - count for site, count in before.items()} == SECOND


@pytest.mark.parametrize("kill", TRIED, ids=str)
def test_killed_and_started_again(world: Rig, kill: Kill) -> None:
    assert kill.strike(world) or kill in BY_CHANCE
    world.run()  # at once; `./prove kills` starts a process here too
    finish(world)
