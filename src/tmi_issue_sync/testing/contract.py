"""How a check says what the contract is."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from tmi_issue_sync.errors import TrackerError
from tmi_issue_sync.model import Look, Ticket
from tmi_issue_sync.testing.harness import Harness
from tmi_issue_sync.tracker import Tracker, guarded

E = TypeVar("E", bound=TrackerError)


def connect(harness: Harness) -> Tracker:
    """The adapter as the core opens it: what fails without a verdict is Uncertain."""
    options, target = harness.set_up()
    return guarded(harness.loaded().connect(options, (target,)))


def demand(so: object, words: str) -> None:
    """The contract, in words, where it is not kept."""
    if not so:
        raise AssertionError(words)


def error_of(words: str, call: Callable[..., object], *given: object) -> TrackerError:
    """The error that a call must end with; `words` say why it must."""
    try:
        answer = call(*given)
    except TrackerError as error:
        return error
    raise AssertionError(f"{words}; it answered {answer!r}")


def refused(words: str, kinds: tuple[type[E], ...], call: Callable[..., object], *given: object) -> E:
    """The error of one of these classes that a call must end with."""
    error = error_of(words, call, *given)
    if isinstance(error, kinds):
        return error
    named = " or ".join(kind.__name__ for kind in kinds)
    raise AssertionError(f"{words}: expected {named}, got {type(error).__name__}: {error}")


def known(got: object, words: str) -> Ticket:
    """What a read must have shown: a ticket."""
    if not isinstance(got, Ticket):
        raise AssertionError(f"{words}; got {got!r}")  # noqa: TRY004 - a contract that is not kept
    return got


def one(look: Look, ticket: Ticket) -> Ticket | None:
    """A ticket in a look."""
    return next((each for each in look.tickets if each.ref == ticket.ref), None)


@contextmanager
def untouched(harness: Harness, words: str) -> Iterator[None]:
    """Nothing may become durable meanwhile."""
    before = harness.creates(), harness.changes()
    yield
    demand((harness.creates(), harness.changes()) == before, words)


def printed(error: BaseException) -> str:
    """All that a log could show of an error, with what caused it."""
    return "".join(traceback.format_exception(error)) + repr(error)
