"""The first route that fits decides; whatever gets no ticket has a reason in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel

from tmi_issue_sync.model import Severity, Threat, ThreatModel, TrackerKey
from tmi_issue_sync.rules import Condition, Destination, Route, choose, default_eligibility
from tmi_issue_sync.tracker import Traits

NOW = datetime(2026, 5, 1, tzinfo=UTC)
LOW = Threat("t1", ThreatModel("m1", "Shop"), "Name", NOW, NOW, severity=Severity.LOW)


class Target(BaseModel):
    """Where the tickets go; says nothing here."""


def place(name: str) -> Destination:
    traits = Traits(1, 1, 1, 1, title_max=255, body_max=9_999, confidential=False, hosts=())
    return Destination(name, TrackerKey("github", "x.example", name), Target(), traits)


def route(name: str, **when: Any) -> Route:
    return Route(name, Condition.model_validate(when), place(name))


def test_first_match_wins() -> None:
    routes = [route("a", severity="high"), route("b", severity="low"), route("c")]
    assert choose(LOW, routes, place("default")) is routes[1].to


def test_no_match_names_each_reason() -> None:
    assert choose(LOW, [route("a", severity="high"), route("b", score_min=7)], place("default")) == (
        "no route takes it (a: severity low is not high; b: the threat has no score)"
    )


def test_metadata_that_nobody_read_lets_no_later_route_have_the_threat() -> None:
    routes = [route("a", metadata={"tier": "1"}), route("public")]
    assert choose(LOW, routes, None) == "the metadata of its threat model is not known, and a asks for it"
    known = replace(LOW, model=replace(LOW.model, metadata=(("tier", "2"),)))
    assert choose(known, routes, None) is routes[1].to


def test_many_routes_give_a_short_reason() -> None:
    why = choose(LOW, [route(name, mitigated=True) for name in "abcde"], None)
    assert isinstance(why, str)
    assert why.endswith("c: mitigated is false; and 2 more)")


def test_routes_may_take_what_the_default_would_not() -> None:
    done = replace(LOW, mitigated=True, status="closed")
    routes = [route("a")]
    assert choose(done, routes, None) is routes[0].to


@pytest.mark.parametrize("status", ["resolved", "accepted", "false_positive", "closed", "False Positive"])
def test_default_leaves_out_what_is_done(status: str) -> None:
    why = f"the threat's status is {status.lower().replace(' ', '_')}"
    assert choose(replace(LOW, status=status), [], place("default")) == why


@pytest.mark.parametrize("status", ["open", "confirmed", "deferred", "mitigation_planned", "anything"])
def test_default_takes_the_rest(status: str) -> None:
    to = place("default")
    assert choose(replace(LOW, status=status), [], to) is to
    assert default_eligibility(replace(LOW, status=status)) is None


def test_default_leaves_out_what_is_mitigated() -> None:
    assert choose(replace(LOW, mitigated=True), [], place("default")) == "the threat is mitigated"


def test_without_routes_and_default_there_is_a_reason() -> None:
    assert choose(LOW, [], None) == "there is no route, and not exactly one tracker to go to without one"
