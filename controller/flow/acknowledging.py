"""Acknowledges journalled results beside the flow: the next step of an item need not wait for it.

Only the next command of the same block does; the PLC keeps refusing one until its result is acknowledged.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from controller.flow.holding import Holding
from controller.flow.memory import Memory
from controller.journal import Ledger
from controller.pulse import Pulse
from controller.words.alarm_texts import AlarmKind
from devices.errors import DeviceError
from devices.plc.contract import Result
from devices.plc.driver import PlcStation


class Acknowledgements:
    """Results that stand in the journal and still in a PLC."""

    def __init__(self, holding: Holding, memory: Memory) -> None:
        self._holding = holding
        self._memory = memory
        self._group: asyncio.TaskGroup | None = None
        self._journalled: list[tuple[PlcStation, int, Result]] = []
        self._under_way: Counter[tuple[str, int]] = Counter()
        self._ended = Pulse()

    def release(self, plc: PlcStation, block: int, result: Result) -> None:
        """Have a result acknowledged. To be called after it is durable, never before."""
        self._under_way[plc.name, block] += 1
        if self._group is None:
            self._journalled.append((plc, block, result))
        else:
            self._group.create_task(self._acknowledge(plc, block, result))

    async def settled(self, plc: PlcStation, block: int) -> None:
        """Wait until no acknowledgement of this block is under way."""
        await self._ended.until(lambda: not self._under_way[plc.name, block])

    async def take_over(self, plc: PlcStation, block: int) -> None:
        """Journal and acknowledge a result that the PLC has kept and that nobody waits for any more.

        :raises DeviceError: nobody can say what it has kept, or it does not let go.
        """
        result = plc.retained(block)
        if result is not None:
            await self._memory.remember(lambda ledger: _record_found(ledger, plc.name, block, result))
            await plc.acknowledge(block, result)

    async def serve(self) -> None:
        """Acknowledge what is released, until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            for each in self._journalled:
                group.create_task(self._acknowledge(*each))
            self._journalled.clear()
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                self._group = None

    async def _acknowledge(self, plc: PlcStation, block: int, result: Result) -> None:
        try:
            await plc.acknowledge(block, result)
        except DeviceError as error:
            self._holding.hold(AlarmKind.STATION_FAULT, plc.name, cause=str(error))
        finally:
            self._under_way[plc.name, block] -= 1
            self._ended.beat()


def _record_found(ledger: Ledger, plc: str, block: int, result: Result) -> None:
    ledger.enter(
        "retained_result_found",
        item=result.token or None,
        plc=plc,
        block=block,
        result=result.code.name,
        measured=result.measured,
    )
