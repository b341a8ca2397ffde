"""Some of the rivals' tape: we make one ticket of each threat, whatever happens; the others as the table says."""

from __future__ import annotations

import pytest

from proof.rivals import FAULTS, OURS, Cell, N, measure

TRIED = [
    each
    for each in FAULTS
    if each.name in ("reply lost: RST", "write-back refused: 503", "the same, and state lost")
]


@pytest.fixture(scope="module")
def cells() -> dict[tuple[str, str], Cell]:
    return {(cell.fault, cell.who): cell for cell in measure(TRIED)}


def test_the_tape_has_them() -> None:
    assert len(TRIED) == 3


@pytest.mark.parametrize("who", OURS)
def test_we_make_one_ticket_of_each_threat(who: str, cells: dict[tuple[str, str], Cell]) -> None:
    for fault in TRIED:
        ours = cells[fault.name, who]
        assert (ours.made, ours.linked) == ((1,) * N, N), fault.name


def test_the_others_make_more_where_the_tape_says_so(cells: dict[tuple[str, str], Cell]) -> None:
    assert [(fault.name, who) for fault in TRIED for who in fault.doubles if cells[fault.name, who].most == 1] == []
