"""Divert: the gate, which rests at reject, and the end of every item.

Only a positive PACKED opens dispatch, and only what the gate's own sensor confirms counts. An item whose chute nobody
knows freezes the mail bag and stays visibly open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from controller.acknowledging import Acknowledgements
from controller.alarm_texts import AlarmKind
from controller.config import TimingSection
from controller.ending import (
    record_divert_permitted,
    record_escaped,
    record_packed,
    record_rejected,
    record_unknown,
)
from controller.exits import Nonconformance, Outcome, Reason, StationFault
from controller.holding import Holding
from controller.integrity import Integrity
from controller.items import Activity, Item
from controller.memory import Memory
from controller.permits import Permits
from controller.tracking import DIVERT, Tracking
from devices.errors import DeviceError
from devices.plc.contract import Chute, Command, Result, ResultCode
from devices.plc.driver import PlcStation

Ended = Callable[[Outcome], None]


class Divert:
    """The gate."""

    def __init__(
        self,
        line_id: str,
        gate: PlcStation,
        integrity: Integrity,
        permits: Permits,
        acknowledgements: Acknowledgements,
        tracking: Tracking,
        memory: Memory,
        holding: Holding,
        timing: TimingSection,
        ended: Ended,
    ) -> None:
        self._line_id = line_id
        self._gate = gate
        self._integrity = integrity
        self._permits = permits
        self._acknowledgements = acknowledgements
        self._tracking = tracking
        self._memory = memory
        self._holding = holding
        self._timing = timing
        self._ended = ended

    async def end(self, item: Item, outcome: Outcome) -> Outcome:
        """Bring an item to the gate, drop it where its outcome says, journal what the sensor confirmed."""
        await self._bring(item)
        outcome, result = await self._push(item, outcome)
        confirmed = await self.conclude(item, outcome, result)
        await self.return_carrier(item)
        return confirmed

    async def conclude(self, item: Item, outcome: Outcome, result: Result | None) -> Outcome:
        """Journal how an item ended, in one commit with its event, then acknowledge the gate's retained result.

        :param result: what the gate confirmed; None when nobody knows.
        """
        chute = confirmed_chute(result)
        if chute is Chute.NONE:
            outcome = Outcome(packed=False, reason=Reason.UNKNOWN_OUTCOME, facts=outcome.facts)
            bag = await self._memory.remember(lambda ledger: record_unknown(ledger, item, outcome))
            self._holding.hold(AlarmKind.BAG_FROZEN, str(item.token), bag=bag)
        elif chute is Chute.REJECT:
            if outcome.packed:
                self._holding.hold(
                    AlarmKind.STATION_FAULT, self._gate.name, cause="dispatch was asked, reject confirmed"
                )
                outcome = Outcome(packed=False, reason=Reason.WRONG_CHUTE)
            await self._memory.remember(lambda ledger: record_rejected(ledger, item, outcome))
        elif outcome.packed:
            await self._memory.remember(lambda ledger: record_packed(ledger, item, self._line_id))
        else:
            bag = await self._memory.remember(lambda ledger: record_escaped(ledger, item, outcome, self._line_id))
            self._holding.hold(AlarmKind.BAG_FROZEN, str(item.token), bag=bag)
        self._ended(outcome)
        if result is not None:
            self._acknowledgements.release(self._gate, 0, result)
        return outcome

    async def _bring(self, item: Item) -> None:
        """Take the item to the gate; a failed move holds the line, then it is found and taken on."""
        while item.zone != DIVERT:
            try:
                await self._tracking.advance_past(item, DIVERT)
            except StationFault as fault:
                self._holding.hold(AlarmKind.STATION_FAULT, fault.source, cause=fault.cause)
                await self._find(item)

    async def _find(self, item: Item) -> None:
        while True:
            await self._permits.motion(item)
            try:
                await self._tracking.locate(item)
                return
            except StationFault as fault:
                self._holding.hold(AlarmKind.STATION_FAULT, fault.source, cause=fault.cause)

    async def _push(self, item: Item, outcome: Outcome) -> tuple[Outcome, Result | None]:
        """Permit the push and return what was asked and what the gate confirmed, None when nobody knows."""
        self._tracking.note(item, Activity.DIVERTING)
        while True:
            await self._integrity.fresh()
            asked = self._still(item, outcome)
            await self._memory.remember(lambda ledger, asked=asked: record_divert_permitted(ledger, item, asked))  # type: ignore[misc]
            try:
                completion = await self._permits.perform(
                    item,
                    self._gate,
                    0,
                    Command.DIVERT,
                    target=asked.chute,
                    deadline_s=self._timing.divert_s,
                    still=lambda asked=asked: self._demand_unbroken(item, asked),  # type: ignore[misc]
                )
            except Nonconformance as nonconformance:
                outcome = Outcome.rejected(nonconformance)
            except StationFault as fault:
                self._holding.hold(AlarmKind.STATION_FAULT, fault.source, cause=fault.cause)
                return asked, await self._retained(item)
            else:
                return asked, completion.result

    def _still(self, item: Item, outcome: Outcome) -> Outcome:
        try:
            self._demand_unbroken(item, outcome)
        except Nonconformance as nonconformance:
            return Outcome.rejected(nonconformance)
        return outcome

    def _demand_unbroken(self, item: Item, outcome: Outcome) -> None:
        """A parcel may fall into dispatch only while nothing has disturbed the line since its contents were proven."""
        if not outcome.packed:
            return
        broken = item.suspect or ("no proof" if item.proof is None else self._integrity.broken_since(item.proof.mark))
        if broken:
            raise Nonconformance(Reason.SUSPECT, cause=broken)

    async def _retained(self, item: Item) -> Result | None:
        """Wait for the gate to say what became of this item's push; None when it does not in time."""
        try:
            async with asyncio.timeout(self._timing.divert_s):
                while True:
                    result = self._gate.retained(0) if self._gate.image is not None else None
                    if result is not None and result.token == item.token:
                        return result
                    await self._gate.changed()
        except TimeoutError:
            return None

    async def return_carrier(self, item: Item) -> None:
        """Send the emptied carrier back to load and forget the item; a refusal holds the line and is asked again."""
        while True:
            try:
                await self._tracking.return_carrier(item)
                break
            except (StationFault, DeviceError) as fault:
                self._holding.hold(AlarmKind.STATION_FAULT, "conveyor", cause=str(fault))
                await self._permits.motion(item)
        self._tracking.dismiss(item)


def confirmed_chute(result: Result | None) -> Chute:
    """The chute that the gate's own sensor saw; NONE when it saw none or nobody knows."""
    if result is None or result.code not in (ResultCode.OK, ResultCode.WRONG_CHUTE):
        return Chute.NONE
    try:
        return Chute(result.measured.get("chute", 0))
    except ValueError:
        return Chute.NONE
