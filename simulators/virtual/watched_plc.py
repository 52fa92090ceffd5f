"""What both virtual PLC twins have in common: they tell of every command block that is written, and of every answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

from devices.plc.contract import BlockState, Permit
from simulators.cycles import CycleEnd
from simulators.plc import COMMAND_LENGTH, BlockMemory, PlcTwin, permit_in


class WatchedPlc(PlcTwin):
    """One PLC.

    :ivar on_written: told of each command block as it is written; :ivar on_motion: of each permit that was accepted.
    :ivar rare: how often each answer was given and each end of a motion came.
    :ivar torn: how many images still come torn.
    """

    on_written: Callable[[WatchedPlc, Permit], None]
    on_motion: Callable[[str, Permit], None]
    rare: Counter[str]
    torn: int = 0
    tearing: Random
    _began: dict[int, float]

    def watch(
        self, written: Callable[[WatchedPlc, Permit], None], motion: Callable[[str, Permit], None], rare: Counter[str]
    ) -> None:
        """Tell these from now on."""
        self.on_written, self.on_motion, self.rare = written, motion, rare
        self._began = {}

    def write(self, address: int, values: Sequence[int]) -> None:
        """Store registers."""
        super().write(address, values)
        if len(values) == COMMAND_LENGTH:
            self.on_written(self, permit_in(tuple(values)))

    @property
    def moving(self) -> dict[int, float]:
        """Blocks whose motion is under way, and loop time at which each began."""
        return {number: at for number, at in self._began.items() if self._blocks[number].state is BlockState.BUSY}

    def clock_ms_at(self, now: float) -> int:
        """Its own clock at a loop time."""
        return int((now - self._booted_at) * 1000) & 0xFFFFFFFF

    def tear(self, chance: Random, images: int) -> None:
        """Let so many more images come torn. :param chance: says where they tear."""
        self.torn += images
        self.tearing = chance

    def stir(self) -> None:
        """Something at the machine has changed that no scan was asked for."""

    def settle(self) -> None:
        """Its machine is about to be changed from outside."""

    def _take_command(self, number: int, block: BlockMemory) -> None:
        before, running = block.echo, block.running
        super()._take_command(number, block)
        if block.echo is not before:
            self.rare[f"answer {block.echo.answer.name}"] += 1
        if block.running is not None and block.running is not running:
            self._began[number] = asyncio.get_running_loop().time()
            self.on_motion(self.name, block.running)

    def _retain(self, ended: list[tuple[int, CycleEnd]]) -> None:
        if not ended:
            return
        super()._retain(ended)
        for _, end in ended:
            self.rare[f"result {end.code.name}"] += 1
