"""The ledger's tables. CHECKs state the invariants; migrations run in order, each in one transaction."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("tmi-issue-sync")

_TABLES = """
CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE trackers (
    adapter TEXT NOT NULL, host TEXT NOT NULL, project TEXT NOT NULL,
    account TEXT NOT NULL DEFAULT '',
    watermark TEXT,
    full_look_at TEXT,
    seen INTEGER NOT NULL DEFAULT 0 CHECK (seen IN (0, 1)),
    first_look TEXT,
    settled INTEGER NOT NULL CHECK (settled IN (0, 1)),
    settle_date TEXT, settle_uptime REAL, settle_boot TEXT,
    trouble_date TEXT, trouble_uptime REAL, trouble_boot TEXT,
    PRIMARY KEY (adapter, host, project)
) STRICT;

CREATE TABLE tickets (
    adapter TEXT NOT NULL, host TEXT NOT NULL, id TEXT NOT NULL,
    project TEXT NOT NULL,
    number TEXT NOT NULL,
    url TEXT NOT NULL,
    threat_id TEXT NOT NULL,
    instance TEXT NOT NULL,
    generation INTEGER NOT NULL CHECK (generation >= 0),
    author TEXT NOT NULL,
    created_at TEXT NOT NULL,
    open INTEGER NOT NULL CHECK (open IN (0, 1)),
    sent INTEGER NOT NULL DEFAULT 0 CHECK (sent IN (0, 1)),
    swept TEXT NOT NULL DEFAULT '' CHECK (swept IN ('', 'begun', 'done')),
    gone_since TEXT,
    PRIMARY KEY (adapter, host, id)
) STRICT;
CREATE INDEX tickets_by_threat ON tickets (threat_id);
CREATE INDEX tickets_by_url ON tickets (url);

CREATE TABLE threats (
    threat_id TEXT PRIMARY KEY,
    model_id TEXT NOT NULL DEFAULT '', name TEXT NOT NULL DEFAULT '', model_name TEXT NOT NULL DEFAULT '',
    side TEXT NOT NULL DEFAULT 'none' CHECK (side IN ('none', 'intended', 'created', 'gone')),
    generation INTEGER NOT NULL DEFAULT 0 CHECK (generation >= 0),
    adapter TEXT, host TEXT, project TEXT,
    payload TEXT NOT NULL DEFAULT '',
    seq INTEGER,
    doubt_date TEXT, doubt_uptime REAL, doubt_boot TEXT,
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    ticket_id TEXT,
    nest_under TEXT NOT NULL DEFAULT '',
    offered INTEGER NOT NULL DEFAULT 0 CHECK (offered IN (0, 1)),
    link TEXT NOT NULL DEFAULT 'blank'
        CHECK (link IN ('blank', 'linked', 'adopted', 'opted out', 'blocked', 'missing')),
    link_url TEXT NOT NULL DEFAULT '',
    why TEXT NOT NULL DEFAULT '',
    blocked_at TEXT NOT NULL DEFAULT '',
    unlinkable INTEGER NOT NULL DEFAULT 0 CHECK (unlinkable IN (0, 1)),
    restored INTEGER NOT NULL DEFAULT 0,
    parked TEXT NOT NULL DEFAULT '',
    skipped INTEGER NOT NULL DEFAULT 0 CHECK (skipped IN (0, 1)),
    superseded INTEGER NOT NULL DEFAULT 0 CHECK (superseded IN (0, 1)),
    missing_since TEXT,
    changed_at TEXT NOT NULL,
    CHECK ((side IN ('intended', 'created')) <= (adapter IS NOT NULL AND host IS NOT NULL AND project IS NOT NULL)),
    CHECK ((side = 'intended') = (seq IS NOT NULL)),
    CHECK (side = 'intended' OR doubt_boot IS NULL),
    CHECK (side <> 'created' OR ticket_id IS NOT NULL),
    CHECK (side NOT IN ('none', 'intended') OR ticket_id IS NULL),
    CHECK (link <> 'adopted' OR link_url <> '')
) STRICT;

CREATE TABLE creates (
    seq INTEGER PRIMARY KEY,
    threat_id TEXT NOT NULL,
    adapter TEXT NOT NULL, host TEXT NOT NULL, project TEXT NOT NULL,
    at TEXT NOT NULL,
    mark TEXT NOT NULL DEFAULT '',
    outcome TEXT NOT NULL CHECK (outcome IN ('sent', 'made', 'refused', 'none')),
    ticket_id TEXT
) STRICT;

CREATE TABLE models (
    model_id TEXT PRIMARY KEY,
    confidential INTEGER CHECK (confidential IN (0, 1)),
    metadata TEXT,
    metadata_at TEXT
) STRICT;

CREATE TABLE writes (
    n INTEGER PRIMARY KEY,
    at TEXT NOT NULL, run_id TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('tracker', 'tmi')),
    action TEXT NOT NULL, target TEXT NOT NULL, threat_id TEXT NOT NULL,
    sent_id TEXT NOT NULL, got_id TEXT NOT NULL, outcome TEXT NOT NULL
) STRICT;
CREATE INDEX writes_by_threat ON writes (threat_id);

CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    started TEXT NOT NULL, ended TEXT, exit_code INTEGER, summary TEXT NOT NULL DEFAULT ''
) STRICT;
"""


@migrations()
def m001_tables(db: Database) -> None:
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()
def m002_canary(db: Database) -> None:
    db.execute("ALTER TABLE trackers ADD COLUMN canary TEXT NOT NULL DEFAULT ''")


@migrations()
def m003_waiting(db: Database) -> None:
    """Passes of before have none: the next one tells."""
    db.execute("ALTER TABLE runs ADD COLUMN waiting INTEGER CHECK (waiting >= 0)")


@migrations()
def m004_emptied(db: Database) -> None:
    db.execute("ALTER TABLE trackers ADD COLUMN emptied INTEGER NOT NULL DEFAULT 0 CHECK (emptied IN (0, 1))")


LATEST = 4
"""What this version writes into `PRAGMA user_version`; a higher one is a newer program's (St7)."""
