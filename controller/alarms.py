"""Standing alarms: raised once a cause, cleared when it is gone, acknowledged by a person; every turn journalled.

What an alarm says, and what to do about it, stands in `alarm_texts`. An acknowledgement never clears.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from controller.clock import WallClock
from controller.journal import Journal, JournalUnavailable, Ledger
from controller.pulse import Pulse
from controller.snapshot import AlarmView
from controller.words.alarm_texts import ALARMS, AlarmKind


@dataclass(slots=True)
class Alarm:
    """One alarm. :ivar source: the device, zone or item that it is about."""

    number: int
    kind: AlarmKind
    source: str
    facts: dict[str, Any]
    raised_at: str
    cleared: bool = False
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class _Turn:
    """A change of an alarm that is still to be journalled."""

    number: int
    what: str
    at: str
    by: str = ""
    alarm: Alarm | None = field(default=None)


class Alarms:
    """The alarms of one line."""

    def __init__(self, clock: WallClock) -> None:
        self._clock = clock
        self._standing: dict[tuple[AlarmKind, str], Alarm] = {}
        self._ended: dict[int, Alarm] = {}
        self._turns: deque[_Turn] = deque()
        self._last = 0
        self.changed = Pulse()

    def begin_after(self, number: int) -> None:
        """Number new alarms after those that the journal has."""
        self._last = number

    def raise_alarm(self, kind: AlarmKind, source: str = "", **facts: Any) -> None:
        """Raise an alarm; one that stands already for this source is not raised again."""
        if (kind, source) in self._standing:
            return
        self._last += 1
        alarm = Alarm(self._last, kind, source, facts, self._now())
        self._standing[kind, source] = alarm
        self._turns.append(_Turn(alarm.number, "alarm_raised", alarm.raised_at, alarm=alarm))
        self.changed.beat()

    def clear(self, kind: AlarmKind, source: str = "") -> None:
        """Say that the cause is gone. It stays listed until it is acknowledged."""
        alarm = self._standing.pop((kind, source), None)
        if alarm is None:
            return
        alarm.cleared = True
        if not alarm.acknowledged:
            self._ended[alarm.number] = alarm
        self._turns.append(_Turn(alarm.number, "alarm_cleared", self._now()))
        self.changed.beat()

    def acknowledge(self, number: int, by: str) -> bool:
        """A person has seen it. Returns whether there was such an alarm."""
        ended = self._ended.pop(number, None)
        standing = next((alarm for alarm in self._standing.values() if alarm.number == number), None)
        alarm = ended or standing
        if alarm is None or alarm.acknowledged:
            return alarm is not None
        alarm.acknowledged = True
        self._turns.append(_Turn(number, "alarm_acknowledged", self._now(), by))
        self.changed.beat()
        return True

    def views(self) -> tuple[AlarmView, ...]:
        """What is listed: standing, or ended and not acknowledged; high priority first, then the newest."""
        listed = sorted(
            [*self._standing.values(), *self._ended.values()],
            key=lambda alarm: (ALARMS[alarm.kind].priority, -alarm.number),
        )
        return tuple(_view(alarm) for alarm in listed)

    async def serve(self, journal: Journal) -> None:
        """Journal every turn, in order, until cancelled. A full disk delays it and loses nothing."""
        while True:
            await self.changed.until(lambda: bool(self._turns))
            turn = self._turns[0]
            try:
                await journal.write(lambda ledger, turn=turn: _record(ledger, turn))  # type: ignore[misc]
            except JournalUnavailable:
                await self.changed.wait()
                continue
            self._turns.popleft()

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="milliseconds")


def _view(alarm: Alarm) -> AlarmView:
    meaning = ALARMS[alarm.kind]
    text = meaning.text(alarm.source, alarm.facts)
    return AlarmView(
        alarm=alarm.number,
        kind=alarm.kind,
        source=alarm.source,
        priority=meaning.priority,
        text=text.en,
        text_zh=text.zh,
        raised_at=alarm.raised_at,
        acknowledged=alarm.acknowledged,
        cleared=alarm.cleared,
    )


def _record(ledger: Ledger, turn: _Turn) -> None:
    if turn.alarm is not None:
        alarm = turn.alarm
        ledger.connection.execute(
            "INSERT INTO alarms (alarm, kind, source, priority, data, raised_at) VALUES (?, ?, ?, ?, ?, ?)",
            (
                alarm.number,
                alarm.kind,
                alarm.source,
                ALARMS[alarm.kind].priority,
                json.dumps(alarm.facts, ensure_ascii=False),
                alarm.raised_at,
            ),
        )
        ledger.enter(turn.what, alarm=turn.number, alarm_kind=alarm.kind, source=alarm.source)
        return
    column = "cleared_at" if turn.what == "alarm_cleared" else "acknowledged_at"
    ledger.connection.execute(f"UPDATE alarms SET {column} = ? WHERE alarm = ?", (turn.at, turn.number))  # noqa: S608
    ledger.enter(turn.what, alarm=turn.number, by=turn.by)
