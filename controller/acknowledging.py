"""Acknowledges journalled results beside the flow: the next step of an item need not wait for it.

Only the next command of the same block does; the PLC keeps refusing one until its result is acknowledged.
"""

from __future__ import annotations

import asyncio

from controller.alarm_texts import AlarmKind
from controller.holding import Holding
from devices.errors import DeviceError
from devices.plc.contract import Result
from devices.plc.driver import PlcStation


class Acknowledgements:
    """Results that stand in the journal and still in a PLC."""

    def __init__(self, holding: Holding) -> None:
        self._holding = holding
        self._journalled: asyncio.Queue[tuple[PlcStation, int, Result]] = asyncio.Queue()

    def release(self, plc: PlcStation, block: int, result: Result) -> None:
        """Have a result acknowledged. To be called after it is durable, never before."""
        self._journalled.put_nowait((plc, block, result))

    async def serve(self) -> None:
        """Acknowledge what is released, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._acknowledge(*await self._journalled.get()))

    async def _acknowledge(self, plc: PlcStation, block: int, result: Result) -> None:
        try:
            await plc.acknowledge(block, result)
        except DeviceError as error:
            self._holding.hold(AlarmKind.STATION_FAULT, plc.name, cause=str(error))
