"""Watches what must not be forgotten: recalls until dispatch has acknowledged them, and what a restart found open."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from controller.alarms import Alarms
from controller.flow.holding import Holding
from controller.flow.strays import STRAY
from controller.journal.tally import Tally
from controller.plan.challenges import ChallengeKind
from controller.plan.sections import DispatchSection
from controller.snapshot import MatterView
from controller.words.alarm_texts import AlarmKind


class Recalls:
    """One alarm for all recalls that dispatch has not acknowledged: repeated, and in the end the line holds.

    It stands in the journal who is to be told, so a restart begins it anew.
    """

    def __init__(self, alarms: Alarms, holding: Holding, config: DispatchSection, tally: Tally) -> None:
        self._alarms = alarms
        self._holding = holding
        self._repeat_s = config.recall_repeat_s
        self._hold_s = config.recall_hold_s
        self._tally = tally
        self._known = 0
        self._told_at = self._held_at = 0.0

    def look(self) -> None:
        """Keep the alarm up for as long as a recall is open; to be called again and again."""
        now, count = asyncio.get_running_loop().time(), self._tally.heeded.recalls_open
        if not count:
            self._alarms.clear(AlarmKind.RECALL)
        elif count > self._known or now - self._told_at >= self._repeat_s:
            self._alarms.remind(AlarmKind.RECALL, "", **self._facts(count))
            self._told_at, self._held_at = now, self._held_at if self._known else now
        if count and now - self._held_at >= self._hold_s:
            self._holding.hold(AlarmKind.RECALL, "", **self._facts(count))
            self._held_at = now
        self._known = count

    def _facts(self, count: int) -> dict[str, object]:
        return {"count": count, "patience": f"{self._hold_s / 60:g}"}


def raise_open(alarms: Alarms, matters: Iterable[MatterView]) -> None:
    """Raise the alarms of what the journal says is open: a restart answers for nothing."""
    matters = tuple(matters)
    for matter in matters:
        if matter.kind == "bag":
            inside = [each for each in matters if each.kind == "item" and each.bag == matter.number]
            items = ", ".join(str(each.number) for each in inside) or "–"
            cause = inside[0].cause if inside else "not counted yet"
            if matter.cause == STRAY:
                alarms.raise_alarm(AlarmKind.STRAY_PARCEL, str(matter.number))
            else:
                alarms.raise_alarm(AlarmKind.BAG_FROZEN, str(matter.number), item=items, cause=cause)
        elif matter.kind == "event":
            alarms.raise_alarm(AlarmKind.EVENT_REFUSED, str(matter.number), cause=matter.cause)


def raise_blind(alarms: Alarms, kinds: Iterable[ChallengeKind]) -> None:
    """Raise the alarms of detectors that let their last test kit through."""
    for kind in kinds:
        alarms.raise_alarm(AlarmKind.CHALLENGE_MISSED, kind, what=kind.value)
