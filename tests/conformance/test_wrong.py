"""Every check can fail: for each there is an adapter that is wrong in one thing, and exactly that check sees it.

By default an adapter meets the checks of its own family; with CONFORMANCE=all it meets them all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest

from tmi_issue_sync.testing import CHECKS, Lacking, denials, looks
from tmi_issue_sync.testing import creates as creating
from tmi_issue_sync.testing import gets as getting
from tmi_issue_sync.testing import keeps as keeping
from tmi_issue_sync.testing import manners as behaving
from tmi_issue_sync.testing.suite import run
from tmi_issue_sync_adapters.github import listing, tracker

from .wrong import creates, gets, keeps, manners
from .wrong import looks as looking
from .wrong.base import Wrong, WrongHarness

FAMILIES = (
    (creating.CHECKS, creates.WRONG),
    (looks.CHECKS, looking.WRONG),
    (getting.CHECKS, gets.WRONG),
    (keeping.CHECKS, keeps.WRONG),
    (denials.CHECKS, manners.DENIALS),
    (behaving.CHECKS, manners.WRONG),
)
ALL = os.environ.get("CONFORMANCE") == "all"


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short waits, and pages of ten: the mistakes are the same."""
    monkeypatch.setattr(looks, "MANY", 25)
    monkeypatch.setattr(listing, "PER_PAGE", 10)
    monkeypatch.setattr(creating, "SHORT", 0.3)


@contextmanager
def opened(kind: type) -> Iterator[WrongHarness]:
    """A wrong adapter before the right server."""
    if issubclass(kind, listing.Listing):
        with patch.object(tracker, "Listing", kind), WrongHarness() as harness:
            yield harness
    else:
        of = kind if issubclass(kind, WrongHarness) else type(kind.__name__, (WrongHarness,), {"kind": kind})
        with of() as harness:
            yield harness


def complaints(kind: type, checks: Any) -> dict[str, str]:
    """What the checks say of an adapter."""
    found = {}
    for check in checks:
        with opened(kind) as harness:
            try:
                run(check, harness)
            except AssertionError as error:
                found[check.__name__] = str(error)
            except Lacking:
                continue
    return found


CASES = [(checks, name, kind) for checks, wrong in FAMILIES for name, kind in wrong.items()]


@pytest.mark.parametrize(("checks", "name", "kind"), CASES, ids=[f"{kind.__name__}" for _, _, kind in CASES])
def test_exactly_its_check_sees_it(checks: Any, name: str, kind: type) -> None:
    found = complaints(kind, CHECKS if ALL else checks)
    assert list(found) == [name], found
    assert len(found[name]) > 30


def test_every_check_has_its_wrong_adapter() -> None:
    assert {name for _, name, _ in CASES} == {check.__name__ for check in CHECKS}


def test_the_right_adapter_is_right_in_small() -> None:
    assert complaints(Wrong, CHECKS) == {}
