"""The end: soon, whatever hangs; what was begun is found again; the time limit of a pass."""

from __future__ import annotations

import signal
from pathlib import Path

from service.served import Config, command, driver, served
from tmi_issue_sync.sandbox import facts
from tmi_issue_sync.sandbox.faults import Fault
from tmi_issue_sync.sandbox.world import World

HANG = Fault(site="github", kind="hang-after", method="POST", path=r"/issues$", seconds=60)


def test_a_create_that_hangs_does_not_hold_the_end_up(world: World, config: Config, state: Path) -> None:
    world.faults.add(HANG)
    with served(driver(config(wait="60"), state, "0.3")) as service:
        service.event("serving")
        service.when(lambda: world.log.commits("github", "issue.created"))
        code, took = service.end(signal.SIGTERM)
    assert code == 0
    assert took < 30
    assert service.lines[-1]["event"].startswith("the ticket in hand takes too long")
    assert len(facts.made(world.log)) == 1
    with served(command(config(wait="1"), state, "sync")) as again:
        again.until(lambda line: len(facts.links(world.log)) == 5)
        assert again.end(signal.SIGTERM)[0] == 0
    tickets = facts.made(world.log)
    assert len({made.threat_id for made in tickets}) == len(tickets) == 5


def test_a_second_signal_ends_at_once(world: World, config: Config, state: Path) -> None:
    world.faults.add(HANG)
    with served(driver(config(wait="60"), state)) as service:
        service.event("serving")
        service.when(lambda: world.log.commits("github", "issue.created"))
        service.process.send_signal(signal.SIGTERM)
        service.event("ending after the ticket in hand")
        code, took = service.end(signal.SIGTERM)
    assert code == 128 + signal.SIGTERM
    assert took < 30


def test_a_signal_is_heard_while_the_scheduler_starts_a_pass(config: Config, state: Path) -> None:
    """apscheduler swallows whatever is raised there, a signal's exception too."""
    with served(driver(config(), state, "5", "signal-at-start")) as service:
        service.event("ended")
        assert service.process.wait(20) == 0
    assert not [line for line in service.lines if "takes too long" in line.get("event", "")]


def test_a_pass_ends_at_its_limit_and_the_next_one_goes_on(world: World, config: Config, state: Path) -> None:
    world.faults.add(Fault(site="github", kind="delay", method="POST", path=r"/issues$", seconds=0.5, times=-1))
    path = config(every="1s", jitter='"0s"\npass_limit = "1s"', wait="10")
    with served(command(path, state, "sync", "--new-install")) as service:
        service.event("stopped before the end: the next pass goes on")
        service.event("the pass reached sync.pass_limit")
        assert service.ended_pass()["create"] == 5
        assert 1 <= len(facts.made(world.log)) < 5
        while len(facts.links(world.log)) < 5:
            service.ended_pass()
        service.end(signal.SIGTERM)
    assert len(facts.made(world.log)) == 5
