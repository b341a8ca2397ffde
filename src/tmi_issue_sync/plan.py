"""The plan as data: what a pass may know, and what it decides about each threat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .ledger.rows import Entry, Known
from .model import Threat, TrackerKey
from .rules import Destination, Route

FRESH = 60.0
"""Seconds that a row read from TMI may be old when its ticket is made (Cr1)."""
RESTORES = 3
"""How often a vanished link of ours is put back before a person's will is believed (Li3)."""
ATTEMPTS = 3
"""Creates of one threat whose doubts ended in "none" before it is parked (Do4)."""


class Kind(StrEnum):
    """What a pass does about one threat."""

    CREATE = "create"
    FIND = "find"
    LINK = "link"
    RESTORE = "restore"
    FOLLOW = "follow"
    EXAMINE = "examine"
    ADOPT = "adopt"
    KEEP = "keep"
    WAIT = "wait"
    SKIP = "skip"
    OPTED_OUT = "opted out"
    NOTE = "note"
    UNLINKED = "unlinked"
    GONE = "gone"
    PARKED = "parked"
    BLOCKED = "blocked"
    FOREIGN = "foreign"
    REFUSED = "refused"
    """No place may hold this ticket (design S7)."""


CHANGES = frozenset({Kind.CREATE, Kind.FIND, Kind.LINK, Kind.RESTORE, Kind.FOLLOW, Kind.EXAMINE, Kind.ADOPT})
"""Decisions that a pass acts on: `plan --check` exits 3 where there is one."""


LINKS = frozenset({Kind.LINK, Kind.RESTORE, Kind.FOLLOW})
"""Decisions that write to TMI and nowhere else."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to one threat, or one whole model, and why. `seconds`: when a wait is over, if that is known."""

    threat: Threat
    kind: Kind
    reason: str
    to: Destination | None = None
    url: str = ""
    seconds: float | None = None
    wants: bool = False
    """A wait or a budget stands before a create: the threat wants a ticket and has none."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What this pass may believe of one tracker: its listing was complete, or why it is closed."""

    key: TrackerKey
    closed: str = ""
    """Why nothing may be made here, nor anything asked, in this pass; empty where all is well."""
    unproven: str = ""
    """Why nothing may be made here yet, and no "none" be believed but of `first`, though it answers (Lo7)."""
    first: str = ""
    """The threat whose ticket must be listed before others are made."""
    dark: str = ""
    """Why no "none" is believed there but of `first`: the list shows nothing where tickets have been known."""
    retired: bool = False
    lag: float = 0.0
    """Seconds after which a lost ticket is usually listed: long before "none" may be believed."""
    horizon_left: Mapping[str, float | None] | None = None
    """Threats in doubt here: seconds until "none" may be believed; None where it can't be told."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The operator's choices that the plan follows."""

    quiet: float = 60.0
    created_after: datetime | None = None
    per_pass: int = 50
    per_day: int = 500


@dataclass(frozen=True, slots=True)
class View:
    """All that the plan knows beside the threats."""

    now: datetime
    policy: Policy
    routes: tuple[Route, ...]
    default: Destination | None
    hosts: frozenset[str]
    """Hosts of configured trackers: links there are read before they are believed (Li1)."""
    entries: Mapping[str, Entry]
    tickets: Mapping[str, tuple[Known, ...]]
    """Every marked ticket known of a threat, our instance's only."""
    foreign: Mapping[str, Known]
    """A ticket of the threat under another instance (Id4)."""
    sights: Mapping[TrackerKey, Sight]
    sweeping: Mapping[TrackerKey, str]
    """Trackers where duplicates are closed, with our account there: a link to a loser is moved first (Sw2)."""
    confidential: Mapping[str, bool]
    """By model id; a model that is not in it is unknown, and counts as confidential (Co1)."""
    unlinkable: Mapping[TrackerKey, str] = field(default_factory=dict)
    """Trackers whose links TMI refused as such, and its words: no more tickets there until one is taken."""
    no_writer: str = ""
    """Why nobody can write links for now, where the operator lets them wait (`links = "pending"`)."""
    settling: str = ""
    """Why no tracker gets a ticket yet (St4)."""
    settle_left: float | None = None
    spent_today: int = 0
    held: Callable[[str], float] = lambda _threat_id: 0.0
    """Seconds for which a threat is left alone: a write of its link may still be on its way (Wr2)."""
    payload: Callable[[Threat, Destination], str] = lambda _threat, _to: ""
    """The hash of what would be sent; asked for parked threats only."""
    version: Callable[[], str] = lambda: ""
    """TMI's version: a blocked link is tried again when it changes (Wr4)."""
    parents: Mapping[str, Decision] = field(default_factory=dict)
    """What happens to whole models, by model id; empty where no place wants them to have tickets."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Every threat's decision, in the order in which a pass acts on them."""

    decisions: tuple[Decision, ...]
    spare: tuple[Decision, ...] = ()
    """Creates whose turn comes in this pass where others of it could not be sent (Cr5)."""

    def of(self, *kinds: Kind) -> list[Decision]:
        return [decision for decision in self.decisions if decision.kind in kinds]
