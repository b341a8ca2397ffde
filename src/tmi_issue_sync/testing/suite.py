"""All checks, and the class that makes pytest run them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import ClassVar

import pytest

from tmi_issue_sync.errors import TrackerError
from tmi_issue_sync.testing import creates, denials, gets, keeps, looks, manners
from tmi_issue_sync.testing.harness import Harness, Lacking

Check = Callable[[Harness], None]

CHECKS: tuple[Check, ...] = (
    *creates.CHECKS,
    *looks.CHECKS,
    *gets.CHECKS,
    *keeps.CHECKS,
    *denials.CHECKS,
    *manners.CHECKS,
)
"""Each stands for itself, on a server of its own."""


def run(check: Check, harness: Harness) -> None:
    """One check. Raises AssertionError, which says in words what the contract is, or Lacking."""
    try:
        check(harness)
    except TrackerError as error:
        told = f"{type(error).__name__}: {error}"
        raise AssertionError(f"{check.__doc__} Nothing was in its way, and it failed: {told}") from error


class Conformance:
    """Every check of the contract as a test of its own."""

    harness: ClassVar[Callable[[], AbstractContextManager[Harness]]]

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_contract(self, check: Check) -> None:
        with type(self).harness() as harness:
            try:
                run(check, harness)
            except Lacking as lacking:
                pytest.skip(str(lacking))
