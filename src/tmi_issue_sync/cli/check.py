"""`check`: everything that can be found out without making anything."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, SecretStr

from ..config import Settings
from ..errors import ConfigError, SyncError, TmiError
from ..model import Finding, Level
from ..report import Report
from ..rules import Destination
from ..sync import Scope, Site, run_pass
from ..tmi.check import identity_findings
from ..wiring import Wired, destinations, wired
from ..words import duration
from . import shapes
from .progress import shown
from .rehearsal import Found, places_of, rehearsed, tell, whereabouts
from .shell import Shell
from .show import say, say_json

PERSON, CONFIG = 77, 78


def run(shell: Shell, *, json: bool) -> int:
    """Exit 0, 69 (unreachable), 77 (a person must act) or 78 (the config)."""
    settings = shell.settings()
    places = shell.places(settings)
    with wired(settings, places, beside=True) as found:
        of_config = list(_config(settings)) + list(_templates(found))
        of_servers = [*_tmi(found), *_trackers(found)]
        of_tickets = _tickets(found, of_config, of_servers)
        report, error = _looked(shell, found)
    everything = [*of_config, *of_servers, *of_tickets, *_after(report, error)]
    code = _code([*of_config, *of_tickets], of_servers, report, error)
    if json:
        findings = [shapes.finding(finding, where) for where, finding in everything]
        say_json({"version": shapes.VERSION, "exit_code": code, "state": str(places.state), "findings": findings})
    else:
        for where, finding in everything:
            tell(where, finding)
        say(f"state: {places.state} (ledger: {places.ledger})")
    return code


def _code(config: list[Found], servers: list[Found], report: Report | None, error: SyncError | None) -> int:
    if any(finding.level is Level.ERROR for _, finding in config):
        return CONFIG
    if error is not None:
        return error.exit_code
    trouble = report.exit_code if report else 0
    public = any(finding.level is Level.ERROR and finding.public for _, finding in servers)
    bad = any(finding.level is Level.ERROR for _, finding in servers)
    return CONFIG if public else trouble or (PERSON if bad else 0)


# -- the config --------------------------------------------------------------------------------------------


def _config(settings: Settings) -> Iterator[Found]:
    from ..schedule import trigger

    yield "config", Finding(Level.OK, f"{settings.source or 'the environment alone'} is complete")
    try:
        trigger(settings.sync)
    except ConfigError as error:
        yield "config", Finding(Level.ERROR, error.why, error.todo)
    for place in _literal_secrets(settings):
        todo = 'Write { env = "NAME" } or { file = "/path" } instead.'
        yield "config", Finding(Level.WARNING, f"{place} is written down literally", todo)
    for number, route in enumerate(settings.routes, 1):
        yield "routes", Finding(Level.OK, f"{number}. {route.name} -> {_declared(route.to)}")
    if settings.default:
        to = _declared(settings.default)
        yield "routes", Finding(Level.OK, f"none: all open, unmitigated threats go to {to}")


def _declared(to: Destination) -> str:
    """A place, and who may read there by the operator's word (design S7)."""
    words = [word for word, said in (("public", to.public), ("confidential", to.confidential)) if said]
    return f"{to.key}, declared {' and '.join(words)}" if words else str(to.key)


def _literal_secrets(settings: Settings) -> Iterator[str]:
    if settings.source is None:
        return
    written = tomllib.loads(settings.source.read_text(encoding="utf-8-sig"))
    yield from _literal(settings.tmi, written.get("tmi", {}), "tmi")
    for name, tracker in settings.trackers.items():
        yield from _literal(tracker.options, written.get("trackers", {}).get(name, {}), f"trackers.{name}")


def _literal(options: BaseModel, written: Mapping[str, Any], place: str) -> Iterator[str]:
    for name in type(options).model_fields:
        value, text = getattr(options, name), written.get(name)
        if isinstance(value, SecretStr) and isinstance(text, str):
            yield f"{place}.{name}"
        elif isinstance(value, BaseModel) and isinstance(text, dict):
            yield from _literal(value, text, f"{place}.{name}")


def _templates(found: Wired) -> Iterator[Found]:
    places = list(places_of(found.settings))
    problems: dict[str, None] = {}
    for to in destinations(found.settings):
        table = next((place.templates for place in places if place.to == to), f"[trackers.{to.tracker}]")
        problems |= dict.fromkeys(f"{table}: {problem}" for problem in found.setup.renderer.check(to))
    for problem in problems:
        yield "templates", Finding(Level.ERROR, problem)
    if not problems:
        yield "templates", Finding(Level.OK, "all can be filled in")


# -- the servers -------------------------------------------------------------------------------------------


def _tmi(found: Wired) -> Iterator[Found]:
    try:
        yield from (("tmi", finding) for finding in identity_findings(found.tmi))
    except TmiError as error:
        yield "tmi", Finding(Level.ERROR, error.why, error.todo)


def _trackers(found: Wired) -> Iterator[Found]:
    for site in found.setup.sites:
        where = whereabouts(site.name, site.key)
        try:
            findings = list(site.tracker.check())
        except SyncError as error:
            yield where, Finding(Level.ERROR, error.why, error.todo)
            continue
        for finding in findings:
            yield where, finding
            if finding.public and not site.retired:
                yield from ((where, bad) for bad in _public(site, found.settings))


def _tickets(found: Wired, of_config: list[Found], told: list[Found]) -> list[Found]:
    """What the trackers ask of a ticket; only those that could be asked anything, and no template's fault twice."""
    bad = {where for where, finding in told if finding.level is Level.ERROR}
    known = {finding.what for _, finding in of_config}
    fit = [site.key for site in found.setup.sites if whereabouts(site.name, site.key) not in bad]
    asked = rehearsed(places_of(found.settings), found.setup, fit)
    return [(where, finding) for where, finding in asked if finding.what not in known]


def _public(site: Site, settings: Settings) -> Iterator[Finding]:
    """What must not be where anybody can read it (design S7)."""
    here: list[Destination] = [to for to in destinations(settings) if to.key == site.key]
    if any(to.confidential for to in here):
        yield Finding(
            Level.ERROR,
            "it is public, and the config says confidential = true",
            "Take that word away, or make the project private.",
            public=True,
        )
    if not all(to.public for to in here):
        yield Finding(
            Level.ERROR,
            "it is public: no threat goes there without your word",
            f"Make it private, or add public = true to [trackers.{site.name}].",
            public=True,
        )


# -- a pass that changes nothing ---------------------------------------------------------------------------


def _looked(shell: Shell, found: Wired) -> tuple[Report | None, SyncError | None]:
    """Also starts the clock of a ledger that must settle (protocol St4)."""
    try:
        with shown(shell) as progress:
            return run_pass(found.setup, Scope(), progress=progress, apply=False), None
    except SyncError as error:
        return None, error


def _after(report: Report | None, error: SyncError | None) -> Iterator[Found]:
    if error is not None:
        yield "pass", Finding(Level.ERROR, error.why, error.todo)
    if report is None:
        return
    for alert in report.alerts:
        yield "pass", Finding(Level.ERROR, alert.why, alert.todo)
    for note in report.notes:
        yield "pass", Finding(Level.OK, note)
    yield "pass", Finding(Level.OK, f"{len(report.decisions)} threats read, {report.wanting} want a ticket")
    if report.waits:
        yield "pass", Finding(Level.OK, f"the next pass gets further in {duration(report.waits)}")
