"""The decision: one, with one reason in words, for each threat. Pure: no clock, no I/O, no log.

issue_uri in TMI        ledger                      decision
blank                   nothing                     create, if eligible (protocol Cr1), else skip or wait
blank                   intended                    wait for the horizon, then find (Do1-Do3)
blank                   created, never shown        link
blank                   linked: our link vanished   restore, at most three times; then unlinked (Li3)
blank                   adopted: it vanished        restore the person's URL (Li3)
blank                   gone                        gone; never made again but by `retry --new-ticket` (Go1)
blank                   opted out, skipped          opted out (Li3)
n/a                     any                         opted out
no URL                  any                         note: a person's, left alone
our ticket's URL        any                         keep; recorded as linked where it was not
our ticket's old URL    linked, ticket moved        follow: write the new URL
URL into our tracker    not known                   examine: read it before calling it a person's (Li1)
any other URL           any                         adopt; a ticket of ours beside it is superseded (Li2)
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from .ledger.rows import Entry, Known, Link, Side, keeper
from .model import ModelRead, Threat
from .parents import place
from .plan import LINKS, RESTORES, Decision, Kind, Sight, View
from .rules import Destination, choose
from .urls import host_of, is_url, same_url

CHILDLESS = frozenset({Kind.OPTED_OUT, Kind.NOTE, Kind.UNLINKED, Kind.GONE, Kind.SKIP})
"""Where a model has no ticket and gets none: its threats' tickets stand alone."""
UNDECIDED = frozenset({Kind.WAIT, Kind.FIND, Kind.PARKED, Kind.REFUSED, Kind.FOREIGN})
"""Where a model's ticket is still to come: those of its threats wait for it."""


def decide(threat: Threat, read: ModelRead, view: View) -> Decision:
    """The truth table above, for one threat; no link is written while the last one may still arrive (Wr2)."""
    found = _decided(threat, read, view)
    if found.kind in LINKS and (held := view.held(threat.id)):
        why = f"the answer to its link was lost; it may still arrive{_in(held)}"
        return replace(found, kind=Kind.WAIT, reason=why, seconds=held)
    return found


def _decided(threat: Threat, read: ModelRead, view: View) -> Decision:
    uri = threat.issue_uri.strip()
    if not uri:
        return _blank(threat, read, view)
    if uri.lower() == "n/a":
        return Decision(threat, Kind.OPTED_OUT, "its issue_uri says n/a: no ticket, please")
    if not is_url(uri):
        return Decision(threat, Kind.NOTE, "its issue_uri is a person's note, not a URL")
    return _with_link(threat, uri, read, view)


# -- a link is there ----------------------------------------------------------------------------------------


def _with_link(threat: Threat, uri: str, read: ModelRead, view: View) -> Decision:
    entry = view.entries.get(threat.id)
    tickets = view.tickets.get(threat.id, ())
    mine = next((ticket for ticket in tickets if same_url(ticket.url, uri)), None)
    if mine is not None:
        return _with_ours(threat, mine, read, view)
    if entry and entry.link is Link.ADOPTED and entry.link_url == uri:
        return Decision(threat, Kind.KEEP, "linked by a person", url=uri)
    if entry and entry.side is Side.CREATED and entry.offered and same_url(entry.link_url, uri):
        ticket = _ticket_of(entry, view)
        if ticket is not None:
            return Decision(threat, Kind.FOLLOW, f"its ticket moved to {ticket.number}", url=ticket.url)
    if host_of(uri) in view.hosts:
        return Decision(threat, Kind.EXAMINE, "a link into a tracker of ours: read before it is believed", url=uri)
    return Decision(threat, Kind.ADOPT, "a person linked it", url=uri)


def _with_ours(threat: Threat, mine: Known, read: ModelRead, view: View) -> Decision:
    """TMI links a ticket of ours: the right one, one that moved, or the one before a new generation (Id5)."""
    entry = view.entries.get(threat.id)
    if entry and entry.generation > mine.generation and entry.side is Side.NONE:
        if entry.skipped:
            return Decision(threat, Kind.SKIP, f"skipped by hand; `retry {threat.id}` ends it", url=mine.url)
        return _new(threat, read, entry, view)
    if entry and entry.generation > mine.generation and entry.side is Side.INTENDED:
        return _in_doubt(threat, entry, view)
    current = _ticket_of(entry, view) if entry else None
    if current and current.ref != mine.ref and (mine.gone_since or current.generation > mine.generation):
        return Decision(threat, Kind.FOLLOW, f"{current.number} takes the place of {mine.number}", url=current.url)
    if (best := _keeper_instead(mine, view)) is not None:
        return Decision(threat, Kind.FOLLOW, f"{mine.number} is a duplicate of {best.number}", url=best.url)
    if mine.gone_since is not None:
        why = f"its ticket {mine.number} is gone; `retry --new-ticket {threat.id}` makes another"
        return Decision(threat, Kind.GONE, why, url=mine.url)
    return Decision(threat, Kind.KEEP, f"linked to {mine.number}", url=mine.url)


def _keeper_instead(mine: Known, view: View) -> Known | None:
    """The ticket that stays open where TMI links one that this tracker's sweep closes (Sw2)."""
    if mine.author != view.sweeping.get(mine.key):
        return None
    live = [t for t in view.tickets[mine.threat_id] if t.open and t.gone_since is None]
    same = [t for t in live if t.generation == mine.generation]
    if not same or not (mine.open or mine.swept):
        return None
    best = keeper(same)
    return None if best.ref == mine.ref else best


def _ticket_of(entry: Entry, view: View) -> Known | None:
    return next((t for t in view.tickets.get(entry.threat_id, ()) if t.ref == entry.ticket), None)


# -- no link ------------------------------------------------------------------------------------------------


def _blank(threat: Threat, read: ModelRead, view: View) -> Decision:
    entry = view.entries.get(threat.id)
    if entry is not None:
        if entry.side is Side.INTENDED:
            return _in_doubt(threat, entry, view)
        if entry.link is Link.OPTED_OUT or entry.skipped:
            how = "by hand (`skip`)" if entry.skipped else "by its issue_uri n/a"
            return Decision(threat, Kind.OPTED_OUT, f"opted out {how}; `retry {threat.id}` ends it")
        if entry.link is Link.ADOPTED:
            return _persons(threat, entry, view)
        if entry.side is Side.CREATED:
            return _unlinked(threat, entry, view)
        if entry.side is Side.GONE:
            return Decision(
                threat,
                Kind.GONE,
                f"{entry.why or 'its ticket is gone'}; `retry --new-ticket {threat.id}` makes another",
            )
    return _new(threat, read, entry, view)


def _persons(threat: Threat, entry: Entry, view: View) -> Decision:
    """A person's link is blank in TMI: it vanished, was taken away, or was refused when we were to write it."""
    if entry.blocked_at == blocked_key(threat, view.now, view.version()):
        return Decision(threat, Kind.BLOCKED, f"TMI refuses a person's link: {entry.why}", url=entry.link_url)
    if entry.restored >= RESTORES:
        return Decision(threat, Kind.UNLINKED, "unlinked by hand", url=entry.link_url)
    return Decision(threat, Kind.RESTORE, "a person's link vanished", url=entry.link_url)


def _in_doubt(threat: Threat, entry: Entry, view: View) -> Decision:
    """A create was sent and nobody knows its outcome (Do1-Do5)."""
    sight = view.sights.get(entry.tracker) if entry.tracker else None
    if sight is None:
        why = f"in doubt on {entry.tracker}, which left the config: put it back, or with retired = true"
        return Decision(threat, Kind.PARKED, why)
    kind, why, seconds = doubt(threat.id, sight)
    return Decision(threat, kind, why, seconds=seconds, wants=kind is Kind.WAIT)


def doubt(threat_id: str, sight: Sight) -> tuple[Kind, str, float | None]:
    """What becomes of a create in doubt (Do3): wait, find, or ask a person; why, and for how many seconds."""
    if sight.closed:
        return Kind.WAIT, f"in doubt; {sight.closed}", None
    left = (sight.horizon_left or {}).get(threat_id)
    if left is None or left > 0:
        soon = None if left is None else min(left, max(sight.lag, 1.0))
        lost = "the answer to its create was lost"
        return Kind.WAIT, f"in doubt: {lost}; if no ticket shows, another is made{_in(left)}", soon
    if sight.unproven and sight.first != threat_id:
        return Kind.WAIT, f"in doubt; {sight.unproven}", sight.lag
    if sight.dark and sight.first != threat_id:
        ends = f"a list that shows another ticket ends it, or `retry {threat_id}`"
        return Kind.PARKED, f"in doubt; {sight.dark}: {ends}", None
    return Kind.FIND, "in doubt, and the horizon is over: look whether the ticket exists", None


def _unlinked(threat: Threat, entry: Entry, view: View) -> Decision:
    ticket = _ticket_of(entry, view)
    if ticket is None:
        return Decision(threat, Kind.GONE, "its ticket is not known any more")
    if entry.link is Link.LINKED:
        if entry.restored >= RESTORES:
            return Decision(threat, Kind.UNLINKED, f"unlinked by hand from {ticket.number}", url=ticket.url)
        return Decision(threat, Kind.RESTORE, f"its link to {ticket.number} vanished", url=ticket.url)
    if entry.link is Link.BLOCKED and entry.blocked_at == blocked_key(threat, view.now, view.version()):
        return Decision(
            threat, Kind.BLOCKED, f"TMI refuses the link to {ticket.number}: {entry.why}", url=ticket.url
        )
    return Decision(threat, Kind.LINK, f"{ticket.number} waits to be linked", url=ticket.url)


def blocked_key(threat: Threat, now: datetime, version: str) -> str:
    """A refusal holds until the threat or the server changes, and for the day (Wr4)."""
    return f"{threat.modified_at.isoformat()} {version} {now.date().isoformat()}"


def _new(threat: Threat, read: ModelRead, entry: Entry | None, view: View) -> Decision:
    """Nothing of ours exists: eligible, allowed, and not yet asked to wait (Cr1)."""
    foreign = view.foreign.get(threat.id)
    if foreign is not None:
        why = f"{foreign.number} names this threat under {foreign.instance}: add it to [tmi] instance_aliases"
        return Decision(threat, Kind.FOREIGN, why, url=foreign.url)
    to = _place(threat, read, view)
    if isinstance(to, str):
        return Decision(threat, Kind.SKIP, to)
    after = view.policy.created_after
    if after is not None and threat.created_at < after and not threat.whole_model:
        return Decision(threat, Kind.SKIP, f"created before the baseline of {after:%Y-%m-%d} (sync.created_after)")
    if entry is not None and entry.parked and entry.payload == view.payload(threat, to):
        return Decision(threat, Kind.PARKED, f"{entry.parked}; mend it, or `retry {threat.id}`", to=to)
    if refusal := _exposed(threat, to, view):
        return Decision(threat, Kind.REFUSED, refusal, to=to)
    return _ready(threat, read, to, view)


def _place(threat: Threat, read: ModelRead, view: View) -> Destination | str:
    if threat.whole_model:
        return place(read.threats, view.routes, view.default)
    to = choose(threat, view.routes, view.default)
    parent = view.parents.get(threat.model.id)
    if isinstance(to, str) or parent is None or parent.kind not in CHILDLESS:
        return to
    return replace(to, parent=None)


def _exposed(threat: Threat, to: Destination, view: View) -> str:
    """Why the place may not hold this threat's ticket (design S7, Co1); empty where it may."""
    if to.confidential or not view.confidential.get(threat.model.id, True):
        return ""
    if threat.model.id in view.confidential:
        return f"its threat model is confidential and {to.key} is not declared so (confidential = true)"
    return "whether its threat model is confidential could not be read, so it counts as confidential"


def _ready(threat: Threat, read: ModelRead, to: Destination, view: View) -> Decision:
    sight = view.sights.get(to.key)
    if view.settling:
        return Decision(threat, Kind.WAIT, view.settling, to=to, seconds=view.settle_left, wants=True)
    if sight and sight.retired:
        return Decision(threat, Kind.SKIP, f"its tracker {to.tracker} is retired", to=to)
    if sight is None or sight.closed:
        why = sight.closed if sight else f"{to.key} was not looked at"
        return Decision(threat, Kind.WAIT, why, to=to, wants=True)
    if sight.unproven and sight.first != threat.id:
        return Decision(threat, Kind.WAIT, sight.unproven, to=to, seconds=sight.lag, wants=True)
    if to.key in view.unlinkable:
        words = view.unlinkable[to.key]
        why = f"TMI refuses every link to {to.key}: {words}; mend that, then `retry` the blocked threat"
        return Decision(threat, Kind.WAIT, why, to=to, wants=True)
    still = (read.as_of - threat.modified_at) / timedelta(seconds=1)
    if still < view.policy.quiet:
        left = view.policy.quiet - still
        return Decision(threat, Kind.WAIT, f"edited a moment ago{_in(left)}", to=to, seconds=left, wants=True)
    if threat.whole_model:
        return Decision(threat, Kind.CREATE, "threat model without a ticket", to=to, wants=True)
    parent = view.parents.get(threat.model.id) if to.parent else None
    if parent and parent.kind in UNDECIDED:
        why = f"the ticket of its threat model comes first ({parent.reason})"
        return Decision(threat, Kind.WAIT, why, to=to, seconds=parent.seconds, wants=True)
    return Decision(threat, Kind.CREATE, f"{threat.severity} threat without a ticket", to=to, wants=True)


def _in(seconds: float | None) -> str:
    return "" if seconds is None else f" (goes on in {max(1, round(seconds))} s)"
