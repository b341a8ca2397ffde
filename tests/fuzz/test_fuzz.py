"""Hostile answers and threats: no traceback, second ticket, markup or secret. `./prove fuzz` tries ten thousand."""

from __future__ import annotations

import pytest

from fuzz import passes, rooms
from fuzz.rooms import Found
from fuzz.run import KINDS

ROOMS, THREATS, PASSES = 400, 12, 16
PARTS = 4


def wrong(found: list[Found]) -> str:
    return "\n".join(f"{one.what}\n  {one.case}\n{one.trace}" for one in found if one.what)


def test_the_command_tries_ten_thousand() -> None:
    assert sum(count for _, count in KINDS.values()) > 10_000


@pytest.mark.parametrize("part", range(PARTS))
def test_one_twisted_answer_is_a_value_or_an_error_in_words(part: int) -> None:
    assert not wrong([rooms.case(0, n) for n in range(part, ROOMS, PARTS)])


@pytest.mark.parametrize("part", range(PARTS))
def test_hostile_threats_make_one_harmless_ticket_each(part: int) -> None:
    assert not wrong([passes.threats_case(0, n) for n in range(part, THREATS, PARTS)])


@pytest.mark.parametrize("part", range(PARTS))
def test_a_twisted_answer_in_a_pass_is_mended_by_later_ones(part: int) -> None:
    assert not wrong([passes.twist_case(0, n) for n in range(part, PASSES, PARTS)])
