"""What a shift was: OEE with its factors, time in each state, stops, throughput, rejects, alarms, trends.

OEE by ISO 22400-2: A = APT/PBT, E = PRI·PQ/APT, Q = GQ/PQ, OEE = A·E·Q. APT is the time in Execute, PBT the shift
without its planned rests, PRI the time that one parcel takes at the design speed. A factor whose denominator is zero
is not known, never one. Everything is read from the history in one pass.
"""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from controller.snapshot import EscapeView

EXECUTE = "EXECUTE"
OFF = "OFF"
"""No line process was running."""
NOT_KNOWN = "NOT_KNOWN"
TREND_POINTS = 120
_NEAR = timedelta(seconds=2)
_KINDS = (
    "unit_state", "line_started", "packed", "rejected", "unknown", "sealing", "sealed", "judged", "alarm_raised",
    "print_trend_begun",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Oee:
    """Shares of one; None where they are not known. Times in s.

    :ivar pbt_s: planned busy time so far; :ivar apt_s: actual production time; :ivar pq: parcels made, good or not;
        :ivar gq: good ones.
    """

    availability: float | None
    effectiveness: float | None
    quality: float | None
    oee: float | None
    pbt_s: float
    apt_s: float
    pq: int
    gq: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Stops of one reason. :ivar reason: an alarm's kind, or the command and who gave it."""

    reason: str
    by: str
    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Hour:
    """What ended in one hour that begins at `at`."""

    at: str
    packed: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Trend:
    """Averages over equal stretches of time.

    :ivar points: place in the shift, 0..1, and value; :ivar ranges: lowest and highest of each point's stretch.
    :ivar breaks: places at which a person let it begin anew.
    """

    points: list[tuple[float, float]]
    ranges: list[tuple[float, float]]
    count: int
    low: float | None
    high: float | None
    breaks: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ShiftReport:
    """One shift, or what of it is over. :ivar escape: what the line states now of its mis-inserts, not of the shift."""

    start: str
    end: str
    over: bool
    oee: Oee
    states: dict[str, float]
    stops: list[Stop]
    hours: list[Hour]
    rejects: dict[str, int]
    alarms: dict[str, int]
    challenges: dict[str, int]
    seal_deviation: Trend
    print_grade: Trend
    print_contrast: Trend
    escape: EscapeView = field(default_factory=EscapeView)


@dataclass(slots=True)
class _Seen:
    """What the pass over the history gathers."""

    turns: list[tuple[datetime, str, str, str]] = field(default_factory=list)
    ended: list[tuple[datetime, str]] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    alarms: list[tuple[datetime, str]] = field(default_factory=list)
    challenges: Counter[str] = field(default_factory=Counter)
    asked: dict[int, float] = field(default_factory=dict)
    deviations: list[tuple[datetime, float]] = field(default_factory=list)
    grades: list[tuple[datetime, float]] = field(default_factory=list)
    contrasts: list[tuple[datetime, float]] = field(default_factory=list)
    breaks: list[datetime] = field(default_factory=list)


def shift_report(
    connection: sqlite3.Connection,
    start: datetime,
    end: datetime,
    now: datetime,
    rests: Sequence[tuple[datetime, datetime]] = (),
    design_per_hour: float | None = None,
    *,
    heard: bool = True,
) -> ShiftReport:
    """Reckon a shift.

    :param rests: planned ones; :param design_per_hour: parcels; None: not known.
    :param heard: whether the line process runs now; of one that does not, the time since its last entry is off.
    """
    until = min(end, now)
    seen = _gather(connection, start, until, heard)
    spans = list(_spans(seen.turns, _state_before(connection, start), start, until))
    states: defaultdict[str, float] = defaultdict(float)
    for begun, ended, state, _ in spans:
        states[state] += (ended - begun).total_seconds()
    good = sum(outcome == "packed" for _, outcome in seen.ended)
    return ShiftReport(
        start=start.isoformat(),
        end=end.isoformat(),
        over=now >= end,
        oee=_oee(states[EXECUTE], _busy_s(start, until, rests), len(seen.ended), good, design_per_hour),
        states={state: round(seconds, 1) for state, seconds in sorted(states.items(), key=_longest)},
        stops=_stops(spans, seen.alarms),
        hours=_hours(seen.ended, start, end),
        rejects=dict(seen.reasons.most_common()),
        alarms=dict(Counter(kind for _, kind in seen.alarms).most_common()),
        challenges=dict(seen.challenges),
        seal_deviation=_trend(seen.deviations, start, end),
        print_grade=_trend(seen.grades, start, end, seen.breaks),
        print_contrast=_trend(seen.contrasts, start, end, seen.breaks),
    )


def _longest(state: tuple[str, float]) -> float:
    return -state[1]


def _gather(connection: sqlite3.Connection, start: datetime, end: datetime, heard: bool) -> _Seen:
    seen = _Seen()
    behind = _first_from(connection, end)
    marks = ", ".join("?" for _ in _KINDS)
    rows = connection.execute(
        f"SELECT seq, at, kind, item, data FROM history WHERE seq >= ? AND seq < ?"  # noqa: S608 - constants
        f" AND (kind IN ({marks}) OR kind LIKE 'challenge%') ORDER BY seq",
        (_first_from(connection, start), behind, *_KINDS),
    )
    for seq, at, kind, item, data in rows:
        moment = datetime.fromisoformat(at)
        if kind == "line_started":
            seen.turns += _restarted(connection, seq, moment)
        else:
            _take(seen, moment, kind, item, json.loads(data))
    seen.turns += _left(connection, behind, heard)
    return seen


def _take(seen: _Seen, at: datetime, kind: str, item: int | None, data: dict[str, Any]) -> None:
    if kind == "unit_state":
        seen.turns.append((at, data["after"], data["cause"], data["by"]))
    elif kind in ("packed", "rejected", "unknown"):
        seen.ended.append((at, kind))
        if kind != "packed":
            seen.reasons[data.get("reason") or kind] += 1
    elif kind == "sealing" and item is not None and data.get("setpoints"):
        seen.asked[item] = data["setpoints"][0] / 10
    elif kind == "sealed" and item in seen.asked and "temperature_min_dc" in data.get("measured", {}):
        measured = data["measured"]
        found = (measured["temperature_min_dc"] + measured["temperature_max_dc"]) / 20
        seen.deviations.append((at, found - seen.asked.pop(item)))
    elif kind == "judged":
        for name, values in (("print_grade", seen.grades), ("print_contrast", seen.contrasts)):
            if data.get(name) is not None:
                values.append((at, data[name]))
    elif kind == "print_trend_begun":
        seen.breaks.append(at)
    elif kind == "alarm_raised":
        seen.alarms.append((at, data["alarm_kind"]))
    elif kind.startswith("challenge_") and kind != "challenge_called":
        seen.challenges[f"{data.get('challenge', '')} {kind.removeprefix('challenge_')}".strip()] += 1


def _left(connection: sqlite3.Connection, behind: int, heard: bool) -> list[tuple[datetime, str, str, str]]:
    """What comes after the last entry of the shift: a start of the line process, or nothing and no line, is off."""
    after = connection.execute("SELECT kind FROM history WHERE seq = ?", (behind,)).fetchone()
    if (after is None and heard) or (after is not None and after[0] != "line_started"):
        return []
    row = connection.execute("SELECT at FROM history WHERE seq = ?", (behind - 1,)).fetchone()
    return [(datetime.fromisoformat(row[0]), OFF, "ended", "line")] if row else []


def _restarted(connection: sqlite3.Connection, seq: int, at: datetime) -> list[tuple[datetime, str, str, str]]:
    """The line process was started: from its last entry before until now nothing ran."""
    row = connection.execute("SELECT at FROM history WHERE seq = ?", (seq - 1,)).fetchone()
    gone = [(datetime.fromisoformat(row[0]), OFF, "ended", "line")] if row else []
    return [*gone, (at, "STOPPED", "line_started", "line")]


def _state_before(connection: sqlite3.Connection, start: datetime) -> tuple[str, str, str]:
    """State, cause and who, as the last entry before `start` left them."""
    row = connection.execute(
        "SELECT kind, data FROM history WHERE seq < ? AND kind IN ('unit_state', 'line_started')"
        " ORDER BY seq DESC LIMIT 1",
        (_first_from(connection, start),),
    ).fetchone()
    if row is None:
        return NOT_KNOWN, "", ""
    data = json.loads(row[1])
    return ("STOPPED", "line_started", "line") if row[0] == "line_started" else (
        data["after"], data["cause"], data["by"],
    )  # fmt: skip


def _spans(
    turns: Sequence[tuple[datetime, str, str, str]], before: tuple[str, str, str], start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, str, tuple[str, str]]]:
    """From when to when in which state, and the cause that led to it."""
    at, (state, cause, by) = start, before
    for moment, after, why, who in turns:
        turned = min(max(moment, at), end)
        if turned > at:
            yield at, turned, state, (cause, by)
        at, state, cause, by = turned, after, why, who
    if end > at:
        yield at, end, state, (cause, by)


def _stops(
    spans: Sequence[tuple[datetime, datetime, str, tuple[str, str]]], alarms: Sequence[tuple[datetime, str]]
) -> list[Stop]:
    """Each stretch out of Execute by what began it: the alarm at that moment, else the command and who gave it."""
    counts: Counter[tuple[str, str]] = Counter()
    seconds: defaultdict[tuple[str, str], float] = defaultdict(float)
    reason: tuple[str, str] | None = None
    for begun, ended, state, (cause, by) in spans:
        if state in (EXECUTE, OFF, NOT_KNOWN):
            reason = None if state == EXECUTE else ("off", "")
        elif reason is None or reason[0] == "off":
            reason = _reason(begun, cause, by, alarms)
            counts[reason] += 1
        if state != EXECUTE and reason is not None:
            seconds[reason] += (ended - begun).total_seconds()
    ordered = sorted(seconds, key=lambda each: -seconds[each])
    return [Stop(each[0], each[1], max(counts[each], 1), round(seconds[each], 1)) for each in ordered]


def _reason(at: datetime, cause: str, by: str, alarms: Sequence[tuple[datetime, str]]) -> tuple[str, str]:
    if by != "line":
        return cause or "stopped", by
    place = bisect_right(alarms, at + _NEAR, key=lambda alarm: alarm[0])
    near = [kind for moment, kind in alarms[max(0, place - 5) : place] if moment >= at - _NEAR]
    return (near[-1], "line") if near else (cause, by)


def _busy_s(start: datetime, end: datetime, rests: Sequence[tuple[datetime, datetime]]) -> float:
    resting = sum(max(0.0, (min(last, end) - max(first, start)).total_seconds()) for first, last in rests)
    return max(0.0, (end - start).total_seconds() - resting)


def _oee(apt_s: float, pbt_s: float, pq: int, gq: int, design_per_hour: float | None) -> Oee:
    availability = apt_s / pbt_s if pbt_s else None
    effectiveness = 3600 / design_per_hour * pq / apt_s if design_per_hour and apt_s else None
    quality = gq / pq if pq else None
    known = [each for each in (availability, effectiveness, quality) if each is not None]
    whole = known[0] * known[1] * known[2] if len(known) == 3 else None
    return Oee(availability, effectiveness, quality, whole, round(pbt_s, 1), round(apt_s, 1), pq, gq)


def _hours(ended: Sequence[tuple[datetime, str]], start: datetime, end: datetime) -> list[Hour]:
    hours = []
    at = start
    while at < end:
        after = at + timedelta(hours=1)
        outcomes = [outcome for moment, outcome in ended if at <= moment < after]
        packed = sum(outcome == "packed" for outcome in outcomes)
        hours.append(Hour(at.isoformat(), packed, len(outcomes) - packed))
        at = after
    return hours


def _trend(
    values: Sequence[tuple[datetime, float]], start: datetime, end: datetime, breaks: Sequence[datetime] = ()
) -> Trend:
    whole = (end - start).total_seconds()
    stretches: dict[int, list[float]] = {}
    for at, value in values:
        stretches.setdefault(int((at - start).total_seconds() / whole * TREND_POINTS), []).append(value)
    points = [
        ((place + 0.5) / TREND_POINTS, round(sum(found) / len(found), 3)) for place, found in sorted(stretches.items())
    ]
    ranges = [(round(min(found), 3), round(max(found), 3)) for _, found in sorted(stretches.items())]
    found = [value for _, value in values]
    low, high = (round(min(found), 3), round(max(found), 3)) if found else (None, None)
    begun = [round((at - start).total_seconds() / whole, 4) for at in breaks]
    return Trend(points, ranges, len(found), low, high, begun)


def _first_from(connection: sqlite3.Connection, moment: datetime) -> int:
    """The first entry that is not before `moment`, by halving: stamps grow with the numbers."""
    stamp = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    low, high = 1, connection.execute("SELECT COALESCE(MAX(seq), 0) + 1 FROM history").fetchone()[0]
    while low < high:
        middle = (low + high) // 2
        at = connection.execute("SELECT at FROM history WHERE seq = ?", (middle,)).fetchone()[0]
        low, high = (middle + 1, high) if at < stamp else (low, middle)
    return int(low)
