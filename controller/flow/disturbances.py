"""Disturbances: a carrier moved by hand, track lost, controllers that restart. What many PLCs report is one event.

Each PLC counts what it notices, and one cause is noticed by several, some of them seconds later over a slow bus. The
first that reports holds the line; what the others say until it runs again belongs to the same alarm.
"""

from __future__ import annotations

from controller.flow.holding import Holding
from controller.words.alarm_texts import AlarmKind


class Disturbances:
    """Holds when a PLC reports that the line can't be trusted."""

    def __init__(self, holding: Holding) -> None:
        self._holding = holding

    def note(self, plc: str, *, restarted: bool) -> str:
        """Take what one PLC reports and return its cause, for the items that it makes suspect."""
        cause = "restarted" if restarted else "disturbed"
        self._holding.hold(AlarmKind.DISTURBANCE, plc=plc, cause=cause)
        return f"{plc}: {cause}"
