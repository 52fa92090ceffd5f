"""The ledger of the reference subscriber: each event applied once, in a file of its own, before it is answered.

Table `events`: one row an event, keyed by (source, id); `deliveries` counts how often it came. An event is refused
when a rule of the test bench says so, when its parcel has been applied under another event already, and when a parcel
is told as sealed that was recalled. What lies in a bag (`parcels_in`) is what was sealed into it and not recalled.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from controller.clock import WallClock
from controller.dispatch.events import CloudEvent, EventType
from controller.dispatch.outbox import Receipt

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    source      TEXT NOT NULL,
    id          TEXT NOT NULL,
    sequence    INTEGER NOT NULL,
    epoch       INTEGER NOT NULL,
    type        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    acceptance  TEXT NOT NULL,
    body        TEXT NOT NULL,
    state       TEXT NOT NULL,             -- applied or refused
    reason      TEXT NOT NULL DEFAULT '',
    deliveries  INTEGER NOT NULL DEFAULT 1,
    received_at TEXT NOT NULL,
    PRIMARY KEY (source, id)
);
CREATE INDEX IF NOT EXISTS events_in_order ON events (source, sequence);
CREATE INDEX IF NOT EXISTS events_of_subject ON events (subject, type);
"""


@dataclass(frozen=True, slots=True)
class RefuseRule:
    """Refuse events whose `field` (type, subject or acceptance) is `value`; for tests of what the line does then."""

    field: str
    value: str

    FIELDS = ("type", "subject", "acceptance")

    @classmethod
    def parse(cls, text: str) -> RefuseRule:
        """Read `field=value`. :raises ValueError: another field, or no value."""
        field, _, value = text.partition("=")
        if field not in cls.FIELDS or not value:
            raise ValueError(f"{text!r} is no rule, allowed: {', '.join(f'{each}=…' for each in cls.FIELDS)}")
        return cls(field, value)

    def fits(self, event: CloudEvent) -> bool:
        """Whether the event is one to refuse."""
        found = {"type": event.type.value, "subject": event.subject, "acceptance": event.data.acceptance}
        return found[self.field] == self.value


@dataclass(frozen=True, slots=True)
class Gap:
    """Sequences of one source that are missing, both ends included."""

    source: str
    first: int
    last: int


class DispatchLedger:
    """The subscriber's own file. Use as a context manager; one thread at a time."""

    def __init__(self, path: Path, clock: WallClock, rules: tuple[RefuseRule, ...] = ()) -> None:
        self._path = path
        self._clock = clock
        self._rules = rules

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=5)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.executescript(SCHEMA)
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def take(self, event: CloudEvent, body: str) -> Receipt:
        """Apply an event unless it has been, durably, and return the receipt to send.

        :raises sqlite3.Error: it could not be made durable; then nothing may be answered.
        """
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            receipt = self._apply(event, body)
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
        return receipt

    def gaps(self) -> list[Gap]:
        """Missing sequences of every source, from its first event on."""
        rows = self._connection.execute(
            "SELECT source, before + 1, sequence - 1 FROM (SELECT source, sequence,"
            " LAG(sequence) OVER (PARTITION BY source ORDER BY sequence) AS before FROM events)"
            " WHERE sequence > before + 1 ORDER BY source, sequence"
        )
        return [Gap(*row) for row in rows]

    def parcels_in(self, source: str, bag: int) -> list[str]:
        """Mail numbers of the parcels that may leave in a bag, in the order of their fall; no recalled one."""
        rows = self._connection.execute(
            "SELECT subject FROM events AS sealed WHERE source = ? AND type = ? AND state = 'applied'"
            " AND json_extract(body, '$.data.bag') = ? AND NOT EXISTS (SELECT 1 FROM events AS recalled"
            "  WHERE recalled.source = sealed.source AND recalled.subject = sealed.subject AND recalled.type = ?"
            "  AND recalled.state = 'applied') ORDER BY sequence",
            (source, EventType.SEALED, bag, EventType.RECALLED),
        )
        return [str(row[0]) for row in rows]

    def count(self, state: str = "applied") -> int:
        """How many events are in a state: applied or refused."""
        return int(self._connection.execute("SELECT COUNT(*) FROM events WHERE state = ?", (state,)).fetchone()[0])

    def _apply(self, event: CloudEvent, body: str) -> Receipt:
        row = self._connection.execute(
            "UPDATE events SET deliveries = deliveries + 1 WHERE source = ? AND id = ? RETURNING state",
            (event.source, event.id),
        ).fetchone()
        if row is not None and row[0] == "applied":
            return Receipt(id=event.id, accepted=True)
        reason = self._why_not(event)
        state = "refused" if reason else "applied"
        self._connection.execute(
            "INSERT INTO events"
            " (source, id, sequence, epoch, type, subject, acceptance, body, state, reason, received_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (source, id) DO UPDATE SET state = excluded.state, reason = excluded.reason",
            (
                event.source,
                event.id,
                int(event.sequence),
                event.epoch,
                event.type,
                event.subject,
                event.data.acceptance,
                body,
                state,
                reason,
                self._clock.now().isoformat(timespec="milliseconds"),
            ),
        )
        return Receipt(id=event.id, accepted=not reason, reason=reason)

    def _why_not(self, event: CloudEvent) -> str:
        if any(rule.fits(event) for rule in self._rules):
            return "refused by rule"
        if event.type is not EventType.SEALED:
            return ""
        other = self._connection.execute(
            "SELECT id FROM events WHERE subject = ? AND type = ? AND state = 'applied' AND id != ?",
            (event.subject, event.type, event.id),
        ).fetchone()
        if other is not None:
            return f"mail number {event.subject} was sealed already by event {other[0]}"
        recall = self._connection.execute(
            "SELECT id FROM events WHERE subject = ? AND type = ? AND state = 'applied'",
            (event.subject, EventType.RECALLED),
        ).fetchone()
        return f"mail number {event.subject} was recalled by event {recall[0]}" if recall is not None else ""
