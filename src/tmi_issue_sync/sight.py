"""Looking: what one pass may believe of one tracker (protocol 5), with the control that keeps it honest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .clock import Clock, Instant, elapsed, instant
from .control import Control
from .errors import Denied, TrackerError, Unavailable
from .ledger import Ledger
from .ledger.rows import Entry, Side, SiteRow
from .model import Look, Marker, TrackerKey
from .plan import Sight
from .site import Site
from .urls import host_of

FULL_EVERY = timedelta(hours=24)
"""A look at everything once a day, and for a day after an attempt that found nothing (Lo4)."""
PAUSE_MAX = 3600.0
"""A tracker's own "later" is obeyed for this many seconds at most (time rule)."""
DARK = "every ticket that was known there has gone, or is out of sight, so that no list proves anything"


@dataclass(slots=True)
class Seen:
    """One tracker in one pass: the sight for the plan, and its time for doubts that begin."""

    site: Site
    sight: Sight
    as_of: Instant | None = None
    """The first page's Date; its uptime was taken before the request left, so it counts as early."""
    error: TrackerError | None = None


class Watcher:
    """Looks at the trackers of a pass and keeps what they show."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self.control = Control(ledger)
        self._whole: set[TrackerKey] = set()
        """Looked at as a whole in this pass."""

    def look(self, site: Site) -> Seen:
        """One complete, controlled look; a failure closes the tracker for this pass, and changes no belief."""
        before = self._ledger.site(site.key)
        paused = self._ledger.paused(site.key)
        if paused > 0:
            return self._closed(site, Unavailable(f"{site.name} rests for {paused:.0f} s more", retry_after=paused))
        try:
            look, at, since, lie = self._trusted(site, before)
        except TrackerError as error:
            return self._closed(site, error)
        if lie:
            self._ledger.keep(look)
            return Seen(site, Sight(site.key, lie, retired=site.retired), error=TrackerError(f"{site.name}: {lie}"))
        settle = site.traits.settle()
        self._ledger.observe(site.key, look, at, full=since is None, lag=site.traits.lag, settle=settle)
        row = self._ledger.site(site.key)
        why, trouble = self._unlisted(site, row.canary, at) if row.canary else ("", None)
        dark = DARK if self._ledger.dark(site.key, look) else ""
        if dark and not row.settled and settles_in(site, row, at) == 0:
            trouble = trouble or self._unsettled(site)
        sight = Sight(
            site.key,
            unproven=why,
            first=row.canary,
            dark=dark,
            retired=site.retired,
            lag=site.traits.lag,
            horizon_left=self._horizons(site, at),
        )
        return Seen(site, sight, at, trouble)

    def _unlisted(self, site: Site, threat_id: str, at: Instant) -> tuple[str, Denied | None]:
        """Why the rest waits for the first ticket there (Lo7), and the error where only a person knows better."""
        entry, known = self._ledger.entry(threat_id), self._ledger.tickets_of(threat_id)
        first = next((ticket for ticket in known if ticket.sent and ticket.key == site.key), None)
        todo = f"May the account see its tickets? Else mend that, and go on with: retry {threat_id}"
        if first is not None:
            why = f"the first ticket there, {first.number}, is not listed yet: the rest follows it"
            listed_by = first.created_at + timedelta(seconds=site.traits.lag + 10)
            if first.gone_since is not None:
                trouble = f"the first ticket there, {first.number}, was in no list, and can't be read any more"
            elif (at.date or self._clock.now()) > listed_by:  # only to tell a person: no belief hangs on this clock
                trouble = f"the first ticket there, {first.number}, is in no list; is its marker still in it?"
            else:
                return why, None
        elif entry is not None and entry.side is Side.INTENDED:
            return "the create of the first ticket there is in doubt: the rest follows it", None
        elif entry is not None and entry.parked:
            trouble = f"the first ticket there was not to be made: {entry.parked}"
        else:  # it was moved elsewhere before it was listed
            self._ledger.no_canary(threat_id)
            return "", None
        return trouble, Denied(f"{site.name}: {trouble}", todo=todo)

    def _unsettled(self, site: Site) -> Denied:
        """Time is over, and the list proves nothing: no ticket of a lost ledger's would be in it either (St4)."""
        last = max((t for t in self._ledger.tickets() if t.key == site.key), key=lambda t: t.created_at)
        return Denied(
            f"{site.name}: the ledger can't settle there, because {DARK}",
            todo=f"May the account see them? Else mend that, and go on with: retry {last.threat_id}",
        )

    def _trusted(self, site: Site, before: SiteRow) -> tuple[Look, Instant, datetime | None, str]:
        """A listing, from when on, and why it lies: of what changed, or of all where that proves nothing."""
        if not self._full_look_due(before) and (since := self._since(before)):
            look, at = self._changed(site, since)
            # Another account lists other tickets; a Date before the last says that its clock was once ahead.
            if look.account == before.account and not (at.date and at.date < since):
                held = self.control.held(site, look, since)
                silent = not look.tickets and self._ledger.doubts(site.key)  # no doubt ends by it
                # What is seen there for the first time may have come into sight with older ones.
                appears = look.tickets and not before.seen and site.key not in self._whole
                if held.lie or (held.proves and not silent and not appears):
                    return look, at, since, held.lie
        look, at = self._changed(site, None)
        self._whole.add(site.key)
        return look, at, None, self.control.held(site, look, None).lie

    def _changed(self, site: Site, since: datetime | None) -> tuple[Look, Instant]:
        start = instant(self._clock, None)
        look = site.tracker.changed(since)
        return look, self._dated(start, look.as_of)

    def find(self, site: Site, marker: Marker) -> tuple[Look, Instant]:
        """One threat's tickets in the widest scope, and when that was asked (Do3)."""
        start = instant(self._clock, None)
        look = site.tracker.find(marker)
        return look, self._dated(start, look.as_of)

    def _dated(self, start: Instant, date: datetime | None) -> Instant:
        return Instant(date, start.uptime, self._clock.boot_id()) if date else start

    def _full_look_due(self, row: SiteRow) -> bool:
        if row.watermark is None or row.full_look_at is None or not row.settled:
            return True
        if not row.seen and self._ledger.knew(row.key, gone=True):  # what comes back is noticed at once
            return True
        now = self._clock.now()
        if not timedelta(0) <= now - row.full_look_at < FULL_EVERY:  # a clock set back looks again, no harm
            return True
        return self._ledger.tried_since(now - FULL_EVERY)

    def _since(self, row: SiteRow) -> datetime | None:
        """Back to the newest known ticket that must be listed by now: the control costs no call (Lo6)."""
        if row.watermark is None:
            return None
        control = self.control.known(row, row.watermark)
        return min([row.watermark, *(known.created_at for known in control[:1])])

    def _horizons(self, site: Site, at: Instant) -> dict[str, float | None]:
        """Seconds until "none" may be believed of each threat in doubt here (Do3)."""
        return {entry.threat_id: self.left(site, entry, at) for entry in self._ledger.doubts(site.key)}

    def left(self, site: Site, entry: Entry, at: Instant) -> float | None:
        passed = elapsed(entry.doubt_from, at) if entry.doubt_from else None
        if passed is None:
            return None
        return max(0.0, self.horizon(site, at) - passed)

    def horizon(self, site: Site, at: Instant) -> float:
        """The tracker's horizon; longer for as long as a 5xx is recent (it lists late then)."""
        troubled = self._ledger.site(site.key).troubled
        if troubled is None:
            return site.traits.horizon()
        longest = site.traits.horizon(after_errors=True)
        since = elapsed(troubled, at)
        if since is None:  # stamped before a reboot, or without a Date: it counts from this reply on
            self._ledger.trouble(site.key, at)
            return longest
        return longest if since < longest else site.traits.horizon()

    def _closed(self, site: Site, error: TrackerError) -> Seen:
        if isinstance(error, Unavailable):
            self.unavailable(site, error)
        return Seen(
            site,
            Sight(site.key, f"{site.name} is closed in this pass: {error.why}", retired=site.retired),
            error=error,
        )

    def unavailable(self, site: Site, error: Unavailable) -> None:
        """Remember until when it is closed, and that it stumbled."""
        if error.retry_after and not self._ledger.paused(site.key):
            self._ledger.pause(site.key, min(error.retry_after, PAUSE_MAX))
        if error.server_fault:
            self._ledger.trouble(site.key, instant(self._clock, None))


def sites_at(seen: Mapping[TrackerKey, Seen], url: str) -> list[Seen]:
    """Trackers that may read this URL, the open ones first. Of two on one host, only one may know it."""
    found = [each for each in seen.values() if host_of(url) in each.site.traits.hosts]
    return sorted(found, key=lambda each: bool(each.sight.closed))


def at_url(seen: Mapping[TrackerKey, Seen], url: str, key: TrackerKey | None = None) -> Seen | None:
    """The tracker that reads a ticket known to be in this place, or else any that may read its URL."""
    if key is not None and key in seen:
        return seen[key]
    return next(iter(sites_at(seen, url)), None)


def doubt_start(seen: Seen, clock: Clock) -> Instant:
    """Now, in the tracker's time: the last Date plus what passed since, never too early (time rule)."""
    now = instant(clock, None)
    if seen.as_of is None or seen.as_of.date is None:
        return now
    passed = max(0.0, now.uptime - seen.as_of.uptime)
    return Instant(seen.as_of.date + timedelta(seconds=passed), now.uptime, clock.boot_id())


def settle_left(sites: Sequence[Site], ledger: Ledger, seen: Mapping[TrackerKey, Seen]) -> float | None:
    """Seconds until the slowest tracker has settled; None where that can't be told (St4)."""
    left: list[float] = []
    for site in sites:
        row, each = ledger.site(site.key), seen[site.key]
        if row.settled:
            continue
        seconds = settles_in(site, row, each.as_of)
        if seconds is None or (seconds == 0 and each.sight.dark):
            return None
        left.append(seconds)
    return max(left, default=0.0)


def settles_in(site: Site, row: SiteRow, now: Instant | None) -> float | None:
    """Seconds until one tracker that has not settled was watched long enough (St4)."""
    passed = elapsed(row.settle_start, now) if row.settle_start and now else None
    return None if passed is None else max(0.0, site.traits.settle() - passed)
