"""Passes one after the other, and signals in between."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from tmi_issue_sync.once import WAIT_MAX, Pilot, Stopper, passes
from tmi_issue_sync.report import Report
from tmi_issue_sync.sync import Scope


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.time

    def boot_id(self) -> str:
        return "boot"

    def sleep(self, seconds: float) -> None:
        self.time += seconds


class Waiting(Report):
    """A report whose next pass gets further after so many seconds."""

    seconds: float | None = None

    @property
    def waits(self) -> float | None:
        return self.seconds


def _run(waits: Sequence[float | None], *, wait: bool = True, sleeps: int = 99) -> tuple[int, float]:
    """How many passes, and how long all waits were; a signal comes in the last of so many sleeps."""
    clock, left, slept = Clock(), list(waits), list[float]()
    told: list[Report] = []

    def one() -> Report:
        report = Waiting("pass", clock.now(), True)
        report.seconds = left.pop(0) if left else None
        return report

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.sleep(seconds)

    def enough() -> bool:
        return len(slept) >= sleeps

    passes(one, clock, wait=wait, after=told.append, pausing=lambda *_: None, sleep=sleep, enough=enough)
    return len(told), clock.time


def test_one_pass_where_nobody_waits() -> None:
    assert _run([5.0], wait=False) == (1, 0.0)
    assert _run([None]) == (1, 0.0)


def test_passes_until_nothing_waits() -> None:
    assert _run([10.0, 5.0, None]) == (3, 15.0)


def test_patience_ends() -> None:
    assert _run([WAIT_MAX + 1]) == (1, 0.0)
    count, slept = _run([WAIT_MAX / 2] * 9)
    assert count == 3
    assert slept == WAIT_MAX


def test_passes_that_change_nothing_come_slower_and_slower() -> None:
    """TMI's cache is old for minutes, or a tracker is down: each pass says "next time" and asks everybody again."""
    count, slept = _run([0.0] * 200, sleeps=999)
    assert 100 < count < 140
    assert slept > WAIT_MAX - 60


def test_a_limit_is_spent_by_all_passes_together() -> None:
    pilot = Pilot(Scope(limit=3))
    pilot.spend(2)
    assert (pilot.scope.limit, pilot.spent) == (1, False)
    pilot.spend(1)
    assert pilot.spent
    assert not Pilot(Scope()).spent


def test_a_signal_is_noted_and_a_second_one_interrupts() -> None:
    stopper = Stopper()
    with stopper.installed():
        os.kill(os.getpid(), signal.SIGTERM)
        stopper.pause(60)
        assert stopper.signal == signal.SIGTERM
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_a_signal_at_a_question_interrupts() -> None:
    stopper = Stopper()
    with stopper.installed(), stopper.asking(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_a_signal_that_another_thread_gets_is_heard_while_the_main_one_waits() -> None:
    """Linux gives it to any thread; a handler would run when the main one wakes for another reason."""
    stopper = Stopper()
    with stopper.installed():
        threading.Thread(target=lambda: signal.pthread_kill(threading.get_ident(), signal.SIGTERM)).start()
        stopper.pause(60)
        assert stopper.signal == signal.SIGTERM


def test_no_pass_is_begun_after_a_signal() -> None:
    assert _run([10.0, 5.0, None], sleeps=1) == (1, 10.0)


def test_a_signal_that_another_thread_gets_interrupts_a_question() -> None:
    stopper, pair = Stopper(), os.pipe()

    def asked() -> None:
        threading.Thread(target=lambda: signal.pthread_kill(threading.get_ident(), signal.SIGINT)).start()
        os.read(pair[0], 1)  # as a terminal is read

    try:
        with stopper.installed(), stopper.asking(), pytest.raises(KeyboardInterrupt):
            asked()
    finally:
        for end in pair:
            os.close(end)
