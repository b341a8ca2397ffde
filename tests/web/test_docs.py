"""docs/web.md names every route, metric, state, reason and answer that there is, and no other."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tmi_issue_sync.config_tables import WebOptions
from tmi_issue_sync.web import health
from tmi_issue_sync.web.app import app
from tmi_issue_sync.web.metrics import DELIVERIES
from tmi_issue_sync.web.receiver import EVENTS
from tmi_issue_sync.web.states import State

from .conftest import Open

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "web.md").read_text(encoding="utf-8")


def _column(head: str, number: int) -> str:
    """One column of the table that begins with this head."""
    rows = re.search(rf"^\| {head} \|.*?\n\n", f"{TEXT}\n", re.M | re.S)
    assert rows
    return "\n".join(line.split("|")[number] for line in rows[0].splitlines()[2:] if line)


def test_every_route(opened: Open) -> None:
    application = app(opened().room._house())
    routes = {getattr(route, "path", "").replace("{id:path}", "ID") for route in application.routes}
    assert set(re.findall(r"`([^`]+)`", _column("route", 1))) == routes


def test_every_metric_and_its_labels(opened: Open) -> None:
    room = opened(write="{ login = true }")
    shown = {}
    for family in text_string_to_metric_families(room.page("/metrics")):
        labels = {name for sample in family.samples for name in sample.labels} - {"le"}
        name = family.name + ("_total" if family.type == "counter" else "")
        shown[name.removeprefix("tmi_issue_sync_")] = labels
    told = {}
    for name, labels in re.findall(r"`(\w+)(?:\{([\w,]+)\})?`", _column("name", 1)):
        told[name] = set(filter(None, labels.split(",")))
    assert shown == {name: labels for name, labels in told.items() if name != "next_pass_timestamp_seconds"}


def test_every_state() -> None:
    line = next(each for each in _column("name", 2).splitlines() if "how they stand" in each)
    assert re.findall(r"`(\w+)`", line) == [state.name.lower() for state in State]


def test_every_answer() -> None:
    assert set(re.findall(r"`(\w+)`", _column("status", 2))) == set(DELIVERIES)
    assert set(re.findall(r"`(threat\w*\.\w+)`", TEXT)) == set(EVENTS)


def test_every_reason_of_readyz() -> None:
    paragraph = next(part for part in TEXT.split("\n\n") if part.startswith("`/readyz`"))
    told = set(re.findall(r"`([^`]+)`", paragraph)) - {"/readyz"}
    source = inspect.getsource(health)
    assert told == set(re.findall(r'(?:yield|return) "([^"]+)"', source))


def test_every_option() -> None:
    (block,) = re.findall(r"^```toml\n(.*?)^```", TEXT, re.M | re.S)
    assert set(tomllib.loads(block)["web"]) == set(WebOptions.model_fields)
    example = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    assert set(tomllib.loads(example)["web"]) == set(WebOptions.model_fields)


@pytest.mark.parametrize("word", ["webhook install", "webhook status", "webhook remove", "--token-file", "--url"])
def test_every_command(word: str) -> None:
    assert word in TEXT
