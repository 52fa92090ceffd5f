"""What stays open until a person answers for it, read from the journal: so it survives any restart."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from controller.snapshot import MatterView

_QUESTIONS = (
    # A lost parcel is open until it is found or its parts are spoiled, which asks for others to be made.
    "SELECT 'item' AS kind, item AS number, outcome AS state, ended_at AS since, acceptance, carrier, bag,"
    " reason AS cause FROM items WHERE outcome IN ('unknown', 'recalled', 'lost') AND (outcome != 'lost' OR EXISTS"
    " (SELECT 1 FROM parts WHERE parts.acceptance = items.acceptance AND parts.state = 'lost'))"
    " ORDER BY item LIMIT ?",
    "SELECT 'bag' AS kind, bag AS number, state, closed_at AS since, reason AS cause FROM bags"
    " WHERE state = 'frozen'"
    " ORDER BY bag LIMIT ?",
    "SELECT 'event' AS kind, seq AS number, state, answered_at AS since, answer AS cause FROM outbox"
    " WHERE state = 'parked' ORDER BY seq LIMIT ?",
)


def open_matters(connection: sqlite3.Connection, most: int = 100) -> tuple[MatterView, ...]:
    """Items, bags and events that wait for an answer; of each kind the oldest first, `most` at most."""
    return tuple(view for question in _QUESTIONS for view in _views(connection.execute(question, (most,))))


def _views(rows: sqlite3.Cursor) -> Iterator[MatterView]:
    names = [column[0] for column in rows.description]
    for row in rows:
        yield MatterView(**dict(zip(names, row, strict=True)))
