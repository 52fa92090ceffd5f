"""Items that nobody can vouch for any more, and which of them a person has answered for at the line.

An answer says that the carrier stands where the line believes it, untouched, so that the line itself may take it to
reject. It counts until something happens that could have changed that: motion, manual mode, an opened guard, a
disturbance.
"""

from __future__ import annotations

import sqlite3

from controller.journal.store import Ledger
from controller.snapshot import SuspectView

MOST = 50
_UNDONE_BY_STATE = ("EXECUTE", "ABORTING", "HOLDING")
_UNDONE_BY_ALARM = ("guard_open", "emergency_stop", "disturbance", "slip")


class NotSuspect(Exception):
    """The item has ended, or there is none of that number."""


def answer_suspect(ledger: Ledger, item: int, carrier: int, by: str) -> None:
    """Journal that a person has seen the item's carrier stand untouched.

    :raises NotSuspect: the item is not open, or its carrier is another.
    """
    row = ledger.connection.execute(
        "SELECT acceptance, carrier, zone FROM items WHERE item = ? AND ended_at IS NULL", (item,)
    ).fetchone()
    if row is None:
        raise NotSuspect(f"item {item} is not open: nothing to answer for")
    if row[1] != carrier:
        raise NotSuspect(f"item {item} is on carrier {row[1]}, not on {carrier}: look again which carrier stands there")
    ledger.enter("suspect_answered", item=item, acceptance=row[0], carrier=row[1], zone=row[2], by=by)


def open_items(connection: sqlite3.Connection) -> tuple[SuspectView, ...]:
    """Every item under way, oldest first, as a suspect would be shown; `why` is empty for a good one."""
    rows = connection.execute(
        "SELECT item, acceptance, product, carrier, zone, stage, suspect FROM items WHERE ended_at IS NULL"
        " ORDER BY item LIMIT ?",
        (MOST,),
    ).fetchall()
    answered = _answered(connection, [row["item"] for row in rows])
    return tuple(
        SuspectView(
            item=row["item"],
            acceptance=row["acceptance"],
            product=row["product"],
            carrier=row["carrier"],
            zone=row["zone"],
            stage=row["stage"],
            why=row["suspect"],
            answered=row["item"] in answered,
        )
        for row in rows
    )


def _answered(connection: sqlite3.Connection, items: list[int]) -> set[int]:
    """Those for which a person has answered and nothing has happened since that undoes the answer."""
    rows = connection.execute(
        "SELECT item, MAX(seq) FROM history WHERE kind = 'suspect_answered'"  # noqa: S608 - only marks
        f" AND item IN ({','.join('?' * len(items))}) GROUP BY item",
        items,
    ).fetchall()
    return {item for item, at in rows if not _undone(connection, at)}


def _undone(connection: sqlite3.Connection, answered: int) -> bool:
    later = connection.execute(
        "SELECT 1 FROM history WHERE seq > ? AND"
        " ((kind = 'unit_state' AND json_extract(data, '$.after') IN (?, ?, ?))"
        " OR (kind = 'alarm_raised' AND json_extract(data, '$.alarm_kind') IN (?, ?, ?, ?))"
        " OR (kind IN ('line_started', 'manual_entered', 'manual_left'))) LIMIT 1",
        (answered, *_UNDONE_BY_STATE, *_UNDONE_BY_ALARM),
    ).fetchone()
    return later is not None
