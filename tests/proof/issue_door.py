"""The product's door to a tracker (`Tracker`), onto a simulated one: every call takes time and may be struck."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from tmi_issue_sync.errors import Denied, Rejected, TrackerError, Unavailable, Uncertain
from tmi_issue_sync.model import Draft, Finding, Gone, Level, Look, Marker, NotMine, Ticket, TicketRef

from .faults import Points, Strike
from .issues import US, Issues, Row
from .times import EPOCH, Time


class IssueDoor:
    """One project of one tracker.

    `on_create` is told of a create as it arrives, and gives what commits it; `on_strike` of what a fault makes
    of a create (its threat) or of a listing ("").
    """

    def __init__(
        self,
        issues: Issues,
        points: Points,
        time: Time,
        on_create: Callable[[Issues, Draft], Callable[[bool], Row]],
        on_strike: Callable[[Issues, str, str], None],
        on_close: Callable[[Issues, Row], None],
        on_nest: Callable[[Issues, Row, Row], None],
    ) -> None:
        self._issues = issues
        self._points = points
        self._time = time
        self._on_create = on_create
        self._on_strike = on_strike
        self._on_close = on_close
        self._on_nest = on_nest

    def check(self) -> Iterable[Finding]:
        strike = self._reach("check")
        if strike and strike.kind == "turned-public":
            self._issues.public = True
        public = self._issues.public
        self._points.leave(strike)
        return [Finding(Level.OK, "visibility", public=public)]

    def changed(self, since: datetime | None) -> Look:
        return self._listing("changed", (since - EPOCH).total_seconds() if since else None, None)

    def find(self, marker: Marker) -> Look:
        return self._listing("find", None, marker)

    def get(self, ref: TicketRef | str) -> Ticket | Gone | NotMine:
        strike = self._reach("get")
        found = self._issues.read(ref)
        if strike and strike.kind == "hidden":
            if row := self._issues.find(ref):
                row.hidden = True
            found = Gone("404: deleted, moved out of sight, or no permission")
        self._points.leave(strike)
        return NotMine("not of this tracker") if found is None else found

    def create(self, draft: Draft) -> Ticket:
        """One POST: what the fault makes of it, and what its answer proves (reference of outcomes)."""
        strike = self._points.reach("create")
        kind, x = (strike.kind, strike.x) if strike else ("", 0.0)
        self._on_strike(self._issues, kind, draft.marker.threat_id)
        if kind.startswith("sleep"):  # the machine sleeps between the intent and the request
            self._time.advance(x * 10.0)
        if error := _surely_not(kind, x) or self._no_parent(draft):
            self._time.advance(0.2)
            raise error
        commit = self._on_create(self._issues, draft)
        self._time.advance(0.2)
        if kind in ("late", "cut-late"):
            return self._late(kind, min(x, self._issues.traits.late) * self._issues.beyond, commit)
        if kind in ("lost-before", "500-before", "nonsense-before"):
            raise self._lost(kind)
        row = commit(kind == "marker-dropped")
        self._points.leave(strike)
        if kind == "sleep-cut":
            self._points.cut()
        if kind in ("lost-after", "500-after", "nonsense-after"):
            raise self._lost(kind)
        self._time.advance(0.1)
        return self._issues.ticket(row)

    def close(self, ticket: Ticket) -> None:
        """Behind `close_duplicate`, where this adapter can close."""
        strike = self._points.reach("close")
        kind = strike.kind if strike else ""
        self._time.advance(0.2)
        if kind in ("429", "denied"):
            raise Unavailable("429", retry_after=30.0) if kind == "429" else Denied("no permission to close")
        row = self._issues.find(ticket.ref)
        if kind != "lost-before" and row is not None:
            self._on_close(self._issues, row)
            self._issues.close(row)
        self._points.leave(strike)
        if kind in ("lost-before", "lost-after"):
            raise Uncertain("the connection was reset")

    def put_below(self, child: TicketRef, parent: str) -> None:
        """Behind `nest`, where a ticket is put below another by a request of its own."""
        strike = self._points.reach("nest")
        kind = strike.kind if strike else ""
        self._time.advance(0.2)
        row, above = self._issues.find(child), self._issues.find(parent)
        if kind == "429":
            raise Unavailable("429", retry_after=30.0)
        if row is None or above is None or kind == "denied" or row.deleted or above.deleted:
            if row is not None:
                row.unnestable = True
            raise Denied("403") if kind == "denied" else Rejected("422: no such issue")
        if kind != "lost-before":
            self._on_nest(self._issues, row, above)
        self._points.leave(strike)
        if kind in ("lost-before", "lost-after"):
            raise Uncertain("the connection was reset")

    # -- what goes wrong -----------------------------------------------------------------------------------

    def _no_parent(self, draft: Draft) -> TrackerError | None:
        """A tracker that takes the parent with the create refuses one that is not there."""
        above = self._issues.find(draft.parent) if draft.parent and not isinstance(self, NestingDoor) else None
        return Rejected("400: the parent does not exist") if above and above.deleted else None

    def _late(self, kind: str, x: float, commit: Callable[[bool], Row]) -> Ticket:
        """It commits `x` seconds after we gave up, or died."""
        if kind == "late":
            self._time.advance(self._issues.traits.wait)
        self._time.later(x, lambda: commit(False))
        if kind == "cut-late":
            self._points.cut()
        raise Uncertain("no answer in time")

    def _lost(self, kind: str) -> Exception:
        if kind.startswith("nonsense"):
            return ValueError("an answer that makes no sense")
        if kind.startswith("500"):
            return Uncertain("500", server_fault=True)
        self._time.advance(self._issues.traits.wait)
        return Uncertain("the connection was reset")

    def _reach(self, call: str) -> Strike | None:
        self._time.advance(0.1)
        strike = self._points.reach(call)
        if strike and (error := _failed_read(strike)):
            self._on_strike(self._issues, strike.kind, "")
            raise error
        return strike

    def _listing(self, call: str, since: float | None, marker: Marker | None) -> Look:
        strike = self._reach(call)
        as_of = self._time.date() if self._issues.dated else None
        found = tuple(self._issues.listed(since, everywhere=marker is not None))
        if self._issues.blind or self._issues.shut or (strike and strike.kind == "false-empty"):
            found = ()
            self._on_strike(self._issues, "false-empty", "")
        if marker is not None:
            found = tuple(t for t in found if t.marker and t.marker.word == marker.word)
        self._time.advance(0.2)
        self._points.leave(strike)
        return Look(as_of, found, US)


class ClosingDoor(IssueDoor):
    """An adapter that can close a duplicate (`Closer`)."""

    def close_duplicate(self, ticket: Ticket, words: str) -> None:
        self.close(ticket)


class NestingDoor(IssueDoor):
    """An adapter that puts a ticket below another afterwards (`Nester`)."""

    def nest(self, child: TicketRef, parent: str) -> None:
        self.put_below(child, parent)


class FullDoor(ClosingDoor, NestingDoor):
    """One that can do both."""


def door_class(*, closes: bool, nests: bool) -> type[IssueDoor]:
    if nests:
        return FullDoor if closes else NestingDoor
    return ClosingDoor if closes else IssueDoor


def _failed_read(strike: Strike) -> Exception | None:
    match strike.kind:
        case "429":
            return Unavailable("429", retry_after=strike.x or 30.0)
        case "503":
            return Unavailable("503", server_fault=True)
        case "refused":
            return Unavailable("connection refused")
        case "partial":
            return TrackerError("page 2 of 3 did not come")
        case "nonsense":
            return ValueError("an answer that makes no sense")
    return None


def _surely_not(kind: str, x: float) -> TrackerError | None:
    match kind:
        case "429":
            return Unavailable("429", retry_after=x or 30.0)
        case "503":
            return Unavailable("503 from the front, nothing behind it saw the request", server_fault=True)
        case "refused":
            return Unavailable("connection refused")
        case "rejected":
            return Rejected("a field is missing")
        case "denied":
            return Denied("no permission to create")
    return None
