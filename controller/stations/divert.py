"""Divert: the gate, which rests at reject, and the end of every item.

Only a positive PACKED opens dispatch, and only what the gate's own sensor confirms counts. An item whose chute nobody
knows freezes the mail bag and stays visibly open.
"""

from __future__ import annotations

from collections.abc import Callable

from controller.exits import Nonconformance, Outcome, Reason, StationFault
from controller.flow.acknowledging import Acknowledgements
from controller.flow.challenges import result_of
from controller.flow.ending import (
    doubted_by_sweep,
    record_divert_permitted,
    record_escaped,
    record_packed,
    record_rejected,
    record_swept,
    record_unknown,
)
from controller.flow.holding import Holding
from controller.flow.integrity import Integrity
from controller.flow.items import Activity, Item
from controller.flow.memory import Memory
from controller.flow.permits import Permits
from controller.flow.slips import Slip, SlipKind, Slips
from controller.flow.tracking import DIVERT, Tracking
from controller.plan.sections import TimingSection
from controller.words.alarm_texts import AlarmKind
from devices.errors import DeviceError
from devices.plc.contract import Answer, BlockState, Chute, Command, Result, ResultCode
from devices.plc.driver import PlcStation

Ended = Callable[[Item, Outcome], None]

UNSEEN = "nobody saw it fall, look at the gate"
ESCAPED = "to be rejected, yet it fell into dispatch"
"""Why a bag is frozen, as `cause_texts` tells it."""
_SEEN = frozenset({ResultCode.OK, ResultCode.WRONG_CHUTE, ResultCode.INTERRUPTED})
"""Ends of a push of which the measured chute is what its sensor saw of the parcel."""


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
        slips: Slips,
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
        self._slips = slips
        self._timing = timing
        self._ended = ended

    async def end(self, item: Item, outcome: Outcome) -> Outcome:
        """Bring an item to the gate, drop it where its outcome says, journal what the sensor confirmed."""
        await self._bring(item)
        outcome, result = await self._push(item, outcome)
        confirmed = await self.conclude(item, outcome, result)
        if confirmed.reason is Reason.UNKNOWN_OUTCOME:
            await self.clear_carrier(item)
        else:
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
            self._holding.hold(AlarmKind.BAG_FROZEN, str(bag), item=item.token, cause=UNSEEN)
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
            self._holding.hold(AlarmKind.BAG_FROZEN, str(bag), item=item.token, cause=ESCAPED)
        self._ended(item, outcome)
        if result is not None:
            self._acknowledgements.release(self._gate, 0, result)
        if item.challenge is not None:
            told = result_of(item, outcome)
            await self._slips.challenged(item.challenge, told, lambda: self._tracking.suspect("blind detector"))
        return outcome

    async def _bring(self, item: Item) -> None:
        """Take the item to the gate; a failed move holds the line, then it is found and taken on."""
        while item.zone != DIVERT:
            try:
                await self._tracking.advance_past(item, DIVERT)
            except StationFault as fault:
                self._holding.hold(AlarmKind.STATION_FAULT, fault.source, cause=fault.cause)
                await self.find(item)

    async def find(self, item: Item) -> None:
        """After something went wrong: wait for the operator's Unhold and see where the item's carrier stands."""
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
                    fresh=self._integrity.fresh,
                    still=lambda asked=asked: self._demand_unbroken(item, asked),  # type: ignore[misc]
                )
            except Nonconformance as nonconformance:
                outcome = Outcome.rejected(nonconformance)
            except StationFault as fault:
                self._holding.hold(AlarmKind.STATION_FAULT, fault.source, cause=fault.cause)
                result = await self._retained(item)
                if result is not None or not self.never_took(item):
                    return asked, result
            else:
                return asked, completion.result

    def _still(self, item: Item, outcome: Outcome) -> Outcome:
        try:
            self._demand_unbroken(item, outcome)
        except Nonconformance as nonconformance:
            return Outcome.rejected(nonconformance)
        return outcome

    def _demand_unbroken(self, item: Item, outcome: Outcome) -> None:
        """A parcel may fall into dispatch only while nothing has disturbed the line since its contents were proven.

        A test kit never may, whatever all detectors say.
        """
        if not outcome.packed:
            return
        if item.challenge is not None:
            raise Nonconformance(Reason.CHALLENGE_MISSED, cause=item.challenge.value)
        broken = item.suspect or ("no proof" if item.proof is None else self._integrity.broken_since(item.proof.mark))
        if broken:
            raise Nonconformance(Reason.SUSPECT, cause=broken)

    async def _retained(self, item: Item) -> Result | None:
        """Wait for the gate to say what became of this item's push, as long as it takes; None when it forgot.

        The line holds meanwhile, and a stop leaves the question to the next start.
        """
        while (image := self._gate.image) is None or image.blocks[0].state is BlockState.BUSY:
            await self._gate.changed()
        result = image.blocks[0].result
        return result if result.token == item.token else None

    def never_took(self, item: Item) -> bool:
        """Whether the gate shows that it did nothing for this item: it refused it, or still echoes the one before."""
        image = self._gate.image
        if image is None:
            return False
        echo = image.blocks[0].echo
        if echo.token == item.token:
            return echo.answer is not Answer.ACCEPTED
        return echo.sequence != 0 and self._tracking.carrier_at(DIVERT) == item.carrier

    async def clear_carrier(self, item: Item) -> None:
        """Push to reject whatever may still lie on an ended item's carrier, then send the carrier back.

        Of a parcel that nobody knew of it is known now where it lies.
        """
        await self._sweep(item)
        await self.return_carrier(item)

    async def _sweep(self, item: Item) -> None:
        """Push to reject, once. Should a parcel still lie there afterwards, the conveyor does not take the carrier."""
        try:
            completion = await self._permits.perform(
                item, self._gate, 0, Command.DIVERT, target=Chute.REJECT, deadline_s=self._timing.divert_s
            )
        except StationFault as fault:
            self._holding.hold(AlarmKind.STATION_FAULT, fault.source, cause=fault.cause)
        else:
            await self._conclude_swept(item, completion.result)

    async def _conclude_swept(self, item: Item, result: Result) -> None:
        chute = confirmed_chute(result)
        if await self._memory.remember(lambda ledger: doubted_by_sweep(ledger, item, chute)):
            slip = Slip(SlipKind.COUNT, self._gate.name, "an empty carrier", "a parcel", item.token)
            await self._slips.found(slip, self._tracking.suspect("slip"))
        bag = await self._memory.remember(lambda ledger: record_swept(ledger, item, chute, self._line_id))
        if bag is not None:
            self._holding.hold(AlarmKind.BAG_FROZEN, str(bag), item=item.token, cause=ESCAPED)
        self._acknowledgements.release(self._gate, 0, result)

    async def return_carrier(self, item: Item) -> None:
        """Send the emptied carrier back to load and forget the item; a refusal holds the line.

        After Unhold the gate pushes once more before it is asked again: it may have stuck with the parcel before it.
        A carrier that a fresh report shows at divert no more has left, whatever became of the answer.
        """
        while True:
            try:
                await self._tracking.return_carrier(item)
                break
            except (StationFault, DeviceError) as fault:
                self._holding.hold(AlarmKind.STATION_FAULT, "conveyor", cause=str(fault))
                await self._permits.motion(item)
            if await self._tracking.has_left(item, DIVERT):
                break
            await self._sweep(item)
        self._tracking.dismiss(item)


def confirmed_chute(result: Result | None) -> Chute:
    """The chute that the gate's own sensor saw; NONE when it saw none or nobody knows.

    A push that was cut off after the fall tells it as well: what a guard lets in comes after.
    """
    if result is None or result.code not in _SEEN:
        return Chute.NONE
    try:
        return Chute(result.measured.get("chute", 0))
    except ValueError:
        return Chute.NONE
