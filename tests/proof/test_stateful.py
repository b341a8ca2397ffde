"""Hypothesis looks for a story that breaks a promise: the same worlds, its own way of choosing and shrinking."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from proof.faults import KINDS, Strike
from proof.machine import Machine
from proof.people import IN_TMI, IN_TRACKERS, PEOPLE
from proof.schedule import CONFIGS, Event, calm, happen, meanwhile, memory
from proof.world import Terms, World

TERMS = some.builds(
    Terms,
    threats=some.integers(1, 3),
    models=some.integers(1, 2),
    lag=some.sampled_from((5.0, 120.0, 600.0)),
    new_ids=some.booleans(),
    own_only=some.booleans(),
    closes=some.booleans(),
    dated=some.booleans(),
    new_install=some.booleans(),
    parents=some.booleans(),
    nests=some.booleans(),
)
SECONDS = some.sampled_from((1.0, 30.0, 60.0, 119.0))
FAULTS = some.sampled_from([(call, kind) for call in KINDS for kind in KINDS[call]])
AT_A_CALL = some.builds(
    lambda fault, nth, x: Strike(fault[0], nth, fault[1], x), FAULTS, some.integers(0, 3), SECONDS
)
ANYWHERE = some.builds(
    lambda nth, kind: Strike("any", nth, kind), some.integers(0, 45), some.sampled_from(("cut-before", "cut-after"))
)
MEANWHILE = some.builds(
    lambda nth, what, n: Strike("any", nth, f"person:{what}", 0.9, n),
    some.integers(0, 45),
    some.sampled_from(sorted(PEOPLE)),
    some.integers(0, 4),
)
N, SHARE = some.integers(0, 4), some.sampled_from((0.0, 0.4, 0.6, 1.0))


class Story(RuleBasedStateMachine):
    """One world; each rule is one event of it."""

    @initialize(terms=TERMS)
    def begin(self, terms: Terms) -> None:
        self.home = TemporaryDirectory(prefix="proof-", dir=memory())
        self.world = World(terms, Path(self.home.name), strike=meanwhile)
        self.machine = Machine(self.world)

    def _event(self, what: str, n: int = 0, x: float = 0.0, strikes: tuple[Strike, ...] = ()) -> None:
        happen(self.world, self.machine, Event(what, n, x, strikes))

    @rule(strikes=some.lists(AT_A_CALL | ANYWHERE | MEANWHILE, max_size=3))
    def a_pass(self, strikes: list[Strike]) -> None:
        self._event("pass", strikes=tuple(strikes))

    @rule(share=some.sampled_from((0.1, 0.5, 1.0, 1.1, 2.0)))
    def time_passes(self, share: float) -> None:
        terms = self.world.terms
        self._event("wait", x=share * (terms.wait + terms.late + terms.lag + 10))

    @rule()
    def a_day_passes(self) -> None:
        self._event("wait", x=90_000.0)

    @rule(what=some.sampled_from(sorted(IN_TMI)), n=N, x=SHARE)
    def a_person_in_tmi(self, what: str, n: int, x: float) -> None:
        self._event(what, n, x)

    @rule(what=some.sampled_from(sorted(IN_TRACKERS)), n=N, x=SHARE)
    def in_a_tracker(self, what: str, n: int, x: float) -> None:
        self._event(what, n, x)

    @rule(
        what=some.sampled_from(("reboot", "lose", "copy", "put copy back", "lose under it", "rename")), n=N, x=SHARE
    )
    def to_the_machine(self, what: str, n: int, x: float) -> None:
        self._event(what, n, x)

    @rule(n=some.integers(0, len(CONFIGS) - 1))
    def the_config_changes(self, n: int) -> None:
        self._event("config", n)

    @rule(x=some.sampled_from((-900_000.0, 900_000.0)))
    def the_wall_clock_jumps(self, x: float) -> None:
        self._event("wall clock", x=x)

    @rule(what=some.sampled_from(("skip", "retry", "new ticket")), n=N)
    def by_hand(self, what: str, n: int) -> None:
        self._event(what, n)

    @invariant()
    def every_promise_holds(self) -> None:
        if hasattr(self, "world"):
            assert self.world.broken == []

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            if not self.world.broken:
                calm(self.world, self.machine)
            assert self.world.broken == []
        finally:
            self.machine.stop()
            self.home.cleanup()


TestStory = Story.TestCase
TestStory.settings = settings(
    max_examples=50,
    stateful_step_count=14,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
