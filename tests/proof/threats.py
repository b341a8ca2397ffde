"""TMI as plain values: models and their threats, a cache behind GET by id, and people who save pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from tmi_issue_sync.errors import Changed
from tmi_issue_sync.model import Severity, Threat, ThreatModel

from .times import Time

FIELDS = ("name", "description", "status", "mitigated", "metadata")
"""What a write of ours may never change."""
LONG_AGO = -5_000_000.0


@dataclass(slots=True)
class Row:
    """One threat, or one whole model, as the database has it, and who last did what to its link."""

    id: str
    n: int
    model: str
    name: str
    description: str = ""
    status: str = "open"
    mitigated: bool = False
    metadata: str = ""
    issue_uri: str = ""
    modified: float = LONG_AGO
    deleted: bool = False
    saves: int = 0
    """Saves by people."""
    link_by: str = ""
    """Who set the link that is there: `us`, `person`, or nobody."""
    ours_shown: bool = False
    """It has shown a link of ours."""
    restores: int = 0
    """Writes of ours onto a link that had been taken away."""
    lost: int = 0
    """Creates that were lost before they made a ticket."""
    unlinked: int = 0
    forgiven: set[str] = field(default_factory=set)
    """Excuses that `retry` ended: an older ledger still has them."""
    excuses: set[str] = field(default_factory=set)
    """What people, operators and refusals did to it that ends the promise of a ticket."""
    whole: bool = False
    """It is a threat model."""
    confidential: bool = False
    links: set[str] = field(default_factory=set)
    """What people linked."""

    def __str__(self) -> str:
        return self.name.lower()

    def copy(self) -> Row:
        return replace(self, excuses=set(), forgiven=set())


class Threats:
    """The server. `on_put` is told of every write of ours right before it is committed."""

    def __init__(self, time: Time, on_put: Callable[[Row, Row, str], None]) -> None:
        self._time = time
        self._on_put = on_put
        self.models: dict[str, Row] = {}
        self.rows: dict[str, Row] = {}
        """The threats."""
        self.parents = False
        """Models get tickets as well: what happens to any row may happen to theirs."""
        self.cache: dict[str, tuple[float, Row]] = {}
        """GET by id: until when, and what it shows."""

    def add(self, model: str, *, confidential: bool) -> Row:
        """One more threat, in a model that is made where it is new."""
        if model not in self.models:
            name = f"Model {model}"
            self.models[model] = Row(model, -1, model, name, whole=True, confidential=confidential)
        n = len(self.rows)
        row = Row(f"00000000-0000-4000-8000-{n:012d}", n, model, f"Threat {n}", f"Somebody does thing {n}.")
        self.rows[row.id] = row
        return row

    def all(self) -> list[Row]:
        """Everything that gets a ticket."""
        return [*self.rows.values(), *(self.models.values() if self.parents else ())]

    def row(self, which: str) -> Row:
        """By its id."""
        return self.models[which] if which in self.models else self.rows[which]

    def within(self, model: Row) -> list[Row]:
        """The threats of a model; none of a threat."""
        return [row for row in self.rows.values() if model.whole and row.model == model.id]

    def nth(self, n: int) -> Row:
        rows = self.all()
        return rows[n % len(rows)]

    # -- as TMI shows them ---------------------------------------------------------------------------------

    def listed(self) -> list[ThreatModel]:
        return [self.model(model) for model in self.models.values() if not model.deleted]

    def model(self, row: Row) -> ThreatModel:
        return ThreatModel(
            row.id,
            row.name,
            description=row.description,
            status=row.status,
            issue_uri=row.issue_uri,
            threat_count=sum(each.model == row.id and not each.deleted for each in self.rows.values()),
            created_at=self._time.moment(LONG_AGO),
            modified_at=self.modified(row),
        )

    def of(self, model: ThreatModel) -> tuple[Threat, ...]:
        return tuple(
            self.shown(row, model) for row in self.rows.values() if row.model == model.id and not row.deleted
        )

    def shown(self, row: Row, model: ThreatModel) -> Threat:
        return Threat(
            id=row.id,
            model=model,
            name=row.name,
            created_at=self._time.moment(LONG_AGO + row.n),
            modified_at=self.modified(row),
            description=row.description,
            status=row.status,
            mitigated=row.mitigated,
            severity=Severity.HIGH,
            issue_uri=row.issue_uri,
        )

    def modified(self, row: Row) -> datetime:
        return self._time.moment(row.modified)

    def cached(self, row: Row) -> Row:
        """GET by id: up to five minutes old where a person saved behind the cache."""
        until, shown = self.cache.get(row.id, (0.0, row))
        if until <= self._time.now:
            shown = row.copy()
            self.cache[row.id] = (self._time.now + 300.0, shown)
        return shown

    # -- writes --------------------------------------------------------------------------------------------

    def put(self, read: Row, url: str) -> Row | None:
        """Our PUT: every field as it was read, and the link. None: no such threat."""
        row = self.rows[read.id]
        if row.deleted:
            return None
        self._on_put(row, read, url)
        for name in FIELDS:
            setattr(row, name, getattr(read, name))
        return self._linked(row, url)

    def patch(self, read: Row, url: str) -> Row | None:
        """Our PATCH of a model: the link alone, and only while it is as it was read. Raises Changed."""
        row = self.models[read.id]
        if row.deleted:
            return None
        if row.issue_uri != read.issue_uri:
            raise Changed("400: test failed")
        self._on_put(row, read, url)
        return self._linked(row, url)

    def _linked(self, row: Row, url: str) -> Row:
        row.restores += int(row.ours_shown and not row.issue_uri.strip())
        row.issue_uri, row.link_by, row.ours_shown = url, "us", True
        row.modified = self._time.now
        self.cache.pop(row.id, None)
        return row

    def save(self, row: Row, *, behind: bool = False, link: str | None = None, **changes: object) -> None:
        """A person saves the page; `behind`: the cache of GET by id does not hear of it."""
        for name, value in changes.items():
            setattr(row, name, value)
        if link is not None and link != row.issue_uri:
            row.issue_uri, row.link_by = link, "person"
            row.links.add(link)
        row.modified = self._time.now
        row.saves += 1
        if not behind:
            self.cache.pop(row.id, None)
