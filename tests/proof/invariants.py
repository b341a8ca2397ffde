"""The promises (design 1) as functions on the world's own record: None where they hold, else what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .threats import FIELDS

if TYPE_CHECKING:
    from .issues import Issues
    from .issues import Row as Ticket
    from .threats import Row as Threat
    from .world import World


FORGOTTEN = "ledger lost and ticket moved"


def S1(world: World, issues: Issues, made: Ticket) -> str | None:
    """A ticket was just committed for us: no other one of ours exists for this threat, open or closed.

    People's clones do not count, deleted tickets neither; those of an earlier generation only while open.
    """
    assert made.marker is not None
    for where, other in world.tickets(made.marker.threat_id):
        if other is made or not other.ours or other.deleted or other.marker is None:
            continue
        if other.marker.generation < made.marker.generation and not other.open:
            continue
        if other.marker.generation < made.marker.generation and ("reopened" in _why(world, made) or other.hidden):
            continue  # a person opened it again; or asked for another when a read said that it is gone
        if world.terms.beyond > 1:
            world.checks["S1 beyond its limits: later than declared"] += 1
            continue
        if limit := beyond(world, where, other):
            world.checks[f"S1 beyond its limits: {limit}"] += 1
            if where.name in world.lied:
                world.extra[where.name].add(made.number)
                if len(world.extra[where.name]) > 2:
                    return f"{made.number} is the third ticket that a list that lied has made too many"
            continue
        state = "open" if other.open else "closed"
        return f"{made.number} on {issues.name} is a second ticket: {other.number} on {where.name} is {state}"
    return None


def S1_after_sweep(world: World, threat: Threat) -> str | None:
    """Faults have stopped for a while: where adapters can close, at most one open ticket that this ledger sent.

    What a lost ledger sent is reported, not closed (protocol 10.6); a ticket that a person opened again stays open.
    """
    if not world.terms.closes or threat.excuses & {"reopened", "marker dropped"}:
        return None
    sent = [row for _, row in world.tickets(threat.id) if row.ours and row.open and not row.deleted]
    mine = [row for row in sent if row.request in world.disk.knows and not row.moved]
    generations = {row.marker.generation for row in mine if row.marker}
    if len(mine) - len(generations) < 1:
        return None
    return f"{threat} keeps {' and '.join(row.number for row in mine)} open after the sweep"


def _why(world: World, made: Ticket) -> set[str]:
    assert made.marker is not None
    return world.threats.row(made.marker.threat_id).excuses


def beyond(world: World, where: Issues, other: Ticket) -> str:
    """Which limit of protocol 10 the other ticket lies behind; empty where none."""
    if where.name in world.lied:
        return "lists lied while nothing was known"
    if other.request in world.disk.knows or world.disk.remembers(where.key.host, other.ids):
        return ""
    if where.name not in world.configured:
        return "ledger and tracker lost"
    return FORGOTTEN if other.moved else ""


def S2(world: World, row: Threat, read: Threat) -> str | None:
    """A write of ours is about to be committed: it changes the link and nothing else.

    A save by a person after the read that the write is built from is the open window of protocol 10.5.
    """
    if row.saves != read.saves:
        world.checks["S2 S3 beyond their limits: saved between read and write"] += 1
        return None
    changed = [name for name in FIELDS if getattr(row, name) != getattr(read, name)]
    return f"our write changes {', '.join(changed)} of {row}" if changed else None


def S3(world: World, row: Threat, read: Threat, url: str) -> str | None:
    """A write of ours is about to be committed: no person's link or word is under it.

    What a person did to a threat after our read is the open window of protocol 10.5; models have none.
    """
    if (row.saves != read.saves and not row.whole) or row.issue_uri == url:
        return None
    if row.issue_uri.strip() and row.link_by == "person":
        held = world.holder(row.issue_uri)
        ours = held is not None and held[1].marker is not None and held[1].marker.threat_id == row.id
        if not ours:
            return f"our {url} overwrites a person's {row.issue_uri!r} on {row}"
    if not row.issue_uri.strip() and row.ours_shown and row.restores >= 3 + world.slack:
        return f"a link that a person took away from {row} is put back for the {row.restores + 1}th time"
    return None


def S3_create(world: World, threat: Threat) -> str | None:
    """A create arrives: no word of a person stood against it when we read the threat last."""
    shown = world.shown(threat.id)
    if shown is not None and shown.issue_uri.strip() and "new ticket" not in threat.excuses:
        return f"a create for {threat}, which showed {shown.issue_uri!r}"
    if threat.id in world.disk.opted_out:
        return f"a create for {threat}, which a person had opted out"
    return None


def S4(world: World, threat: Threat) -> str | None:
    """A create arrives: its intent is in the file, as another process reads it, and its witness beside it."""
    seq = world.disk.intent(threat.id)
    if seq is None:
        return f"a create for {threat} without a durable intent"
    witness = world.disk.witness()
    if witness is None or witness < seq:
        return f"a create for {threat} (seq {seq}) before its witness ({witness})"
    return None


def S5(world: World, ticket: Ticket) -> str | None:
    """A ticket was called gone: some read by id said so."""
    if ticket.deleted or ticket.moved or ticket.hidden:
        return None
    return f"{ticket.number} is called gone, and no read ever said so"


def S5_close(world: World, ticket: Ticket) -> str | None:
    """A ticket is closed by us: this very ledger sent it, and no person made it."""
    if not ticket.ours:
        return f"{ticket.number}, which a person made, is closed by us"
    if ticket.request not in world.disk.knows:
        return f"{ticket.number} is closed, and this ledger never sent it"
    return None


def S7(world: World, issues: Issues, threat: Threat) -> str | None:
    """A create arrives: the place may hold this threat."""
    confidential = world.threats.models[threat.model].confidential
    declared = issues.name == "a" and world.terms.kept
    if confidential and not declared:
        return f"confidential {threat} goes to {issues.name}, which is not declared so"
    if issues.public and issues.name not in world.turned:
        return f"{threat} goes to {issues.name}, which anybody can read"
    return None


def L1(world: World, threat: Threat) -> str | None:
    """Faults have stopped for a while: an eligible threat is linked to a ticket of ours that exists.

    A model gets one together with the first ticket that stands below it.
    """
    below = [row for each in world.threats.within(threat) for _, row in world.tickets(each.id) if row.named]
    if threat.whole and not below:
        return None
    if threat.whole and any(beyond(world, *each) == FORGOTTEN for each in world.tickets(threat.id)):
        return None  # and none of its threats wants a ticket: it gets no other
    if threat.excuses or threat.deleted or threat.id in world.disk.opted_out:
        return None
    held = world.holder(threat.issue_uri) if threat.issue_uri else None
    if held is None:
        return f"{threat} shows {threat.issue_uri!r} and no ticket of ours"
    _, ticket = held
    if ticket.marker is None or ticket.marker.threat_id != threat.id:
        return f"{threat} shows {ticket.number}, which is another's"
    return None


def F1_create(world: World, issues: Issues, threat: Threat, above: Ticket | None, body: str) -> str | None:
    """A threat's create arrives where models get tickets: its model's is known, or a person wanted none."""
    model = world.threats.models[threat.model]
    if above is None:
        alone = _stands_alone(world, issues, model)
        return None if alone else f"a create for {threat} before the ticket of {model} is known"
    if not _of_model(above, model):
        return f"{threat} goes below {above.number}, which is not the ticket of {model}"
    return None if any(url in body for url in above.urls) else f"the text of {threat} does not name {above.number}"


def _stands_alone(world: World, issues: Issues, model: Threat) -> bool:
    """Whether a person's word, or a ticket of the model on another tracker, leaves its threats without a parent."""
    shown = world.shown(model.id)
    held = world.holder(shown.issue_uri) if shown and shown.issue_uri.strip() else None
    if held and held[0] is issues and not (held[1].deleted or held[1].hidden):
        return False
    rows = [(where, row) for where in world.trackers.values() for row in where.rows]
    theirs = [(where, row) for where, row in rows if _of_model(row, model)]
    lost = any(row.hidden or where is not issues for where, row in theirs)
    word = model.excuses & {"a person's link", "n/a", "ticket deleted"} or model.id in world.disk.opted_out
    return bool(lost or word or model.unlinked >= 3)


def _of_model(ticket: Ticket, model: Threat) -> bool:
    """It is the model's: ours, or what a person linked there."""
    carries = ticket.marker is not None and ticket.marker.threat_id == model.id
    return carries or ticket.made_for == model.id or bool(model.links.intersection(ticket.urls))


def F1_nest(world: World, child: Ticket, above: Ticket) -> str | None:
    """A ticket is put below another: one that we sent, below the one that it names, and no other."""
    if not child.ours or child.request not in world.disk.knows:
        return f"{child.number}, which this ledger never sent, is put below {above.number}"
    if child.named is not above:
        return f"{child.number} is put below {above.number}, which it does not name"
    if child.above not in (None, above):
        return f"{child.number} gets a second parent, {above.number}"
    return None


def F1_after_all(world: World, threat: Threat) -> str | None:
    """Faults have stopped for a while: what we sent stands below what it names, unless that was refused."""
    if threat.excuses or threat.deleted or world.terms.beyond > 1:
        return None
    for _, row in world.tickets(threat.id):
        mine = row.ours and not row.deleted and row.request in world.disk.knows
        if mine and row.named and not row.unnestable and row.above is not row.named:
            return f"{row.number} does not stand below {row.named.number}"
    return None


def L3(world: World) -> str | None:
    """The pass that just ended had nothing to do: one read of everything, no other call, nothing sent."""
    full = sum(
        not all(row.deleted for row in world.threats.rows.values() if row.model == model)
        for model in world.threats.models
    )
    wanted = sorted(["models", *["read"] * full, *["changed"] * len(world.configured)])
    calls = sorted(call for call in world.points.trace if call not in ("commit", "witness"))
    return None if calls == wanted else f"an idle pass calls {calls}, not {wanted}"
