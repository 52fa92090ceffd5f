"""The one place from which motion is permitted.

A permit goes to a PLC only while the unit executes, after everything it rests on is durable, and after a last look
at what it needs (`still`). A command that was provably not executed may be asked again once the operator has
unheld the line; one whose outcome is unknown is never repeated.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from controller.alarm_texts import AlarmKind
from controller.exits import StationFault
from controller.holding import Holding
from controller.items import Item
from controller.latency import LatencyRecord
from controller.unit_machine import UnitMachine
from devices.errors import CommandRefused, DeviceError, NotTaken
from devices.plc.contract import Answer, Command
from devices.plc.driver import Completion, PlcStation

FALTER_S = 2.0
"""How long a PLC may say nothing before that counts as loss: jitter is no broken cable. Nothing moves meanwhile."""
_PASSING = frozenset({Answer.EXPIRED, Answer.HOST_LOST})
"""Refusals that a moment of jitter explains: asked again at once, a few times, before the line holds."""
_PASSING_TRIES = 3


class Permits:
    """Gives permits and keeps the record of how quickly they were decided."""

    def __init__(self, unit: UnitMachine, holding: Holding) -> None:
        self._unit = unit
        self._holding = holding
        self.decision = LatencyRecord()
        self.echo = LatencyRecord()

    async def motion(self, item: Item) -> None:
        """Wait until the unit executes."""
        if not self._unit.executing:
            await self._unit.changed.until(lambda: self._unit.executing)
            item.input_at = asyncio.get_running_loop().time()

    async def perform(
        self,
        item: Item,
        station: PlcStation,
        block: int,
        command: Command,
        *,
        target: int = 0,
        setpoints: tuple[int, ...] = (),
        deadline_s: float,
        still: Callable[[], None] | None = None,
    ) -> Completion:
        """Permit one motion and return its retained result; the caller journals, then acknowledges it.

        :param still: raises `Nonconformance` when what the permit rests on no longer holds; asked before each try.
        :raises StationFault: the outcome is unknown or the station failed.
        """
        tries = 0
        while True:
            await self._answering(item, station)
            await self.motion(item)
            if still is not None:
                still()
            tries += 1
            try:
                completion = await station.execute(
                    block,
                    command,
                    token=item.token,
                    carrier=item.carrier,
                    target=target,
                    setpoints=setpoints,
                    deadline_s=deadline_s,
                )
            except (CommandRefused, NotTaken) as refused:
                self._look_at(refused, station, tries, item)
            except DeviceError as error:
                raise StationFault(station.name, str(error)) from error
            else:
                self.decision.add(max(0.0, completion.written_at - item.input_at))
                item.input_at = asyncio.get_running_loop().time()
                self.echo.add(completion.echoed_at - completion.written_at)
                return completion

    async def _answering(self, item: Item, station: PlcStation) -> None:
        """Give a faltering link a moment to come back before its silence becomes a refusal."""
        if station.image is not None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FALTER_S):
                while station.image is None:
                    await station.changed()
        item.input_at = asyncio.get_running_loop().time()

    def _look_at(self, refused: CommandRefused | NotTaken, station: PlcStation, tries: int, item: Item) -> None:
        passing = isinstance(refused, NotTaken) or refused.answer in _PASSING
        if not passing or tries >= _PASSING_TRIES:
            self._holding.hold(AlarmKind.COMMAND_REFUSED, station.name, cause=str(refused))
        item.input_at = asyncio.get_running_loop().time()
