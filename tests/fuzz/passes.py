"""Whole passes: over threats as an attacker writes them, and past one twisted answer at any request."""

from __future__ import annotations

import tempfile
import traceback
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from structlog.testing import capture_logs

from fuzz.odd import IDS, STAMPS, TEXTS, URLS, encoded, readable
from fuzz.rooms import Found
from fuzz.stage import EXITS, Mask, Stage, Twists, leaks, stage
from render import hostile
from rig import threat
from tmi_issue_sync.errors import SyncError
from tmi_issue_sync.model import Marker
from tmi_issue_sync.report import Report
from tmi_issue_sync.rounds import log_pass

TEXT_FIELDS = ("name", "description", "mitigation", "severity", "status", "priority")
FIELDS = (
    *TEXT_FIELDS, "issue_uri", "threat_type", "score", "cvss", "cwe_id", "ssvc", "mitigated", "include_in_report",
    "metadata", "alias", "diagram_id", "timmy_enabled",
)  # fmt: skip


def hostile_threat(rng: Random, n: int) -> dict[str, Any]:
    """Fields of a threat as TMI would never have them."""
    changes: dict[str, Any] = {}
    for name in rng.sample(FIELDS, rng.choice((1, 1, 2, 4, len(FIELDS)))):
        changes[name] = _field(rng, name)
    if rng.random() < 0.2:  # rarely: one row without a readable time keeps its whole model from being read
        changes[rng.choice(("created_at", "modified_at"))] = rng.choice((*STAMPS, readable(rng)))
    if rng.random() < 0.1:
        changes["id"] = f"{rng.choice(IDS)}{rng.choice(('', n))}"
    return changes


def _field(rng: Random, name: str) -> Any:
    if name in TEXT_FIELDS and rng.random() < 0.8:
        return "".join(rng.choice(TEXTS) for _ in range(rng.randrange(1, 8)))
    match name:
        case "issue_uri":
            return rng.choice((*URLS, "http://127.0.0.1:8002/example/threats/issues/1"))
        case "cvss":
            return [{"vector": rng.choice(TEXTS), "score": readable(rng)}, readable(rng)]
        case "cwe_id" | "threat_type":
            return [rng.choice(TEXTS), readable(rng)]
        case "metadata":
            return [{"key": rng.choice(TEXTS), "value": rng.choice(TEXTS)}]
        case _:
            return readable(rng)


def threats_case(seed: int, n: int) -> Found:
    """Hostile threats beside an honest one, honest servers, four passes."""
    rng = Random(f"threats {seed} {n}")
    rows = [threat(k) for k in range(4)]
    shown = {rows[k]["id"]: hostile_threat(rng, k) for k in range(1, 4)}
    with tempfile.TemporaryDirectory(prefix="fuzz-") as place, stage(Path(place), rng, *rows) as world:
        world.mask = Mask(shown)
        what, trace = _passes(world, None)
        told = "; ".join(encoded(each)[:300] for each in shown.values())
        return Found(f"threats {n}: {told}", what or _markup(world), trace)


def twist_case(seed: int, n: int) -> Found:
    """Honest threats; in the first pass one answer is twisted."""
    rng = Random(f"pass {seed} {n}")
    with tempfile.TemporaryDirectory(prefix="fuzz-") as place, stage(Path(place), rng) as world:
        what, trace = _passes(world, frozenset({rng.randrange(1, 28)}))
        return Found(f"pass {n}: twisted {', '.join(world.twists.struck)}", what or _finished(world), trace)


def _passes(world: Stage, twist: frozenset[int] | None) -> tuple[str, str]:
    """Four passes a minute apart; what went wrong in one, or in what is left behind."""
    said: list[object] = []
    with capture_logs() as logs:
        for n in range(4):
            world.twists = Twists(
                world.twists.rng, twist if twist and n == 0 else frozenset(), struck=world.twists.struck
            )
            try:
                report = world.rig.run()
                said += [report, *_words(report)]
                log_pass(report)
            except SyncError as error:
                said += [str(error), repr(error), error.todo]
                if error.exit_code not in EXITS:
                    return f"pass {n}: exit code {error.exit_code}", ""
            except Exception as error:  # noqa: BLE001 - what this is all about
                return f"pass {n}: {type(error).__name__}: {error}"[:300], traceback.format_exc()
            world.rig.wait(60)
    if leaked := leaks(*said, logs, *_files(world.rig.state)):
        return f"tells {leaked}", ""
    return _duplicates(world), ""


def _words(report: Report) -> list[object]:
    if report.exit_code not in EXITS:
        raise AssertionError(f"exit code {report.exit_code}")
    errors = [*report.alerts, *(outcome.error for outcome in report.failed if outcome.error)]
    return [report.summary(), *report.notes, *map(str, errors), *(outcome.text for outcome in report.outcomes)]


def _files(state: Path) -> list[bytes]:
    return [path.read_bytes() for path in state.rglob("*") if path.is_file()]


def _duplicates(world: Stage) -> str:
    made = Counter(_threat_of(str(entry.facts["body"])) for entry in world.rig.made())
    twice = {threat_id: count for threat_id, count in made.items() if count > 1}
    return f"more than one ticket: {twice}" if twice else ""


def _threat_of(body: str) -> str:
    marker = Marker.parse(body)
    return marker.threat_id if marker else f"no marker in ...{body[-200:]}"


def _finished(world: Stage) -> str:
    """After one twisted answer everything comes right by itself: a refused link by the next day (Wr4)."""
    try:
        for wait in (200, 60, 90_000, 60, 60):
            world.rig.wait(wait)
            world.rig.run()
    except Exception as error:  # noqa: BLE001
        return f"later: {type(error).__name__}: {error}"[:300]
    links, made = world.rig.links(), world.rig.made()
    right = all(links.values()) and len(set(links.values())) == len(links) == len(made)
    return "" if right else f"not right in the end: {len(made)} tickets, links {links}"


def _markup(world: Stage) -> str:
    """No ticket does more than be read."""
    for entry in world.rig.made():
        body = str(entry.facts["body"])
        if found := hostile.faults(body):
            return f"markup: {found} in {body[:300]!a}"
    return ""
