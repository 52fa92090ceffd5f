"""What the journal knows of alarms: their history for a list or a file, and how many came in ten minutes.

A flood (ISA-18.2) begins with ten alarms in ten minutes, more than a person can answer for, and ends with fewer than
five. An alarm that comes three times in a minute chatters; one that has stood for a day is stale.
"""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from controller.words.alarm_texts import ALARMS, AlarmKind
from controller.words.names import NOBODY, Names

FLOOD_AT = 10
"""Alarms in ten minutes from which they are a flood."""
FLOOD_OVER = 5
"""Alarms in ten minutes below which a flood is over."""
CHATTER = 3
"""Times in a minute from which an alarm chatters."""
STALE = timedelta(hours=24)
WINDOW = timedelta(minutes=10)
MOST_LOOKED_AT = 20_000
"""How far back a search looks, in alarms: months of an ordinary line."""
_TOP = 10


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

    :ivar buckets: of the last eight hours, ten minutes each, the oldest first; :ivar average: in ten minutes of them.
    :ivar worst: the most in any ten minutes of them; :ivar flood: whether there is one now.
    :ivar flooded_percent: of the eight hours; :ivar top: kinds that came most, count, percent of all.
    :ivar chattering: kind, source, most in a minute; :ivar stale: kind, source, hours; :ivar standing: how many.
    """

    last_ten_minutes: int
    buckets: tuple[int, ...]
    worst: int
    flood: bool
    flooded_percent: float
    top: tuple[tuple[str, int, float], ...]
    average: float = 0.0
    chattering: tuple[tuple[str, str, int], ...] = ()
    stale: tuple[tuple[str, str, int], ...] = ()
    standing: int = 0


@dataclass(frozen=True, slots=True)
class Raised:
    """One alarm that came."""

    kind: str
    source: str
    at: datetime


def past_alarms(connection: sqlite3.Connection, wanted: Wanted, most: int, names: Names = NOBODY) -> list[PastAlarm]:
    """Alarms that fit, newest first, told with the names of this line's devices."""
    found: list[PastAlarm] = []
    for alarm in _newest_first(connection, wanted, names):
        if _has_words(alarm, wanted.words):
            found.append(alarm)
            if len(found) == most:
                break
    return found


def alarm_rates(connection: sqlite3.Connection, now: datetime) -> AlarmRates:
    """The figures of the eight hours before `now`."""
    since = (now - 48 * WINDOW).astimezone(UTC).isoformat(timespec="milliseconds")
    rows = connection.execute(
        "SELECT kind, source, raised_at FROM (SELECT * FROM alarms ORDER BY alarm DESC LIMIT ?) WHERE raised_at > ?",
        (MOST_LOOKED_AT, since),
    ).fetchall()
    standing = connection.execute("SELECT kind, source, raised_at FROM alarms WHERE cleared_at IS NULL").fetchall()
    return count_alarms([_raised(row) for row in rows], now, [_raised(row) for row in standing])


def _raised(row: sqlite3.Row) -> Raised:
    return Raised(row["kind"], row["source"], datetime.fromisoformat(row["raised_at"]))


def count_alarms(raised: Sequence[Raised], now: datetime, standing: Sequence[Raised] = ()) -> AlarmRates:
    """Count kinds and moments of the last eight hours. :param standing: alarms whose cause is not gone."""
    buckets = [0] * 48
    for each in raised:
        age = int((now - each.at) / WINDOW)
        if 0 <= age < len(buckets):
            buckets[-1 - age] += 1
    times = sorted(each.at for each in raised)
    flooded, flood = _floods(times, now)
    kinds = Counter(each.kind for each in raised)
    stale = [each for each in standing if now - each.at >= STALE]
    return AlarmRates(
        last_ten_minutes=_within(times, now, WINDOW),
        buckets=tuple(buckets),
        worst=max((_within(times, at, WINDOW) for at in times), default=0),
        flood=flood,
        flooded_percent=round(100 * (flooded / (len(buckets) * WINDOW)), 1),
        top=tuple((kind, n, round(100 * n / len(raised), 1)) for kind, n in kinds.most_common(_TOP)),
        average=round(sum(buckets) / len(buckets), 1),
        chattering=_chattering(raised),
        stale=tuple((each.kind, each.source, int((now - each.at) / timedelta(hours=1))) for each in stale),
        standing=len(standing),
    )


def _within(times: Sequence[datetime], end: datetime, span: timedelta) -> int:
    """How many of the sorted moments lie within `span` before `end`, itself included."""
    return bisect_right(times, end) - bisect_right(times, end - span)


def _floods(times: Sequence[datetime], now: datetime) -> tuple[timedelta, bool]:
    """How long there was a flood, and whether there is one at `now`."""
    flooded, since = timedelta(), None
    for place, at in enumerate(times):
        # With the fifth alarm from behind more than ten minutes old, fewer than five are left: the flood is over.
        if since is not None and times[place - FLOOD_OVER] + WINDOW <= at:
            flooded, since = flooded + times[place - FLOOD_OVER] + WINDOW - since, None
        if since is None and place + 1 - bisect_right(times, at - WINDOW) >= FLOOD_AT:
            since = at
    if since is None:
        return flooded, False
    over = times[-FLOOD_OVER] + WINDOW
    return flooded + min(over, now) - since, over > now


def _chattering(raised: Sequence[Raised]) -> tuple[tuple[str, str, int], ...]:
    by_alarm: dict[tuple[str, str], list[datetime]] = {}
    for each in raised:
        by_alarm.setdefault((each.kind, each.source), []).append(each.at)
    found = []
    for (kind, source), moments in by_alarm.items():
        moments.sort()
        most = max(_within(moments, at, timedelta(minutes=1)) for at in moments)
        if most >= CHATTER:
            found.append((kind, source, most))
    return tuple(sorted(found, key=lambda each: -each[2])[:_TOP])


def _newest_first(connection: sqlite3.Connection, wanted: Wanted, names: Names) -> Iterator[PastAlarm]:
    rows = connection.execute(
        "SELECT alarm, kind, source, priority, data, raised_at, cleared_at, acknowledged_at FROM alarms"
        " WHERE (? = 0 OR alarm < ?) AND (? = '' OR kind = ?) AND (? = 0 OR priority = ?)"
        " ORDER BY alarm DESC LIMIT ?",
        (
            *(wanted.before, wanted.before, wanted.kind, wanted.kind, wanted.priority, wanted.priority),
            MOST_LOOKED_AT,
        ),
    )
    return (_past(row, names) for row in rows)


def _past(row: sqlite3.Row, names: Names) -> PastAlarm:
    facts: dict[str, Any] = json.loads(row["data"])
    known = row["kind"] in set(AlarmKind)
    text = names.told(ALARMS[AlarmKind(row["kind"])].text(row["source"], facts)) if known else None
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
