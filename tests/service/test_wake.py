"""Wake-ups: soon, gathered, for the models that were named, and nothing that a deleted model can break."""

from __future__ import annotations

import signal
from datetime import datetime
from pathlib import Path
from typing import Any

from service.served import Config, Line, Served, driver, served
from tmi_issue_sync.sandbox.faults import Fault
from tmi_issue_sync.sandbox.samples import MODELS
from tmi_issue_sync.sandbox.world import World

SHOP = str(MODELS[0]["id"])
OTHERS = [str(model["id"]) for model in MODELS[1:]]
NEW_ID = "99999999-0000-4000-8000-000000000001"
NEW: dict[str, Any] = {
    "name": "A new model",
    "threats": [{"id": "99999999-0000-7000-8000-000000000001", "name": "Just now", "mitigated": False}],
}
NO_MODEL = "99999999-0000-4000-8000-000000000009"


def told(line: Line) -> bool:
    return line.get("told") == "pass"


def first(service: Served) -> None:
    """A whole pass at the start, which agrees to the first run."""
    assert service.until(told)["woken"] is False


def read(world: World, since: int) -> list[str]:
    """The models whose threats were read."""
    asked = [entry for entry in world.log.requests("tmi", "GET", r"/threats$") if entry.n > since]
    return sorted({entry.facts["path"].split("/")[2] for entry in asked})


def test_a_woken_pass_reads_one_model(world: World, config: Config, state: Path) -> None:
    with served(driver(config(every="1h"), state)) as service:
        first(service)
        service.say("state")
        before = service.until(lambda line: line.get("told") == "state")
        since = len(world.log.entries)
        service.say(f"wake {SHOP}")
        passed = service.until(told)
        assert (passed["woken"], passed["models"], passed["error"]) == (True, [SHOP], "")
        assert read(world, since) == [SHOP]
        assert len([e for e in world.log.requests("tmi") if e.n > since]) == 2  # the model, its threats
        service.say("state")
        after = service.until(lambda line: line.get("told") == "state")
        assert after["next_run"] == before["next_run"]  # the clock goes on as it did
        assert datetime.fromisoformat(after["next_run"])
        assert after["running"] is None
        assert service.end(signal.SIGTERM)[0] == 0
    assert any(line.get("told") == "left" for line in service.lines)


def test_wake_ups_gather_while_a_pass_runs(world: World, config: Config, state: Path) -> None:
    with served(driver(config(every="1h"), state)) as service:
        first(service)
        many = " ".join(("wake", *OTHERS, *OTHERS, SHOP))
        during = Fault(
            site="tmi",
            kind="call-after",
            method="GET",
            path=r"/threat_models/[^/]+$",
            action=lambda: service.say(many),
        )
        world.faults.add(during)
        service.say(f"wake {SHOP}")
        assert service.until(told)["models"] == [SHOP]
        assert service.until(told)["models"] == sorted([SHOP, *OTHERS])
        service.say(f"wake {SHOP}")
        assert service.until(told)["models"] == [SHOP]  # nothing was left over in between


def test_everything_is_woken_by_no_name_and_by_very_many(config: Config, state: Path) -> None:
    with served(driver(config(every="1h"), state)) as service:
        first(service)
        service.say("wake")
        assert service.until(told)["woken"] is False


def test_what_a_woken_pass_leaves_alone_is_looked_at_when_its_wait_is_over(
    world: World, config: Config, state: Path
) -> None:
    with served(driver(config(every="1h", quiet='"2s"'), state)) as service:
        first(service)
        world.load([{**NEW, "id": NEW_ID}])
        service.say(f"wake {NEW_ID}")
        assert service.until(told)["created"] == 0  # edited a moment ago
        again = service.until(lambda line: told(line) and line["created"] > 0)  # TMI's Date has whole seconds
        assert (again["models"], again["created"]) == ([NEW_ID], 1)


def test_a_model_that_is_gone_is_nothing_to_do(config: Config, state: Path) -> None:
    with served(driver(config(every="1h"), state)) as service:
        first(service)
        service.say(f"wake {NO_MODEL}")
        passed = service.until(told)
        assert (passed["woken"], passed["error"]) == (True, "")
    assert not [line for line in service.lines if line.get("level") in ("error", "warning")]


def test_one_model_that_can_not_be_read_stops_not_the_others(world: World, config: Config, state: Path) -> None:
    with served(driver(config(every="1h", quiet='"0s"'), state)) as service:
        first(service)
        world.load([{**NEW, "id": NEW_ID}])
        odd = Fault(site="tmi", kind="status-before", method="GET", path=rf"/threat_models/{SHOP}$", status=418)
        world.faults.add(odd)
        during = Fault(
            site="tmi",
            kind="call-after",
            method="GET",
            path=rf"/threat_models/{OTHERS[0]}$",
            action=lambda: service.say(f"wake {SHOP} {NEW_ID}"),
        )
        world.faults.add(during)
        service.say(f"wake {OTHERS[0]}")
        assert service.until(told)["models"] == [OTHERS[0]]
        passed = service.until(told)
        assert (passed["models"], passed["error"]) == (sorted([SHOP, NEW_ID]), "")
        if not passed["created"]:  # TMI's Date has whole seconds: a threat is quiet from the next one on
            passed = service.until(told)
        assert passed["created"] == 1
