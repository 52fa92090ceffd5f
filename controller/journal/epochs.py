"""Whose journal this is, and how often its line has been started: table `line`, keys `line_id` and `epoch`."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from controller.journal.store import Ledger

HIGHEST_EPOCH = 65535
"""The epoch is a register in every PLC."""


class ForeignJournal(Exception):
    """The journal belongs to another line, or to none yet."""


@dataclass(frozen=True, slots=True)
class Identity:
    """:ivar line_id: stands in every event; :ivar epoch: the start counter, 1..65535, 0 before the first start."""

    line_id: str
    epoch: int


def begin_epoch(ledger: Ledger, line_id: str) -> int:
    """Note a start of the line and return its epoch, one higher than the last.

    :raises ForeignJournal: another line wrote this journal, or its epochs are used up.
    """
    known = ledger.connection.execute("SELECT value FROM line WHERE key = 'line_id'").fetchone()
    if known is not None and known[0] != line_id:
        raise ForeignJournal(
            f"the journal belongs to line {known[0]!r}, configured is {line_id!r}: "
            "give the line its own journal (store.journal), never change line.id on one that has sealed items"
        )
    epoch = (identity(ledger.connection).epoch if known is not None else 0) + 1
    if epoch > HIGHEST_EPOCH:
        raise ForeignJournal(f"the journal has seen {HIGHEST_EPOCH} starts, the most: close it and begin a new one")
    ledger.connection.executemany(
        "INSERT OR REPLACE INTO line VALUES (?, ?)", [("line_id", line_id), ("epoch", str(epoch))]
    )
    ledger.enter("line_started", epoch=epoch)
    return epoch


def identity(connection: sqlite3.Connection) -> Identity:
    """Read who writes this journal.

    :raises ForeignJournal: no line has been started on it.
    """
    rows = dict(
        tuple(row) for row in connection.execute("SELECT key, value FROM line WHERE key IN ('line_id', 'epoch')")
    )
    if "line_id" not in rows:
        raise ForeignJournal("no line has been started on this journal yet: events can't say who sends them")
    return Identity(rows["line_id"], int(rows.get("epoch", "0")))
