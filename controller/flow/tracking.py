"""Where everything is: one reservation a zone, items by token, and the way from zone to zone.

Nothing is assumed: a move counts only when the conveyor reports the item's own carrier at the far end.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from typing import NoReturn

from controller.exits import StationFault
from controller.flow.acknowledging import Acknowledgements
from controller.flow.holding import Holding
from controller.flow.items import Activity, Item, Stage
from controller.flow.memory import Memory
from controller.flow.permits import Permits
from controller.flow.slips import Slip, SlipKind, Slips
from controller.journal import Ledger
from controller.plan.places import SEAL_ZONES, ZONES
from controller.plan.sections import TimingSection
from controller.pulse import Pulse
from controller.words.alarm_texts import AlarmKind
from devices.plc.contract import Command, Result, ResultCode
from devices.plc.driver import PlcStation

LOAD, DIVERT = ZONES[0], ZONES[-1]


class Tracking:
    """The items on the line and the zones that they hold.

    :ivar items: by token, from the call to the end.
    :ivar missing: carriers of open items that stood in no zone when the line started; nobody leads those items.
    :ivar cycle_s: how long the last item took in each zone, without waiting for its way on.
    :ivar changed: beats at every change, for pages.
    """

    def __init__(
        self,
        conveyor: PlcStation,
        permits: Permits,
        acknowledgements: Acknowledgements,
        memory: Memory,
        holding: Holding,
        slips: Slips,
        timing: TimingSection,
    ) -> None:
        self._conveyor = conveyor
        self._permits = permits
        self._memory = memory
        self._holding = holding
        self._slips = slips
        self._timing = timing
        self._held_by: dict[str, int] = {}
        self._freed_at = 0.0
        self._freed = Pulse()
        self._acknowledgements = acknowledgements
        self.items: dict[int, Item] = {}
        self.missing: set[int] = set()
        self.cycle_s: dict[str, float] = {}
        self.changed = Pulse()

    def admit(self, item: Item) -> None:
        """Take an item whose carrier stands in its zone. One that waits to come in there keeps its reservation."""
        self.items[item.token] = item
        self._held_by.setdefault(item.zone, item.token)
        item.activity_since = item.arrived_at = asyncio.get_running_loop().time()
        self.changed.beat()

    def dismiss(self, item: Item) -> None:
        """Forget an item that has ended, and free what it held."""
        self.items.pop(item.token, None)
        self._note_cycle(item)
        self._free(item, keep=None)
        self.changed.beat()

    def forget_all(self) -> None:
        """Forget everything: the line stopped, and only what the PLCs report counts from now on."""
        self.items.clear()
        self.missing.clear()
        self._held_by.clear()
        self._freed.beat()
        self.changed.beat()

    def is_held(self, zone: str) -> bool:
        """Whether an item holds a zone: stands there, or is on its way there."""
        return zone in self._held_by

    def note(self, item: Item, activity: Activity) -> None:
        """Say what an item does or waits for now."""
        item.activity = activity
        item.activity_since = asyncio.get_running_loop().time()
        self.changed.beat()

    def suspect(self, cause: str, items: Iterable[Item] | None = None) -> list[Item]:
        """Make items suspect, all by default; returns those that were not yet."""
        touched = [item for item in (self.items.values() if items is None else items) if not item.suspect]
        for item in touched:
            item.suspect = cause
        self.changed.beat()
        return touched

    async def advance(self, item: Item, *zones: str) -> str:
        """Take an item to whichever of `zones` is free first, through the next zone on its way; returns it.

        :raises StationFault: the move was not confirmed, or another carrier stands there.
        """
        self._note_cycle(item)
        self.note(item, Activity.WAITING_FOR_SEALER if zones == SEAL_ZONES else Activity.WAITING_FOR_ZONE)
        to = await self._reserve(item, zones)
        self.note(item, Activity.MOVING)
        completion = await self._permits.perform(
            item,
            self._conveyor,
            ZONES.index(item.zone),
            Command.MOVE,
            target=ZONES.index(to),
            deadline_s=self._timing.move_s,
        )
        before, result = item.zone, completion.result
        arrived = result.code is ResultCode.OK and await self._stands_at(to, item)
        if arrived:
            item.zone, item.arrived_at = to, asyncio.get_running_loop().time()
        await self._memory.remember(lambda ledger: _record_move(ledger, item, before, to, result, arrived))
        self._acknowledgements.release(self._conveyor, ZONES.index(before), result)
        if not arrived:
            await self._not_arrived(item, to, result)
        self._free(item, keep=to)
        return to

    async def advance_past(self, item: Item, goal: str) -> None:
        """Take an item zone by zone to `goal` without anything being done to it on the way."""
        while item.zone != goal:
            await self.advance(item, *next_zones(item.zone))

    async def locate(self, item: Item) -> None:
        """Find an item's carrier in the conveyor's report after something went wrong.

        :raises StationFault: it stands in no zone within the move deadline.
        """
        try:
            async with asyncio.timeout(self._timing.move_s):
                while (zone := self.zone_of(item.carrier)) is None:
                    await self._conveyor.changed()
        except TimeoutError as error:
            self._holding.hold(AlarmKind.CARRIER_MISSING, str(item.carrier))
            raise StationFault("conveyor", f"carrier {item.carrier} stands in no zone") from error
        item.zone = zone
        self._held_by[zone] = item.token
        self._free(item, keep=zone)

    def zone_of(self, carrier: int) -> str | None:
        """The zone at which the conveyor reports a carrier, or None."""
        return next((zone for zone in ZONES if self.carrier_at(zone) == carrier), None)

    def shown_again(self) -> dict[int, str]:
        """Missing carriers that the conveyor reports in a zone in which no item stands, with that zone."""
        taken = {item.zone for item in self.items.values()}
        shown = {carrier: self.zone_of(carrier) for carrier in self.missing}
        return {carrier: zone for carrier, zone in shown.items() if zone is not None and zone not in taken}

    def carrier_at(self, zone: str) -> int:
        """The carrier that the conveyor reports at a zone; 0 for none or when nothing fresh is known."""
        image = self._conveyor.image
        return image.blocks[ZONES.index(zone)].carrier if image is not None else 0

    async def return_carrier(self, item: Item) -> None:
        """Send the emptied carrier from divert back to the load queue."""
        completion = await self._permits.perform(
            item,
            self._conveyor,
            ZONES.index(DIVERT),
            Command.MOVE,
            target=ZONES.index(LOAD),
            deadline_s=self._timing.move_s,
        )
        result = completion.result
        await self._memory.remember(
            lambda ledger: ledger.enter(
                "carrier_returned", item=item.token, carrier=item.carrier, result=result.code.name
            )
        )
        self._acknowledgements.release(self._conveyor, ZONES.index(DIVERT), result)
        if result.code is not ResultCode.OK:
            raise StationFault("conveyor", f"carrier {item.carrier} did not leave divert: {result.code.name}")

    def _note_cycle(self, item: Item) -> None:
        """The item's work in its zone is done. One that is only led out has taken no cycle."""
        if not item.suspect:
            self.cycle_s[item.zone] = asyncio.get_running_loop().time() - item.arrived_at

    async def _reserve(self, item: Item, zones: tuple[str, ...]) -> str:
        def free() -> str | None:
            return next((zone for zone in zones if zone not in self._held_by), None)

        if free() is None:
            await self._freed.until(lambda: free() is not None)
            item.input_at = max(item.input_at, self._freed_at)
        to = free()
        assert to is not None
        self._held_by[to] = item.token
        return to

    def _free(self, item: Item, keep: str | None) -> None:
        for zone in [zone for zone, token in self._held_by.items() if token == item.token and zone != keep]:
            del self._held_by[zone]
        self._freed_at = asyncio.get_running_loop().time()
        self._freed.beat()
        self.changed.beat()

    async def has_left(self, item: Item, zone: str) -> bool:
        """Whether a fresh report of the conveyor shows the item's carrier no more at `zone`."""
        return not await self._stands_at(zone, item) and self._conveyor.image is not None

    async def _stands_at(self, zone: str, item: Item) -> bool:
        """Whether the conveyor reports the item's own carrier there; an old report is not believed."""
        if self._conveyor.image is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timing.move_s):
                    while self._conveyor.image is None:
                        await self._conveyor.changed()
        return self.carrier_at(zone) == item.carrier

    async def _not_arrived(self, item: Item, to: str, result: Result) -> NoReturn:
        """Say why a move did not count. One that ended well with another carrier there means that the line slipped.

        :raises StationFault: always.
        """
        if result.code is not ResultCode.OK:
            raise StationFault("conveyor", f"move of carrier {item.carrier} to {to}: {result.code.name}")
        found = self.carrier_at(to) or "none"
        slip = Slip(SlipKind.CARRIER, to, f"carrier {item.carrier}", f"carrier {found}")
        await self._slips.found(slip, self.suspect("slip"))
        raise StationFault("conveyor", f"zone {to} must hold carrier {item.carrier}, found {found}")


def next_zones(zone: str) -> tuple[str, ...]:
    """Where a carrier may go from `zone`."""
    if zone == "label":
        return SEAL_ZONES
    if zone in SEAL_ZONES:
        return ("inspect",)
    return (ZONES[ZONES.index(zone) + 1],)


def _record_move(ledger: Ledger, item: Item, before: str, to: str, result: Result, arrived: bool) -> None:
    """Journal how a move ended; one that did not bring its carrier there leaves the item's zone as it was."""
    if arrived:
        ledger.connection.execute("UPDATE items SET zone = ? WHERE item = ?", (to, item.token))
    ledger.enter(
        "moved" if arrived else "move_failed",
        item=item.token,
        acceptance=item.acceptance,
        carrier=item.carrier,
        before=before,
        zone=to,
        result=result.code.name,
    )


def record_stage(ledger: Ledger, item: Item, stage: Stage, **facts: object) -> None:
    """Journal that an item has reached a stage; to be called inside a change that also holds the stage's own facts."""
    ledger.connection.execute(
        "UPDATE items SET stage = ?, zone = ?, mail_number = ? WHERE item = ?",
        (stage, item.zone, item.mail_number, item.token),
    )
    ledger.enter(str(stage), item=item.token, acceptance=item.acceptance, zone=item.zone, **facts)
