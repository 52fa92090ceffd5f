"""What the web process reads from the journal: short, read-only, in a thread, a few at a time.

The stories, rejects, counters and the pick list are `journal.reading`'s; here are the order lists of the API. Orders
are told without their parts' numbers: codes and states are enough to follow one.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

from controller.journal.store import open_reading
from controller.masking import mask
from controller.web.refusals import Refusal

T = TypeVar("T")
READS_AT_ONCE = 4
READ_S = 5.0
"""A read that takes longer is given up."""


class Records:
    """The journal, for reading."""

    def __init__(self, journal: Path) -> None:
        self._path = journal
        self._room = asyncio.Semaphore(READS_AT_ONCE)

    async def read(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Ask the journal one thing.

        :raises Refusal: there is no journal yet, or it can't be read now.
        """
        try:
            async with asyncio.timeout(READ_S), self._room:
                return await asyncio.to_thread(self._ask, question)
        except (sqlite3.Error, TimeoutError) as error:
            cause = str(error) or "no answer in time"
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "journal", path=self._path, cause=cause) from error

    def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        with closing(open_reading(self._path)) as connection:
            return question(connection)


_ORDER = "acceptance, product, due, priority, route, state, attempt, received_at"


def order_list(connection: sqlite3.Connection, state: str, after: str, limit: int) -> dict[str, Any]:
    """A page of orders by acceptance number. `next` is the `after` of the following page, None on the last."""
    rows = connection.execute(
        f"SELECT {_ORDER} FROM orders WHERE acceptance > ?"  # noqa: S608 - names of columns
        " AND (state = ? OR (? = '' AND state != 'test')) ORDER BY acceptance LIMIT ?",
        (after, state, state, limit + 1),
    ).fetchall()
    shown = [dict(row) for row in rows[:limit]]
    return {"orders": shown, "next": shown[-1]["acceptance"] if len(rows) > limit else None}


def order_story(connection: sqlite3.Connection, acceptance: str) -> dict[str, Any]:
    """One order: how far it is, its attempts and its parts.

    :raises Refusal: there is no such order.
    """
    row = connection.execute(f"SELECT {_ORDER} FROM orders WHERE acceptance = ?", (acceptance,)).fetchone()  # noqa: S608
    if row is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_order", acceptance=acceptance)
    attempts = connection.execute(
        "SELECT item, attempt, carrier, zone, stage, suspect, mail_number, outcome, reason, called_at, ended_at "
        "FROM items WHERE acceptance = ? ORDER BY attempt",
        (acceptance,),
    ).fetchall()
    parts = connection.execute(
        "SELECT role, kind, code, number, state FROM parts WHERE acceptance = ? ORDER BY role", (acceptance,)
    ).fetchall()
    return {
        **dict(row),
        "attempts": [dict(attempt) for attempt in attempts],
        "parts": [{**dict(part), "code": mask(part["code"]), "number": mask(part["number"])} for part in parts],
    }
