"""Which request a fault strikes."""

from __future__ import annotations

from typing import Any

import pytest

from tmi_issue_sync.sandbox.faults import Fault, Faults


def test_two_faults_for_one_request_strike_one_after_the_other() -> None:
    faults = Faults()
    for kind in ("drop-before", "html"):
        faults.add(Fault(site="a", kind=kind))
    struck = [faults.take("a", "GET", "/") for _ in range(3)]
    assert [fault and fault.kind for fault in struck] == ["drop-before", "html", None]


@pytest.mark.parametrize("nonsense", [{"kind": "magic"}, {"nth": 0}, {"times": 0}, {"times": -2}])
def test_a_fault_that_makes_no_sense_is_refused(nonsense: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"unknown|counts"):
        Fault(**{"site": "a", "kind": "delay", **nonsense})


def struck(*faults: Fault, requests: int = 6) -> list[int]:
    """The numbers of the requests that were struck."""
    armed = Faults()
    for fault in faults:
        armed.add(fault)
    return [n for n in range(1, requests + 1) if armed.take("a", "POST", "/repos/x/issues")]


def test_the_turn_of_a_fault() -> None:
    assert struck(Fault(site="a", kind="delay")) == [1]
    assert struck(Fault(site="a", kind="delay", nth=3)) == [3]
    assert struck(Fault(site="a", kind="delay", nth=3, times=2)) == [3, 4]
    assert struck(Fault(site="a", kind="delay", nth=4, times=-1)) == [4, 5, 6]


def test_only_matching_requests_count() -> None:
    assert struck(Fault(site="b", kind="delay")) == []
    assert struck(Fault(site="a", kind="delay", method="GET")) == []
    assert struck(Fault(site="a", kind="delay", path="^/issues")) == []
    assert struck(Fault(site="a", kind="delay", method="POST", path="issues$")) == [1]


def test_a_fault_comes_from_json_but_never_with_code() -> None:
    assert Fault.from_json({"site": "a", "kind": "stall", "seconds": 2}) == Fault(site="a", kind="stall", seconds=2)
    with pytest.raises(ValueError, match="unknown fields: action"):
        Fault.from_json({"site": "a", "kind": "call-after", "action": "rm"})


def test_clear_disarms() -> None:
    armed = Faults()
    armed.add(Fault(site="a", kind="delay", times=-1))
    armed.clear()
    assert armed.take("a", "GET", "/") is None
