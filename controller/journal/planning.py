"""What is ordered and how it stands, for whoever plans: by product and route, late, due before the next collection."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta


@dataclass(frozen=True, slots=True)
class Group:
    """Orders of one product and route. Counts."""

    product: str
    route: str
    waiting: int
    under_way: int
    rejected: int


@dataclass(frozen=True, slots=True)
class CutOff:
    """A collection of the mail. :ivar at: ISO 8601; :ivar open: orders due before it that are not packed."""

    at: str
    open: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is not packed yet. :ivar packed_an_hour: over the last hour; :ivar late: their due time is over."""

    groups: list[Group]
    late: int
    due_today: int
    cut_offs: list[CutOff]
    packed_an_hour: int


_OPEN = "state IN ('waiting', 'under_way', 'rejected')"


def backlog(connection: sqlite3.Connection, now: datetime, cut_offs: Sequence[str]) -> Backlog:
    """How much is open. :param now: with the machine's own zone; :param cut_offs: times of day, as `17:00`."""
    rows = connection.execute(
        "SELECT product, route, SUM(state = 'waiting'), SUM(state = 'under_way'), SUM(state = 'rejected')"  # noqa: S608
        f" FROM orders WHERE {_OPEN} GROUP BY product, route ORDER BY COUNT(*) DESC, product, route LIMIT 24"
    )
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
    packed = connection.execute(
        "SELECT COUNT(*) FROM items WHERE outcome = 'packed' AND ended_at > ?", (_stamp(now - timedelta(hours=1)),)
    ).fetchone()[0]
    return Backlog(
        groups=[Group(*row) for row in rows],
        late=_due_before(connection, now),
        due_today=_due_before(connection, midnight) - _due_before(connection, now),
        cut_offs=[
            CutOff(at.isoformat(), _due_before(connection, at)) for at in sorted(_next(now, each) for each in cut_offs)
        ],
        packed_an_hour=packed,
    )


def _due_before(connection: sqlite3.Connection, moment: datetime) -> int:
    row = connection.execute(f"SELECT COUNT(*) FROM orders WHERE {_OPEN} AND due < ?", (_order_stamp(moment),))  # noqa: S608
    return int(row.fetchone()[0])


def _next(now: datetime, clock: str) -> datetime:
    """The next moment at which it is that time of day."""
    at = datetime.combine(now.date(), time.fromisoformat(clock), now.tzinfo)
    return at if at > now else at + timedelta(days=1)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _order_stamp(moment: datetime) -> str:
    """As orders keep their due time."""
    return moment.astimezone(UTC).isoformat()
