"""The one place from which motion is permitted.

A permit goes to a PLC only while the unit executes, after everything it rests on is durable, and after a last look
at what it needs (`still`): nothing is awaited between that look and the permit. A command that was provably not
executed may be asked again once the operator has unheld the line; one whose outcome is unknown is never repeated.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from controller.exits import StationFault
from controller.flow.acknowledging import Acknowledgements
from controller.flow.holding import Holding
from controller.flow.items import Item
from controller.flow.latency import LatencyRecord
from controller.pulse import Pulse
from controller.unit.machine import UnitMachine
from controller.words.alarm_texts import AlarmKind
from devices.errors import CommandRefused, DeviceError, NotTaken
from devices.plc.contract import Answer, Command
from devices.plc.driver import Completion, PlcStation

_PASSING = frozenset({Answer.EXPIRED, Answer.HOST_LOST, Answer.RESULT_UNACKNOWLEDGED})
"""Refusals that a moment of jitter explains: asked again, a few times, before the line holds."""
_PASSING_TRIES = 3
_ASTRAY = frozenset({Answer.NO_CARRIER, Answer.WRONG_CARRIER})
"""The conveyor does not have the item's carrier where the line takes it to be: asking again there is of no use."""
FALTER_S = 2.0
"""How long a PLC may say nothing before that counts as loss: jitter is no broken cable. Nothing moves meanwhile."""


class Permits:
    """Gives permits and keeps the record of how quickly they were decided.

    :ivar asked_again: commands that were provably not executed and were asked again.
    """

    def __init__(self, unit: UnitMachine, holding: Holding, acknowledgements: Acknowledgements) -> None:
        self._unit = unit
        self._holding = holding
        self._acknowledgements = acknowledgements
        self._under_way = 0
        self._ended = Pulse()
        self.decision = LatencyRecord()
        self.echo = LatencyRecord()
        self.asked_again = 0

    @property
    def given(self) -> bool:
        """Whether motion is permitted now."""
        return self._unit.executing

    async def motion(self, item: Item) -> None:
        """Wait until the unit executes."""
        if not self._unit.executing:
            await self._unit.changed.until(lambda: self._unit.executing)
            item.input_at = asyncio.get_running_loop().time()

    async def standstill(self) -> None:
        """Wait until every motion that was permitted has ended, so that a line that says Held stands still."""
        await self._ended.until(lambda: not self._under_way)

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
        fresh: Callable[[], Awaitable[None]] | None = None,
        still: Callable[[], None] | None = None,
    ) -> Completion:
        """Permit one motion and return its retained result; the caller journals, then acknowledges it.

        :param fresh: awaited before `still`, so that it looks at what is known now.
        :param still: raises `Nonconformance` when what the permit rests on no longer holds; asked before each try.
        :raises StationFault: the outcome is unknown, the station failed, or the carrier is not there.
        """
        tries = 0
        while True:
            await self._may_move(item, station, block, fresh)
            self.asked_again += tries > 0
            if still is not None:
                still()
            tries += 1
            try:
                completion = await self._counted(
                    station.execute(
                        block,
                        command,
                        token=item.token,
                        carrier=item.carrier,
                        target=target,
                        setpoints=setpoints,
                        deadline_s=deadline_s,
                    )
                )
            except (CommandRefused, NotTaken) as refused:
                await self._look_at(refused, station, block, command, tries, item)
            except DeviceError as error:
                raise StationFault(station.name, str(error)) from error
            else:
                self.decision.add(max(0.0, completion.written_at - item.input_at))
                item.input_at = asyncio.get_running_loop().time()
                self.echo.add(completion.echoed_at - completion.written_at)
                return completion

    async def single(
        self,
        station: PlcStation,
        block: int,
        command: Command,
        *,
        token: int,
        carrier: int,
        target: int = 0,
        setpoints: tuple[int, ...] = (),
        deadline_s: float,
        still: Callable[[], None],
    ) -> Completion:
        """Permit one motion of manual mode, once: what is refused or not taken is not asked again.

        :param still: raises what forbids it; nothing is awaited between that look and the permit.
        :raises DeviceError: it was refused, not taken, or nobody knows how it ended.
        """
        await self._acknowledgements.settled(station, block)
        still()
        return await self._counted(
            station.execute(
                block,
                command,
                token=token,
                carrier=carrier,
                target=target,
                setpoints=setpoints,
                deadline_s=deadline_s,
            )
        )

    async def _counted(self, motion: Awaitable[Completion]) -> Completion:
        """Count a motion as under way."""
        self._under_way += 1
        try:
            return await motion
        finally:
            self._under_way -= 1
            self._ended.beat()

    async def _may_move(
        self, item: Item, station: PlcStation, block: int, fresh: Callable[[], Awaitable[None]] | None
    ) -> None:
        """Wait for the station, the last acknowledgement, fresh images and the unit, until the unit need not wait."""
        while True:
            await self._answering(item, station)
            await self._acknowledgements.settled(station, block)
            if fresh is not None:
                await fresh()
            if self.given:
                return
            await self.motion(item)

    async def _answering(self, item: Item, station: PlcStation) -> None:
        """Give a faltering link a moment to come back before its silence becomes a refusal."""
        if station.image is not None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FALTER_S):
                while station.image is None:
                    await station.changed()
        item.input_at = asyncio.get_running_loop().time()

    async def _look_at(
        self,
        refused: CommandRefused | NotTaken,
        station: PlcStation,
        block: int,
        command: Command,
        tries: int,
        item: Item,
    ) -> None:
        """Decide what follows a command that was not executed: another try, a hold before it, or the item's fault."""
        answer = refused.answer if isinstance(refused, CommandRefused) else Answer.NONE
        astray = command is Command.MOVE and answer in _ASTRAY
        # No mailer where one must lie, or one where none may: no Unhold changes that.
        if astray or answer is Answer.OUT_OF_BOUNDS:
            raise StationFault(station.name, str(refused)) from refused
        if answer is Answer.RESULT_UNACKNOWLEDGED:
            await self._free(station, block)
        if (answer is not Answer.NONE and answer not in _PASSING) or tries >= _PASSING_TRIES:
            self._holding.hold(AlarmKind.COMMAND_REFUSED, station.name, cause=str(refused))
        item.input_at = asyncio.get_running_loop().time()

    async def _free(self, station: PlcStation, block: int) -> None:
        """Let the block go of the result of a motion that the line had given up."""
        try:
            await self._acknowledgements.take_over(station, block)
        except DeviceError as error:
            self._holding.hold(AlarmKind.STATION_FAULT, station.name, cause=str(error))
