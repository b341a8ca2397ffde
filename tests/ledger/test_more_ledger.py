"""What the ledger's own rules are for, one small case each; the mutations name them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rig import Rig, model, rig, threat
from tmi_issue_sync.clock import Instant
from tmi_issue_sync.errors import LedgerError
from tmi_issue_sync.ledger import records
from tmi_issue_sync.ledger.store import Store
from tmi_issue_sync.model import Look, Marker, ModelRead, Threat, Ticket, TicketRef
from tmi_issue_sync.sync import Setup


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path, model(threat(0))) as found:
        yield found


def a_row(setup: Setup) -> Threat:
    read = next(iter(setup.tmi.read(setup.tmi.threat_models())))
    assert isinstance(read, ModelRead)
    return read.threats[0]


def test_a_claim_holds_from_its_first_read_on(tmp_path: Path) -> None:
    one, two = (Store.open(tmp_path / "ledger.db") for _ in range(2))
    two.run("PRAGMA busy_timeout=0")
    with one.transaction(), pytest.raises(LedgerError), two.transaction():
        pass
    one.close()
    two.close()


def test_commits_are_on_the_disk_before_anything_is_sent(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "ledger.db")
    assert [tuple(row) for row in store.rows("PRAGMA synchronous")] == [(2,)]
    store.close()


@pytest.mark.parametrize("lost", ["the witness", "this very ledger"])
def test_a_ledger_that_its_witness_does_not_know_settles(world: Rig, tmp_path: Path, lost: str) -> None:
    world.run()
    if lost == "the witness":
        world.ledger_path.with_name(world.ledger_path.name + ".lock").unlink()
    else:
        other = tmp_path / "other" / "ledger.db"
        other.parent.mkdir()
        with world.setup(other) as setup:
            setup.ledger.set("seq", "5")
        other.replace(world.ledger_path)
    world.new_install = False
    with world.setup() as setup:
        assert setup.ledger.settling()


def test_story_6_a_lock_deleted_under_a_live_process_stops_it(world: Rig) -> None:
    with world.setup() as setup:
        world.ledger_path.with_name(world.ledger_path.name + ".lock").unlink()
        row = a_row(setup)
        with pytest.raises(LedgerError, match="moved or deleted"):
            setup.ledger.intend(row, setup.sites[0].key, "x")


class Torn(tuple[Ticket, ...]):
    """Tickets in whose midst the process dies."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Ticket]:
        raise KeyboardInterrupt


def test_story_9_no_watermark_before_its_tickets(world: Rig) -> None:
    at = Instant(datetime.now(UTC), 1.0, "boot")
    with world.setup() as setup:
        key = setup.sites[0].key
        with pytest.raises(KeyboardInterrupt):
            setup.ledger.observe(key, Look(at.date, Torn(), "bot"), at, full=True, lag=1.0, settle=1.0)
        assert setup.ledger.site(key).watermark is None


@pytest.mark.parametrize(("said", "sent"), [("aa", True), ("bb", False), ("", False)])
def test_a_ticket_is_this_ledgers_if_it_names_its_create(world: Rig, said: str, sent: bool) -> None:
    with world.setup() as setup:
        key, at = setup.sites[0].key, datetime.now(UTC)
        row = a_row(setup)
        setup.ledger.intend(row, key, "x", "aa")
        marker = Marker(setup.instance, row.id, 0, said)
        ref = TicketRef(key.adapter, key.host, "1")
        found = Ticket(ref, key.project, f"{key.project}#1", f"https://{key.host}/1", marker, "bot", at, True)
        setup.ledger.keep(Look(at, (found,), "bot"))
        assert [ticket.sent for ticket in setup.ledger.tickets_of(row.id)] == [sent]


def test_a_doubt_that_cannot_be_compared_starts_again(world: Rig) -> None:
    with world.setup() as setup:
        key, row = setup.sites[0].key, a_row(setup)
        setup.ledger.intend(row, key, "x")
        setup.ledger.doubt(row.id, Instant(None, 500.0, "the boot before"))
        now = Instant(None, 5.0, "this boot")
        setup.ledger.observe(key, Look(None, (), "bot"), now, full=True, lag=1.0, settle=1.0)
        entry = setup.ledger.entry(row.id)
        assert entry is not None
        assert entry.doubt_from == now


def test_a_ticket_that_moved_is_still_the_one_that_we_sent(world: Rig) -> None:
    world.run()
    with world.setup() as setup:
        (old,) = setup.ledger.tickets()
        there = TicketRef(old.ref.adapter, old.ref.host, "999")
        marker = Marker(old.instance, old.threat_id)
        url = old.url.replace("threats", "other")
        now = Ticket(there, "example/other", "example/other#1", url, marker, old.author, old.created_at, open=True)
        setup.ledger.moved(old.ref, now)
        known = {ticket.ref: ticket for ticket in setup.ledger.tickets()}
        assert known[there].sent
        assert known[old.ref].gone_since is not None
        entry = setup.ledger.entry(old.threat_id)
        assert entry is not None
        assert entry.ticket == there


def test_runs_are_kept_in_the_order_of_their_beginning_and_not_for_ever(
    world: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "RUNS", 3)
    with world.setup() as setup:
        for name in ("a", "b", "c", "d", "e"):
            world.clock.wall -= 60  # a clock that is set back orders nothing
            setup.ledger.begin_run(name)
        assert [run.id for run in setup.ledger.runs()] == ["e", "d", "c"]
