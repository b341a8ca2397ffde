"""What trackers would refuse of the tickets that the config makes, asked beforehand, with lines to paste."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ..config import Settings
from ..errors import Rejected, TrackerError
from ..model import Draft, Finding, Level, TrackerKey
from ..render.samples import model_sample, samples
from ..rules import Destination
from ..sync import Setup
from ..tracker import Rehearser
from .show import clean, say, visible

Found = tuple[str, Finding]
MARKS = {Level.OK: "ok     ", Level.WARNING: "warning", Level.ERROR: "ERROR  "}


@dataclass(frozen=True, slots=True)
class Place:
    """A destination, and the table of the config that it comes from."""

    table: str
    to: Destination
    text: str = ""
    """The table as it is written, as far as one can tell."""
    of_models: bool = False
    """Tickets of whole threat models are made here (`parent`)."""
    route: str = ""
    """The route that says other templates than the table, where what else it says is the table's."""

    @property
    def templates(self) -> str:
        """Where its templates are written."""
        return self.route or self.table


def whereabouts(tracker: str, key: TrackerKey) -> str:
    """A tracker's project, for people."""
    return f"{tracker} ({key.project})"


def places_of(settings: Settings) -> Iterator[Place]:
    """Where new tickets go. What a route says like its tracker stands in the tracker's table."""
    written = settings.source.read_text(encoding="utf-8-sig") if settings.source else ""
    routes = re.split(r"^\[\[routes\]\]", written, flags=re.MULTILINE)
    if settings.default:
        yield from _of_tracker(settings.default, written)
    for number, route in enumerate(settings.routes, 1):
        home, to, table = settings.trackers[route.to.tracker].home, route.to, f"[[routes]] number {number}"
        if home and (home.target, home.fields, home.priority) == (to.target, to.fields, to.priority):
            own = (home.title, home.body, home.labels) != (to.title, to.body, to.labels)
            yield from (replace(place, route=table if own else "") for place in _of_tracker(to, written))
        else:
            yield from _with_parent(table, to, "".join(routes[number : number + 1]))


def _of_tracker(to: Destination, written: str) -> Iterator[Place]:
    head = f"[trackers.{to.tracker}]"
    return _with_parent(head, to, written.partition(f"\n{head}")[2])


def _with_parent(table: str, to: Destination, text: str) -> Iterator[Place]:
    own = re.split(r"^\[", text, maxsplit=1, flags=re.MULTILINE)[0]
    yield Place(table, to, own)
    if to.parent:
        yield Place(table, to.parent, own, of_models=True)


def rehearsed(asked: Iterable[Place], setup: Setup, only: Collection[TrackerKey]) -> list[Found]:
    """Templates that can't be filled in, and what the trackers of these projects say of each kind of ticket that a
    place makes; each thing once."""
    trackers: dict[TrackerKey, Rehearser] = {
        site.key: site.tracker for site in setup.sites if site.key in only and isinstance(site.tracker, Rehearser)
    }
    found: dict[tuple[str, str], Found] = {}
    for place in asked:
        if place.to.key in only:
            where = whereabouts(place.to.tracker, place.to.key)
            for finding in _of(place, trackers.get(place.to.key), setup):
                found.setdefault((place.table, finding.what), (where, finding))
    return list(found.values())


def tell(where: str, finding: Finding) -> None:
    """One finding; what can be pasted stands alone, as it is."""
    todo = f" -> {clean(finding.todo)}" if finding.todo else ""
    say(f"{MARKS[finding.level]} {where}: {clean(finding.what)}{todo}")
    for line in finding.lines:
        say(f"        {visible(line)}")


def _of(place: Place, tracker: Rehearser | None, setup: Setup) -> Iterator[Finding]:
    try:
        drafts = _drafts(place, setup)
    except Rejected as error:
        yield Finding(Level.ERROR, f"{place.templates}: {error.why}", error.todo)
        return
    if tracker is not None:
        yield from _asked(place, tracker, drafts)


def _asked(place: Place, tracker: Rehearser, drafts: list[tuple[str, Draft]]) -> Iterator[Finding]:
    """A full ticket first. What only others lack is a warning: a line mends nothing, a default does."""
    (_, first), *others = drafts
    try:
        findings = [_to_paste(place, finding) for finding in tracker.rehearse(first)]
        yield from findings
        if not any(finding.level is Level.ERROR for finding in findings):
            yield from (finding for kind, draft in others for finding in _of_some(kind, draft, tracker))
    except TrackerError as error:
        yield Finding(Level.WARNING, f"what it asks of a ticket can't be told: {error.why}", error.todo)


def _drafts(place: Place, setup: Setup) -> list[tuple[str, Draft]]:
    if place.of_models:
        return [model_sample(setup.renderer, place.to, setup.instance)]
    return list(samples(setup.renderer, place.to, setup.instance))


def _of_some(kind: str, draft: Draft, tracker: Rehearser) -> Iterator[Finding]:
    for finding in tracker.rehearse(draft):
        if finding.level is not Level.OK:
            todo = "Give it a default." if finding.lines else finding.todo
            yield replace(finding, level=Level.WARNING, what=f"{kind}: {finding.what}", todo=todo, lines=())


def _to_paste(place: Place, finding: Finding) -> Finding:
    """The lines with the table that they belong to, or what to do where they would say a thing twice."""
    if not finding.lines:
        return finding
    said: Mapping[str, object] = tomllib.loads("\n".join(finding.lines)).get("fields", {})
    here = {name.casefold() for name in place.to.fields}
    if empty := [name for name in said if name.casefold() in here]:
        return replace(finding, todo=f"What fields says comes out empty: {', '.join(empty)}.", lines=())
    lines = tuple(f"parent.{line}" if place.of_models else line for line in finding.lines)
    closed = [
        key
        for key in sorted({line.partition(".")[0] for line in lines})
        if re.search(rf"^[ \t]*{re.escape(key)}[ \t]*=", place.text, re.MULTILINE)
    ]
    hint = "".join(f", and write what stands at {key} = in that way, too: {key}.NAME = ..." for key in closed)
    return replace(finding, todo=f"Paste below {place.table}{hint}:", lines=lines)
