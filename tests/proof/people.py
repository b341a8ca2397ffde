"""What happens to the world from outside: people in TMI and in trackers, operators, machines, disks."""

from __future__ import annotations

from collections.abc import Callable

from tmi_issue_sync.model import Marker

from .issues import SOMEBODY, US, Issues
from .issues import Row as Ticket
from .threats import Row as Threat
from .world import World

Doing = Callable[[World, int, float], object]


def _newest(world: World, n: int) -> tuple[Issues, Ticket] | None:
    """A living ticket of the nth threat, our own one first."""
    threat = world.threats.nth(n)
    found = [(issues, row) for issues, row in world.tickets(threat.id) if not row.deleted]
    return max(found, key=lambda pair: (pair[1].ours, pair[1].created), default=None)


# -- in TMI ----------------------------------------------------------------------------------------------------


def edit(world: World, n: int, x: float) -> None:
    row = world.threats.nth(n)
    world.threats.save(row, behind=x > 0.5, description=f"edited at {world.time.now:.0f}", metadata=f"m{x:g}")


def delete(world: World, n: int, _x: float) -> None:
    """A threat; or a model with all that is in it."""
    row = world.threats.nth(n)
    for each in (row, *world.threats.within(row)):
        each.deleted = True


def restore(world: World, n: int, _x: float) -> None:
    row = world.threats.nth(n)
    for each in (row, world.threats.models[row.model], *world.threats.within(row)):
        each.deleted = False


def settle_threat(world: World, n: int, _x: float) -> None:
    """A person resolves it: no new ticket is wanted any more."""
    row = world.threats.nth(n)
    world.threats.save(row, status="resolved")
    row.excuses.add("resolved")


def reopen_threat(world: World, n: int, _x: float) -> None:
    row = world.threats.nth(n)
    world.threats.save(row, status="open", mitigated=False)
    row.excuses.discard("resolved")


def new_threat(world: World, n: int, _x: float) -> None:
    if len(world.threats.rows) < 5:
        models = list(world.threats.models.values())
        models[n % len(models)].deleted = False
        row = world.threats.add(models[n % len(models)].id, confidential=False)
        row.modified = world.time.now


def _by_person(row: Threat) -> None:
    row.excuses.add("a person's link")


def link_elsewhere(world: World, n: int, _x: float) -> None:
    row = world.threats.nth(n)
    world.threats.save(row, link=f"https://wiki.example/page/{n}")
    _by_person(row)


def link_note(world: World, n: int, _x: float) -> None:
    row = world.threats.nth(n)
    world.threats.save(row, link="ask Sam")
    _by_person(row)


def link_hand_made(world: World, n: int, _x: float) -> None:
    """A person makes a ticket by hand in our tracker and links it."""
    row, issues = world.threats.nth(n), world.trackers["a"]
    ticket = issues.commit(None, SOMEBODY, ours=False)
    world.threats.save(row, link=ticket.url)
    _by_person(row)


def link_clone(world: World, n: int, x: float) -> None:
    """A person clones our ticket and links the clone."""
    if made := clone(world, n, x):
        row = world.threats.nth(n)
        world.threats.save(row, link=made.url)
        _by_person(row)


def opt_out(world: World, n: int, _x: float) -> None:
    row = world.threats.nth(n)
    world.threats.save(row, link="n/a")
    row.excuses.add("n/a")


def unlink(world: World, n: int, x: float) -> None:
    """A person takes the link away, or saves a page that was loaded before the link was there."""
    row = world.threats.nth(n)
    if not row.issue_uri:
        return
    row.unlinked += 1
    world.threats.save(row, behind=x > 0.5, link="")


# -- in trackers -----------------------------------------------------------------------------------------------


def close(world: World, n: int, _x: float) -> None:
    if found := _newest(world, n):
        found[0].close(found[1])


def reopen(world: World, n: int, _x: float) -> None:
    row = world.threats.nth(n)
    for issues, ticket in world.tickets(row.id):
        if not ticket.open and not ticket.deleted:
            issues.close(ticket, open_=True)
            row.excuses.add("reopened")
            return


def delete_ticket(world: World, n: int, _x: float) -> None:
    if found := _newest(world, n):
        found[0].delete(found[1])
        world.threats.nth(n).excuses.add("ticket deleted")


def move(world: World, n: int, _x: float) -> None:
    if found := _newest(world, n):
        found[0].move(found[1])


def clone(world: World, n: int, x: float) -> Ticket | None:
    """A person, or an automation under our account, copies our ticket with its marker."""
    if (found := _newest(world, n)) is None:
        return None
    issues, ticket = found
    marker = ticket.marker
    if marker is None:
        return None
    copy = Marker(marker.instance, marker.threat_id, marker.generation)
    world.threats.nth(n).excuses.add("cloned")
    return issues.commit(copy, US if x > 0.5 else SOMEBODY, ours=False)


def lag(world: World, _n: int, x: float) -> None:
    """From now on the indexes are this late, as a share of what is declared."""
    for issues in world.trackers.values():
        issues.lag = x * issues.traits.lag * issues.beyond


def blind(world: World, n: int, _x: float) -> None:
    issues = world.trackers["ab"[n % 2]]
    issues.blind = not issues.blind


def shut_out(world: World, n: int, _x: float) -> None:
    """Our account loses the right to see the tickets, or gets it back: lists are empty, reads say 404."""
    issues = world.trackers["ab"[n % 2]]
    issues.shut = not issues.shut


def public(world: World, n: int, _x: float) -> None:
    issues = world.trackers["ab"[n % 2]]
    issues.public = not issues.public
    world.turned.add(issues.name)


IN_TMI: dict[str, Doing] = {
    "edits": edit,
    "deletes": delete,
    "restores": restore,
    "resolves": settle_threat,
    "reopens": reopen_threat,
    "adds": new_threat,
    "links elsewhere": link_elsewhere,
    "writes a note": link_note,
    "links by hand": link_hand_made,
    "links a clone": link_clone,
    "says n/a": opt_out,
    "unlinks": unlink,
}
IN_TRACKERS: dict[str, Doing] = {
    "closes": close,
    "opens again": reopen,
    "deletes ticket": delete_ticket,
    "moves ticket": move,
    "clones": clone,
    "lag": lag,
    "blind": blind,
    "shuts out": shut_out,
    "public": public,
}
PEOPLE = IN_TMI | IN_TRACKERS
"""What may also happen while a pass runs."""
