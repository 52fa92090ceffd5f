"""Guards and emergency stop: circuits of the whole line that every PLC reports. One that opens is one event.

The PLCs report it one after another, some of them seconds later over a slow bus; the unit is aborted by the first, and
what the others say of the same opening must not abort it again behind an operator's Clear.
"""

from __future__ import annotations

from controller.alarms import Alarms
from controller.flow.holding import Holding
from controller.words.alarm_texts import AlarmKind
from devices.plc.contract import Safety

_CIRCUITS = {
    Safety.GUARDS_CLOSED: AlarmKind.GUARD_OPEN,
    Safety.EMERGENCY_STOP_RELEASED: AlarmKind.EMERGENCY_STOP,
}


class Guards:
    """Aborts when a circuit opens; its alarm ends when no PLC reports it open any more."""

    def __init__(self, holding: Holding, alarms: Alarms) -> None:
        self._holding = holding
        self._alarms = alarms
        self._open: dict[Safety, set[str]] = {bit: set() for bit in _CIRCUITS}

    def note(self, plc: str, safety: Safety) -> bool:
        """Take what one PLC reports. Returns whether it reports all circuits closed."""
        for bit, kind in _CIRCUITS.items():
            if bit in safety:
                self._closed(bit, kind, plc)
            else:
                self._opened(bit, kind, plc)
        return all(bit in safety for bit in _CIRCUITS)

    def _opened(self, bit: Safety, kind: AlarmKind, plc: str) -> None:
        reporting = self._open[bit]
        if not reporting:
            self._holding.abort(kind, cause=plc)
        reporting.add(plc)

    def _closed(self, bit: Safety, kind: AlarmKind, plc: str) -> None:
        reporting = self._open[bit]
        if plc in reporting:
            reporting.remove(plc)
            if not reporting:
                self._alarms.clear(kind)
