"""Why the line holds: brings the unit to Held or Aborted and remembers the first cause until it runs again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.alarms import Alarms
from controller.unit.machine import UnitMachine
from controller.unit.packml import Command
from controller.words.alarm_texts import ALARMS, AlarmKind
from controller.words.text import Text

_CIRCUITS = (AlarmKind.GUARD_OPEN, AlarmKind.EMERGENCY_STOP)
_FOLLOWING = frozenset({AlarmKind.STATION_FAULT, AlarmKind.COMMAND_REFUSED})
_CUT_OFF = ("INTERRUPTED", "GUARD_OPEN")
"""How a PLC tells that a circuit which opened has ended or forbidden a motion."""
_OUTLASTING = frozenset({AlarmKind.BAG_FROZEN, AlarmKind.STRAY_PARCEL, AlarmKind.RECALL, AlarmKind.CHALLENGE_MISSED})


class Holding:
    """One place through which the line holds itself."""

    def __init__(self, unit: UnitMachine, alarms: Alarms) -> None:
        self._unit = unit
        self._alarms = alarms
        self._causes: list[tuple[AlarmKind, str]] = []
        self.reason = ""
        self.text: Text | None = None

    def hold(self, kind: AlarmKind, source: str = "", **facts: Any) -> None:
        """Raise the alarm and hold; in manual mode that aborts. Where the unit does neither, nothing moves anyway."""
        self._stop_by(Command.HOLD, kind, source, facts)

    def abort(self, kind: AlarmKind, source: str = "", **facts: Any) -> None:
        """Raise the alarm and abort: for guards, emergency stop and lost stations."""
        self._stop_by(Command.ABORT, kind, source, facts)

    def answered(self, kind: AlarmKind, source: str) -> None:
        """Clear an alarm that outlasts an Unhold: what it asked for has been done."""
        self._alarms.clear(kind, source)

    def resolved(self) -> None:
        """The unit runs again: the causes are answered for, but for those that an Unhold is no answer to."""
        for kind, source in self._causes:
            if kind not in _OUTLASTING:
                self._alarms.clear(kind, source)
        self._causes.clear()
        self.reason, self.text = "", None

    def _stop_by(self, command: Command, kind: AlarmKind, source: str, facts: dict[str, Any]) -> None:
        if not self._follows(kind, facts):
            self._raise(kind, source, facts)
        if self._unit.takes(command):
            self._unit.command(command, "line")

    def _raise(self, kind: AlarmKind, source: str, facts: dict[str, Any]) -> None:
        if kind in _CIRCUITS:
            for following in [each for each in self._causes if self._was_cut_off(*each)]:
                self._alarms.absorb(*following)
                self._causes.remove(following)
            if not self._causes:
                self.reason, self.text = "", None
        self._alarms.raise_alarm(kind, source, **facts)
        self._causes.append((kind, source))
        if self.text is None or self._causes[0] == (kind, source):
            # Told again, as at an Unhold that finds it no better: the alarm's facts may be newer by now.
            self.reason, self.text = str(kind), ALARMS[kind].text(source, self._alarms.facts_of(kind, source) or facts)

    def _was_cut_off(self, kind: AlarmKind, source: str) -> bool:
        return kind in _FOLLOWING and _cut_off(self._alarms.facts_of(kind, source) or {})

    def _follows(self, kind: AlarmKind, facts: Mapping[str, Any]) -> bool:
        """One root cause is one alarm: an opened guard cuts motions off, and each station says so too."""
        stands = any(self._alarms.facts_of(circuit) is not None for circuit in _CIRCUITS)
        return kind in _FOLLOWING and stands and _cut_off(facts)


def _cut_off(facts: Mapping[str, Any]) -> bool:
    return any(code in str(facts.get("cause", "")) for code in _CUT_OFF)
