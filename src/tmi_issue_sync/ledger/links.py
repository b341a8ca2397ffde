"""What becomes of links, as TMI shows them (protocol 8): ours, a person's, taken away, refused, missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..model import Threat
from . import read
from .looks import NO_INTENT, Looks, ticket_columns
from .rows import Known, Link, Side


class Links(Looks):
    """Transactions that follow from what TMI's rows say, or refuse."""

    def linked(self, threat: Threat, url: str, *, restored: bool = False) -> None:
        """TMI shows our URL."""
        with self._store.transaction():
            entry = self.entry(threat.id)
            count = (entry.restored if entry else 0) + int(restored)
            state = {
                "link": Link.LINKED,
                "link_url": url,
                "why": "",
                "blocked_at": "",
                "restored": count,
                "unlinkable": 0,
            }
            self._threat(threat.id, **state, offered=1, superseded=0, missing_since=None, **names(threat))

    def adopted(self, threat: Threat, url: str, *, restored: bool = False) -> None:
        """A person's link; our own ticket beside it is superseded (Li1, Li2)."""
        with self._store.transaction():
            entry = self.entry(threat.id)
            beside = int(entry is not None and entry.side in (Side.CREATED, Side.INTENDED))
            again = entry.restored if entry and entry.link is Link.ADOPTED and entry.link_url == url else 0
            state = {"link": Link.ADOPTED, "link_url": url, "superseded": beside, "parked": "", "skipped": 0}
            state |= {"why": "", "blocked_at": "", "restored": again + int(restored)}
            self._threat(threat.id, **state, missing_since=None, **names(threat))

    def opted_out(self, threat: Threat) -> None:
        with self._store.transaction():
            self._threat(threat.id, link=Link.OPTED_OUT, link_url="", **names(threat))

    def blocked(self, threat: Threat, words: str, at: str, *, every_link: bool = False) -> None:
        """TMI refuses this write, or every link of its kind; it never leads to another ticket (Wr4).

        A person's link that could not be put back stays a person's (S3).
        """
        with self._store.transaction():
            entry = self.entry(threat.id)
            state: dict[str, Any] = {"why": words, "blocked_at": at, "unlinkable": int(every_link)}
            if entry is None or entry.link is not Link.ADOPTED:
                state["link"] = Link.BLOCKED
            self._threat(threat.id, **state, **names(threat))

    def missing(self, threat_ids: Iterable[str]) -> None:
        """Not in a complete list of their model: only noted (Lo2)."""
        with self._store.transaction():
            now = read.stamp(self._clock.now())
            for threat_id in threat_ids:
                self._threat(threat_id, missing_since=now)

    def seen_again(self, threat_ids: Iterable[str]) -> None:
        with self._store.transaction():
            for threat_id in threat_ids:
                self._threat(threat_id, missing_since=None)

    def point(self, threat: Threat, ticket: Known) -> None:
        """TMI links this ticket of ours: it is the one that counts."""
        with self._store.transaction():
            self._threat(threat.id, side=Side.CREATED, **ticket_columns(ticket), **NO_INTENT, **names(threat))


def names(threat: Threat) -> dict[str, str]:
    return {"model_id": threat.model.id, "name": threat.name[:256], "model_name": threat.model.name[:256]}
