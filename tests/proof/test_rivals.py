"""The table of the rivals holds: we make one ticket of each threat, whatever happens; the others as it says."""

from __future__ import annotations

import pytest

from proof.rivals import FAULTS, OURS, Cell, Fault, N, measure


@pytest.fixture(scope="module")
def cells() -> dict[tuple[str, str], Cell]:
    return {(cell.fault, cell.who): cell for cell in measure()}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_one_ticket_of_each_threat_here_and_more_where_the_tape_says_so(
    fault: Fault, cells: dict[tuple[str, str], Cell]
) -> None:
    ours = cells[fault.name, OURS]
    assert ours.made == (1,) * N
    assert ours.linked == N
    assert {who for who in fault.doubles if cells[fault.name, who].most == 1} == set()
