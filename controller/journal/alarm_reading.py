"""What the journal knows of alarms: their history for a list or a file, and how many came in ten minutes.

A flood (ISA-18.2) begins with ten alarms in ten minutes: more than a person can answer for.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from controller.words.alarm_texts import ALARMS, AlarmKind

FLOOD_AT = 10
"""Alarms in ten minutes from which they are a flood."""
WINDOW = timedelta(minutes=10)
MOST_LOOKED_AT = 20_000
"""How far back a search looks, in alarms: months of an ordinary line."""
_TOP = 5


@dataclass(frozen=True, slots=True)
class PastAlarm:
    """One alarm as the journal has it. Stamps are ISO 8601; empty: that has not happened."""

    alarm: int
    kind: str
    source: str
    priority: int
    text: str
    text_zh: str
    raised_at: str
    cleared_at: str
    acknowledged_at: str
    acknowledged_by: str
    shelved_by: str
    shelved_why: str
    shelved_until: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search. Empty or 0: whatever it is. :ivar words: all of them must stand in either language's text."""

    words: str = ""
    kind: str = ""
    priority: int = 0
    before: int = 0


@dataclass(frozen=True, slots=True)
class AlarmRates:
    """How many alarms came.

    :ivar buckets: of the last eight hours, ten minutes each, the oldest first.
    :ivar worst: the most in any ten minutes of them; :ivar flood: whether the last ten minutes are one.
    :ivar flooded_percent: of the eight hours; :ivar top: the kinds that came most, with their count.
    """

    last_ten_minutes: int
    buckets: tuple[int, ...]
    worst: int
    flood: bool
    flooded_percent: float
    top: tuple[tuple[str, int], ...]


def past_alarms(connection: sqlite3.Connection, wanted: Wanted, most: int) -> list[PastAlarm]:
    """Alarms that fit, newest first."""
    found: list[PastAlarm] = []
    for alarm in _newest_first(connection, wanted):
        if _has_words(alarm, wanted.words):
            found.append(alarm)
            if len(found) == most:
                break
    return found


def alarm_rates(connection: sqlite3.Connection, now: datetime) -> AlarmRates:
    """The figures of the eight hours before `now`."""
    since = (now - 48 * WINDOW).astimezone(UTC).isoformat(timespec="milliseconds")
    rows = connection.execute(
        "SELECT kind, raised_at FROM (SELECT * FROM alarms ORDER BY alarm DESC LIMIT ?) WHERE raised_at > ?",
        (MOST_LOOKED_AT, since),
    ).fetchall()
    return count_alarms([(str(row[0]), datetime.fromisoformat(row[1])) for row in rows], now)


def count_alarms(raised: Sequence[tuple[str, datetime]], now: datetime) -> AlarmRates:
    """Count kinds and moments of the last eight hours."""
    buckets = [0] * 48
    for _, at in raised:
        age = int((now - at) / WINDOW)
        if 0 <= age < len(buckets):
            buckets[-1 - age] += 1
    flooded = sum(count >= FLOOD_AT for count in buckets)
    return AlarmRates(
        last_ten_minutes=buckets[-1],
        buckets=tuple(buckets),
        worst=max(buckets),
        flood=buckets[-1] >= FLOOD_AT,
        flooded_percent=round(100 * flooded / len(buckets), 1),
        top=tuple(Counter(kind for kind, _ in raised).most_common(_TOP)),
    )


def _newest_first(connection: sqlite3.Connection, wanted: Wanted) -> Iterator[PastAlarm]:
    rows = connection.execute(
        "SELECT alarm, kind, source, priority, data, raised_at, cleared_at, acknowledged_at FROM alarms"
        " WHERE (? = 0 OR alarm < ?) AND (? = '' OR kind = ?) AND (? = 0 OR priority = ?)"
        " ORDER BY alarm DESC LIMIT ?",
        (
            *(wanted.before, wanted.before, wanted.kind, wanted.kind, wanted.priority, wanted.priority),
            MOST_LOOKED_AT,
        ),
    )
    return (_past(row) for row in rows)


def _past(row: sqlite3.Row) -> PastAlarm:
    facts: dict[str, Any] = json.loads(row["data"])
    known = row["kind"] in set(AlarmKind)
    text = ALARMS[AlarmKind(row["kind"])].text(row["source"], facts) if known else None
    return PastAlarm(
        alarm=row["alarm"],
        kind=row["kind"],
        source=row["source"],
        priority=row["priority"],
        text=text.en if text else row["kind"],
        text_zh=text.zh if text else row["kind"],
        raised_at=row["raised_at"],
        cleared_at=row["cleared_at"] or "",
        acknowledged_at=row["acknowledged_at"] or "",
        acknowledged_by=facts.get("acknowledged_by", ""),
        shelved_by=facts.get("shelved_by", ""),
        shelved_why=facts.get("shelved_reason", ""),
        shelved_until=facts.get("shelved_until", ""),
    )


def _has_words(alarm: PastAlarm, words: str) -> bool:
    said = f"{alarm.text} {alarm.text_zh} {alarm.kind} {alarm.source}".casefold()
    return all(word in said for word in words.casefold().split())
