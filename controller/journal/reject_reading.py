"""What the rejects of the last hours were for, and which parts upstream has been asked to make again."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MOST_LOOKED_AT = 5_000
MOST_ENDED = 300
"""So many of the last rejects are looked through for labels that nobody has told destroyed."""


@dataclass(frozen=True, slots=True)
class Pareto:
    """Rejects by reason, the most frequent first.

    :ivar hours: how far back; :ivar packed: in the same time, to compare with.
    :ivar reasons: stable code, count and the share of this and all more frequent ones, percent.
    """

    hours: int
    packed: int
    rejected: int
    reasons: tuple[tuple[str, int, float], ...]


@dataclass(frozen=True, slots=True)
class Remake:
    """A spoiled part for which upstream was asked. :ivar waiting: no whole part of that role has come yet."""

    acceptance: str
    role: str
    code: str
    reason: str
    requested_at: str
    waiting: bool


@dataclass(frozen=True, slots=True)
class VoidLabel:
    """A label of a void mail number that is still to be destroyed and scanned.

    :ivar was: `reserved` when nobody knows whether it came out of the printer; `printed` or `applied`.
    """

    number: str
    acceptance: str
    item: int
    carrier: int
    was: str
    reason: str
    ended_at: str


def pareto(connection: sqlite3.Connection, hours: int, now: datetime) -> Pareto:
    """Count the rejects that ended within the last hours."""
    since = (now - timedelta(hours=hours)).astimezone(UTC).isoformat(timespec="milliseconds")
    rows = connection.execute(
        "SELECT reason FROM (SELECT reason, ended_at FROM items WHERE outcome IS NOT NULL AND outcome != 'packed'"
        " ORDER BY item DESC LIMIT ?) WHERE ended_at > ?",
        (MOST_LOOKED_AT, since),
    ).fetchall()
    packed = connection.execute(
        "SELECT COUNT(*) FROM items WHERE outcome = 'packed' AND ended_at > ?", (since,)
    ).fetchone()[0]
    counted = Counter(str(row[0]) for row in rows)
    so_far, reasons = 0, []
    for reason, count in counted.most_common():
        so_far += count
        reasons.append((reason, count, round(100 * so_far / len(rows), 1)))
    return Pareto(hours, packed, len(rows), tuple(reasons))


def remakes(connection: sqlite3.Connection, most: int = 50) -> list[Remake]:
    """The last remakes that were asked for, newest first."""
    rows = connection.execute(
        "SELECT remakes.acceptance, parts.role, remakes.code, remakes.reason, remakes.requested_at,"
        " NOT EXISTS (SELECT 1 FROM parts AS whole WHERE whole.acceptance = parts.acceptance"
        " AND whole.role = parts.role AND whole.state NOT IN ('spoiled', 'lost')) AS waiting"
        " FROM remakes JOIN parts ON parts.code = remakes.code ORDER BY remake DESC LIMIT ?",
        (most,),
    )
    return [Remake(row[0], row[1], row[2], row[3], row[4], bool(row[5])) for row in rows]


def labels_to_destroy(connection: sqlite3.Connection, most: int = 50) -> list[VoidLabel]:
    """Labels of void numbers among the last rejects that nobody has told destroyed, newest first."""
    rows = connection.execute(
        "SELECT number, ended.acceptance, ended.item, carrier, reason, ended_at,"
        " (SELECT json_extract(data, '$.was') FROM history WHERE history.item = ended.item"
        "  AND kind = 'mail_number_voided' ORDER BY seq DESC LIMIT 1) AS was"
        " FROM (SELECT item, acceptance, carrier, mail_number, reason, ended_at FROM items"
        "  WHERE outcome IS NOT NULL AND outcome != 'packed' AND mail_number IS NOT NULL ORDER BY item DESC LIMIT ?)"
        " AS ended JOIN mail_numbers ON number = mail_number WHERE state = 'voided' AND position > 0"
        " ORDER BY ended.item DESC",
        (MOST_ENDED,),
    ).fetchall()
    found = [VoidLabel(row[0], row[1], row[2], row[3], row[6] or "", row[4], row[5] or "") for row in rows]
    return [each for each in found if not label_is_destroyed(connection, each.number, each.item)][:most]


def label_is_destroyed(connection: sqlite3.Connection, number: str, item: int | None) -> bool:
    """Whether a person has told the label of an item's void number destroyed."""
    return _told(connection, "label_destroyed", number, item)


def void_was_asked(connection: sqlite3.Connection, number: str, item: int | None) -> bool:
    """Whether a person has voided the number that an item held on its way."""
    return _told(connection, "void_asked", number, item)


def _told(connection: sqlite3.Connection, kind: str, number: str, item: int | None) -> bool:
    row = connection.execute(
        "SELECT 1 FROM history WHERE item = ? AND kind = ? AND json_extract(data, '$.number') = ?", (item, kind, number)
    ).fetchone()
    return row is not None
