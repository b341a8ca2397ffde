"""How a pass goes: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import structlog

from ..plan import Kind
from ..report import Outcome
from ..sync import Progress
from .shell import Shell
from .show import clean, short

if TYPE_CHECKING:
    from rich import progress

_log = structlog.get_logger()
WRITES = "tmi_issue_sync.ledger.records"
"""Who logs each external write."""


class Lines:
    """One log line for whatever changed something, or failed; the rest only with -v."""

    def stage(self, text: str) -> None:
        _log.debug(text)

    def expect(self, changes: int) -> None:
        _log.debug("changes to make", count=changes)

    def done(self, outcome: Outcome) -> None:
        threat = outcome.decision.threat
        facts: dict[str, Any] = {"threat": threat.id, "name": short(threat.name, 80), "url": outcome.url or None}
        if outcome.error is not None:
            _log.warning(outcome.text, error=str(outcome.error), **facts)
        elif _changed(outcome):
            _log.info(outcome.text, **facts)
        else:
            _log.debug(outcome.text, **facts)


def _changed(outcome: Outcome) -> bool:
    """Whether a ticket, a link or the ledger's word on them is another one now."""
    left = outcome.waits is not None or outcome.decision.kind is Kind.CREATE
    return outcome.created or outcome.wrote or not left


class Bar:
    """One bar; what fails stays above it."""

    def __init__(self, drawn: progress.Progress) -> None:
        self._drawn = drawn
        self._task = drawn.add_task("", total=None)

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """While a person is asked something."""
        self._drawn.stop()
        try:
            yield
        finally:
            self._drawn.start()

    def stage(self, text: str) -> None:
        self._drawn.update(self._task, description=_plain(text))

    def expect(self, changes: int) -> None:
        self._drawn.update(self._task, total=changes, completed=0)

    def done(self, outcome: Outcome) -> None:
        self._drawn.advance(self._task)
        if outcome.error is not None:
            name = short(outcome.decision.threat.name, 60)
            self._drawn.console.print(_plain(f"{name}: {outcome.text}: {outcome.error}"))


def _plain(text: str) -> str:
    """No markup of anybody's."""
    from rich.markup import escape

    return escape(clean(text))


def drawn(shell: Shell) -> bool:
    """Whether a bar is drawn; where none is, the log already tells what was done."""
    return sys.stderr.isatty() and not (shell.machine or shell.verbose)


@contextmanager
def shown(shell: Shell) -> Iterator[Progress]:
    """The progress to hand to a pass."""
    if not drawn(shell):
        yield Lines()
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
    )
    with _silent(WRITES), progress.Progress(*columns, console=Console(stderr=True), transient=True) as shown_bar:
        yield Bar(shown_bar)


@contextmanager
def _silent(name: str) -> Iterator[None]:
    """A line for each write would tear the bar that counts them; warnings still come."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)
