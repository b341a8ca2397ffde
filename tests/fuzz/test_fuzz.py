"""Ten thousand hostile answers and threats: no traceback, second ticket, markup or secret. run.py tries more."""

from __future__ import annotations

import pytest

from fuzz import passes, rooms
from fuzz.rooms import Found

ROOMS, THREATS, PASSES = 9700, 200, 150
EACH = 50


def wrong(found: list[Found]) -> str:
    return "\n".join(f"{one.what}\n  {one.case}\n{one.trace}" for one in found if one.what)


def test_there_are_enough() -> None:
    assert ROOMS + THREATS + PASSES > 10_000


@pytest.mark.parametrize("first", range(0, ROOMS, 10 * EACH))
def test_one_twisted_answer_is_a_value_or_an_error_in_words(first: int) -> None:
    assert not wrong([rooms.case(0, n) for n in range(first, min(ROOMS, first + 10 * EACH))])


@pytest.mark.parametrize("first", range(0, THREATS, EACH // 2))
def test_hostile_threats_make_one_harmless_ticket_each(first: int) -> None:
    assert not wrong([passes.threats_case(0, n) for n in range(first, first + EACH // 2)])


@pytest.mark.parametrize("first", range(0, PASSES, EACH // 2))
def test_a_twisted_answer_in_a_pass_is_mended_by_later_ones(first: int) -> None:
    assert not wrong([passes.twist_case(0, n) for n in range(first, first + EACH // 2)])
