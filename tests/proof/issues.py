"""One tracker as plain values: tickets with their history, an index that lags, an account that is ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tmi_issue_sync.model import Gone, Marker, Ticket, TicketRef, TrackerKey
from tmi_issue_sync.tracker import Traits

from .times import Time

HOME, ELSEWHERE = "SEC", "OPS"
US, SOMEBODY = "bot", "alice"


@dataclass(frozen=True, slots=True)
class Version:
    """What the index shows of a ticket from `shown` on."""

    shown: float
    changed: float
    project: str
    open: bool
    deleted: bool
    url: str
    number: str
    id: str


@dataclass(slots=True)
class Row:
    """One ticket as the server has it."""

    id: str
    number: str
    url: str
    project: str
    marker: Marker | None
    author: str
    created: float
    ours: bool
    """Made by a create of ours: a clone is not, whoever its author is."""
    open: bool = True
    deleted: bool = False
    moved: bool = False
    urls: list[str] = field(default_factory=list)
    """Every URL that it ever had: old ones lead to where it is now."""
    ids: list[str] = field(default_factory=list)
    history: list[Version] = field(default_factory=list)
    request: str = ""
    """Our id of the request that made it."""
    made_for: str = ""
    """Which threat or model that was for."""
    hidden: bool = False
    """Some read answered that it is not there, though it is."""
    above: Row | None = None
    """The ticket that it stands below."""
    named: Row | None = None
    """The ticket that its text names as the one above it."""
    unnestable: bool = False
    """The tracker refused to put it below that one."""


class Issues:
    """The server. It commits what it is told and shows it when its index has it."""

    def __init__(self, name: str, time: Time, traits: Traits, *, new_ids: bool, own_only: bool) -> None:
        self.name = name
        self.key = TrackerKey("sim", f"{name}.example", HOME)
        self.traits = traits
        self.new_ids = new_ids
        """A move gives a ticket a new id (GitHub), or only a new number (Jira)."""
        self.own_only = own_only
        """A listing since a moment shows our own account's tickets only (GitHub)."""
        self.lag = 0.0
        """How late the index shows what is committed from now on."""
        self.dated = True
        """Its replies carry a `Date`."""
        self.beyond = 1.0
        """How many times longer than declared late commits take."""
        self.public = False
        self.blind = False
        """Listings answer 200 and nothing: a permission was lost, a filter ignored."""
        self.shut = False
        """Nor does a read show anything: our account sees no ticket at all."""
        self.rows: list[Row] = []
        self._time = time
        self._n = 0

    # -- what is committed ---------------------------------------------------------------------------------

    def commit(self, marker: Marker | None, author: str, *, ours: bool) -> Row:
        self._n += 1
        number = f"{HOME}-{self._n}"
        row = Row(
            id=f"{self.name}{self._n}",
            number=number,
            url=f"https://{self.key.host}/{number}",
            project=HOME,
            marker=marker,
            author=author,
            created=self._time.now,
            ours=ours,
        )
        self.rows.append(row)
        self._changed(row)
        return row

    def close(self, row: Row, *, open_: bool = False) -> None:
        row.open = open_
        self._changed(row)

    def delete(self, row: Row) -> None:
        row.deleted = True
        self._changed(row)

    def move(self, row: Row) -> None:
        """To the other project of this host, where our account can read it, and back."""
        row.project, row.moved = (ELSEWHERE if row.project == HOME else HOME), True
        self._n += 1
        row.number = f"{row.project}-{self._n}"
        row.url = f"https://{self.key.host}/{row.number}"
        if self.new_ids:
            row.id = f"{self.name}{self._n}"
        self._changed(row)

    def _changed(self, row: Row) -> None:
        now = self._time.now
        row.urls.append(row.url)
        row.ids.append(row.id)
        shown = max(now + self.lag, row.history[-1].shown if row.history else 0.0)
        row.history.append(Version(shown, now, row.project, row.open, row.deleted, row.url, row.number, row.id))

    def stumble(self) -> None:
        """A 5xx: what the index does not show yet, it shows later still, within `lag_after_errors`."""
        more = self.lag
        for row in self.rows:
            if (last := row.history[-1]).shown > self._time.now:
                row.history[-1] = replace(
                    last, shown=min(last.shown + more, last.changed + self.traits.lag_after_errors)
                )

    # -- what is shown -------------------------------------------------------------------------------------

    def listed(self, since: float | None, *, everywhere: bool) -> Iterator[Ticket]:
        """What the index has now; since a moment, in one project or in all of them."""
        if self.blind or self.shut:
            return
        for row in self.rows:
            shown = self._indexed(row)
            if shown is None or shown.deleted or row.marker is None:
                continue
            if shown.project != HOME and not everywhere:
                continue
            if since is not None and (shown.changed < since or (self.own_only and row.author != US)):
                continue
            yield self._ticket(row, shown)

    def _indexed(self, row: Row) -> Version | None:
        now = self._time.now
        return next((version for version in reversed(row.history) if version.shown <= now), None)

    def read(self, which: TicketRef | str) -> Ticket | Gone | None:
        """By id or URL: at once, and where it is now. None: no ticket of this tracker."""
        row = self.find(which)
        if row is None:
            if isinstance(which, str) and not which.startswith(f"https://{self.key.host}/"):
                return None
            return Gone("404")
        if self.shut:
            row.hidden = True
            return Gone("404: deleted, moved out of sight, or no permission")
        return Gone("410: deleted") if row.deleted else self._ticket(row, row.history[-1])

    def find(self, which: TicketRef | str) -> Row | None:
        if isinstance(which, str):
            url = which.partition("?")[0]
            return next((row for row in self.rows if url in row.urls), None)
        return next((row for row in self.rows if which.id in row.ids), None)

    def ticket(self, row: Row) -> Ticket:
        return self._ticket(row, row.history[-1])

    def _ticket(self, row: Row, shown: Version) -> Ticket:
        return Ticket(
            ref=TicketRef("sim", self.key.host, shown.id),
            project=shown.project,
            number=shown.number,
            url=shown.url,
            marker=row.marker,
            author=row.author,
            created_at=self._time.moment(float(int(row.created))),
            open=shown.open,
        )
