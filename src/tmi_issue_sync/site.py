"""One project of a configured tracker, connected."""

from __future__ import annotations

from dataclasses import dataclass

from .model import TrackerKey
from .tracker import Tracker, Traits


@dataclass(frozen=True, slots=True)
class Site:
    """Where tickets of ours may be, and what the operator said of the place."""

    name: str
    """The tracker's name in the config."""
    key: TrackerKey
    tracker: Tracker
    traits: Traits
    public: bool = False
    confidential: bool = False
    retired: bool = False
    """Looked at, nothing created in it (protocol Id6)."""
    close_duplicates: bool = True
    """Where the adapter can (protocol Sw3); else they are reported."""
    close_superseded: bool = False
    """Our ticket beside a person's link, if TMI never showed it (protocol Li2)."""
