"""Watches what the line lives on: mail numbers in the pool, and a dispatch that answers."""

from __future__ import annotations

import asyncio

from controller.alarms import Alarms
from controller.dispatch.publisher import DispatchLink
from controller.journal.tally import Tally
from controller.words.alarm_texts import AlarmKind

_DISPATCH_PATIENCE_S = 30.0
_POOL_PATIENCE_S = 5.0
"""Orders may come a moment before the numbers that they need."""


class Supplies:
    """Alarms for them. :param low_water: how many free mail numbers the plant wants in hand at least."""

    def __init__(self, alarms: Alarms, dispatch: DispatchLink, tally: Tally, low_water: int) -> None:
        self._alarms = alarms
        self._dispatch = dispatch
        self._tally = tally
        self._low_water = low_water
        self._answered = dispatch.acknowledged
        self._answered_at = self._enough_at = asyncio.get_running_loop().time()

    def look(self) -> None:
        """Look at both; to be called again and again."""
        now = asyncio.get_running_loop().time()
        self._look_at_dispatch(now)
        self._look_at_pool(now)

    def _look_at_dispatch(self, now: float) -> None:
        """Alarm when dispatch has answered nothing for long although events wait; packing goes on."""
        waiting = self._tally.heeded.events_pending
        if self._dispatch.acknowledged != self._answered or not waiting:
            self._answered, self._answered_at = self._dispatch.acknowledged, now
            self._alarms.clear(AlarmKind.DISPATCH_AWAY)
        elif now - self._answered_at > _DISPATCH_PATIENCE_S:
            self._alarms.raise_alarm(AlarmKind.DISPATCH_AWAY, "", pending=waiting)

    def _look_at_pool(self, now: float) -> None:
        """Alarm while fewer mail numbers are free than are wanted in hand; not while they are being handed in."""
        heeded = self._tally.heeded
        if not heeded.orders or heeded.mail_numbers_free >= self._low_water:
            self._enough_at = now
            self._alarms.clear(AlarmKind.POOL_LOW)
        elif now - self._enough_at > _POOL_PATIENCE_S:
            self._alarms.raise_alarm(AlarmKind.POOL_LOW, "", free=heeded.mail_numbers_free)
