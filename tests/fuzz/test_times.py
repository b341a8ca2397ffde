"""Some of the odd dates; `./prove fuzz` takes them all."""

from __future__ import annotations

import pytest

from fuzz import times

STRIDE = 5
"""Odd, so that it takes both servers and both methods in turn."""


@pytest.mark.parametrize("n", range(0, len(times.CASES), STRIDE), ids=lambda n: times.CASES[n][0])
def test_an_odd_time_is_got_over(n: int) -> None:
    found = times.case(0, n)
    assert not found.what, f"{found.case}: {found.what}\n{found.trace}"
