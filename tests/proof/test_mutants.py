"""Every mutation still applies to the shipped code, and says which rule it takes out. They are run by hand."""

from __future__ import annotations

import pytest

from proof.mutants import TREE, Mutation, applies, mutations

ALL = mutations()


def test_there_are_enough() -> None:
    assert len(ALL) >= 100


@pytest.mark.parametrize("mutation", ALL, ids=lambda mutation: mutation.name)
def test_it_applies(mutation: Mutation) -> None:
    assert applies(mutation.patch, TREE) == ""
    assert all((mutation.rule, mutation.story, mutation.tells))
