"""A session: everything that moves items, from a start to the next stop or abort."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from controller.exits import Outcome
from controller.flow.calling import note_suspect
from controller.flow.holding import Holding
from controller.flow.items import Item
from controller.flow.memory import Memory
from controller.flow.tracking import LOAD, Tracking
from controller.journal import Journal, JournalUnavailable, Ledger
from controller.pack_item import clear_item, pack_item
from controller.plan.places import ZONES
from controller.pulse import Pulse
from controller.recovery import Plan
from controller.stations import Stations
from controller.unit.machine import UnitMachine
from controller.words.alarm_texts import AlarmKind
from devices.plc.contract import StatusImage
from devices.plc.driver import PlcStation

_log = structlog.get_logger()


class Session:
    """The tasks that lead items, one each, and the one that calls the next order to a carrier at load.

    :param call: the item that a carrier at load shall bear now, in the journal by then; None: no order can be called.
    :param orders_changed: beats when that may have changed.
    """

    def __init__(
        self,
        unit: UnitMachine,
        conveyor: PlcStation,
        stations: Stations,
        tracking: Tracking,
        memory: Memory,
        journal: Journal,
        holding: Holding,
        call: Callable[[Ledger, int], Item | None],
        orders_changed: Pulse,
    ) -> None:
        self._unit = unit
        self._conveyor = conveyor
        self._stations = stations
        self._tracking = tracking
        self._memory = memory
        self._journal = journal
        self._holding = holding
        self._call = call
        self._orders_changed = orders_changed
        self._running: asyncio.Task[None] | None = None

    @property
    def under_way(self) -> bool:
        """Whether it has begun and not ended."""
        return self._running is not None and not self._running.done()

    def carries(self, token: int) -> bool:
        """Whether one of its tasks still leads this item."""
        return self.under_way and token in self._tracking.items

    def begin(self, group: asyncio.TaskGroup, plan: Plan) -> None:
        """Run in `group` from now on, with what a restart left on the line first."""
        self._running = group.create_task(self._run(plan), name="session")

    async def end(self) -> None:
        """Cancel every item where it stands; the next start clears them from the line."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait((self._running,))
            self._running = None

    async def _run(self, plan: Plan) -> None:
        """Everything that moves items, from a start to the next stop or abort."""
        async with asyncio.TaskGroup() as group:
            self._carriers = group
            self.clear(plan.to_clear)
            for item in plan.to_return:
                self._tracking.admit(item)
                group.create_task(self._carry(item, self._stations.divert.clear_carrier(item)))
            await self._feed(group)

    def clear(self, items: list[Item]) -> None:
        """Have items for which nobody vouches taken to reject from where they stand."""
        for item in items:
            self._tracking.admit(item)
        for item in items:
            self._carriers.create_task(self._carry(item, clear_item(item, item.suspect, self._stations)))

    async def _feed(self, group: asyncio.TaskGroup) -> None:
        """Call the next order to each carrier that comes to load."""
        while True:
            await self._unit.changed.until(lambda: self._unit.executing)
            await self._conveyor.watch(self._carrier_to_call)
            image = self._conveyor.image
            carrier = None if image is None else self._carrier_to_call(image)
            if carrier is None or not self._unit.executing:
                continue
            changed = self._orders_changed.next()
            item = await self._memory.remember(lambda ledger, carrier=carrier: self._call(ledger, carrier))  # type: ignore[misc]
            if item is None:
                await changed.wait()
                continue
            item.input_at = asyncio.get_running_loop().time()
            self._tracking.admit(item)
            group.create_task(self._carry(item, pack_item(item, self._stations)), name=f"item {item.token}")

    def _carrier_to_call(self, image: StatusImage) -> int | None:
        """The carrier that stands at load without an item."""
        carrier = image.blocks[ZONES.index(LOAD)].carrier
        free = carrier and carrier not in self._tracking.missing and not self._tracking.is_held(LOAD)
        return carrier if free else None

    async def _carry(self, item: Item, work: Coroutine[Any, Any, Outcome | None]) -> None:
        """Run one item's coroutine; whatever way it leaves is journalled."""
        try:
            await work
        except asyncio.CancelledError:
            await self._leave(item, "stopped")
            raise
        except Exception as error:
            # A mistake of ours must not move anything: the item stays where it stands until the next start clears it.
            _log.exception("item_failed", item=item.token)
            self._holding.hold(AlarmKind.INTERNAL, str(item.token), cause=f"{type(error).__name__}: {error}")
            await self._leave(item, "internal")

    async def _leave(self, item: Item, cause: str) -> None:
        touched = self._tracking.suspect(cause, [item])
        if touched and item.token in self._tracking.items:
            try:
                await asyncio.shield(self._journal.write(lambda ledger: note_suspect(ledger, touched)))
            except JournalUnavailable:
                _log.exception("leave_not_journalled", item=item.token, cause=cause)
