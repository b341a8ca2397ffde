"""A tracker behind its guard can do what it could before, and nothing else; each failure of it is a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NoReturn

import pytest

from tmi_issue_sync.errors import Denied, Uncertain
from tmi_issue_sync.model import Draft, Finding, Gone, Level, Look, Marker, NotMine, Ticket, TicketRef
from tmi_issue_sync.tracker import Closer, Nester, Rehearser, guarded

from .loopback import draft, marker

REF = TicketRef("github", "h.example", "1")
ERROR: list[Exception] = []


def _fails() -> NoReturn:
    raise ERROR[0]


class Plain:
    """The five methods, all of which fail."""

    def check(self) -> Iterator[Finding]:
        yield Finding(Level.OK, "so far")
        _fails()

    def changed(self, since: datetime | None) -> Look:
        _fails()

    def find(self, marker: Marker) -> Look:
        _fails()

    def get(self, ref: TicketRef | str) -> Ticket | Gone | NotMine:
        _fails()

    def create(self, draft: Draft) -> Ticket:
        _fails()


class Closing(Plain):
    def close_duplicate(self, ticket: Ticket, words: str) -> None:
        _fails()


class Rehearsing(Plain):
    def rehearse(self, draft: Draft) -> Iterator[Finding]:
        yield Finding(Level.OK, "so far")
        _fails()


class Everything(Closing, Rehearsing):
    def nest(self, child: TicketRef, parent: str) -> None:
        _fails()


@pytest.mark.parametrize(
    ("tracker", "can"),
    [
        (Plain(), set()),
        (Closing(), {Closer}),
        (Rehearsing(), {Rehearser}),
        (Everything(), {Closer, Nester, Rehearser}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_it_can_do_what_it_could(tracker: Any, can: set[type]) -> None:
    found = guarded(tracker)
    assert {door for door in (Closer, Nester, Rehearser) if isinstance(found, door)} == can


CALLS: list[Callable[[Any], object]] = [
    lambda it: it.check(),
    lambda it: it.changed(None),
    lambda it: it.find(marker()),
    lambda it: it.get(REF),
    lambda it: it.create(draft()),
    lambda it: it.close_duplicate(None, ""),
    lambda it: it.nest(REF, ""),
    lambda it: it.rehearse(draft()),
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("error", "told"), [(KeyError("x"), Uncertain), (Denied("No."), Denied)])
def test_every_failure_is_a_verdict(call: Callable[[Any], object], error: Exception, told: type[Exception]) -> None:
    ERROR[:] = [error]
    with pytest.raises(told):
        call(guarded(Everything()))
