"""The ledger on real SQLite: its invariants, its refusals in words, and what it survives."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlite_utils import Database

from rig import TestClock
from tmi_issue_sync.clock import Instant
from tmi_issue_sync.errors import LedgerError
from tmi_issue_sync.ledger import Ledger, LedgerLock, keeper
from tmi_issue_sync.ledger.rows import Link, Side
from tmi_issue_sync.ledger.schema import LATEST, migrations
from tmi_issue_sync.model import Look, Marker, Threat, ThreatModel, Ticket, TicketRef, TrackerKey

TMI = "https://tmi.example.com"
KEY = TrackerKey("github", "github.com", "example/threats")
AT = datetime(2026, 1, 5, tzinfo=UTC)
NOW = Instant(AT, 100.0, "boot")


def a_threat(threat_id: str = "t-1") -> Threat:
    return Threat(threat_id, ThreatModel("m-1", "Model"), "Name", AT, AT)


def a_ticket(n: int = 1, threat_id: str = "t-1", generation: int = 0, *, is_open: bool = True) -> Ticket:
    ref = TicketRef("github", "github.com", str(1000 + n))
    url = f"https://github.com/example/threats/issues/{n}"
    marker = Marker(TMI, threat_id, generation)
    return Ticket(ref, KEY.project, f"example/threats#{n}", url, marker, "bot", AT, is_open)


@contextmanager
def opened(path: Path, instance: str = TMI, *, new_install: bool = True) -> Iterator[Ledger]:
    with LedgerLock(path) as lock:
        ledger = Ledger.open(path, instance=instance, clock=TestClock(), lock=lock)
        try:
            if new_install and ledger.settling() and not ledger.tickets():
                ledger.new_install()
            yield ledger
        finally:
            ledger.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.db"


def test_an_intent_is_durable_before_anything_is_sent(path: Path) -> None:
    with opened(path) as ledger:
        seq = ledger.intend(a_threat(), KEY, "hash")
    with opened(path) as ledger:
        entry = ledger.entry("t-1")
        assert entry is not None
        assert (entry.side, entry.seq, entry.tracker, entry.doubt_from) == (Side.INTENDED, seq, KEY, None)


def test_a_threat_has_one_open_intent_whatever_the_tracker(path: Path) -> None:
    other = TrackerKey("jira", "example.atlassian.net", "SEC")
    with opened(path) as ledger:
        ledger.intend(a_threat(), KEY, "hash")
        with pytest.raises(LedgerError, match="already has"):
            ledger.intend(a_threat(), other, "hash")


def test_made_upserts_the_whole_row_even_if_it_is_not_there(path: Path) -> None:
    with opened(path) as ledger:
        ledger.made(a_threat(), KEY, a_ticket(), 7)
        entry = ledger.entry("t-1")
        assert entry is not None
        assert (entry.side, entry.ticket) == (Side.CREATED, a_ticket().ref)
        assert [known.sent for known in ledger.tickets()] == [True]


def test_a_dead_process_doubt_starts_at_the_first_look_after_it(path: Path) -> None:
    with opened(path) as ledger:
        ledger.intend(a_threat(), KEY, "hash")
        ledger.observe(KEY, Look(AT, (), "bot"), NOW, full=True, lag=1, settle=10)
        entry = ledger.entry("t-1")
        assert entry is not None
        assert entry.doubt_from == NOW


def test_a_look_that_shows_the_ticket_ends_the_doubt(path: Path) -> None:
    with opened(path) as ledger:
        ledger.intend(a_threat(), KEY, "hash", "c0ffee")
        found = replace(a_ticket(), marker=Marker(TMI, "t-1", 0, "c0ffee"))
        ledger.observe(KEY, Look(AT, (found,), "bot"), NOW, full=True, lag=1, settle=10)
        entry = ledger.entry("t-1")
        assert entry is not None
        assert (entry.side, entry.doubt_from) == (Side.CREATED, None)
        assert [known.sent for known in ledger.tickets()] == [True]


def test_an_older_generation_does_not_answer_for_a_newer_wish(path: Path) -> None:
    with opened(path) as ledger:
        ledger.made(a_threat(), KEY, a_ticket(), 1)
        ledger.new_generation("t-1")
        ledger.observe(KEY, Look(AT, (a_ticket(is_open=False),), "bot"), NOW, full=True, lag=1, settle=10)
        entry = ledger.entry("t-1")
        assert entry is not None
        assert (entry.side, entry.generation) == (Side.NONE, 1)


def test_link_side_and_ticket_side_do_not_overwrite_each_other(path: Path) -> None:
    with opened(path) as ledger:
        ledger.intend(a_threat(), KEY, "hash")
        ledger.adopted(a_threat(), "https://other.example.com/1")
        ledger.missing(["t-1"])
        entry = ledger.entry("t-1")
        assert entry is not None
        assert (entry.side, entry.link, entry.superseded) == (Side.INTENDED, Link.ADOPTED, True)


def test_the_keeper_is_the_oldest_open_one_of_the_highest_generation(path: Path) -> None:
    with opened(path) as ledger:
        tickets = (a_ticket(3), a_ticket(1, is_open=False), a_ticket(2), a_ticket(9, generation=0))
        ledger.keep(Look(AT, tickets, "bot"))
        assert keeper(ledger.tickets_of("t-1")).number == "example/threats#2"


def test_a_ledger_behind_its_witness_settles(path: Path, tmp_path: Path) -> None:
    with opened(path) as ledger:
        assert not ledger.settling()
    copy = path.read_bytes()
    with opened(path) as ledger:
        ledger.intend(a_threat(), KEY, "hash")
    path.write_bytes(copy)
    with opened(path, new_install=False) as ledger:
        assert ledger.settling()
        assert not ledger.site(KEY).settled
    with opened(path, new_install=False) as ledger:  # it stays so until the trackers have been watched
        assert ledger.settling()


def test_a_copy_that_settled_is_put_back_again_without_the_first_lock_file(path: Path) -> None:
    with opened(path):
        copy = path.read_bytes()
    path.with_name("ledger.db.lock").unlink()
    for _ in range(2):
        path.write_bytes(copy)
        with opened(path, new_install=False) as ledger:
            assert ledger.settling()


def test_a_ledger_ahead_of_its_witness_is_an_ordinary_crash(path: Path) -> None:
    with opened(path) as ledger:
        ledger.intend(a_threat(), KEY, "hash")
    connection = sqlite3.connect(path)
    connection.execute("UPDATE facts SET value = '5' WHERE name = 'seq'")
    connection.commit()
    connection.close()
    with opened(path) as ledger:
        assert not ledger.settling()


def test_settling_takes_the_trackers_own_time(path: Path) -> None:
    with opened(path, new_install=False) as ledger:
        ledger.observe(KEY, Look(AT, (), "bot"), NOW, full=True, lag=1, settle=10)
        ledger.observe(KEY, Look(AT, (), "bot"), NOW.later(9), full=True, lag=1, settle=10)
        assert not ledger.site(KEY).settled
        ledger.observe(KEY, Look(AT, (), "bot"), NOW.later(10), full=True, lag=1, settle=10)
        assert ledger.site(KEY).settled


def test_new_install_is_refused_where_tickets_are_known(path: Path) -> None:
    with opened(path, new_install=False) as ledger:
        ledger.made(a_threat(), KEY, a_ticket(), 1)
        with pytest.raises(LedgerError, match="--new-install"):
            ledger.new_install()


def test_a_ledger_that_holds_nothing_yet_takes_another_name(path: Path) -> None:
    with opened(path, "https://tmi.exmaple.com"):
        pass
    with opened(path) as ledger:
        assert ledger.get("instance") == TMI


def test_another_tmi_is_refused_and_the_line_to_add_is_said(path: Path) -> None:
    with opened(path) as ledger:
        ledger.skip("t-1")
    with (
        pytest.raises(LedgerError, match=r'belongs to .*instance = "https://tmi.example.com"'),
        opened(path, "https://new.example.com"),
    ):
        pass


def test_no_database_is_refused_and_not_replaced(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("this is a diary, and no database at all" * 100)
    with pytest.raises(LedgerError, match="not a SQLite database"), opened(path):
        pass
    assert path.read_text().startswith("this is a diary")


@pytest.mark.parametrize("torn", [b"", bytes(512), b"\xd9\xd5\x05\xf9 torn" * 64])
def test_a_torn_journal_is_no_loss(path: Path, torn: bytes) -> None:
    """What a power cut leaves beside the ledger before its journal was synced: the ledger itself is whole."""
    with opened(path) as ledger:
        ledger.intend(a_threat(), KEY, "hash")
    path.with_name("ledger.db-journal").write_bytes(torn)
    with opened(path) as ledger:
        assert list(ledger.entries()) == ["t-1"]


def test_a_newer_ledger_is_refused(path: Path) -> None:
    with opened(path):
        pass
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LedgerError, match="newer version"), opened(path):
        pass


def test_a_list_that_shows_nothing_settles_nothing_before_a_persons_word(path: Path) -> None:
    empty, shown = Look(AT, (), "bot"), Look(AT, (a_ticket(),), "bot")

    def look(ledger: Ledger, seconds: float, found: Look = empty) -> bool:
        ledger.observe(KEY, found, NOW.later(seconds), full=True, lag=1, settle=10)
        return ledger.site(KEY).settled

    with opened(path, new_install=False) as ledger:
        look(ledger, 0, shown)
        ledger.gone(a_ticket().ref, "deleted")
        assert not look(ledger, 20)
    path.with_suffix(".db.lock").unlink()
    with opened(path, new_install=False) as ledger:
        assert not look(ledger, 30)
        ledger.retry("t-1")
        assert not look(ledger, 39), "time has to pass as well"
        assert look(ledger, 40)
        look(ledger, 50, shown)
        assert not ledger.site(KEY).emptied


def test_a_persons_word_is_not_believed_of_a_restored_ledger(path: Path) -> None:
    with opened(path, new_install=False) as ledger:
        ledger.observe(KEY, Look(AT, (a_ticket(),), "bot"), NOW, full=True, lag=1, settle=10)
        ledger.gone(a_ticket().ref, "deleted")
        ledger.retry("t-1")
        assert ledger.site(KEY).emptied
    path.with_suffix(".db.lock").unlink()
    with opened(path, new_install=False) as ledger:
        assert not ledger.site(KEY).emptied


@pytest.fixture
def second(path: Path) -> Path:
    """A ledger of format 2 with one pass, bound to the TMI and not settling."""
    path.parent.mkdir()
    connection = sqlite3.connect(path, isolation_level=None)
    migrations.apply(Database(connection), stop_before="m003_waiting")
    connection.execute("PRAGMA user_version=2")
    facts = {"ledger": "l", "instance": TMI, "settling": "0"}
    connection.executemany("INSERT INTO facts VALUES (?, ?)", facts.items())
    row = ("1", "2026-01-05T00:00:00.000000Z", "8 threats in 2 models, 1 created, 1 linked, 5 waiting")
    connection.execute("INSERT INTO runs (id, started, summary) VALUES (?, ?, ?)", row)
    connection.close()
    return path


def _format(path: Path) -> int:
    connection = sqlite3.connect(path)
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return int(found)


def test_a_ledger_of_the_second_format_is_migrated(second: Path) -> None:
    with opened(second, new_install=False) as ledger:
        assert [run.waiting for run in ledger.runs()] == [None]
        ledger.begin_run("next")
        ledger.end_run("next", 0, "in other words", 3)
    assert _format(second) == LATEST
    with opened(second, new_install=False) as ledger:
        assert ledger.runs(1)[0].waiting == 3


def test_who_only_reads_an_older_ledger_reads_it_as_it_will_be(second: Path) -> None:
    """`status` with a new program, before its first pass."""
    before = second.read_bytes()
    beside = Ledger.open(second, instance=TMI, clock=TestClock(), lock=None)
    assert [run.waiting for run in beside.runs()] == [None]
    beside.close()
    assert second.read_bytes() == before
    assert _format(second) == 2


def test_a_pass_that_came_to_no_count_has_none(path: Path) -> None:
    with opened(path) as ledger:
        ledger.begin_run("one")
        assert ledger.runs(1)[0].waiting is None
        ledger.end_run("one", 69, "TMI does not answer")
        assert ledger.runs(1)[0].waiting is None
        with pytest.raises(LedgerError):
            ledger.end_run("one", 0, "", -1)


@pytest.mark.parametrize("place", ["/proc/tmi-issue-sync/ledger.db", "/dev/null/ledger.db"])
def test_a_place_that_cannot_be_written_is_one_line(place: str) -> None:
    with pytest.raises(LedgerError, match=r"can't be opened: .*--state"), opened(Path(place)):
        pass


def test_a_full_disk_is_one_line_and_stops_before_anything_is_sent(path: Path) -> None:
    with opened(path) as ledger:
        size = path.stat().st_size
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            with pytest.raises(LedgerError, match=r"disk is full|can't be"):
                _fill(ledger)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert all(entry.side is Side.INTENDED for entry in ledger.entries().values())


def _fill(ledger: Ledger) -> None:
    for n in range(500):
        ledger.intend(a_threat(f"threat-{n}" * 20), KEY, "hash")


def test_after_a_ticket_that_could_not_be_recorded_no_more_are_made(path: Path) -> None:
    with opened(path) as ledger:
        seq = ledger.intend(a_threat(), KEY, "hash")
        size = path.stat().st_size
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (min(size, 1024), hard))
        try:
            with pytest.raises(LedgerError):
                ledger.made(a_threat(), KEY, a_ticket(), seq)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        with pytest.raises(LedgerError, match="makes no more"):
            ledger.intend(a_threat("t-2"), KEY, "hash")


def test_a_plan_beside_a_service_works_on_a_copy(path: Path) -> None:
    with opened(path) as ledger:
        beside = Ledger.open(path, instance=TMI, clock=TestClock(), lock=None)
        beside.skip("t-1")
        assert ledger.entries() == {}
        with pytest.raises(LedgerError, match="copy"):
            beside.intend(a_threat(), KEY, "hash")
        beside.close()


def test_the_file_is_private(path: Path) -> None:
    with opened(path):
        assert path.stat().st_mode & 0o077 == 0
        assert path.with_name("ledger.db.lock").stat().st_mode & 0o077 == 0
