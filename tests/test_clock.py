"""Elapsed time as the protocol counts it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tmi_issue_sync.clock import BACKWARDS, Instant, SystemClock, elapsed, instant

AT = datetime(2026, 1, 5, tzinfo=UTC)


@given(st.floats(0, 1e6), st.floats(-1e6, 1e6))
def test_within_one_boot_the_smaller_of_the_two_clocks_counts(uptime: float, dates: float) -> None:
    start = Instant(AT, 100.0, "boot")
    now = Instant(AT + timedelta(seconds=dates), 100.0 + uptime, "boot")
    found = elapsed(start, now)
    if found is None:  # the server's clock was set back
        assert dates < -BACKWARDS
        return
    assert found <= uptime + 1e-6
    assert found <= dates + 1e-6


def test_over_a_reboot_only_the_trackers_dates_count() -> None:
    assert elapsed(Instant(AT, 5000.0, "one"), Instant(AT + timedelta(seconds=7), 3.0, "two")) == 7


def test_without_dates_another_process_can_tell_nothing() -> None:
    assert elapsed(Instant(None, 1.0, "one"), Instant(None, 9.0, "two")) is None
    assert elapsed(Instant(AT, 1.0, "one"), Instant(None, 9.0, "two")) is None


def test_without_dates_the_same_process_counts_its_uptime() -> None:
    start = instant(SystemClock(), None)
    found = elapsed(start, start.later(5))
    assert found is not None
    assert abs(found - 5) < 1e-6
