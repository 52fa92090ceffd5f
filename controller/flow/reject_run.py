"""Many rejects in a row have one cause: alarm, then hold before the waiting orders are burnt."""

from __future__ import annotations

from controller.alarms import Alarms
from controller.exits import Outcome, Reason
from controller.flow.holding import Holding
from controller.words.alarm_texts import AlarmKind

ALARM_AT = 5
HOLD_AT = 10


class RejectRun:
    """Counts rejects since the last packed item. What is only cleared from the line after a stop doesn't count."""

    def __init__(self, holding: Holding, alarms: Alarms) -> None:
        self._holding = holding
        self._alarms = alarms
        self._count = 0

    def note(self, outcome: Outcome) -> None:
        """Take one ended item. After a hold the count begins anew, so that the operator's Unhold is an answer."""
        if outcome.packed:
            self._count = 0
            self._alarms.clear(AlarmKind.REJECTS_IN_A_ROW)
            return
        if outcome.reason is Reason.SUSPECT:
            return
        self._count += 1
        facts = {"count": self._count, "cause": str(outcome.reason)}
        if self._count >= HOLD_AT:
            self._count = 0
            self._holding.hold(AlarmKind.REJECTS_IN_A_ROW, "", **facts)
        elif self._count >= ALARM_AT:
            self._alarms.raise_alarm(AlarmKind.REJECTS_IN_A_ROW, "", **facts)
