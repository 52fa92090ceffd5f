"""Standing alarms: raised once a cause, cleared when it is gone, acknowledged or shelved by a person; all journalled.

One that must not be forgotten is annunciated anew (`remind`) for as long as it stands.

What an alarm says, and what to do about it, stands in `alarm_texts`. An acknowledgement never clears. A shelf
(ISA-18.2) takes one cause out of the operator's way until a moment told beforehand; then it comes back unacknowledged.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from controller.clock import WallClock
from controller.journal import Journal, JournalUnavailable, Ledger
from controller.pulse import Pulse
from controller.snapshot import AlarmView
from controller.words.alarm_texts import ALARMS, AlarmKind
from controller.words.text import Text

LONGEST_SHELF_MIN = 480
"""A shift: whoever comes next shall not inherit a shelf."""
LONGEST_REASON = 200
_HIGHEST = 1


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
class Shelf:
    """Where a person has put the alarms of one cause. :ivar ends: loop time; :ivar until: the same as a stamp."""

    ends: float
    until: str
    reason: str
    by: str


class NotShelved(Exception):
    """An alarm can't be shelved so; the text says why."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True, slots=True)
class _Turn:
    """A change of an alarm that is still to be journalled. :ivar facts: what else is journalled with it."""

    number: int
    what: str
    at: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    alarm: Alarm | None = None


class Alarms:
    """The alarms of one line."""

    def __init__(self, clock: WallClock) -> None:
        self._clock = clock
        self._standing: dict[tuple[AlarmKind, str], Alarm] = {}
        self._ended: dict[int, Alarm] = {}
        self._shelves: dict[tuple[AlarmKind, str], Shelf] = {}
        self._turns: deque[_Turn] = deque()
        self._last = 0
        self.changed = Pulse()

    def begin_after(self, number: int) -> None:
        """Number alarms after those that the journal has; also the ones raised before it could be read."""
        self._last += number
        for alarm in (*self._standing.values(), *self._ended.values()):
            alarm.number += number
        self._ended = {alarm.number: alarm for alarm in self._ended.values()}
        self._turns = deque(replace(turn, number=turn.number + number) for turn in self._turns)

    def raise_alarm(self, kind: AlarmKind, source: str = "", **facts: Any) -> None:
        """Raise an alarm; one that stands already for this source is not raised again."""
        if (kind, source) in self._standing:
            return
        self._last += 1
        alarm = Alarm(self._last, kind, source, facts, self._now())
        self._standing[kind, source] = alarm
        self._turns.append(_Turn(alarm.number, "alarm_raised", alarm.raised_at, alarm=alarm))
        self.changed.beat()

    def raise_anew(self, kind: AlarmKind, source: str = "", **facts: Any) -> None:
        """Raise an alarm; one that stands with other facts has ended: what it asked for has been done."""
        alarm = self._standing.get((kind, source))
        if alarm is not None and alarm.facts != facts:
            self.clear(kind, source)
        self.raise_alarm(kind, source, **facts)

    def remind(self, kind: AlarmKind, source: str = "", **facts: Any) -> None:
        """Raise an alarm, or annunciate one that stands anew: it wants to be acknowledged again (ISA-18.2 re-alarm)."""
        alarm = self._standing.get((kind, source))
        if alarm is None:
            self.raise_alarm(kind, source, **facts)
            return
        alarm.facts, alarm.acknowledged = facts, False
        self._turns.append(_Turn(alarm.number, "alarm_repeated", self._now()))
        self.changed.beat()

    def clear(self, kind: AlarmKind, source: str = "") -> None:
        """Say that the cause is gone. It stays listed until it is acknowledged."""
        alarm = self._standing.pop((kind, source), None)
        if alarm is None:
            return
        alarm.cleared = True
        if not alarm.acknowledged and (kind, source) not in self._shelves:
            self._ended[alarm.number] = alarm
        self._turns.append(_Turn(alarm.number, "alarm_cleared", self._now()))
        self.changed.beat()

    def absorb(self, kind: AlarmKind, source: str = "") -> None:
        """End an alarm for another that tells its cause: nobody has to acknowledge it any more."""
        alarm = self._standing.pop((kind, source), None)
        if alarm is not None:
            self._turns.append(_Turn(alarm.number, "alarm_cleared", self._now()))
            self.changed.beat()

    def facts_of(self, kind: AlarmKind, source: str = "") -> Mapping[str, Any] | None:
        """What a standing alarm was raised with; None when it does not stand."""
        alarm = self._standing.get((kind, source))
        return None if alarm is None else alarm.facts

    def sources(self, kind: AlarmKind) -> set[str]:
        """For which sources an alarm of this kind stands."""
        return {source for each, source in self._standing if each is kind}

    def acknowledge(self, number: int, by: str) -> bool:
        """A person has seen it. Returns whether there was such an alarm."""
        ended = self._ended.pop(number, None)
        standing = next((alarm for alarm in self._standing.values() if alarm.number == number), None)
        alarm = ended or standing
        if alarm is None or alarm.acknowledged:
            return alarm is not None
        alarm.acknowledged = True
        self._turns.append(_Turn(number, "alarm_acknowledged", self._now(), {"by": by}))
        self.changed.beat()
        return True

    def shelve(self, number: int, minutes: int, reason: str, by: str) -> Shelf:
        """Put what raised a standing alarm aside; whatever it raises until the end is shelved too.

        :param minutes: 1 to `LONGEST_SHELF_MIN`. :param reason: why, for the next shift.
        :raises NotShelved: no such alarm stands, its priority is the highest, no reason or no end is given.
        """
        alarm = next((each for each in self._standing.values() if each.number == number), None)
        self._demand_shelvable(number, alarm, minutes, reason)
        assert alarm is not None
        until = (self._clock.now() + timedelta(minutes=minutes)).isoformat(timespec="seconds")
        shelf = Shelf(asyncio.get_running_loop().time() + 60 * minutes, until, reason.strip(), by)
        self._shelves[alarm.kind, alarm.source] = shelf
        facts = {"by": by, "reason": shelf.reason, "until": until}
        self._turns.append(_Turn(number, "alarm_shelved", self._now(), facts))
        self.changed.beat()
        return shelf

    def unshelve(self, number: int, by: str) -> bool:
        """Take an alarm back before its time. Returns whether it was shelved."""
        key = next((key for key, each in self._standing.items() if each.number == number), None)
        if key is None or key not in self._shelves:
            return False
        self._take_back(key, by)
        return True

    def views(self) -> tuple[AlarmView, ...]:
        """What is listed: standing, or ended and not acknowledged; what is shelved last, then high priority first."""
        listed = sorted(
            [*self._standing.values(), *self._ended.values()],
            key=lambda alarm: (self._shelf(alarm) is not None, ALARMS[alarm.kind].priority, -alarm.number),
        )
        return tuple(_view(alarm, self._shelf(alarm)) for alarm in listed)

    async def serve(self, journal: Journal) -> None:
        """Journal every turn and bring back what was shelved, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._record_turns(journal), name="alarms journalled")
            tasks.create_task(self._end_shelves(), name="shelves ended")

    async def _end_shelves(self) -> None:
        """Bring each shelved cause back when its time is over."""
        loop = asyncio.get_running_loop()
        while True:
            changed = self.changed.next()
            ends = min((shelf.ends for shelf in self._shelves.values()), default=None)
            try:
                async with asyncio.timeout_at(ends):
                    await changed.wait()
            except TimeoutError:
                for key in [key for key, shelf in self._shelves.items() if shelf.ends <= loop.time()]:
                    self._take_back(key, "time")

    def _take_back(self, key: tuple[AlarmKind, str], by: str) -> None:
        """End a shelf. What still stands is new to the operator again."""
        del self._shelves[key]
        alarm = self._standing.get(key)
        if alarm is not None:
            alarm.acknowledged = False
            self._turns.append(_Turn(alarm.number, "alarm_unshelved", self._now(), {"by": by}))
        self.changed.beat()

    def _shelf(self, alarm: Alarm) -> Shelf | None:
        return None if alarm.cleared else self._shelves.get((alarm.kind, alarm.source))

    def _demand_shelvable(self, number: int, alarm: Alarm | None, minutes: int, reason: str) -> None:
        if alarm is None:
            raise NotShelved(
                Text(f"报警 {number} 已不存在，无需搁置", f"alarm {number} does not stand: nothing to shelve")
            )
        if ALARMS[alarm.kind].priority == _HIGHEST:
            raise NotShelved(
                Text(
                    f"报警 {number} 为高级报警，不能搁置：排除原因",
                    f"alarm {number} has the highest priority and can't be shelved: remove its cause",
                )
            )
        if not 1 <= minutes <= LONGEST_SHELF_MIN:
            raise NotShelved(
                Text(
                    f"搁置 {minutes} 分钟：只允许 1–{LONGEST_SHELF_MIN} 分钟",
                    f"{minutes} minutes: a shelf lasts 1 to {LONGEST_SHELF_MIN} minutes",
                )
            )
        if not 1 <= len(reason.strip()) <= LONGEST_REASON:
            raise NotShelved(
                Text(
                    f"搁置必须填写原因（1–{LONGEST_REASON} 个字符）",
                    f"a shelf needs a reason of 1 to {LONGEST_REASON} characters, found {len(reason.strip())}",
                )
            )

    async def _record_turns(self, journal: Journal) -> None:
        """Journal every turn, in order. A full disk delays it and loses nothing."""
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


def begin_alarms(ledger: Ledger) -> int:
    """End the alarms that an earlier run left standing, and return the last number: what still is will be raised."""
    ledger.connection.execute("UPDATE alarms SET cleared_at = ? WHERE cleared_at IS NULL", (ledger.at,))
    return int(ledger.connection.execute("SELECT COALESCE(MAX(alarm), 0) FROM alarms").fetchone()[0])


def _view(alarm: Alarm, shelf: Shelf | None) -> AlarmView:
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
        shelved_until=shelf.until if shelf else "",
        shelved_by=shelf.by if shelf else "",
        shelved_why=shelf.reason if shelf else "",
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
    column = _COLUMNS.get(turn.what)
    if column:
        at = None if turn.what == "alarm_repeated" else turn.at
        ledger.connection.execute(f"UPDATE alarms SET {column} = ? WHERE alarm = ?", (at, turn.number))  # noqa: S608
    for name, value in turn.facts.items():
        path = f"$.{turn.what.removeprefix('alarm_')}_{name}"
        ledger.connection.execute(
            "UPDATE alarms SET data = json_set(data, ?, ?) WHERE alarm = ?", (path, value, turn.number)
        )
    ledger.enter(turn.what, alarm=turn.number, **turn.facts)


_COLUMNS = {
    "alarm_cleared": "cleared_at",
    "alarm_acknowledged": "acknowledged_at",
    "alarm_repeated": "acknowledged_at",
}
