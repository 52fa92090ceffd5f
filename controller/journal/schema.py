"""The journal's tables. History is append-only by trigger; every other table is the present state of one thing.

What a page counts is kept counted by triggers: at a million items nobody can count anew twice a second.
"""

from __future__ import annotations

SCHEMA_VERSION = 5

_TABLES = """
CREATE TABLE history (
    seq     INTEGER PRIMARY KEY,           -- without gaps, from 1
    at      TEXT NOT NULL,                 -- ISO 8601, UTC
    kind    TEXT NOT NULL,                 -- what happened, snake_case, as 'seal_permitted'
    item    INTEGER,                       -- items.item, when it happened to one
    acceptance TEXT,                       -- orders.acceptance, when it belongs to one
    data    TEXT NOT NULL,                 -- JSON object; no personal data, part codes only
    digest  BLOB NOT NULL                  -- SHA-256 over the digest before and this row
);
CREATE INDEX history_of_item ON history (item) WHERE item IS NOT NULL;
CREATE INDEX history_of_order ON history (acceptance) WHERE acceptance IS NOT NULL;
CREATE TRIGGER history_is_not_changed BEFORE UPDATE ON history
BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
CREATE TRIGGER history_is_not_deleted BEFORE DELETE ON history
BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;

CREATE TABLE orders (
    acceptance  TEXT PRIMARY KEY,          -- acceptance number
    product     TEXT NOT NULL,             -- key of the recipe
    due         TEXT NOT NULL,             -- ISO 8601 with zone
    priority    INTEGER NOT NULL,          -- 0 first
    route       TEXT NOT NULL,
    state       TEXT NOT NULL,             -- work_orders.OrderState
    attempt     INTEGER NOT NULL,          -- attempts begun
    body        TEXT NOT NULL,             -- the order as accepted, canonical JSON
    received_at TEXT NOT NULL
);
CREATE INDEX orders_by_state ON orders (state);
CREATE INDEX orders_waiting ON orders (priority, due, acceptance) WHERE state = 'waiting';

CREATE TABLE parts (
    code        TEXT PRIMARY KEY,          -- its bar code
    acceptance  TEXT NOT NULL REFERENCES orders,
    role        TEXT NOT NULL,             -- role in the recipe
    kind        TEXT NOT NULL,             -- plate or document
    number      TEXT NOT NULL,             -- embossed or printed number, '' when it has none
    state       TEXT NOT NULL,             -- parts_ledger.PartState
    item        INTEGER                    -- the item that holds it now
);
CREATE INDEX parts_of_order ON parts (acceptance);
CREATE INDEX parts_of_number ON parts (number) WHERE number != '';

CREATE TABLE remakes (
    remake      INTEGER PRIMARY KEY,
    code        TEXT NOT NULL REFERENCES parts,
    acceptance  TEXT NOT NULL,
    reason      TEXT NOT NULL,
    requested_at TEXT NOT NULL
);

CREATE TABLE items (
    item        INTEGER PRIMARY KEY AUTOINCREMENT,   -- the token in every PLC
    acceptance  TEXT NOT NULL REFERENCES orders,
    attempt     INTEGER NOT NULL,
    product     TEXT NOT NULL,
    carrier     INTEGER NOT NULL,
    zone        TEXT NOT NULL,             -- the last zone where it was seen
    stage       TEXT NOT NULL,             -- tracking.Stage
    suspect     TEXT NOT NULL DEFAULT '',  -- why it must not be packed any more
    mail_number TEXT,
    outcome     TEXT,                      -- packed, rejected, challenged, unknown, recalled, lost; NULL under way
    reason      TEXT NOT NULL DEFAULT '',  -- stable code of the reject
    detail      TEXT NOT NULL DEFAULT '',  -- JSON: what was expected and found
    chute       TEXT,
    bag         INTEGER,                   -- the mail bag in which it lies or may lie
    called_at   TEXT NOT NULL,
    ended_at    TEXT,
    UNIQUE (acceptance, attempt)
);
CREATE INDEX items_under_way ON items (item) WHERE ended_at IS NULL;
CREATE INDEX items_open ON items (item) WHERE outcome IN ('unknown', 'recalled', 'lost');
CREATE INDEX items_of_order ON items (acceptance);
CREATE INDEX items_of_carrier ON items (carrier, item);
CREATE INDEX items_of_bag ON items (bag) WHERE bag IS NOT NULL;
CREATE INDEX items_packed_at ON items (ended_at) WHERE outcome = 'packed';
CREATE INDEX items_not_packed ON items (item) WHERE outcome IS NOT NULL AND outcome != 'packed';

CREATE TABLE challenges (
    item        INTEGER PRIMARY KEY REFERENCES items,
    kind        TEXT NOT NULL,             -- plan.challenges.ChallengeKind
    kit         TEXT NOT NULL,             -- JSON: what hands lay in
    called_at   TEXT NOT NULL,
    ended_at    TEXT,
    result      TEXT,                      -- passed, missed or inconclusive, NULL while under way
    reason      TEXT NOT NULL DEFAULT ''   -- stable code of its reject
);
CREATE INDEX challenges_of_kind ON challenges (kind, result, item);
CREATE INDEX challenges_under_way ON challenges (item) WHERE result IS NULL;

CREATE TABLE mail_numbers (
    number      TEXT PRIMARY KEY,
    position    INTEGER NOT NULL,          -- order in which the pool gives them out; of test kits negative
    state       TEXT NOT NULL,             -- mail_numbers.MailNumberState
    item        INTEGER,
    acceptance  TEXT
);
CREATE INDEX mail_numbers_by_state ON mail_numbers (state);
CREATE INDEX mail_numbers_of_order ON mail_numbers (acceptance) WHERE acceptance IS NOT NULL;
CREATE UNIQUE INDEX mail_numbers_in_order ON mail_numbers (position);
CREATE INDEX mail_numbers_of_tests ON mail_numbers (state) WHERE position < 0;
CREATE INDEX mail_numbers_free ON mail_numbers (position) WHERE state = 'free';

CREATE TABLE outbox (
    seq         INTEGER PRIMARY KEY,       -- the line's event sequence, without gaps, from 1
    id          TEXT NOT NULL UNIQUE,      -- CloudEvents id
    type        TEXT NOT NULL,
    item        INTEGER,
    body        TEXT NOT NULL,             -- the CloudEvent, JSON
    state       TEXT NOT NULL,             -- pending, acknowledged or parked
    answer      TEXT NOT NULL DEFAULT '',  -- why dispatch refused it
    made_at     TEXT NOT NULL,
    answered_at TEXT
);
CREATE INDEX outbox_by_state ON outbox (state);
CREATE INDEX outbox_pending ON outbox (seq) WHERE state = 'pending';

CREATE TABLE batches (
    batch       INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL,
    opened_at   TEXT NOT NULL,
    closed_at   TEXT,                      -- NULL while only its orders are called
    account     TEXT NOT NULL DEFAULT ''   -- JSON: batches.Reconciliation, once it is closed
);
CREATE TABLE batch_orders (
    batch       INTEGER NOT NULL REFERENCES batches,
    acceptance  TEXT NOT NULL REFERENCES orders,
    PRIMARY KEY (batch, acceptance)
) WITHOUT ROWID;

CREATE TABLE settings (
    version     INTEGER PRIMARY KEY AUTOINCREMENT,
    state       TEXT NOT NULL,             -- settings_book.VersionState
    overlay     TEXT NOT NULL,             -- JSON: path -> value, the whole overlay over line.toml
    why         TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_at TEXT NOT NULL,
    approved_by TEXT NOT NULL DEFAULT '',
    effective_at TEXT
);

CREATE TABLE bags (
    bag         INTEGER PRIMARY KEY AUTOINCREMENT,
    state       TEXT NOT NULL,             -- open, frozen or closed
    reason      TEXT NOT NULL DEFAULT '',  -- stable code of why it was frozen
    counted     INTEGER,                   -- parcels, when a person counted them otherwise than the journal
    opened_at   TEXT NOT NULL,
    closed_at   TEXT
);
CREATE INDEX bags_open ON bags (bag) WHERE state = 'open';

CREATE TABLE evidence (
    evidence    INTEGER PRIMARY KEY,
    item        INTEGER NOT NULL,
    station     TEXT NOT NULL,
    camera      TEXT NOT NULL,
    picture     TEXT NOT NULL,             -- SHA-256 of the JPEG, its file name in the evidence folder
    outcome     TEXT NOT NULL,
    checks      TEXT NOT NULL,             -- JSON list of vision.verdict.Check
    taken_at    TEXT NOT NULL,
    expires_at  TEXT NOT NULL
);
CREATE INDEX evidence_of_item ON evidence (item);
CREATE INDEX evidence_of_picture ON evidence (picture) WHERE picture != '';
CREATE INDEX evidence_expiring ON evidence (expires_at);

CREATE TABLE alarms (
    alarm       INTEGER PRIMARY KEY,
    kind        TEXT NOT NULL,             -- stable code
    source      TEXT NOT NULL,             -- device, zone or item
    priority    INTEGER NOT NULL,          -- 1 high, 2 medium, 3 low
    data        TEXT NOT NULL,             -- JSON: what was expected and found
    raised_at   TEXT NOT NULL,
    cleared_at  TEXT,
    acknowledged_at TEXT
);
CREATE INDEX alarms_standing ON alarms (alarm) WHERE cleared_at IS NULL OR acknowledged_at IS NULL;

CREATE TABLE tallies (
    what        TEXT NOT NULL,             -- orders, mail_numbers, outbox, rejects or reworked
    value       TEXT NOT NULL,             -- state, reason or ''
    n           INTEGER NOT NULL,
    PRIMARY KEY (what, value)
) WITHOUT ROWID;

CREATE TABLE line (
    key         TEXT PRIMARY KEY,          -- epoch, line id
    value       TEXT NOT NULL
);
"""


def _one_more(what: str, value: str) -> str:
    return f"INSERT INTO tallies VALUES ('{what}', {value}, 1) ON CONFLICT DO UPDATE SET n = n + 1;"  # noqa: S608


def _one_less(what: str, value: str) -> str:
    return f"UPDATE tallies SET n = n - 1 WHERE what = '{what}' AND value = {value};"  # noqa: S608


def _counted_by_state(table: str) -> str:
    return f"""
CREATE TRIGGER {table}_new_is_counted AFTER INSERT ON {table}
BEGIN {_one_more(table, "NEW.state")} END;
CREATE TRIGGER {table}_move_is_counted AFTER UPDATE OF state ON {table} WHEN OLD.state != NEW.state
BEGIN {_one_less(table, "OLD.state")} {_one_more(table, "NEW.state")} END;
"""


_COUNTED = f"""
CREATE TRIGGER new_reject_is_counted AFTER INSERT ON items WHEN NEW.outcome = 'rejected'
BEGIN {_one_more("rejects", "NEW.reason")} END;
CREATE TRIGGER reject_is_counted AFTER UPDATE OF outcome, reason ON items WHEN NEW.outcome = 'rejected'
BEGIN {_one_more("rejects", "NEW.reason")} END;
CREATE TRIGGER reject_is_not_counted_twice AFTER UPDATE OF outcome, reason ON items WHEN OLD.outcome = 'rejected'
BEGIN {_one_less("rejects", "OLD.reason")} END;
CREATE TRIGGER rework_is_counted AFTER INSERT ON items WHEN NEW.attempt > 1
BEGIN {_one_more("reworked", "''")} END;
"""

SCHEMA = _TABLES + "".join(map(_counted_by_state, ("orders", "mail_numbers", "outbox"))) + _COUNTED
