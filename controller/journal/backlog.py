"""How much of what waits is late or due today: the backlog's urgency."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, time, timedelta


def due_counts(connection: sqlite3.Connection, now: datetime) -> tuple[int, int]:
    """Waiting orders that are due before the end of today, and those that are late already.

    :param now: with its zone; the day is that of the machine's own zone.
    """
    local = now.astimezone()
    midnight = datetime.combine(local.date() + timedelta(days=1), time(), local.tzinfo)
    row = connection.execute(
        "SELECT SUM(due >= ? AND due < ?), SUM(due < ?) FROM orders WHERE state = 'waiting'",
        (_stamp(now), _stamp(midnight), _stamp(now)),
    ).fetchone()
    return row[0] or 0, row[1] or 0


def _stamp(moment: datetime) -> str:
    """As orders keep their due time: UTC."""
    return moment.astimezone(UTC).isoformat()
